package page_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"semblance/simulator"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
	"semblance/simulator/receiver"
	"semblance/simulator/web"
	"semblance/simulator/web/guard"
)

// A receiver's response is text, whatever it contains.
func TestHostileResponses(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"script":        `<script>window.hacked = true</script><img src=x onerror="window.hacked = true">`,
		"one MiB":       strings.Repeat("<b>x</b>", 1<<17),
		"invalid UTF-8": "\xff\xfe<script>window.hacked = true</script>",
		"terminal":      "\x1b[31mred\x1b]0;title\x07 \u202etxet",
		"deep JSON":     strings.Repeat("[", 5000),
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			s := start(t, provider.Options{}, web.Options{})
			s.answers(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				w.Header().Set("X-Note", "<script>window.hacked = true</script>")
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprint(w, body)
			})
			s.emit(t, "booking.created")
			b := open(t, s.url)
			b.until(`document.querySelectorAll("#rows tr").length === 1`)
			b.key("j", "2")
			b.until(`document.querySelector("#panel pre")`)
			for _, key := range []string{"", "b", "4", "3", "1"} {
				if key != "" {
					b.key(key)
				}
				b.until(`document.querySelector("#panel").children.length > 0`)
			}
			b.key("2")
			b.until(`document.querySelector("#panel pre")?.textContent.length > 10`)
			b.see("<script>window.hacked = true</script>") // in the header
			if eval[bool](b, `window.hacked === true || document.querySelector("#detail script, #detail img, #detail pre b") !== null`) {
				t.Error("the response became markup")
			}
			if text := eval[string](b, `document.querySelector("#detail").textContent`); strings.ContainsAny(text, "\x1b\x07\u202e") {
				t.Error("a character that the browser obeys is in the text")
			}
		})
	}
}

// 5,000 attempts at 500 a second, and then 3,000 at once: the list has the newest 1,000 without a gap, the selection stays, the
// stream is live.
func TestManyAttempts(t *testing.T) {
	t.Parallel()
	s := start(t, provider.Options{InFlight: 16}, web.Options{})
	s.emit(t, "booking.created")
	b := open(t, s.url)
	b.until(`document.querySelectorAll("#rows tr").length === 1`)
	b.key("j")
	b.until(`document.querySelector("#detail h2")?.innerText === "booking.created"`)
	const total, batch = 5000, 50
	for n := 0; n < total; n += batch {
		began := time.Now()
		if _, err := s.provider.EmitBatch(t.Context(), provider.Batch{Type: "patient.updated", Count: batch}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(batch*time.Second/500 - time.Since(began)) // the load itself
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := s.provider.Wait(ctx, provider.Condition{AllFinished: true}); err != nil {
		t.Fatal(err)
	}
	b.until(`document.querySelectorAll("#rows tr").length === 1000`)
	newest := func() {
		t.Helper()
		if _, err := s.provider.Wait(ctx, provider.Condition{AllFinished: true}); err != nil {
			t.Fatal(err)
		}
		page, err := s.provider.Journal().Attempts(t.Context(), journal.Query{Limit: 999}) // and the selected one
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, a := range page.Items {
			ids = append(ids, strconv.FormatInt(int64(a.Seq), 10))
		}
		b.until(fmt.Sprintf(`[...document.querySelectorAll("#rows tr")].slice(0, 999).map(tr => tr.row.id).join() === %q`, strings.Join(ids, ",")))
	}
	newest()
	for range 3 { // more than the stream of the page sends
		if _, err := s.provider.EmitBatch(t.Context(), provider.Batch{Type: "patient.updated", Count: 1000}); err != nil {
			t.Fatal(err)
		}
	}
	newest()
	b.until(`document.querySelector("#live").innerText.includes("live")`)
	if got := eval[string](b, `document.querySelector("#rows tr[aria-selected=true] .event").innerText`); got != "booking.created" {
		t.Errorf("the selection is %q", got)
	}
	if got := eval[string](b, `document.activeElement.ariaSelected`); got != "true" {
		t.Error("the focus left the selected row")
	}
}

// A server that is killed and starts again on its journal: the page continues, and no attempt is missing.
func TestKilledServer(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "clinic.db")
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }))
	t.Cleanup(target.Close)
	listener, err := net.Listen("tcp", "127.0.0.1:0") // for a free port
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	kill := startProcess(t, address, file, target.URL)
	emitAt(t, address, "booking.created", "patient.created")
	b := open(t, "http://"+address, "Failed to load resource", "net::ERR")
	b.until(`document.querySelectorAll("#rows tr").length === 2`)
	b.see("live")
	kill()
	b.see("reconnecting")
	kill = startProcess(t, address, file, target.URL)
	emitAt(t, address, slices.Repeat([]string{"patient.updated"}, 100)...)
	emitAt(t, address, "invoice.paid", "invoice.created")
	b.until(`document.querySelectorAll("#rows tr").length === 104`)
	b.see("live")
	if got := eval[string](b, `[...document.querySelectorAll("#rows .event")].map(e => e.innerText).filter(name => name !== "patient.updated").join()`); got != "invoice.created,invoice.paid,patient.created,booking.created" {
		t.Errorf("the list has %s", got)
	}
	kill()
	startProcess(t, address, "", target.URL) // without the journal
	emitAt(t, address, "letter.created")
	b.until(`document.querySelectorAll("#rows tr").length === 1`)
	b.see("letter.created")
}

// axe-core finds no violation in any state of the page.
func TestAccessibility(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile(filepath.Join("testdata", "axe", "node_modules", "axe-core", "axe.min.js"))
	switch {
	case err != nil && os.Getenv("SEMBLANCE_CI") == "1":
		t.Fatal("SEMBLANCE_CI=1 requires axe-core: run npm ci in testdata/axe")
	case err != nil:
		t.Skip("axe-core is not installed; run npm ci in testdata/axe")
	}
	s := busy(t)
	b := open(t, s.url)
	b.run(chromedp.Evaluate(string(source), nil))
	b.until(`document.querySelectorAll("#rows tr").length === 9`)
	check := func(state string) {
		t.Helper()
		b.until(`document.getAnimations().every(a => a.playState !== "running")`)
		for _, v := range eval[[]string](b, `axe.run().then(r => r.violations.map(v => v.id + ": " + v.help + ": " + v.nodes.map(n => n.target + " " + n.failureSummary).join("; ")))`) {
			t.Errorf("%s: %s", state, v)
		}
	}
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{1400, 320} {
			b.run(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}), chromedp.EmulateViewport(width, 800))
			state := fmt.Sprintf("%s, %d pixels", scheme, width)
			b.until(`!document.querySelector("dialog")`)
			b.key("\x1b")
			check(state + ", list")
			if wide := eval[int](b, "document.scrollingElement.scrollWidth"); int64(wide) > width {
				t.Errorf("%s: the page is %d pixels wide", state, wide)
			}
			b.run(chromedp.Evaluate(`[...document.querySelectorAll("#rows tr")].find(tr => tr.innerText.includes("arrived")).click()`, nil))
			b.see("Why it failed")
			for tab := range 4 {
				b.key(fmt.Sprint(tab + 1))
				b.until(`document.querySelector("#panel").children.length > 0`)
				check(fmt.Sprintf("%s, tab %d", state, tab+1))
				if width < 1000 {
					break // the others have the same parts
				}
			}
			if width > 1000 && scheme == "dark" {
				for _, key := range []string{"n", "e", "p", "?"} {
					b.key(key)
					b.until(`document.querySelector("dialog[open]")`)
					check(state + ", key " + key)
					b.key("\x1b")
					b.until(`!document.querySelector("dialog")`)
				}
			}
		}
	}
}

// On an address that other machines reach, the token comes by the fragment and leaves the address bar.
func TestTokenByFragment(t *testing.T) {
	t.Parallel()
	s := start(t, provider.Options{Tokens: []provider.Token{{Text: "a-token-for-the-page", Permissions: provider.AllPermissions()}}}, web.Options{Guard: guard.Guard{Public: true}})
	b := open(t, s.url, "401")
	b.see("Token that")
	b.run(chromedp.Navigate("about:blank"), chromedp.Navigate(s.url+"/#token=a-token-for-the-page&q=x"))
	b.see("No requests sent yet.")
	if got := eval[string](b, "location.href"); strings.Contains(got, "token") {
		t.Errorf("the address bar has %s", got)
	}
}

// The receiver's page shows refused deliveries with the reason.
func TestReceiverPage(t *testing.T) {
	t.Parallel()
	server, err := receiver.Start("127.0.0.1:0", receiver.Options{
		Secrets: []string{"whsec_semblance_local_only"},
		Forward: func(context.Context, *receiver.Receipt) *simulator.Response {
			return &simulator.Response{Status: 202, Proto: "HTTP/1.1", Body: []byte("<b>taken</b>"), Size: 12, Timings: simulator.Timings{Total: time.Millisecond}}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	b := open(t, server.URL+"/_semblance")
	b.see("Nothing received yet.")
	b.see("semblance send booking.created --to ")
	post := func(body, signature string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), "POST", server.URL, bytes.NewReader([]byte(body)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Webhook-Signature", signature)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
	}
	post(`{"eventType":"<b>booking.created</b>"}`, "t=1,v1="+strings.Repeat("0", 64))
	b.until(`document.querySelectorAll("#rows tr").length === 1`)
	b.see("refused 1")
	b.key("j", "3")
	b.see("Why it was refused")
	b.see(`1.{"eventType":"<b>booking.created</b>"}`)
	b.see("Forwarded: 202 in 1 ms. They differ: this receiver refuses the request.")
	b.key("4")
	b.see("<b>taken</b>")
	b.shot("forwarded")
	b.key("3")
	for _, key := range []string{"1", "2", "b", "f", "/", "\x1b", "l", "l", "?"} {
		b.key(key)
	}
	b.see("Previous row")
	if text := eval[string](b, `document.querySelector("dialog").innerText`); strings.Contains(text, "Resend") {
		t.Errorf("the help has keys that do nothing: %s", text)
	}
}
