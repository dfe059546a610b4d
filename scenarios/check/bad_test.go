package check_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"semblance/scenarios"
	"semblance/scenarios/check"
	"semblance/scenarios/player"
	"semblance/scenarios/report"
	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/delivery"
	"semblance/simulator/receiver"
)

// anonymous is a reference receiver that does not say what it is.
type anonymous struct{ *receiver.Receiver }

func (a anonymous) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.Receiver.ServeHTTP(nameless{w}, r)
}

// nameless removes the header of the reference receiver.
type nameless struct{ http.ResponseWriter }

func (n nameless) WriteHeader(status int) {
	n.Header().Del(receiver.HeaderName)
	n.ResponseWriter.WriteHeader(status)
}

func (n nameless) Write(data []byte) (int, error) {
	n.Header().Del(receiver.HeaderName)
	return n.ResponseWriter.Write(data)
}

// correct returns a right receiver.
func correct(t testing.TB) anonymous { return wrong(t, "") }

// wrong returns a receiver with a mistake.
func wrong(t testing.TB, mistake string) anonymous {
	t.Helper()
	r, err := receiver.New(receiver.Options{Secrets: []string{simulator.DefaultSecret.Reveal()}, ActWrong: mistake})
	if err != nil {
		t.Fatal(err)
	}
	return anonymous{r}
}

// status responds to everybody.
func status(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

// hang responds to nobody.
func hang(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that the sender has gone
	<-r.Context().Done()
}

// Whatever a receiver does, a run ends in time with a true sentence and the right exit code.
func TestBadReceivers(t *testing.T) {
	t.Parallel()
	always := func(h http.Handler) func(testing.TB) http.Handler { return func(testing.TB) http.Handler { return h } }
	reset := func(w http.ResponseWriter) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}
	}
	after := func(n int64, then func(http.ResponseWriter, *http.Request)) func(testing.TB) http.Handler {
		return func(t testing.TB) http.Handler {
			right, count := correct(t), atomic.Int64{}
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if count.Add(1) > n {
					then(w, r)
					return
				}
				right.ServeHTTP(w, r)
			})
		}
	}
	for _, test := range []struct {
		name     string
		handler  func(testing.TB) http.Handler
		exit     int
		sentence string
		also     string // in the text
	}{
		{"hangs", always(http.HandlerFunc(hang)), scenarios.ExitFailed, "The receiver does not accept valid events", "no response from"},
		{"resets", func(testing.TB) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { reset(w) })
		}, scenarios.ExitFailed, "The receiver does not accept valid events", "connection"},
		{"floods", func(testing.TB) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				for {
					if _, err := io.WriteString(w, strings.Repeat("x", 64<<10)); err != nil {
						return
					}
				}
			})
		}, scenarios.ExitFailed, "The receiver does not accept valid events", "body"},
		{"dies midway", after(40, func(w http.ResponseWriter, _ *http.Request) { reset(w) }), scenarios.ExitInconclusive,
			"the receiver was lost", "OPEN"},
		{"hangs midway", after(40, hang), scenarios.ExitInconclusive,
			"the receiver was lost", "OPEN"},
		{"limits the rate from the tenth request", after(9, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }),
			scenarios.ExitInconclusive, "limits the rate", "--pace"},
		{"responds 401 to all", always(status(401, "bad signature")), scenarios.ExitFailed, "The receiver does not accept valid events", "(same for a forged event)"},
		{"responds 200 to all", always(status(200, "ok")), scenarios.ExitFailed, "The receiver does not refuse every forged event", "SIG-03"},
		{"redirects all", func(testing.TB) http.Handler { return http.RedirectHandler("/elsewhere", http.StatusFound) },
			scenarios.ExitFailed, "The receiver does not accept valid events", "Redirects are not followed"},
		{"responds 404 to all", always(status(404, "no such page")), scenarios.ExitFailed, "The receiver does not accept valid events", "The receiver has no POST"},
		{"responds 500 to all", always(status(500, "oh no")), scenarios.ExitFailed, "The receiver does not accept valid events", "same for a forged event"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewUnstartedServer(test.handler(t))
			server.Config.BaseContext = func(net.Listener) context.Context { return t.Context() }
			server.Start()
			defer server.Close()
			r := run(t, server.URL, func(o *check.Options) { o.Player.Delivery.Timeout = time.Second })
			got := text(t, r)
			if r.ExitCode() != test.exit || !strings.Contains(r.Sentence(), test.sentence) || !strings.Contains(got, test.also) {
				t.Errorf("exit code %d, want %d; the sentence should have %q, the text %q:\n%s", r.ExitCode(), test.exit, test.sentence, test.also, got)
			}
			if r.Duration > 40*time.Second { // a time-out for each check would take longer
				t.Errorf("it took %s", r.Duration)
			}
			server.CloseClientConnections()
			t.Log(got)
		})
	}
}

// mortal is a right receiver that is lost for a while, from the request that kills it on.
type mortal struct {
	right http.Handler
	dies  func(*http.Request, []byte) bool
	until atomic.Int64 // Unix nanoseconds
}

func (m *mortal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	if m.dies(r, body) {
		m.until.Store(time.Now().Add(time.Second).UnixNano())
	}
	if time.Now().UnixNano() < m.until.Load() {
		panic(http.ErrAbortHandler)
	}
	m.right.ServeHTTP(w, r)
}

// After a receiver that was lost has returned, the checks that were under way run again, each alone: the one that loses it again
// fails, and the rest is judged.
func TestReturn(t *testing.T) {
	t.Parallel()
	var deaths atomic.Int64
	for _, test := range []struct {
		name  string
		dies  func(*http.Request, []byte) bool
		exit  int
		ended string // the sentence
		want  string
	}{
		{"a request kills it", func(_ *http.Request, body []byte) bool { return bytes.Contains(body, []byte("__proto__")) }, scenarios.ExitFailed,
			"The receiver mishandles duplicates or faults: 1 MUST check failed.", "**PAY-10**"},
		{"it is lost once", func(*http.Request, []byte) bool { return deaths.Add(1) == 60 }, scenarios.ExitPassed,
			"Judged by its responses alone, the receiver accepts valid events (1 warning), resists forgery, survives duplicates and faults, and leaks no secrets.", "CTL-01 unsteady"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(&mortal{right: correct(t), dies: test.dies})
			defer server.Close()
			r := run(t, server.URL, func(o *check.Options) { o.Return = time.Minute })
			if got := outcomes(r); r.ExitCode() != test.exit || got != test.want || r.Sentence() != test.ended {
				t.Errorf("exit code %d, %s; want %s\n%s", r.ExitCode(), got, test.want, text(t, r))
			}
			t.Log(text(t, r))
		})
	}
}

// A receiver that was not reached is not blamed on its probe.
func TestUnreached(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(correct(t))
	server.Close()
	probe, err := player.ParseEffects(server.URL+"/effects/${id}", delivery.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer probe.Close()
	if r := run(t, server.URL, func(o *check.Options) { o.Player.Effects = probe }); r.ExitCode() != scenarios.ExitUnreached {
		t.Errorf("exit code %d: %s", r.ExitCode(), text(t, r))
	}
}

// A secret of the user is in no report, whatever the receiver tells.
func TestSecretsAreMasked(t *testing.T) {
	t.Parallel()
	const secret = "whsec_of_my_own_0042"
	server, err := receiver.Start("127.0.0.1:0", receiver.Options{Secrets: []string{secret}, ActWrong: "tells-secret+exact-content-type"})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	r := run(t, server.URL, func(o *check.Options) { o.Player.Secret = secret }, "SIG-03", "TRN-08", "LEAK-01")
	if r.Count(scenarios.Failed) != 2 {
		t.Error(text(t, r))
	}
	for _, form := range report.Forms() {
		if form.WriteChecks == nil {
			continue
		}
		var b bytes.Buffer
		if err := form.WriteChecks(&b, r); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), "of_my_own_0042") {
			t.Errorf("%s has the secret:\n%s", form.Name, b.String())
		}
	}
}

// A receiver with a longer tolerance says so, and is not warned about it.
func TestTolerance(t *testing.T) {
	t.Parallel()
	r, err := receiver.New(receiver.Options{Secrets: []string{simulator.DefaultSecret.Reveal()}, Tolerance: 20 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(r)
	defer server.Close()
	for tolerance, want := range map[time.Duration]scenarios.Outcome{0: scenarios.Warned, 20 * time.Minute: scenarios.Passed} {
		result := run(t, server.URL, func(o *check.Options) { o.Tolerance = tolerance }, "AGE-01")
		if got := result.Checks[1]; got.Outcome != want {
			t.Errorf("with --tolerance %s AGE-01 is %s, want %s:\n%s", tolerance, got.Outcome, want, text(t, result))
		}
	}
}

// A receiver of a few event types is checked with these.
func TestEvents(t *testing.T) {
	t.Parallel()
	right := correct(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if bytes.Contains(body, []byte(`"booking.created"`)) {
			t.Errorf("booking.created was sent: %s", body)
		}
		right.ServeHTTP(w, r)
	}))
	defer server.Close()
	events, err := schemas.MatchAny([]string{"invoice.*"})
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, server.URL, func(o *check.Options) { o.Events = events })
	if r.ExitCode() != 0 || r.Count(scenarios.Skipped) < 3 {
		t.Error(text(t, r))
	}
}

// Without a probe nothing is claimed about effects; with one, a receiver without them is named.
func TestEffects(t *testing.T) {
	t.Parallel()
	for _, mistake := range []string{"does-nothing", "missing-field"} {
		t.Run(mistake, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(wrong(t, mistake))
			defer server.Close()
			blind := run(t, server.URL, nil, "CTL-01", "SIG-08")
			if blind.ExitCode() != 0 || blind.Effects != scenarios.EffectsUnknown {
				t.Errorf("%s without a probe: %s", mistake, text(t, blind))
			}
			probe, err := player.ParseEffects(server.URL+"/records/${id} #/changes", delivery.Options{})
			if err != nil {
				t.Fatal(err)
			}
			seeing := run(t, server.URL, func(o *check.Options) { o.Player.Effects = probe }, "CTL-01", "SIG-08")
			if seeing.ExitCode() != 1 || !strings.Contains(seeing.Sentence(), "does not do their work once") {
				t.Errorf("%s with a probe: %s", mistake, text(t, seeing))
			}
		})
	}
}
