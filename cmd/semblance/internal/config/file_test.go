package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"semblance/cmd/semblance/internal/server"
	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/provider"
)

func TestRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "subscriptions.yaml")
	text := `provider: {attempts: 3, breaker-threshold: 0, retry-base: 1m, success: "200,202", event-id: per-event, retention: 24h}
subscriptions:
  - url: 3000/webhooks
    eventTypes: ["invoice.*", invoice.paid, patient.merged]
  - {url: "https://example.com/", label: one, eventTypes: ["**"], headers: {X-Id: 0123, X-Two: "yes"}, secret: whsec_one}
`
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	var o server.Options
	err := Read(&o, file, "whsec_default")
	list := o.Provider.Subscriptions
	if err != nil || len(list) != 2 {
		t.Fatalf("%v %v", list, err)
	}
	if p := o.Provider; p.Retry.Attempts != 3 || p.Breaker.Threshold != -1 || p.Retry.Base != time.Minute || p.EventIDs != provider.PerEvent ||
		o.Retention.Age != 24*time.Hour || !p.Delivery.Success(202) || p.Delivery.Success(201) {
		t.Errorf("settings %+v", o)
	}
	invoices, err := schemas.Match("invoice.*")
	if err != nil {
		t.Fatal(err)
	}
	first, second := list[0], list[1]
	if first.URL != "http://localhost:3000/webhooks" || len(first.EventTypes) != len(invoices)+1 || first.Secret != "whsec_default" || first.Label == "" || !first.Local {
		t.Errorf("the first is %+v", first)
	}
	if second.Label != "one" || second.Secret != "whsec_one" || len(second.EventTypes) != len(schemas.All()) ||
		len(second.Headers) != 2 || second.Headers[0] != (simulator.Header{Name: "X-Id", Value: "0123"}) {
		t.Errorf("the second is %+v", second)
	}
}

// The files in the help are read as they are described.
func TestHelpHasFiles(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "semblance.yaml")
	for text, want := range map[string]int{Example: 1, whole: 2} {
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		var o server.Options
		if err := Read(&o, file, "whsec_default"); err != nil || len(o.Provider.Subscriptions) != want || o.Provider.Retry.Attempts != 3 {
			t.Errorf("%v, %+v", err, o.Provider.Subscriptions)
		}
	}
}

// Every file is read, or refused with errors that name a position.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"subscriptions:\n  - url: 3000\n    eventTypes: [invoice.paid]\n", "", "a", "- a", "{", "subscriptions: {}", "subscriptions: [1, [2], {url: }]",
		"subscriptions: &a [*a]", "subscriptions:\n- !!binary x\n", "? [a]\n: b", "subscriptions:\n- {url: 3000, eventTypes: []}", "subscriptions:\n- url: [3000]\n  headers: [a]\n  eventTypes: {a: b}\n  label: {}\n", "a: b\n---\nc: d\n", "\x00", "\xff",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var o server.Options
		r := &reader{file: "x.yaml", secret: simulator.DefaultSecret, options: &o}
		r.read([]byte(text))
		list := o.Provider.Subscriptions
		if len(list) == 0 && len(r.errs) == 0 && !strings.Contains(text, "provider") {
			t.Error("no subscription and no error")
		}
		for _, err := range r.errs {
			if message := err.Error(); !strings.HasPrefix(message, "x.yaml:") {
				t.Errorf("no position in %q", message)
			}
		}
		for _, s := range list {
			if len(r.errs) == 0 && (s.URL == "" || len(s.EventTypes) == 0) {
				t.Errorf("read %+v", s)
			}
		}
	})
}
