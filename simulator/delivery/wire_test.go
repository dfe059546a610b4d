package delivery_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"semblance/simulator"
	"semblance/simulator/delivery"
	"semblance/simulator/fault"
)

// echo200 responds to each request with 200, and returns the bytes of the requests.
func echo200(t *testing.T) (*rawReceiver, <-chan string) {
	got := make(chan string, 16)
	return serveRaw(t, func(p *peer, _ int) {
		for p.request() != nil {
			got <- p.got.String()
			p.got.Reset()
			p.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		}
	}), got
}

// The prepared request is written to the wire byte for byte.
func TestRequestIsWrittenAsPrepared(t *testing.T) {
	receiver, got := echo200(t)
	s := newSender(t, delivery.Options{UserAgent: "Semblance/test"})
	indenting := newSender(t, delivery.Options{Style: delivery.Indented, ContentType: "application/json; charset=utf-8"})
	request := func(change func(*delivery.Message)) delivery.Message {
		r := newMessage(t, receiver.URL)
		change(&r)
		return r
	}
	for name, test := range map[string]struct {
		sender *delivery.Sender
		r      delivery.Message
	}{
		"plain":    {s, newMessage(t, receiver.URL)},
		"indented": {indenting, newMessage(t, receiver.URL)},
		"headers": {s, request(func(r *delivery.Message) {
			r.Headers = []simulator.Header{{Name: "x-ODD-case", Value: "a  b"}, {Name: "User-Agent", Value: "mine"}, {Name: "X-Empty", Value: ""}}
		})},
		"query":    {s, request(func(r *delivery.Message) { r.URL = strings.Replace(r.URL, "/hook", "/a%20b?c=d&e#f", 1) })},
		"user":     {s, request(func(r *delivery.Message) { r.URL = strings.Replace(r.URL, "http://", "http://me:pass@", 1) })},
		"rotation": {s, request(func(r *delivery.Message) { r.Secrets = append(r.Secrets, "another") })},
		"raw":      {s, request(func(r *delivery.Message) { r.Event, r.Raw = nil, []byte("\x00\xff not JSON\r\n") })},
		"empty":    {s, request(func(r *delivery.Message) { r.Event, r.Raw = nil, []byte{} })},
		"chunked":  {s, request(func(r *delivery.Message) { r.Fault = mustFault(t, "transport=chunked") })},
		"gzip":     {s, request(func(r *delivery.Message) { r.Fault = mustFault(t, "transport=gzip") })},
		"large":    {s, request(func(r *delivery.Message) { r.Fault = mustFault(t, "transport=oversized,size=1MiB") })},
		"slow":     {s, request(func(r *delivery.Message) { r.Fault = mustFault(t, "transport=slow-body,over=10ms") })},
		"lost":     {s, request(func(r *delivery.Message) { r.Fault = mustFault(t, "transport=lost-response") })},
		"tampered": {s, request(func(r *delivery.Message) { r.Fault = mustFault(t, "signature=tampered") })},
	} {
		t.Run(name, func(t *testing.T) {
			request := prepare(t, test.sender, test.r)
			want := render(t, &request)
			second := prepare(t, test.sender, test.r)
			if !reflect.DeepEqual(request, second) { // cmp takes seconds for a megabyte
				t.Errorf("the same message gives\n%+v\nand\n%+v", request, second)
			}
			response := test.sender.Send(t.Context(), request)
			if response.Failure != "" && response.Failure != simulator.FailureLost {
				t.Fatalf("%s: %s", response.Failure, response.Detail)
			}
			if wire := <-got; wire != want {
				t.Errorf("on the wire:\n%q\nrecorded:\n%q", wire, want)
			}
			test.sender.Send(t.Context(), throughJSON(t, request)) // a replay of a request read from JSON
			if wire := <-got; wire != want {
				t.Errorf("the replay:\n%q\nrecorded:\n%q", wire, want)
			}
		})
	}
}

// A complete request without a fault, with the order and case of its headers.
func TestSend(t *testing.T) {
	s := newSender(t, delivery.Options{})
	r := newMessage(t, "http://127.0.0.1:3000/webhooks?a=1")
	r.Headers = []simulator.Header{{Name: "X-Clinic", Value: "north"}}
	request := prepare(t, s, r)
	want := strings.ReplaceAll(`POST /webhooks?a=1 HTTP/1.1
Host: 127.0.0.1:3000
User-Agent: Semblance
Content-Type: application/json
Content-Length: 244
X-Webhook-Timestamp: 1764000000
X-Webhook-Signature: t=1764000000,v1=62136f2039ff047cb6016ae1addb32595a83b71801c3df2f3299408521c459d5
X-Clinic: north

`, "\n", "\r\n") + string(request.Body)
	if got := render(t, &request); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A hand-made request is sent unchanged, with any bytes, header cases and protocol version.
func TestExactRequest(t *testing.T) {
	receiver, got := echo200(t)
	host := strings.TrimSuffix(strings.TrimPrefix(receiver.URL, "http://"), "/hook")
	s := newSender(t, delivery.Options{})
	for name, test := range map[string]struct {
		exact delivery.Exact
		want  string
	}{
		"http 1.0": {
			delivery.Exact{Proto: "1.0", Headers: []simulator.Header{{Name: "x-webhook-timestamp", Value: "1"}, {Name: "X-Webhook-Signature", Value: "t=1,v1=00,v0=00"}}, Body: []byte("{}")},
			"POST /hook HTTP/1.0\r\nHost: HOST\r\nx-webhook-timestamp: 1\r\nX-Webhook-Signature: t=1,v1=00,v0=00\r\nContent-Length: 2\r\n\r\n{}",
		},
		"own host and length": {
			delivery.Exact{Headers: []simulator.Header{{Name: "content-LENGTH", Value: "3"}, {Name: "host", Value: "elsewhere"}}, Body: []byte("abc")},
			"POST /hook HTTP/1.1\r\ncontent-LENGTH: 3\r\nhost: elsewhere\r\n\r\nabc",
		},
		"own framing": {
			delivery.Exact{Method: "PUT", Headers: []simulator.Header{{Name: "Transfer-Encoding", Value: "chunked"}}, Body: []byte("3\r\nabc\r\n0\r\n\r\n")},
			"PUT /hook HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
		},
		"no body": {delivery.Exact{Method: "DELETE"}, "DELETE /hook HTTP/1.1\r\nHost: HOST\r\n\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			test.exact.URL = receiver.URL
			request, err := s.PrepareExact(test.exact)
			if err != nil {
				t.Fatal(err)
			}
			if response := s.Send(t.Context(), request); !response.OK() {
				t.Errorf("%d %s: %s", response.Status, response.Failure, response.Detail)
			}
			if wire, want := <-got, strings.ReplaceAll(test.want, "HOST", host); wire != want {
				t.Errorf("on the wire:\n%q\nwant:\n%q", wire, want)
			}
		})
	}
}

// After a request whose length is not that of its body, the connection is not reused.
func TestNoReuseAfterUnclearEnd(t *testing.T) {
	receiver := serveRaw(t, func(p *peer, _ int) {
		for p.request() != nil {
			p.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}
	})
	s := newSender(t, delivery.Options{})
	for range 2 {
		request, err := s.PrepareExact(delivery.Exact{URL: receiver.URL, Headers: []simulator.Header{{Name: "Content-Length", Value: "1"}}, Body: []byte("ab")})
		if err != nil {
			t.Fatal(err)
		}
		if response := s.Send(t.Context(), request); !response.OK() {
			t.Errorf("%s: %s", response.Failure, response.Detail)
		}
	}
	if n := receiver.connections(); n != 2 {
		t.Errorf("%d connections for two such requests", n)
	}
}

func TestPrepareRefuses(t *testing.T) {
	s := newSender(t, delivery.Options{})
	for _, test := range []struct {
		name   string
		change func(*delivery.Message)
		want   string
	}{
		{"no scheme", func(r *delivery.Message) { r.URL = "127.0.0.1:3000/x" }, `invalid URL "127.0.0.1:3000/x"; write it as http://host:port/path`},
		{"other scheme", func(r *delivery.Message) { r.URL = "ftp://127.0.0.1/x" }, `the URL "ftp://127.0.0.1/x": scheme "ftp" is neither http nor https`},
		{"no host", func(r *delivery.Message) { r.URL = "http:///x" }, `the URL "http:///x": no host; write it as http://host:port/path`},
		{"bad port", func(r *delivery.Message) { r.URL = "http://localhost:70000/" }, `the URL "http://localhost:70000/": port "70000" is not between 1 and 65535`},
		{"decimal address", func(r *delivery.Message) { r.URL = "http://2130706433/" }, `the URL "http://2130706433/": the host is an incomplete or non-decimal address; write it as 127.0.0.1`},
		{"hexadecimal address", func(r *delivery.Message) { r.URL = "http://0x7f000001/" }, `the URL "http://0x7f000001/": the host is an incomplete or non-decimal address; write it as 127.0.0.1`},
		{"octal address", func(r *delivery.Message) { r.URL = "http://0177.0.0.1/" }, `the URL "http://0177.0.0.1/": the host is an incomplete or non-decimal address; write it as 127.0.0.1`},
		{"hexadecimal part", func(r *delivery.Message) { r.URL = "http://127.0.0.0X1/" }, `the URL "http://127.0.0.0X1/": the host is an incomplete or non-decimal address; write it as 127.0.0.1`},
		{"short address", func(r *delivery.Message) { r.URL = "http://127.1:80/" }, `the URL "http://127.1:80/": the host is an incomplete or non-decimal address; write it as 127.0.0.1`},
		{"address with a final dot", func(r *delivery.Message) { r.URL = "http://8.8.8.8./" }, `the URL "http://8.8.8.8./": the host is an incomplete or non-decimal address; write it as 127.0.0.1`},
		{"not ASCII", func(r *delivery.Message) { r.URL = "http://müller.example/" }, `the URL "http://müller.example/": the host is not ASCII; write it in its xn--… form`},
		{"line break in the URL", func(r *delivery.Message) { r.URL = "http://localhost/\r\nX: y" }, `invalid URL "http://localhost/ X: y"; write it as http://host:port/path`},
		{"empty secret", func(r *delivery.Message) { r.Secrets = []simulator.Secret{""} }, "no secret to sign with"},
		{"no secret", func(r *delivery.Message) { r.Secrets = nil }, "no secret to sign with"},
		{"nothing", func(r *delivery.Message) { r.Event = nil }, "nothing to send: the message has neither an event nor a raw body"},
		{"reserved", func(r *delivery.Message) { r.Headers = []simulator.Header{{Name: "content-length", Value: "1"}} },
			"the header content-length cannot be set: it describes the body"},
		{"reserialise without JSON", func(r *delivery.Message) {
			r.Event, r.Raw, r.Fault = nil, []byte("not JSON"), mustFault(t, "signature=reserialised")
		}, "the fault signature=reserialised needs a JSON body"},
		{"reserialise to the same", func(r *delivery.Message) { r.Fault = mustFault(t, "signature=reserialised,style=compact") },
			"the fault signature=reserialised changes nothing: the body is already compact; choose another style"},
		{"tamper with nothing", func(r *delivery.Message) {
			r.Event, r.Raw, r.Fault = nil, []byte("{}"), mustFault(t, "signature=tampered")
		},
			"the fault signature=tampered needs a body with a letter or digit to change"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newMessage(t, "http://127.0.0.1:3000/")
			test.change(&r)
			if _, err := s.Prepare(r); err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestPrepareExactRefuses(t *testing.T) {
	s := newSender(t, delivery.Options{})
	for name, exact := range map[string]delivery.Exact{
		"line break in a value": {Headers: []simulator.Header{{Name: "X", Value: "a\r\nY: b"}}},
		"line break in a name":  {Headers: []simulator.Header{{Name: "X\r\nY", Value: "a"}}},
		"space in the method":   {Method: "GET /x"},
		"another protocol":      {Proto: "2"},
		"a signature fault":     {Fault: mustFault(t, "signature=stale")},
	} {
		exact.URL = "http://127.0.0.1:3000/"
		if _, err := s.PrepareExact(exact); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	// Send refuses an invalid request from elsewhere.
	response := s.Send(t.Context(), simulator.Request{Method: "POST", URL: "http://127.0.0.1:3000/", Proto: "1.1", Headers: []simulator.Header{{Name: "X", Value: "\n"}}})
	if response.Failure != simulator.FailureBlocked {
		t.Errorf("got %s: %s", response.Failure, response.Detail)
	}
}

func TestCheckHeader(t *testing.T) {
	for _, test := range []struct {
		name, value string
		ok          bool
	}{
		{"Authorization", "Bearer x", true},
		{"X-Tab", "a\tb", true},
		{"X-Latin", "caf\xe9", true},
		{"User-Agent", "mine", true},
		{"Contents", "x", true},
		{"TELEX", "x", true},
		{"", "x", false},
		{"X Y", "x", false},
		{"X:", "x", false},
		{"X", "a\nb", false},
		{"X", "a\rb", false},
		{"X", "a\x00b", false},
		{"host", "x", false},
		{"CONTENT-TYPE", "x", false},
		{"Content-Encoding", "x", false},
		{"x-webhook-signature", "x", false},
		{"X-Webhook-Timestamp", "x", false},
		{"Transfer-Encoding", "x", false},
		{"te", "x", false},
		{"Connection", "x", false},
		{"Proxy-Authorization", "x", false},
		{"Upgrade", "x", false},
		{"Expect", "x", false},
	} {
		if err := delivery.CheckHeader(simulator.Header{Name: test.name, Value: test.value}); (err == nil) != test.ok {
			t.Errorf("CheckHeader(%q: %q) = %v", test.name, test.value, err)
		}
	}
}

func render(t *testing.T, request *simulator.Request) string {
	t.Helper()
	wire, err := delivery.AppendRequest(nil, request)
	if err != nil {
		t.Fatal(err)
	}
	return string(wire)
}

func throughJSON(t *testing.T, request simulator.Request) simulator.Request {
	t.Helper()
	data, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	var back simulator.Request
	if err := json.NewDecoder(bytes.NewReader(data)).Decode(&back); err != nil {
		t.Fatal(err)
	}
	return back
}

func mustFault(t *testing.T, text string) *fault.Fault {
	t.Helper()
	f, err := fault.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
