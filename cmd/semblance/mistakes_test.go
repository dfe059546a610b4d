package main

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"semblance/simulator"
)

// A mistaken receiver is one that a developer gets wrong in one way, and what the commands have to say about it.
type mistaken struct {
	language, name string
	url            string // set by the test
	hangs          bool   // no response is waited for
	check          string // the check that looks for the mistake; "" is SIG-03, which is enough if no event is accepted
	says           string // a part of what send or play says; "" if the responses do not show the mistake
	verify         string // a part of what verify says of the digest that the receiver computed
}

// goMistakes are receivers in Go. digest returns what the receiver computes; after runs if the signature is right.
var goMistakes = []struct {
	mistaken
	digest func(t string, body []byte) string
	after  http.HandlerFunc
}{
	{mistaken: mistaken{name: "another secret", says: "compare its secret with the one used here", verify: "no known mistake"}, digest: hmacOf("whsec_another", "%s.%s")},
	{mistaken: mistaken{name: "the body alone", says: "refuses a valid signature", verify: "the body alone was signed, without the timestamp"}, digest: func(_ string, b []byte) string { return hexMAC(string(simulator.DefaultSecret), string(b)) }},
	{mistaken: mistaken{name: "no dot", says: "refuses a valid signature", verify: "timestamp and body were joined by nothing"}, digest: hmacOf("", "%s%s")},
	{mistaken: mistaken{name: "a parsed body", says: "refuses a valid signature", verify: "its keys in another order"}, digest: func(t string, b []byte) string {
		var v any
		json.Unmarshal(b, &v)
		encoded, _ := json.Marshal(v)
		return hexMAC(string(simulator.DefaultSecret), t+"."+string(encoded))
	}},
	{mistaken: mistaken{name: "the body read twice", says: "refuses a valid signature", verify: "an empty body was signed"}, digest: func(t string, _ []byte) string { return hexMAC(string(simulator.DefaultSecret), t+".") }},
	{mistaken: mistaken{name: "fmt.Sprint(body)", says: "refuses a valid signature", verify: "a []byte printed by fmt"}, digest: func(t string, b []byte) string {
		return hexMAC(string(simulator.DefaultSecret), t+"."+fmt.Sprint(b))
	}},
	{mistaken: mistaken{name: "base64 compared with hexadecimal", says: "refuses a valid signature", verify: "written in base64"}, digest: func(t string, b []byte) string {
		sum, _ := hex.DecodeString(hexMAC(string(simulator.DefaultSecret), t+"."+string(b)))
		return base64.StdEncoding.EncodeToString(sum)
	}},
	{mistaken: mistaken{name: "upper case compared", says: "refuses a valid signature", verify: "upper-case hexadecimal digits"}, digest: func(t string, b []byte) string {
		return strings.ToUpper(hexMAC(string(simulator.DefaultSecret), t+"."+string(b)))
	}},
	{mistaken: mistaken{name: "no verification", says: "Refuse unsigned requests first", check: "SIG-03"}},
	{mistaken: mistaken{name: "requires patientId", says: "requires patientId", check: "PAY-02"}, digest: hmacOf("", "%s.%s"), after: func(w http.ResponseWriter, r *http.Request) {
		if b, _ := io.ReadAll(r.Body); !bytes.Contains(b, []byte("patientId")) {
			http.Error(w, "missing required field patientId", http.StatusUnprocessableEntity)
		}
	}},
	{mistaken: mistaken{name: "fails at unknown event types", says: "Acknowledge unknown types with 2xx", check: "PAY-03"}, digest: hmacOf("", "%s.%s"), after: func(w http.ResponseWriter, r *http.Request) {
		if b, _ := io.ReadAll(r.Body); bytes.Contains(b, []byte("teleported")) {
			http.Error(w, "unknown event type", http.StatusInternalServerError)
		}
	}},
	{mistaken: mistaken{name: "a panic", says: "see whether the receiver crashed"}, digest: hmacOf("", "%s.%s"), after: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
	{mistaken: mistaken{name: "slow work before the response", hangs: true, says: "respond before slow work"}, digest: hmacOf("", "%s.%s"), after: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
	{mistaken: mistaken{name: "another path", says: "the receiver has no POST /"}, digest: hmacOf("", "%s.%s"), after: http.NotFound},
	{mistaken: mistaken{name: "GET alone", says: "is there for GET, HEAD only"}, digest: hmacOf("", "%s.%s"), after: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
	}},
	{mistaken: mistaken{name: "a redirect to a trailing slash", says: "redirects are not followed; send to"}, digest: hmacOf("", "%s.%s"), after: func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Path+"/", http.StatusPermanentRedirect)
	}},
	{mistaken: mistaken{name: "a rate limit", says: "asks to wait 1 s"}, digest: hmacOf("", "%s.%s"), after: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
	}},
	{mistaken: mistaken{name: "does nothing with any event"}, digest: hmacOf("", "%s.%s"), after: func(http.ResponseWriter, *http.Request) {}},
}

func hexMAC(key, message string) string {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(message))
	return hex.EncodeToString(h.Sum(nil))
}

func hmacOf(key, form string) func(t string, body []byte) string {
	if key == "" {
		key = string(simulator.DefaultSecret)
	}
	return func(t string, body []byte) string { return hexMAC(key, fmt.Sprintf(form, t, body)) }
}

// serveMistake serves one of goMistakes.
func serveMistake(digest func(string, []byte) string, after http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if digest != nil {
			header := r.Header.Get("X-Webhook-Signature")
			stamp, signatures, _ := strings.Cut(strings.TrimPrefix(header, "t="), ",v1=")
			seconds, _ := strconv.ParseInt(stamp, 10, 64)
			if computed := digest(stamp, body); !slices.Contains(strings.Split(signatures, ",v1="), computed) || time.Since(time.Unix(seconds, 0)).Abs() > 5*time.Minute {
				http.Error(w, "bad signature, computed="+computed, http.StatusUnauthorized)
				return
			}
		}
		if after != nil {
			r.Body = io.NopCloser(bytes.NewReader(body))
			after(w, r)
		}
	}
}

// scriptMistakes are the receivers in testdata/mistakes.
var scriptMistakes = []mistaken{
	{language: "Node", name: "json-stringify", says: "refuses a valid signature", verify: "this one indented"},
	{language: "Node", name: "object-object", says: "refuses a valid signature", verify: "[object Object]"},
	{language: "Node", name: "buffer-json", says: "refuses a valid signature", verify: "a Buffer written as JSON"},
	{language: "Node", name: "unset-secret", says: "refuses a valid signature", verify: "the word undefined as the secret"},
	{language: "Node", name: "milliseconds", says: "refuses a valid signature", verify: "in milliseconds"},
	{language: "Node", name: "secret-without-prefix", says: "refuses a valid signature", verify: "without the prefix whsec_"},
	{language: "Node", name: "hangs", hangs: true, says: "a handler that never ends its response"},
	{language: "Node", name: "throws", says: "Cannot read properties of undefined (reading 'patientId')"},
	{language: "Node", name: "parsed-body", says: "take the raw body (Express: express.raw"},
	{language: "Node", name: "body-limit", says: "raise the receiver's limit of the body"},
	{language: "Node", name: "unknown-route", says: "compare it with its routes"},
	{language: "Node", name: "http2-only", says: "the receiver speaks HTTP/2 alone"},
	{language: "Python", name: "str-of-bytes", says: "refuses a valid signature", verify: "bytes turned into text (b'…')"},
	{language: "Python", name: "json-dumps", says: "refuses a valid signature", verify: "as Python's json.dumps writes it"},
	{language: "Python", name: "str-of-dict", says: "refuses a valid signature", verify: "a dict turned into text"},
	{language: "Python", name: "body-only", says: "refuses a valid signature", verify: "the body alone was signed"},
	{language: "Python", name: "quoted-secret", says: "refuses a valid signature", verify: "the quotation marks around it"},
	{language: "Python", name: "secret-with-newline", says: "refuses a valid signature", verify: "a line end after it"},
	{language: "Python", name: "sha256-without-key", says: "refuses a valid signature", verify: "a plain hash"},
	{language: "Python", name: "csrf", says: "with @csrf_exempt (Django)"},
	{language: "Python", name: "allowed-hosts", says: "ALLOWED_HOSTS"},
	{language: "Python", name: "validation", says: "requires data; require only"},
	{language: "Python", name: "clock-in-milliseconds", says: "timestamp outside the tolerance"},
	{language: "Python", name: "get-only", says: "does not accept POST"},
}

// startScript starts a receiver of testdata/mistakes and returns the numbers of its first line.
func startScript(t *testing.T, program, file string) []string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		if os.Getenv("SEMBLANCE_CI") != "" {
			t.Fatalf("%s is not installed", program)
		}
		t.Skipf("%s is not installed", program)
	}
	c := exec.CommandContext(t.Context(), path, filepath.Join("testdata", "mistakes", file))
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(line)
}

// What the commands say about more than 40 mistakes of receivers is in testdata/mistakes.md. Each of them is named, or the output says
// what was not checked.
func TestMistakesOfReceivers(t *testing.T) {
	t.Parallel()
	var all []mistaken
	for i, m := range goMistakes {
		server := httptest.NewServer(serveMistake(m.digest, m.after))
		server.Config.ErrorLog = nil
		defer server.CloseClientConnections()
		defer server.Close()
		m.language, m.url = "Go", server.URL+"/webhooks"
		goMistakes[i].url = m.url
		all = append(all, m.mistaken)
	}
	node, python := startScript(t, "node", "receiver.mjs"), startScript(t, "python3", "receiver.py")
	for _, m := range scriptMistakes {
		port := node[0]
		switch {
		case m.language == "Python":
			port = python[0]
		case m.name == "http2-only":
			port = node[1]
		}
		path := m.name
		if m.name == "unknown-route" || m.name == "http2-only" {
			path = "unknown-route"
		}
		m.url = "http://127.0.0.1:" + port + "/" + path
		all = append(all, m)
	}
	rows := make([]string, len(all))
	var running sync.WaitGroup
	slots := make(chan struct{}, 4)
	for i, m := range all {
		running.Go(func() {
			slots <- struct{}{}
			rows[i] = sayings(t, &m)
			<-slots
		})
	}
	running.Wait()
	counts := map[string]int{}
	for _, m := range all {
		counts[m.language]++
	}
	if len(all) < 40 || counts["Go"] < 10 || counts["Node"] < 10 || counts["Python"] < 10 {
		t.Errorf("%d mistakes: %v", len(all), counts)
	}
	text := "# What is said about mistakes of receivers\n\nOne mistake for each row; ids, times, ports and digests are left out. `UPDATE_SCRIPTS=1 go test ./cmd/semblance -run MistakesOfReceivers` writes this file.\n\n" +
		"| language | mistake | `send` | `play` | `verify --computed` | `check` |\n| --- | --- | --- | --- | --- | --- |\n" + strings.Join(rows, "")
	file := filepath.Join("testdata", "mistakes.md")
	if os.Getenv("UPDATE_SCRIPTS") != "" {
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || string(want) != text {
		t.Errorf("%s differs (%v); run with UPDATE_SCRIPTS=1 and look at the difference. Got\n%s", file, err, text)
	}
}

var (
	fixLine  = regexp.MustCompile(`(?m)^ +fix +(.*(?:\n {10,}\S.*)*)`)
	gotLine  = regexp.MustCompile(`(?m)^    response: (.*)`)
	computed = regexp.MustCompile(`computed=([\w+/=]+)`)
	variable = regexp.MustCompile(`127\.0\.0\.1:\d+|localhost:\d+|\b[0-9a-f]{24,}\b|\d+(\.\d+)? ms`)
)

// sayings runs the commands against one receiver and returns its row of the table.
func sayings(t *testing.T, m *mistaken) string {
	timeout := "5s"
	if m.hangs {
		timeout = "300ms"
	}
	send := runHere(t, nil, "send", "booking.created", "--to", m.url, "--timeout", timeout, "--seed", "1", "--verbose")
	plain := runHere(t, nil, "send", "booking.created", "--to", m.url, "--timeout", timeout, "--seed", "1")
	sent := briefly(plain.stdout)
	if plain.code == 0 {
		sent = "as expected"
	}
	play := runHere(t, nil, "play", "first-visit", "forgeries", "raw-bytes", "tomorrows-events", "no-show", "blockers", "--to", m.url, "--timeout", timeout, "--seed", "1", "--quiet", "--fail-fast")
	played := briefly(play.stdout)
	if play.code == 0 {
		_, played, _ = strings.Cut(play.stdout, "judged    ")
		played, _, _ = strings.Cut(played, ";")
		played = "judged: " + played
	}
	verified := ""
	if digest := computed.FindStringSubmatch(send.stdout); digest != nil {
		header := regexp.MustCompile(`X-Webhook-Signature: (\S+)`).FindStringSubmatch(send.stdout)[1]
		_, body, _ := strings.Cut(send.stdout, "\n\n")
		body, _, _ = strings.Cut(strings.TrimSpace(body), "\n")
		std := streams{in: strings.NewReader(body), out: new(bytes.Buffer), err: io.Discard, terminal: func(io.Writer) bool { return false }}
		run(t.Context(), []string{"verify", "--signature", header, "--computed", digest[1]}, func(string) (string, bool) { return "", false }, std)
		verified = oneLine(std.out.(*bytes.Buffer).String())
	}
	id := m.check
	if id == "" {
		id = "SIG-03"
	}
	verdict := checkSays(runHere(t, nil, "check", id, "--to", m.url, "--timeout", timeout, "--quiet").stdout)
	if m.says != "" && !strings.Contains(oneLine(plain.stdout+play.stdout), m.says) {
		t.Errorf("%s, %s: send and play do not say %q:\n%s\n%s", m.language, m.name, m.says, plain.stdout, play.stdout)
	}
	if m.says == "" && !strings.Contains(play.stdout, "responses only") {
		t.Errorf("%s, %s: play does not say what it judged:\n%s", m.language, m.name, play.stdout)
	}
	if !strings.Contains(verified, m.verify) {
		t.Errorf("%s, %s: verify does not say %q: %s", m.language, m.name, m.verify, verified)
	}
	cell := func(text string) string {
		return strings.ReplaceAll(variable.ReplaceAllString(oneLine(text), "…"), "|", `\|`)
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n", m.language, m.name, cell(sent), cell(played), cell(verified), cell(verdict))
}

// briefly returns the first fix in an output, or the response if there is none.
func briefly(out string) string {
	if fix := fixLine.FindStringSubmatch(out); fix != nil {
		return fix[1]
	}
	if got := gotLine.FindStringSubmatch(out); got != nil {
		return got[1]
	}
	return out
}

// checkSays returns the fix of the first failed check, or the sentence.
func checkSays(out string) string {
	if also := regexp.MustCompile(`(?m)^ +also +(.*(?:\n {10,}\S.*)*)`).FindStringSubmatch(out); also != nil {
		return also[1]
	}
	if fix := fixLine.FindStringSubmatch(out); fix != nil {
		return fix[1]
	}
	return out
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
