package fault_test

import (
	"testing"

	"semblance/simulator/fault"
)

func TestParseRoundTrip(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{"signature=stale", "signature=stale"},
		{"signature=stale,age=400s", "signature=stale"},
		{"signature=stale,age=420s", "signature=stale,age=7m"},
		{"signature=stale, age = 2h ", "signature=stale,age=2h"},
		{"signature=wrong-secret,secret=\"a,b\"", "signature=wrong-secret,secret=\"a,b\""},
		{"signature=several-v1,right=first,count=3", "signature=several-v1,count=3,right=first"},
		{"transport=oversized,size=1048576", "transport=oversized,size=1MiB"},
		{"transport=oversized,size=2MB", "transport=oversized,size=2000000"},
		{"transport=cut-body,keep=10%", "transport=cut-body,keep=10%"},
		{"transport=lost-response", "transport=lost-response"},
	} {
		f, err := fault.Parse(test.text)
		if err != nil {
			t.Errorf("Parse(%q): %v", test.text, err)
			continue
		}
		if f.String() != test.want {
			t.Errorf("Parse(%q) = %q, want %q", test.text, f, test.want)
		}
		again, err := fault.Parse(f.String())
		if err != nil || again.String() != f.String() {
			t.Errorf("Parse(%q) = %v, %v", f, again, err)
		}
	}
}

func TestParseSuggestsFix(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{"", `unknown fault family ""; use signature or transport`},
		{"stale", `unknown fault family "stale"; write "signature=stale"`},
		{"signatur=stale", `unknown fault family "signatur"; did you mean "signature"?`},
		{"signature=stael", `unknown signature fault "stael"; did you mean "stale"?`},
		{"signature=gzip", `"gzip" is a transport fault; write "transport=gzip"`},
		{"transport=", `unknown transport fault ""; use slow-body, pieces, hold-body, cut-body, reset, unread-response, lost-response, chunked, gzip or oversized`},
		{"signature=stale,aeg=3s", `the fault signature=stale: unknown attribute "aeg"; did you mean "age"?`},
		{"signature=tampered,age=3s", `the fault signature=tampered has no attributes; remove "age"`},
		{"signature=stale,age=long", `the fault signature=stale, attribute age: invalid duration "long"; write it as 400s or 1m30s`},
		{"signature=stale,age=-5s", `the fault signature=stale, attribute age: -5s is out of range; use 1s to 876000h`},
		{"signature=stale,age=1s,age=2s", `fault "signature=stale,age=1s,age=2s": the attribute "age" occurs twice`},
		{"signature=stale,age", `fault "signature=stale,age": age has no value; write age=VALUE`},
		{"signature=missing,header=bth", `the fault signature=missing, attribute header: unknown value "bth"; did you mean "both"?`},
		{"transport=chunked,size=9999999999999999KiB", `the fault transport=chunked, attribute size: invalid size "9999999999999999KiB"; write it as 512, 64KiB or 2MB`},
		{"transport=cut-body,keep=100%", `the fault transport=cut-body, attribute keep: 100% is out of range; use 0% to 99%`},
		{"transport=reset,keep=half", `the fault transport=reset, attribute keep: invalid percentage "half"; write it as 50%`},
		{`signature=wrong-secret,secret="a`, `fault "signature=wrong-secret,secret=\"a": a double quote is missing after a value`},
	} {
		if f, err := fault.Parse(test.text); err == nil || err.Error() != test.want {
			t.Errorf("Parse(%q):\n got %v, %v\nwant %s", test.text, f, err, test.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, info := range fault.All() {
		f.Add(info.Text())
		for _, a := range info.Attributes {
			f.Add(info.Text() + "," + a.Name + "=" + a.Default)
		}
	}
	f.Add(`signature=wrong-secret,secret="a\",b" ,secret=c`)
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := fault.Parse(text)
		if err != nil {
			return
		}
		again, err := fault.Parse(parsed.String())
		if err != nil || again.String() != parsed.String() {
			t.Fatalf("Parse(%q) = %q, which parses as %v, %v", text, parsed, again, err)
		}
	})
}

// TestForges checks which requests a correct receiver must refuse.
func TestForges(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"signature=missing":                  true,
		"signature=missing,header=timestamp": false,
		"signature=malformed":                true,
		"signature=wrong-secret":             true,
		"signature=tampered":                 true,
		"signature=reserialised":             true,
		"signature=body-only":                true,
		"signature=stale":                    true,
		"signature=stale,age=60s":            false,
		"signature=future":                   false,
		"signature=other-scheme":             true,
		"signature=other-scheme,scheme=v1":   false,
		"signature=several-v1":               false,
		"signature=several-v1,right=none":    true,
		"transport=gzip":                     false,
		"transport=lost-response":            false,
	} {
		f, err := fault.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Forges(); got != want {
			t.Errorf("%s: Forges() = %t, want %t", text, got, want)
		}
	}
}
