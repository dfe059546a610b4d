package check_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"semblance/scenarios"
	"semblance/scenarios/check"
	"semblance/scenarios/report"
	"semblance/schemas/validate"
	"semblance/simulator"
)

// A gateway that requires a header is passed by every event, also by forged ones and twins, and its value is in no output.
func TestHeaders(t *testing.T) {
	t.Parallel()
	var behind http.Handler = correct(t)
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer hunter2" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		behind.ServeHTTP(w, r)
	}))
	defer gateway.Close()
	words := []string{"SIG-01", "SIG-03", "PAY-02", "DLV-01", "TRN-04", "TRN-05"}
	withHeader := func(o *check.Options) {
		o.Player.Headers = []simulator.Header{{Name: "Authorization", Value: "Bearer hunter2"}}
	}
	r := run(t, gateway.URL, withHeader, words...)
	if r.ExitCode() != 0 || r.Count("passed") != len(words)+1 {
		t.Errorf("with the header: %s", text(t, r))
	}
	if r := run(t, gateway.URL, nil, words...); r.ExitCode() != 1 {
		t.Errorf("without the header: %s", text(t, r))
	}
	behind = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	r = run(t, gateway.URL, withHeader, "SIG-01")
	if r.ExitCode() != 1 {
		t.Errorf("a receiver that accepts everything: %s", text(t, r))
	}
	schema, err := validate.Compile(validate.Source{Name: "checks", JSON: report.ChecksSchema()})
	if err != nil {
		t.Fatal(err)
	}
	var encoded bytes.Buffer
	if err := report.ChecksJSON(&encoded, r); err != nil || len(schema.Validate(encoded.Bytes())) > 0 {
		t.Errorf("the JSON of a run: %v, %v", err, schema.Validate(encoded.Bytes()))
	}
	for name, write := range map[string]func(io.Writer, *scenarios.CheckRun) error{"terminal": report.Terminal{Verbose: true}.Checks, "JSON": report.ChecksJSON, "HTML": report.ChecksHTML} {
		var b bytes.Buffer
		if err := write(&b, r); err != nil || strings.Contains(b.String(), "hunter2") || !strings.Contains(b.String(), "SIG-01") {
			t.Errorf("%s: %v: %s", name, err, b.String())
		}
	}
}
