package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"semblance/schemas"
	"semblance/simulator"
)

func TestReadSubscriptions(t *testing.T) {
	file := filepath.Join(t.TempDir(), "subscriptions.yaml")
	text := `subscriptions:
  - url: 3000/webhooks
    eventTypes: ["invoice.*", invoice.paid, patient.merged]
  - {url: "https://example.com/", label: one, eventTypes: ["**"], headers: {X-Id: 0123, X-Two: "yes"}, secret: whsec_one}
`
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	list, err := readSubscriptions(file, "whsec_default")
	if err != nil || len(list) != 2 {
		t.Fatalf("%v %v", list, err)
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

// Whatever is in a file, it is read or refused in sentences that name a place.
func FuzzReadSubscriptions(f *testing.F) {
	for _, seed := range []string{
		"subscriptions:\n  - url: 3000\n    eventTypes: [invoice.paid]\n", "", "a", "- a", "{", "subscriptions: {}", "subscriptions: [1, [2], {url: }]",
		"subscriptions: &a [*a]", "subscriptions:\n- !!binary x\n", "? [a]\n: b", "subscriptions:\n- {url: 3000, eventTypes: []}", "subscriptions:\n- url: [3000]\n  headers: [a]\n  eventTypes: {a: b}\n  label: {}\n", "a: b\n---\nc: d\n", "\x00", "\xff",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := &subscribeReader{file: "x.yaml", secret: simulator.DefaultSecret}
		list := r.read([]byte(text))
		if len(list) == 0 && len(r.errs) == 0 {
			t.Error("neither read nor refused")
		}
		for _, err := range r.errs {
			if sentence := err.Error(); !strings.HasPrefix(sentence, "x.yaml:") {
				t.Errorf("no place in %q", sentence)
			}
		}
		for _, s := range list {
			if len(r.errs) == 0 && (s.URL == "" || len(s.EventTypes) == 0) {
				t.Errorf("read %+v", s)
			}
		}
	})
}
