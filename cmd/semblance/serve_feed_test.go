package main

import (
	"context"
	"regexp"
	"strings"
	"testing"
)

// serveAsText runs serve in this process until it is stopped, and returns its URL when it has printed a text.
func serveAsText(t *testing.T, until string, args ...string) (url string, out *lockedBuffer, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, ended := &lockedBuffer{}, make(chan int, 1)
	go func() {
		ended <- run(ctx, append([]string{"serve", "--addr", "127.0.0.1:0"}, args...), func(string) (string, bool) { return "", false },
			streams{in: strings.NewReader(""), out: out, err: out})
	}()
	out.until(until)
	url = regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(out.String())
	return url, out, func() int { cancel(); return <-ended }
}

// The first screen says where everything is, and shows no secret of the user. Then every attempt is printed as send prints
// it, and one cause once.
func TestServeShowsAttempts(t *testing.T) {
	t.Parallel()
	url, out, stop := serveAsText(t, "  try ", "--to", receiving(t, "refuses"), "--secret", "whsec_from_my_vault", "--time-scale", "10000", "--provider", "attempts=2")
	via := map[string]string{"SEMBLANCE_VIA": url}
	if got := runHere(t, via, "emit", "booking.created"); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	out.until("failed after 2 attempts\n")
	if code := stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	text := out.String()
	for _, want := range []string{
		`(?m)^  receiver     http://127\.0\.0\.1:\d+/webhooks gets \d+ event types$`, `(?m)^  secret       …ault$`,
		`(?m)^  GraphQL      ` + url + `/graphql with the header x-token: dev_\S+$`, `(?m)^  try          semblance emit booking\.created --via \d+,`,
		`(?m)^--> booking\.created \[evt \S+\]\n<-- 401 in \S+ ms, next in \S+ ms\n    response: \{"error":"the signature does not hold"\}\n`,
		`(?m)^    details: semblance log \d+ --via \d+\n--> booking\.created \[evt \S+\], attempt 2\n<-- 401 in \S+ ms, failed after 2 attempts\n`,
	} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("no match for %s", want)
		}
	}
	if strings.Contains(text, "whsec_") || strings.Count(text, "details:") != 1 || strings.Contains(text, "level=") {
		t.Errorf("a secret, a repeated cause or a log line")
	}
	if t.Failed() {
		t.Log(text)
	}
}

// With --quiet nothing follows the first screen. With --log-format json every line is an object.
func TestServeQuietAndJSON(t *testing.T) {
	t.Parallel()
	receiver := receiving(t, "accepts")
	for _, test := range []struct{ flag, until, want string }{
		{"--quiet", "another terminal", `^provider at (?s:.*)another terminal\n$`},
		{"--log-format=json", "}", `^\{"api":.*\n(\{.*\n)*\{"kind":"attempt",.*\n(\{.*\n)*$`},
	} {
		url, out, stop := serveAsText(t, test.until, "--to", receiver, test.flag)
		if got := runHere(t, map[string]string{"SEMBLANCE_VIA": url}, "emit", "booking.created", "--count", "3"); got.code != 0 {
			t.Fatalf("%+v", got)
		}
		if code := stop(); code != 0 {
			t.Errorf("%s: exit code %d", test.flag, code)
		}
		if !regexp.MustCompile(test.want).MatchString(out.String()) {
			t.Errorf("%s: got\n%s", test.flag, out)
		}
	}
}
