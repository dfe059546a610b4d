package config

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"semblance/cmd/semblance/internal/server"
)

var update = flag.Bool("update", false, "rewrite the table of settings in README.md")

// Every setting accepts its default and refuses an empty value.
func TestSettings(t *testing.T) {
	t.Parallel()
	for _, s := range Settings() {
		var o server.Options
		if err := Set(&o, s.Key, s.Default); err != nil {
			t.Errorf("the default of %s: %v", s.Key, err)
		}
		if reflect.ValueOf(o).IsZero() && s.Key != "follow-redirects" && s.Key != "retention-rows" && len(strings.Fields(s.Values)) > 6 {
			t.Errorf("%s=%s changes nothing", s.Key, s.Default)
		}
		if err := Set(&o, s.Key, ""); err == nil && s.Key != "secret-prefix" {
			t.Errorf("%s accepts an empty value", s.Key)
		}
		if len(s.Question) > 70 || len(s.Values) > 60 {
			t.Errorf("the text of %s is too long", s.Key)
		}
	}
}

func TestSetRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ key, value, want string }{
		{"atempts", "3", `unknown provider setting "atempts"; did you mean "attempts"?`},
		{"colour", "red", "unknown provider setting \"colour\"; `semblance help provider-settings` lists them"},
		{"attempts", "0", `provider setting attempts: expected a whole number of at least 1, got "0"`},
		{"retry-base", "0s", `provider setting retry-base: expected a positive time such as 500ms, 30s or 24h, got "0s"`},
		{"retry-factor", "0", `provider setting retry-factor: expected a positive number, got "0"`},
		{"retry-factor", "NaN", `provider setting retry-factor: expected a positive number, got "NaN"`},
		{"secret-length", "0", "at least 1"},
		{"in-flight", "0", "at least 1"},
		{"follow-redirects", "99", `expected 0 to 20, got "99"`},
		{"success", "2yy", `"2yy"`},
		{"sign", "twice", `provider setting sign: expected each-attempt or once, got "twice"`},
		{"user-agent", "a\r\nb", "expected the value of a header"},
	} {
		var o server.Options
		if err := Set(&o, test.key, test.value); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s=%s: %v, want %q", test.key, test.value, err, test.want)
		}
	}
}

// The table in README.md is that of the settings. -update rewrites it.
func TestReadmeHasTheSettings(t *testing.T) {
	t.Parallel()
	name := filepath.Join("..", "..", "..", "..", "README.md")
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	section := regexp.MustCompile(`(?s)(<!-- provider-settings -->\n).*?(<!-- /provider-settings -->)`)
	if !section.Match(data) {
		t.Fatal("README.md has no section provider-settings")
	}
	want := section.ReplaceAllString(string(data), "${1}"+strings.ReplaceAll(Markdown(), "$", "$$")+"${2}")
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(data) != want {
		t.Error("the table of settings in README.md is not current; run go test ./cmd/semblance/internal/config -update")
	}
}
