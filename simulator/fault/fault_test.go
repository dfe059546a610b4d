package fault_test

import (
	"testing"

	"semblance/simulator/fault"
)

func TestParseReadsBackWhatItWrites(t *testing.T) {
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
			t.Errorf("Parse(%q) is %q, want %q", test.text, f, test.want)
		}
		again, err := fault.Parse(f.String())
		if err != nil || again.String() != f.String() {
			t.Errorf("Parse(%q) gives %v, %v", f, again, err)
		}
	}
}

func TestParseNamesTheMend(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", `unknown fault family ""; it is signature or transport`},
		{"stale", `unknown fault family "stale"; write "signature=stale"`},
		{"signatur=stale", `unknown fault family "signatur"; did you mean "signature"?`},
		{"signature=stael", `unknown signature fault "stael"; did you mean "stale"?`},
		{"signature=gzip", `"gzip" is a transport fault; write "transport=gzip"`},
		{"transport=", `unknown transport fault ""; there are slow-body, cut-body, reset, lost-response, chunked, gzip, oversized`},
		{"signature=stale,aeg=3s", `the fault signature=stale has no attribute "aeg"; did you mean "age"?`},
		{"signature=tampered,age=3s", `the fault signature=tampered has no attributes, so "age" cannot be set`},
		{"signature=stale,age=long", `the fault signature=stale, attribute age: "long" is no duration, such as 400s or 1m30s`},
		{"signature=stale,age=-5s", `the fault signature=stale, attribute age: -5s is out of bounds; it is from 1s to 876000h`},
		{"signature=stale,age=1s,age=2s", `fault "signature=stale,age=1s,age=2s": the attribute "age" is there twice`},
		{"signature=stale,age", `fault "signature=stale,age": "age" has no value; write age=…`},
		{"signature=missing,header=bth", `the fault signature=missing, attribute header: unknown value "bth"; did you mean "both"?`},
		{"transport=chunked,size=9999999999999999KiB", `the fault transport=chunked, attribute size: "9999999999999999KiB" is no size, such as 512, 64KiB or 2MB`},
		{"transport=cut-body,keep=100%", `the fault transport=cut-body, attribute keep: 100% is out of bounds; it is from 0% to 99%`},
		{"transport=reset,keep=half", `the fault transport=reset, attribute keep: "half" is no whole percentage, such as 50%`},
		{`signature=wrong-secret,secret="a`, `fault "signature=wrong-secret,secret=\"a": a value in double quotes does not end`},
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
			t.Fatalf("Parse(%q) is %q, which reads back as %v, %v", text, parsed, again, err)
		}
	})
}
