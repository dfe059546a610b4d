package flags

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"semblance/simulator"
	"semblance/simulator/capture"
)

func TestRate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"5/s": 5, "5": 5, "60/m": 1, "0.5/s": 0.5, "3600/h": 1} {
		var r rate
		if err := r.Set(text); err != nil || float64(r) != want {
			t.Errorf("%s: %v per second, %v", text, float64(r), err)
		}
	}
	for _, text := range []string{"", "0", "-1/s", "fast", "5/d", "NaN", "Inf/s", "1e9/s", "5/"} {
		var r rate
		if err := r.Set(text); err == nil {
			t.Errorf("%q is accepted as the rate %v", text, r)
		}
	}
}

func TestTime(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for _, text := range []string{"2026-03-02T09:00:00Z", "2026-03-02T10:00:00+01:00", "1772442000"} {
		var got time.Time
		if err := (moment{&got}).Set(text); err != nil || !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%s: %v %v", text, got, err)
		}
	}
	for text, want := range map[string]string{"yesterday": "expected a time", "-1": "between 1970 and 2106", "4294967296": "between 1970 and 2106", "1812-01-01T00:00:00Z": "between"} {
		var got time.Time
		if err := (moment{&got}).Set(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// A flag overrides its variable; a variable of a repeatable flag has one value per line.
func TestReadVariables(t *testing.T) {
	t.Parallel()
	c := &cobra.Command{Use: "x"}
	count, list, secret := 0, []string(nil), Secret{}
	c.Flags().IntVar(&count, "count", 1, "")
	c.Flags().StringArrayVar(&list, "header", nil, "")
	secret.Add(c)
	if err := c.ParseFlags([]string{"--count", "3"}); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"SEMBLANCE_COUNT": "5", "SEMBLANCE_HEADER": "A: 1\nB: 2, 3\n", "SEMBLANCE_SECRET": "whsec_mine"}
	getenv := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	if err := ReadVariables(c.Flags(), getenv); err != nil {
		t.Fatal(err)
	}
	if count != 3 || !reflect.DeepEqual(list, []string{"A: 1", "B: 2, 3"}) {
		t.Errorf("count %d, headers %q", count, list)
	}
	secrets, err := secret.Secrets()
	if err != nil || secret.Arguments(secrets) != nil {
		t.Errorf("a secret of the variable is repeated in a command: %v %v", secret.Arguments(secrets), err)
	}
	if got := secret.Rerun(c.Flags(), secrets); !reflect.DeepEqual(got, []string{"--count", "3", "--header", "A: 1", "--header", "B: 2, 3"}) {
		t.Errorf("changed flags %q", got)
	}
	env["SEMBLANCE_COUNT"] = "few"
	c.Flags().Lookup("count").Changed = false
	if err := ReadVariables(c.Flags(), getenv); err == nil || err.Error() != `SEMBLANCE_COUNT="few": expected a whole number` {
		t.Error(err)
	}
}

// The command that repeats an attempt refers to credentials by variables, unless --show-secret is given.
func TestRerunHidesCredentials(t *testing.T) {
	t.Parallel()
	rerun := func(environment string, args ...string) string {
		c := &cobra.Command{Use: "x"}
		var headers []string
		var to string
		var secret Secret
		c.Flags().StringArrayVar(&headers, "header", nil, "")
		c.Flags().StringVar(&to, "to", "", "")
		secret.Add(c)
		if err := c.ParseFlags(args); err != nil {
			t.Fatal(err)
		}
		getenv := func(name string) (string, bool) { return environment, name == "SEMBLANCE_HEADER" && environment != "" }
		if err := ReadVariables(c.Flags(), getenv); err != nil {
			t.Fatal(err)
		}
		secrets, err := secret.Secrets()
		if err != nil {
			t.Fatal(err)
		}
		return capture.Command(secret.Rerun(c.Flags(), secrets))
	}
	credentials := []string{"--header", "Authorization:Bearer hunter2", "--header", "X-A: $HOME", "--to", "http://127.0.0.1/?apikey=hunter2"}
	for _, test := range []struct {
		environment string
		args        []string
		want        string
	}{
		{"", credentials, `semblance --header "Authorization: $SEMBLANCE_HEADER_AUTHORIZATION" --header 'X-A: $HOME' --to "$SEMBLANCE_TO"`},
		{"", append(credentials, "--show-secret"),
			`semblance --header 'Authorization:Bearer hunter2' --header 'X-A: $HOME' --show-secret --to 'http://127.0.0.1/?apikey=hunter2'`},
		{"X-A: 1\nX-Api-Key: hunter2", []string{"--to", "3000"}, `semblance --to 3000`},
		{"X-A: 1", []string{"--to", "3000"}, `semblance --header 'X-A: 1' --to 3000`},
	} {
		if got := rerun(test.environment, test.args...); got != test.want {
			t.Errorf("%q %q:\n%s, want\n%s", test.environment, test.args, got, test.want)
		}
	}
}

// A secret of one's own never stands in a command or a message, unless --show-secret is given.
func TestSecretStaysHidden(t *testing.T) {
	t.Parallel()
	for _, show := range []bool{false, true} {
		c := &cobra.Command{Use: "x"}
		var s Secret
		s.Add(c)
		args := []string{"--secret", "whsec_mine_0042"}
		if show {
			args = append(args, "--show-secret")
		}
		if err := c.ParseFlags(args); err != nil {
			t.Fatal(err)
		}
		secrets, err := s.Secrets()
		if err != nil {
			t.Fatal(err)
		}
		text := s.ExplainRefusal(&simulator.Request{}, secrets)
		if strings.Contains(text, "whsec_mine") != show || !show && (!strings.Contains(text, `"$SEMBLANCE_SECRET"`) || !strings.Contains(text, "--show-secret prints")) {
			t.Errorf("show %v: %s", show, text)
		}
	}
	empty := Secret{values: []string{""}}
	if _, err := empty.Secrets(); !errors.Is(err, ErrEmptySecret) {
		t.Error(err)
	}
}

// Flags stand under their headings in one set of columns, --help last.
func TestUsageGroupsFlags(t *testing.T) {
	t.Parallel()
	c := &cobra.Command{Use: "x", Run: func(*cobra.Command, []string) {}}
	c.Flags().SortFlags = false
	Group(c, "First", func() {
		c.Flags().Int("one", 1, "the first, unlike --two")
		c.Flags().Bool("a-long-name", false, strings.Repeat("many words ", 12)+"end")
	})
	Group(c, "Second", func() { c.Flags().String("two", "", "the second") })
	c.InitDefaultHelpFlag()
	var b strings.Builder
	c.SetOut(&b)
	c.SetErr(&b)
	if err := Usage(c); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\nFirst:\n      --one int       the first", "\n\nSecond:\n      --two string    the second\n  -h, --help "} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}
