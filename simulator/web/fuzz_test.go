package web

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

// A query is parsed to values of its parameters, or refused with a problem that names the parameter.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{
		"limit=10&order=oldest&cursor=x", "type=booking.*,patient.created", "within=10s&until=all-finished", "from=2026-06-08T09:30:00Z&show=secret",
		"limit=0x10", "state=pending,held&kind=event", "full=true&deleted=1", "limit=1&limit=2", "a=b;c=d", "%zz", "type=,", "after=9007199254740992", "=", "within=99999999h",
	} {
		f.Add(seed)
	}
	var known []definition
	names := map[string]bool{}
	for _, g := range groups() {
		for _, o := range g.operations {
			for _, p := range o.parameters {
				if name := p.describe().Name; !names[name] {
					names[name] = true
					known = append(known, p)
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, raw string) {
		values, err := parseQuery(raw, known)
		if err != nil {
			if p, ok := errors.AsType[*Problem](err); !ok || p.Status != http.StatusBadRequest || p.Detail == "" || strings.ContainsAny(p.Detail, "\x00\x1b\r\n") {
				t.Errorf("%q: %#v", raw, err)
			}
			return
		}
		for name, value := range values {
			if !names[name] || value == nil {
				t.Errorf("%q: %s is %v", raw, name, value)
			}
		}
	})
}
