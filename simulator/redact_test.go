package simulator

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestRedactHeader(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, value, want string }{
		{"Authorization", "Bearer whsec_of_mine_0042", "Bearer …0042"},
		{"authorization", "Basic dXNlcjpwYXNzd29yZA==", "Basic …"},
		{"Authorization", "short", "…"},
		{"Proxy-Authorization", "Bearer whsec_of_mine_0042", "Bearer …0042"},
		{"Cookie", "theme=dark; pin=1234", "…"},
		{"Set-Cookie", "session=0123456789abcdef", "…"},
		{"x-token", "whsec_of_mine_0042", "…0042"},
		{"X-Api-Key", "whsec_of_mine_0042", "…0042"},
		{"apikey", "whsec_of_mine_0042", "…0042"},
		{"X-Client-Secret", "whsec_of_mine_0042", "…0042"},
		{"X-Password", "hunter2", "…"},
		{"X-Auth", "hunter2", "…"},
		{"Authorization", "Bearer ${env.TOKEN}", "Bearer ${env.TOKEN}"},
		{"Authorization", "Bearer …0042", "Bearer …0042"},
		{"X-Token", "…0042", "…0042"},
		{"X-Token", "", ""},
		{"Location", "http://127.0.0.1/?token=abc", "http://127.0.0.1/?token=***"},
		{"WWW-Authenticate", "Bearer realm=x", "Bearer realm=x"},
		{"Content-Type", "application/json", "application/json"},
		{"semble-signature", "t=1,v1=00", "t=1,v1=00"},
	} {
		if got := RedactHeader(Header{test.name, test.value}); got != test.want {
			t.Errorf("%s: %s: %q, want %q", test.name, test.value, got, test.want)
		}
	}
}

func TestRedactURL(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ url, want string }{
		{"http://127.0.0.1:3000/webhooks", "http://127.0.0.1:3000/webhooks"},
		{"http://127.0.0.1/?page=2&apikey=hunter2&x=1", "http://127.0.0.1/?page=2&apikey=***&x=1"},
		{"http://127.0.0.1/?API%5FKEY=hunter2", "http://127.0.0.1/?API%5FKEY=***"},
		{"http://127.0.0.1/?a%20p%i=1&access_token=hunter2#id_token=hunter2", "http://127.0.0.1/?a%20p%i=1&access_token=***#id_token=***"},
		{"https://user:hunter2@example.com/a@b", "https://***@example.com/a@b"},
		{"https://hunter2@example.com", "https://***@example.com"},
		{"https://user:hun@ter2@example.com", "https://***@example.com"},
		{"//user:hunter2@example.com/", "//***@example.com/"},
		{"user:hunter2@localhost:3000/hooks", "***@localhost:3000/hooks"},
		{"localhost:3000//a@b", "localhost:3000//a@b"},
		{"http://127.0.0.1/?token=${env.TOKEN}", "http://127.0.0.1/?token=${env.TOKEN}"},
		{"http://${env.LOGIN}@127.0.0.1/", "http://${env.LOGIN}@127.0.0.1/"},
		{"http://127.0.0.1/?sig=abc&code=", "http://127.0.0.1/?sig=***&code="},
		{"", ""},
	} {
		got := RedactURL(test.url)
		if got != test.want {
			t.Errorf("%s: %s, want %s", test.url, got, test.want)
		}
		if again := RedactURL(got); again != got {
			t.Errorf("%s: redacted twice: %s", got, again)
		}
	}
}

func TestRedactedAttempt(t *testing.T) {
	t.Parallel()
	attempt := Attempt{
		Request:  Request{URL: "http://u:hunter2@h/?key=hunter2", Headers: []Header{{"Host", "h"}, {"X-Token", "hunter2"}}},
		Response: Response{FinalURL: "http://h/?token=hunter2", Headers: []Header{{"Set-Cookie", "hunter2"}}},
	}
	redacted := attempt.Redacted()
	encoded, err := json.Marshal([]any{redacted.Request, redacted.Response})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(encoded), "hunter2") {
		t.Errorf("the redacted attempt has the secret: %s", encoded)
	}
	if attempt.Request.Headers[1].Value != "hunter2" || attempt.Response.Headers[0].Value != "hunter2" {
		t.Error("Redacted changed the attempt itself")
	}
}

func FuzzRedactURL(f *testing.F) {
	f.Add("http://user:password@example.com/?apikey=1#token=2")
	f.Fuzz(func(t *testing.T, url string) {
		once := RedactURL(url)
		if again := RedactURL(once); again != once {
			t.Errorf("%q is redacted to %q, and that to %q", url, once, again)
		}
	})
}
