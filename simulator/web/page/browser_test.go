package page_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"semblance/simulator/journal"
	"semblance/simulator/provider"
	"semblance/simulator/web"
)

// browser starts Chromium with a new profile, once for all tests of this package.
var browser = sync.OnceValues(func() (context.Context, error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, err
	}
	profile, err := os.MkdirTemp("", "semblance-page")
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	ctx, endProcess := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, end := chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {})) // it does not know all events of the browser
	stop = func() {
		_ = chromedp.Cancel(ctx) // waits until the browser has exited
		end()
		endProcess()
		os.RemoveAll(profile)
	}
	return ctx, chromedp.Run(ctx)
})

var stop = func() {}

func TestMain(m *testing.M) {
	if address := os.Getenv(addressVariable); address != "" {
		fmt.Fprintln(os.Stderr, serve(address, os.Getenv("SEMBLANCE_PAGE_FILE"), os.Getenv("SEMBLANCE_PAGE_TO")))
		os.Exit(1)
	}
	code := m.Run()
	stop()
	os.Exit(code)
}

// tabTimeout bounds everything that a test does with a tab.
const tabTimeout = 3 * time.Minute

// tab is a tab of the browser. The test fails if the page logs an error or asks another origin.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	expected []string // parts of errors that may occur
}

// open opens a page. The page may complain with these texts.
func open(t *testing.T, address string, expected ...string) *tab {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a browser")
	}
	parent, err := browser()
	switch {
	case err != nil && os.Getenv("SEMBLANCE_CI") == "1":
		t.Fatalf("SEMBLANCE_CI=1 requires chromium: %v", err)
	case err != nil:
		t.Skipf("no chromium (%v); run `apt-get install chromium`", err)
	}
	ctx, cancel := chromedp.NewContext(parent)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, tabTimeout)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx, expected: expected}
	host, _, _ := strings.Cut(strings.TrimPrefix(address, "http://"), "/")
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *cdpruntime.EventExceptionThrown:
			b.complain(e.ExceptionDetails.Error())
		case *cdpruntime.EventConsoleAPICalled:
			if e.Type == cdpruntime.APITypeError {
				b.complain(fmt.Sprintf("console.error: %s", e.Args[0].Value))
			}
		case *network.EventRequestWillBeSent:
			if u, err := url.Parse(e.Request.URL); err != nil || u.Host != host && u.Scheme != "data" {
				t.Errorf("a request to another origin: %s", e.Request.URL)
			}
		}
	})
	b.run(network.Enable(), emulation.SetFocusEmulationEnabled(true), chromedp.Navigate(address+"/"))
	return b
}

func (b *tab) complain(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, part := range b.expected {
		if strings.Contains(text, part) {
			return
		}
	}
	b.t.Errorf("the page complains: %s", text)
}

func (b *tab) run(actions ...chromedp.Action) {
	b.t.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		b.shot("failed")
		b.t.Fatal(err)
	}
}

// eval evaluates JavaScript.
func eval[T any](b *tab, script string) T {
	b.t.Helper()
	var v T
	b.run(chromedp.Evaluate(script, &v, func(p *cdpruntime.EvaluateParams) *cdpruntime.EvaluateParams { return p.WithAwaitPromise(true) }))
	return v
}

// until waits until an expression is true.
func (b *tab) until(expression string) {
	b.t.Helper()
	err := chromedp.Run(b.ctx, chromedp.Poll(expression, nil, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(10*time.Second)))
	if err != nil {
		var text string
		_ = chromedp.Run(b.ctx, chromedp.Evaluate("document.body.innerText", &text))
		b.shot("failed")
		b.t.Fatalf("never true: %s: %v\n%s", expression, err, text)
	}
}

// see waits until the page shows a text.
func (b *tab) see(text string) {
	b.t.Helper()
	b.until(fmt.Sprintf("document.body.innerText.includes(%q)", text))
}

// click clicks the visible button that starts with a text.
func (b *tab) click(text string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`(() => {
		const found = [...document.querySelectorAll("dialog[open] button, dialog[open] summary, body > :not(dialog) button")]
			.filter(e => !document.querySelector("dialog[open]") || e.closest("dialog[open]"))
			.find(e => e.checkVisibility() && e.innerText.replace(/^(\S+)\n/, "").startsWith(%q));
		found?.click();
		return !!found;
	})()`, text))
}

// key presses keys. Unlike those of chromedp, a key whose default is prevented types nothing, as in a browser with people.
func (b *tab) key(keys ...string) {
	b.t.Helper()
	for _, k := range keys {
		b.run(chromedp.ActionFunc(func(ctx context.Context) error {
			events := kb.Encode([]rune(k)[0])
			for i, e := range events {
				switch e.Type {
				case input.KeyChar:
					continue
				case input.KeyRawDown:
					e.Type = input.KeyDown
					if next := events[i+1]; next.Type == input.KeyChar {
						e.Text, e.UnmodifiedText = next.Text, next.UnmodifiedText
					}
				}
				if err := e.Do(ctx); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}

// shot writes a screenshot to the folder of the variable SEMBLANCE_SCREENSHOTS, if it is set.
func (b *tab) shot(name string) {
	folder := os.Getenv("SEMBLANCE_SCREENSHOTS")
	if folder == "" {
		return
	}
	var png []byte
	if err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot(&png)); err != nil {
		b.t.Log(err)
		return
	}
	if err := os.WriteFile(filepath.Join(folder, strings.ReplaceAll(b.t.Name(), "/", "-")+"-"+name+".png"), png, 0o666); err != nil {
		b.t.Log(err)
	}
}

// sim is a provider with its API, and a receiver that responds as the test wants.
type sim struct {
	provider *provider.Provider
	handler  *web.Handler
	url      string
	receiver *httptest.Server

	mu     sync.Mutex
	answer http.HandlerFunc // nil: 202
}

func start(t *testing.T, o provider.Options, w web.Options) *sim {
	t.Helper()
	s := &sim{}
	s.receiver = httptest.NewServer(http.HandlerFunc(s.receive))
	t.Cleanup(s.receiver.Close)
	if o.Subscriptions == nil {
		o.Subscriptions = []provider.NewSubscription{{URL: s.receiver.URL + "/webhooks", Label: "everything", Secret: "whsec_semblance_local_only", Local: true, EventTypes: everyType()}}
	}
	var err error
	if s.provider, err = provider.Start(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	s.handler = web.New(s.provider, w)
	server := httptest.NewServer(s.handler)
	s.url = server.URL
	t.Cleanup(func() {
		s.handler.Close()
		server.CloseClientConnections()
		server.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.provider.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *sim) receive(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	answer := s.answer
	s.mu.Unlock()
	if answer == nil {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	answer(w, r)
}

func (s *sim) answers(h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = h
}

// emit makes events and waits until all deliveries have ended or wait for a retry.
func (s *sim) emit(t *testing.T, types ...string) {
	t.Helper()
	for _, name := range types {
		e, err := s.provider.Emit(t.Context(), name, provider.Overrides{})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range e.Deliveries {
			for {
				page, err := s.provider.Journal().Attempts(t.Context(), journal.Query{DeliveryID: d.ID})
				if err != nil {
					t.Fatal(err)
				}
				if len(page.Items) > 0 {
					break
				}
				time.Sleep(time.Millisecond)
			}
		}
	}
}

// player plays scenarios that consist of one request.
type player struct{}

func (player) Scenarios() ([]web.Scenario, error) {
	return []web.Scenario{{Name: "duplicates", Title: "Duplicates", Description: "The same bytes arrive twice."}, {Name: "first-visit", Title: "A first visit", Description: "A patient books and comes."}}, nil
}

func (player) Prepare(p web.Play) (func(context.Context) (web.Played, error), error) {
	return func(context.Context) (web.Played, error) {
		p.Observe(json.RawMessage(`{"path":"1","title":"send booking.created","outcome":"passed"}`))
		p.Observe(json.RawMessage(`{"path":"2","title":"send it again","outcome":"failed","rerun":"semblance play duplicates","evidence":[{"failures":[{"part":"status","expected":"2xx","got":"500"}],` +
			`"request":{"method":"POST","url":"http://127.0.0.1:1/","proto":"1.1","headers":[],"eventType":"booking.created"},"response":{"status":500,"proto":"HTTP/1.1","size":2,"body":"no","timingsMs":{"total":2}}}]}`))
		return web.Played{}, nil
	}, nil
}
