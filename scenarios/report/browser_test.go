package report_test

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"semblance/scenarios"
	"semblance/scenarios/player"
	"semblance/scenarios/report"
	"semblance/scenarios/script"
	"semblance/simulator"
	"semblance/simulator/receiver"
)

// browser starts Chromium with a new profile and a light or dark color scheme.
func browser(t *testing.T, dark bool) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	switch {
	case err != nil && os.Getenv("SEMBLANCE_CI") == "1":
		t.Fatal("chromium is not installed; SEMBLANCE_CI=1 requires it")
	case err != nil:
		t.Skip("chromium is not installed; run `apt-get install chromium`")
	}
	scheme := "1"
	if dark {
		scheme = "0"
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("blink-settings", "preferredColorScheme="+scheme))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil { // waits until the browser has exited
			t.Log(err)
		}
		cancel()
	})
	return ctx
}

// played returns a real run in which some steps fail.
func played(t *testing.T) scenarios.Result {
	t.Helper()
	server, err := receiver.Start("127.0.0.1:0", receiver.Options{Secrets: []string{simulator.DefaultSecret.Reveal()}})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	p, err := player.New(player.Options{Target: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, text := range []string{`
name: Failing <script>alert(1)</script>
steps:
  - {send: booking.created}
  - send: booking.updated
    expect: {status: 202, equals: {/a-rather-long-pointer/into-the-response/to-a/missing/member: a-value-so-long-that-it-must-break-somewhere-in-a-narrow-window}}
  - parallel:
      - {send: invoice.paid, fault: {signature: tampered}, expect: {status: 2xx}}
      - {traffic: {events: 30}}
  - {probe: {get: "${target.origin}/events", until: {equals: {/count: -1}}, within: 1ms}}
`, `
name: Passing
steps:
  - {send: booking.created}
  - {wait: 1ms}
`} {
		scenario, err := script.Parse("scenario.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Play(t.Context(), scenario); err != nil {
			t.Fatal(err)
		}
	}
	return p.Result()
}

// inspect returns properties of the page that only a browser can compute.
const inspect = `(() => {
	const rgb = c => c.match(/[\d.]+/g).map(Number);
	const luminance = c => { const [r, g, b] = rgb(c).map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126*r + 0.7152*g + 0.0722*b; };
	const background = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor, p = rgb(c); if (p.length < 4 || p[3] > 0) return c; } return "rgb(255,255,255)"; };
	const lowContrast = [];
	for (const e of document.querySelectorAll("h1, h2, p, span, b, code, pre, td, th, a, li")) {
		if (!e.offsetParent || !e.textContent.trim()) continue;
		const a = luminance(getComputedStyle(e).color), b = luminance(background(e));
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < 4.5) lowContrast.push(ratio.toFixed(2) + " " + e.textContent.trim().slice(0, 40));
	}
	const chart = document.querySelector("svg").getBoundingClientRect();
	return {
		title: document.title,
		dark: luminance(getComputedStyle(document.body).backgroundColor) < 0.1,
		overflows: document.scrollingElement.scrollWidth > innerWidth,
		loaded: performance.getEntriesByType("resource").map(r => r.name),
		scripts: document.scripts.length,
		lowContrast: lowContrast,
		open: document.querySelectorAll("details[open]").length,
		closed: document.querySelectorAll("details:not([open])").length,
		bars: document.querySelectorAll("svg rect").length,
		chart: chart.width > 200 && chart.height > 20,
		text: document.body.innerText,
	};
})()`

// inspection is the result of inspect.
type inspection struct {
	Title, Text            string
	Dark, Overflows, Chart bool
	Loaded, LowContrast    []string
	Scripts, Bars          int
	Open, Closed           int
}

// The report of a real run in a browser, with both color schemes, in a wide and in a narrow window.
func TestHTMLInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	var b strings.Builder
	if err := report.HTML(&b, played(t)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	page := (&url.URL{Scheme: "file", Path: filepath.ToSlash(file)}).String()
	for _, dark := range []bool{false, true} {
		ctx := browser(t, dark)
		for _, width := range []int64{1200, 380} {
			var s, after inspection
			err := chromedp.Run(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(page), chromedp.Evaluate(inspect, &s),
				chromedp.Click("details:not([open]) > summary", chromedp.NodeVisible), chromedp.Evaluate(inspect, &after))
			if err != nil {
				t.Fatal(err)
			}
			if s.Dark != dark {
				t.Errorf("dark color scheme %v: dark page %v", dark, s.Dark)
			}
			if s.Overflows {
				t.Errorf("the page is wider than a window of %d pixels", width)
			}
			if len(s.LowContrast) > 0 {
				t.Errorf("dark %v: low contrast: %q", dark, s.LowContrast)
			}
			if len(s.Loaded) > 0 || s.Scripts != 1 {
				t.Errorf("the page loads %v and has %d scripts", s.Loaded, s.Scripts)
			}
			if !s.Chart || s.Bars < 6 {
				t.Errorf("the timeline has %d bars", s.Bars)
			}
			if s.Open != 7 || after.Open != 8 || s.Closed != after.Closed+1 {
				t.Errorf("%d parts are open and %d closed; after a click %d and %d", s.Open, s.Closed, after.Open, after.Closed)
			}
			for _, want := range []string{"1 of 2 scenarios failed", "Failing <script>alert(1)</script>", "scenario.yaml:5:5", "/a-rather-long-pointer", "What failed", "semblance play scenario.yaml", "✓ booking.created"} {
				if !strings.Contains(s.Text, want) {
					t.Errorf("%q is not visible in\n%s", want, s.Text)
				}
			}
			var filtered, failed, linked string
			const visible = `[...document.querySelectorAll(".step")].filter(e => e.offsetParent).map(e => e.id).join(" ")`
			err = chromedp.Run(ctx, chromedp.SendKeys("#filter", "invoice.paid"), chromedp.Evaluate(visible, &filtered),
				chromedp.Navigate(page), chromedp.Click("#only"), chromedp.Evaluate(visible, &failed),
				chromedp.Navigate(page), chromedp.Click(`.causes a[href="#s1-2"]`), chromedp.Evaluate("location.hash", &linked))
			if err != nil {
				t.Fatal(err)
			}
			if filtered != "s1-3.1" || failed != "s1-2 s1-3 s1-3.1 s1-4" || linked != "#s1-2" {
				t.Errorf("filtered %q, only failed %q, link %q", filtered, failed, linked)
			}
			if !strings.HasPrefix(s.Title, "1 of 2 scenarios failed") {
				t.Errorf("the title is %q", s.Title)
			}
		}
	}
}
