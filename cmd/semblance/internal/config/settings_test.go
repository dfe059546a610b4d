package config

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"semblance/cmd/semblance/internal/server"
	"semblance/simulator/delivery"
	"semblance/simulator/graphql"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
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
		if err := Set(&o, s.Key, ""); err == nil {
			t.Errorf("%s accepts an empty value", s.Key)
		}
		if len(s.Question) > 70 || len(s.Values) > 60 {
			t.Errorf("the text of %s is too long", s.Key)
		}
		for _, word := range s.words {
			if err := Set(&o, s.Key, word); err != nil {
				t.Error(err)
			}
		}
	}
}

// The options have the values of the settings; where their zero value is the default, 0 is -1.
func TestSet(t *testing.T) {
	t.Parallel()
	var o server.Options
	for _, setting := range []string{
		"attempts=3", "retry-base=1m", "retry-factor=1.5", "retry-jitter=0", "success=200,202", "timeout=5s", "follow-redirects=2", "in-flight=8",
		"sign=once", "event-id=per-event", "breaker-threshold=0", "while-paused=drop", "content-type=text/json", "user-agent=x/1", "body-style=indent",
		"http=any", "max-event-types=0", "max-label=9", "secret-prefix=sk_", "secret-length=8", "retention=0", "retention-rows=7",
		"page-size=50", "max-page-size=100", "invalid-query=200", "deleted-patient=record", "episode-query=off", "label-id=id",
	} {
		key, value, _ := strings.Cut(setting, "=")
		if err := Set(&o, key, value); err != nil {
			t.Error(err)
		}
	}
	if success := o.Provider.Delivery.Success; success == nil || !success(202) || success(201) {
		t.Error("success is not 200 or 202")
	}
	o.Provider.Delivery.Success = nil
	want := server.Options{
		Retention: journal.Options{Age: -1, Rows: 7},
		Provider: provider.Options{
			Retry:   provider.RetryPolicy{Attempts: 3, Base: time.Minute, Factor: 1.5, Jitter: -1},
			Breaker: provider.Breaker{Threshold: -1}, InFlight: 8, SignOnce: true, EventIDs: provider.PerEvent, WhilePaused: provider.DropWhilePaused,
			Delivery: delivery.Options{Timeout: 5 * time.Second, Redirects: 2, ContentType: "text/json", UserAgent: "x/1", Style: delivery.Indented},
			Rules:    provider.Rules{HTTP: provider.HTTPAnywhere, MaxEventTypes: -1, MaxLabel: 9},
			Secrets:  provider.SecretForm{Prefix: "sk_", Length: 8},
		},
		API: graphql.Options{PageSize: 50, MaxPageSize: 100, InvalidOK: true, DeletedPatients: true, HideEpisodes: true, LabelIDs: graphql.LabelIDsAreRows},
	}
	if !reflect.DeepEqual(o, want) {
		t.Errorf("got %+v\nwant %+v", o, want)
	}
	for setting, want := range map[string]any{"http=none": provider.HTTPNever, "http=loopback": provider.HTTPLoopback} {
		key, value, _ := strings.Cut(setting, "=")
		if err := Set(&o, key, value); err != nil || o.Provider.Rules.HTTP != want {
			t.Errorf("%s: %v %v", setting, o.Provider.Rules.HTTP, err)
		}
	}
	for d, want := range map[time.Duration]string{10 * time.Second: "10s", 720 * time.Hour: "720h", 5 * time.Minute: "5m", 90 * time.Second: "1m30s", 90 * time.Minute: "1h30m"} {
		if got := short(d); got != want {
			t.Errorf("short(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestSetRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ key, value, want string }{
		{"atempts", "3", `unknown provider setting "atempts"; did you mean "attempts"?`},
		{"colour", "red", "unknown provider setting \"colour\"; `semblance help provider-settings` lists them"},
		{"attempts", "0", `provider setting attempts: expected a whole number of at least 1, got "0"`},
		{"retry-base", "0s", `provider setting retry-base: expected a time such as 500ms, 30s or 24h, got "0s"`},
		{"retry-factor", "0", `provider setting retry-factor: expected a number, got "0"`},
		{"retry-factor", "NaN", `provider setting retry-factor: expected a number, got "NaN"`},
		{"secret-length", "0", "at least 1"},
		{"in-flight", "0", "at least 1"},
		{"follow-redirects", "99", `expected a whole number from 0 to 20, got "99"`},
		{"success", "2yy", `"2yy"`},
		{"sign", "twice", `provider setting sign: expected each-attempt or once, got "twice"`},
		{"user-agent", "a\r\nb", "expected text on one line"},
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
