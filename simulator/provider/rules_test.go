package provider

import (
	"strings"
	"testing"

	"semblance/schemas"
	"semblance/simulator"
)

func valid() simulator.Subscription {
	return simulator.Subscription{
		URL: "https://example.com/webhooks", Label: "mine", EventTypes: []string{"booking.created"},
		Headers: []simulator.Header{{Name: "Authorization", Value: "Bearer x"}},
	}
}

func TestRules(t *testing.T) {
	allTypes := func() (names []string) {
		for _, t := range schemas.All() {
			names = append(names, t.Name)
		}
		return names
	}
	type sub = simulator.Subscription
	header := func(name, value string) func(*sub) {
		return func(s *sub) { s.Headers = []simulator.Header{{Name: name, Value: value}} }
	}
	url := func(u string) func(*sub) { return func(s *sub) { s.URL = u } }
	types := func(names ...string) func(*sub) { return func(s *sub) { s.EventTypes = names } }
	label := func(l string) func(*sub) { return func(s *sub) { s.Label = l } }
	for name, test := range map[string]struct {
		change func(*sub)
		rules  Rules
		local  bool
		code   Code
		says   string
	}{
		"valid":                         {change: func(*sub) {}},
		"no url":                        {change: url(" "), code: CodeURL, says: "required"},
		"not a url":                     {change: url("https://exa mple.com"), code: CodeURL},
		"control characters in the url": {change: url("https://example.com/\r\nX: y"), code: CodeURL},
		"another scheme":                {change: url("ftp://example.com"), code: CodeURL, says: "https"},
		"no host":                       {change: url("https:///webhooks"), code: CodeURL, says: "no host"},
		"a password":                    {change: url("https://me:secret@example.com"), code: CodeURL, says: "header"},
		"a password, made locally":      {change: url("https://me:secret@example.com"), local: true, code: CodeURL, says: "header"},
		"no port":                       {change: url("https://example.com:99999/"), code: CodeURL, says: "1 to 65535"},
		"port 0":                        {change: url("https://example.com:0/"), code: CodeURL, says: "1 to 65535"},
		"a port left out":               {change: url("https://example.com:/")},
		"a fragment":                    {change: url("https://example.com/#top"), code: CodeURL},
		"too long a url":                {change: url("https://example.com/" + strings.Repeat("a", maxURL)), code: CodeURL},
		"http":                          {change: url("http://example.com"), code: CodeHTTPS, says: "loopback"},
		"http to a private address":     {change: url("http://192.168.0.7:3000"), code: CodeHTTPS},
		"http to loopback":              {change: url("http://127.0.0.1:3000/webhooks")},
		"http to localhost":             {change: url("http://LOCALHOST:3000/webhooks")},
		"http to ::1":                   {change: url("http://[::1]:3000")},
		"http to a name that begins so": {change: url("http://localhost.example.com"), code: CodeHTTPS},
		"http to a number that begins":  {change: url("http://127.0.0.1.example.com"), code: CodeHTTPS},
		"strict":                        {change: url("http://127.0.0.1"), rules: Rules{HTTP: HTTPNever}, code: CodeHTTPS},
		"strict and local":              {change: url("http://127.0.0.1"), rules: Rules{HTTP: HTTPNever}, local: true, code: CodeHTTPS},
		"http anywhere":                 {change: url("http://receiver:3000"), rules: Rules{HTTP: HTTPAnywhere}},
		"http, made locally":            {change: url("http://receiver:3000"), local: true},
		"no type":                       {change: types(), code: CodeEventTypes, says: "at least one"},
		"unknown type":                  {change: types("booking.craeted"), code: CodeEventType, says: `did you mean "booking.created"`},
		"letter case counts":            {change: types("Booking.Created"), code: CodeEventType, says: `"booking.created"`},
		"a former enum name":            {change: types("BOOKING_CREATED"), code: CodeFormerEnum, says: `"booking.created"`},
		"a retired type":                {change: types("invoice.lineItems.updated"), code: CodeEventType, says: "has retired"},
		"a pattern":                     {change: types("booking.*"), code: CodeEventType, says: "in full"},
		"a type twice":                  {change: types("patient.created", "patient.created"), code: CodeEventTypes, says: "twice"},
		"eleven types":                  {change: types(allTypes()[:11]...), code: CodeEventTypes, says: "at most 10"},
		"ten types":                     {change: types(allTypes()[:10]...)},
		"eleven by setting":             {change: types(allTypes()[:11]...), rules: Rules{MaxEventTypes: 11}},
		"every type by setting":         {change: types(allTypes()...), rules: Rules{MaxEventTypes: -1}},
		"every type, made locally":      {change: types(allTypes()...), local: true},
		"no label":                      {change: label("  "), code: CodeLabel, says: "required"},
		"a long label":                  {change: label(strings.Repeat("é", 257)), code: CodeLabel, says: "at most 256 characters, not 257"},
		"characters, not bytes":         {change: label(strings.Repeat("é", 256))},
		"a header of ours":              {change: header("x-Webhook-signature", "t=1"), code: CodeHeader, says: "cannot be set"},
		"a hop-by-hop header":           {change: header("Connection", "close"), code: CodeHeader, says: "connection"},
		"a content header":              {change: header("Content-Type", "text/plain"), code: CodeHeader},
		"a line break in a value":       {change: header("X-A", "b\r\nX-C: d"), code: CodeHeader, says: "control character"},
		"a bare line feed":              {change: header("X-A", "b\nc"), code: CodeHeader},
		"a line break in a name":        {change: header("X-A\r\nB", "c"), code: CodeHeader},
		"a colon in a name":             {change: header("X-A:", "c"), code: CodeHeader},
		"no name":                       {change: header("", "c"), code: CodeHeader},
		"too much":                      {change: header("X-A", strings.Repeat("a", maxHeaderBytes)), code: CodeHeader},
		"too many": {change: func(s *sub) {
			s.Headers = make([]simulator.Header, maxHeaders+1)
		}, code: CodeHeader, says: "at most 50"},
	} {
		s := valid()
		test.change(&s)
		err := test.rules.check(&s, allFields, test.local)
		if CodeOf(err) != test.code || (err == nil) != (test.code == "") {
			t.Errorf("%s: %v, want the code %q", name, err, test.code)
		} else if err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %q does not say %q", name, err, test.says)
		}
	}
}

func TestRulesLookOnlyAtWhatIsGiven(t *testing.T) {
	var empty simulator.Subscription
	if err := (Rules{}).check(&empty, fields{}, false); err != nil {
		t.Errorf("nothing is given, and yet: %v", err)
	}
}

func TestCanonicalURL(t *testing.T) {
	for a, b := range map[string]string{
		"https://Example.com":        "https://example.com:443/",
		"http://localhost:80/a":      "http://LOCALHOST/a",
		"https://example.com/a?b=c":  "HTTPS://example.com/a?b=c",
		"https://example.com/%7Ejoe": "https://example.com/%7Ejoe",
	} {
		if canonicalURL(a) != canonicalURL(b) {
			t.Errorf("%s and %s are taken for two: %s, %s", a, b, canonicalURL(a), canonicalURL(b))
		}
	}
	for a, b := range map[string]string{
		"https://example.com/a":   "https://example.com/A",
		"https://example.com/a?b": "https://example.com/a",
		"https://example.com":     "http://example.com",
		"https://example.com:80":  "https://example.com",
	} {
		if canonicalURL(a) == canonicalURL(b) {
			t.Errorf("%s and %s are taken for one", a, b)
		}
	}
}

func TestParseToken(t *testing.T) {
	for text, want := range map[string]string{
		"dev":                                 "…[seeWebhooks createWebhooks editWebhooks deleteWebhooks settingsSeeUsers]",
		"a-longer-token=seeWebhooks":          "…oken[seeWebhooks]",
		"dev=seeWebhooks, editWebhooks":       "…[seeWebhooks editWebhooks]",
		"dev=seeWebhook":                      `unknown permission "seeWebhook"; did you mean "seeWebhooks"?`,
		"dev=":                                `unknown permission ""; use seeWebhooks, createWebhooks, editWebhooks, deleteWebhooks or settingsSeeUsers`,
		"=seeWebhooks":                        "a token is written as TEXT=permission,permission",
		"dev=seeWebhooks,seeWebhooks":         "…[seeWebhooks]",
		"something-else=frobnicate-all-of-it": `unknown permission "frobnicate-all-of-it"; use seeWebhooks, createWebhooks, editWebhooks, deleteWebhooks or settingsSeeUsers`,
	} {
		token, err := ParseToken(text)
		got := token.String()
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
