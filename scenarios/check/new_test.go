package check_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"semblance/scenarios"
	"semblance/scenarios/check"
	"semblance/scenarios/conformance"
)

// The example of `--explain new` is a check as soon as its file exists: it passes at a right receiver, and not at one that makes its
// mistake.
func TestNewCheck(t *testing.T) {
	t.Parallel()
	var topic strings.Builder
	if err := check.Explain(&topic, load(t), "new"); err != nil {
		t.Fatal(err)
	}
	_, file, _ := strings.Cut(topic.String(), "\n\n")
	file, _, _ = strings.Cut(file, "\n\n")
	control, err := fs.ReadFile(conformance.Files(), scenarios.ControlID+".yaml")
	if err != nil {
		t.Fatal(err)
	}
	cases, err := check.LoadFrom(fstest.MapFS{
		scenarios.ControlID + ".yaml": {Data: control},
		"TRN-14.yaml":                 {Data: []byte(strings.ReplaceAll("\n"+file, "\n  ", "\n"))},
	})
	if err != nil {
		t.Fatal(err)
	}
	right := correct(t)
	picky := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Date") != "" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		right.ServeHTTP(w, r)
	})
	for _, test := range []struct {
		receiver http.Handler
		want     scenarios.Outcome
	}{{right, scenarios.Passed}, {picky, scenarios.Warned}} {
		server := httptest.NewServer(test.receiver)
		r := run(t, server.URL, func(o *check.Options) { o.Checks, o.All = cases, cases })
		server.Close()
		if len(r.Checks) != 2 || r.Checks[1].ID != "TRN-14" || r.Checks[1].Outcome != test.want {
			t.Errorf("want TRN-14 %s:\n%s", test.want, text(t, r))
		}
	}
}
