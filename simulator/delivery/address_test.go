package delivery

import (
	"net/url"
	"strings"
	"testing"
)

func TestTargetURL(t *testing.T) {
	for text, want := range map[string]string{
		"3000":                                "http://localhost:3000/",
		":3000":                               "http://localhost:3000/",
		"3000/webhooks":                       "http://localhost:3000/webhooks",
		"3000/webhooks/semble?x=1":            "http://localhost:3000/webhooks/semble?x=1",
		"localhost:3000":                      "http://localhost:3000/",
		"127.0.0.1:3000/a":                    "http://127.0.0.1:3000/a",
		"[::1]:3000/a":                        "http://[::1]:3000/a",
		"10.0.0.7:80":                         "http://10.0.0.7:80/",
		"http://localhost:3000/a":             "http://localhost:3000/a",
		"https://example.test":                "https://example.test/",
		"https://example.test/a#fragment":     "https://example.test/a",
		"localhost:3000/a?next=http://b":      "http://localhost:3000/a?next=http://b",
		"http://localhost:3000/caf%C3%A9?a=b": "http://localhost:3000/caf%C3%A9?a=b",
		" 3000 ":                              "http://localhost:3000/",
		"HTTP://localhost:3000":               "http://localhost:3000/",
		"3000?x=1":                            "http://localhost:3000/?x=1",
		"3000#fragment":                       "http://localhost:3000/",
		"localhost:3000?x=1":                  "http://localhost:3000/?x=1",
		"http://[::1]":                        "http://[::1]/",
	} {
		got, err := TargetURL(text)
		if err != nil || got != want {
			t.Errorf("TargetURL(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestTargetURLRefuses(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", `unusable target "": expected a port, port/path, host:port or URL, such as 3000/webhooks`},
		{"0", `port "0" is not between 1 and 65535`},
		{"65536/a", `port "65536" is not between 1 and 65535`},
		{"99999999999999999999", `is not between 1 and 65535`},
		{"localhost", "unusable target \"localhost\": no port; `localhost:3000` names one, or write a URL such as https://localhost"},
		{"localhost:", `port "" is not between 1 and 65535`},
		{"localhost:http", `invalid port ":http" after host`},
		{"127.0.0.1/a", "no port; `127.0.0.1:3000` names one, or write a URL such as https://127.0.0.1/a"},
		{"[::1]", "no port; `[::1]:3000` names one"},
		{"::1", "write an IPv6 address in brackets, as in [::1]:3000"},
		{"::1:3000/a", "write an IPv6 address in brackets, as in [::1]:3000"},
		{"/webhooks", "expected a port, port/path, host:port or URL, such as 3000/webhooks"},
		{"//localhost:3000", "expected a port, port/path, host:port or URL"},
		{"./receiver.sock", "expected a port, port/path, host:port or URL"},
		{"http:/localhost:3000", "expected a port, port/path, host:port or URL"},
		{"http:localhost:3000", "expected a port, port/path, host:port or URL"},
		{"-1", "expected a port, port/path, host:port or URL"},
		{"3000.5", "expected a port, port/path, host:port or URL"},
		{"localhost;3000", "expected a port, port/path, host:port or URL"},
		{"unix:///run/receiver.sock", `scheme "unix" is neither http nor https`},
		{"ftp://localhost/", `scheme "ftp" is neither http nor https`},
		{"http://", "no host"},
		{"http:///path", "no host"},
		{"http://user:secret@localhost:1/", "a user name and password are not sent"},
		{"http://local host:1/", "no spaces"},
		{"2130706433:80", "the host is an incomplete or non-decimal address; write it as 127.0.0.1"},
		{"0x7f.1:80/a", "the host is an incomplete or non-decimal address"},
		{"http://localhost:1/\r\nX: y", "no control characters"},
		{"http://[::zz]:1/", "invalid host"},
		{"http://[::1", "missing ']' in host"},
		{"http://localhost:1/%zz", "invalid URL escape"},
	} {
		got, err := TargetURL(test.text)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("TargetURL(%q) = %q, %v; want an error with %q", test.text, got, err, test.want)
		}
	}
}

func FuzzTargetURL(f *testing.F) {
	for _, seed := range []string{
		"3000", ":3000/x", "localhost:3000/webhooks", "[::1]:80", "https://example.test/a?b=c#d", "http://a@b:1/", "//", "1/2/3", "0", "http://[fe80::1%25en0]:80/",
		"http://localhost:1/%2f", "http:opaque", "h\x00st:1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := TargetURL(text)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("TargetURL(%q): an error of several lines: %v", text, err)
			}
			return
		}
		u, err := url.Parse(got)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || !strings.HasPrefix(u.EscapedPath(), "/") || u.User != nil || u.Fragment != "" {
			t.Fatalf("TargetURL(%q) = %q, which cannot be sent to (%v)", text, got, err)
		}
		again, err := TargetURL(got)
		if err != nil || again != got {
			t.Fatalf("TargetURL(%q) = %q, but that gives %q, %v", text, got, again, err)
		}
	})
}
