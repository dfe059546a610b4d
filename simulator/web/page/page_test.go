package page_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"semblance/schemas"
	"semblance/simulator/clock"
	"semblance/simulator/provider"
	"semblance/simulator/web"
)

func everyType() []string {
	var names []string
	for _, t := range schemas.All() {
		names = append(names, t.Name)
	}
	return names
}

// The first minute: an empty page leads to the first delivered event with one click.
func TestFirstMinute(t *testing.T) {
	t.Parallel()
	s := start(t, provider.Options{}, web.Options{})
	b := open(t, s.url)
	b.see("No requests sent yet.")
	b.see("semblance emit booking.created")
	b.see("func Verify(")
	b.shot("empty")
	b.click("Emit booking.created")
	b.until(`document.querySelectorAll("#rows tr").length === 1`)
	b.see("202")
	b.see("delivered")
	b.shot("one")
}

// busy makes a provider whose receiver accepts some events and refuses others.
func busy(t *testing.T) *sim {
	t.Helper()
	s := start(t, provider.Options{Clock: clock.Manual(time.Now())}, web.Options{Player: player{}})
	s.emit(t, "booking.created", "patient.created", "invoice.paid", "booking.updated")
	s.answers(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"error":"invalid signature","at":12345678901234567890}`)
	})
	s.emit(t, "booking.patientJourney.arrived", "invoice.created")
	s.answers(nil)
	s.emit(t, "letter.created", "patient.updated", "booking.deleted")
	return s
}

// Every key of the table does what the help says.
func TestKeys(t *testing.T) {
	t.Parallel()
	s := busy(t)
	b := open(t, s.url)
	b.until(`document.querySelectorAll("#rows tr").length === 9`)
	b.run(chromedp.Evaluate(`window.copied = ""; Object.defineProperty(navigator, "clipboard", { value: { writeText: async text => { window.copied = text; } } })`, nil))
	selected := `[...document.querySelectorAll("#rows tr")].findIndex(tr => tr.ariaSelected === "true")`
	dialogs := func(title string) [2]string {
		return [2]string{fmt.Sprintf(`document.querySelector("dialog[open]")?.ariaLabel.startsWith(%q)`, title), `!document.querySelector("dialog")`}
	}
	focused := func(id string) string { return fmt.Sprintf(`document.activeElement.id === %q`, id) }
	tabs := func(n int) string { return fmt.Sprintf(`document.querySelector("#tab%d")?.ariaSelected === "true"`, n) }
	status := func(text string) string {
		return fmt.Sprintf(`document.querySelector("#status").innerText.startsWith(%q)`, text)
	}
	rows := `document.querySelectorAll("#rows tr").length`
	tested := map[string]bool{}
	for _, step := range []struct {
		action, key string
		then        string // true after the key
		escape      bool   // close the dialog
	}{
		{"next", "j", selected + " === 0", false},
		{"next", kb.ArrowDown, selected + " === 1", false},
		{"previous", "k", selected + " === 0", false},
		{"oldest", "G", selected + " === 8", false},
		{"previous", kb.ArrowUp, selected + " === 7", false},
		{"newest", "g", selected + " === 0", false},
		{"open", kb.Enter, focused("detail"), false},
		{"tab", "2", tabs(2), false},
		{"tab", "3", tabs(3), false},
		{"tab", "4", tabs(4), false},
		{"tab", "1", tabs(1) + ` && document.querySelector("#panel pre")?.textContent.includes("\n")`, false},
		{"raw", "b", `document.querySelector("#panel pre")?.textContent.startsWith('{"subscriptionId":')`, false},
		{"back", kb.Escape, `document.activeElement.ariaSelected === "true"`, false},
		{"filter", "/", `document.activeElement.type === "search"`, false},
		{"back", kb.Escape, `document.activeElement.ariaSelected === "true"`, false},
		{"failed", "f", `document.querySelectorAll("#rows tr:not([hidden])").length === 2`, false},
		{"failed", "f", `document.querySelectorAll("#rows tr:not([hidden])").length === 9`, false},
		{"copyCurl", "c", `window.copied.startsWith("curl ") && window.copied.includes("X-Webhook-Signature")`, false},
		{"copyCommand", "y", `window.copied.startsWith("semblance resend ")`, false},
		{"mark", "m", status("Marked attempt"), false},
		{"freeze", "l", status("The list is frozen"), false},
		{"resend", "r", status("Resent attempt"), false},
		{"freeze", "l", rows + " === 10", false},
		{"resendNew", "R", rows + " === 11", false},
		{"edit", "e", dialogs("Edit and resend")[0], true},
		{"emit", "n", dialogs("Emit an event")[0], true},
		{"play", "p", dialogs("Play a scenario")[0], true},
		{"help", "?", dialogs("Keys")[0], true},
	} {
		b.key(step.key)
		b.until(step.then)
		if step.escape {
			b.key(kb.Escape)
			b.until(dialogs("")[1])
		}
		tested[step.action] = true
	}
	for _, action := range eval[[]string](b, `import("/keys.js").then(m => m.keys.map(k => k.action))`) {
		if !tested[action] {
			t.Errorf("the key for %s is not tested", action)
		}
	}
}

// The page in the sizes and color schemes that people use, for looking at.
func TestScreenshots(t *testing.T) {
	if os.Getenv("SEMBLANCE_SCREENSHOTS") == "" {
		t.Skip("set SEMBLANCE_SCREENSHOTS to a folder")
	}
	s := busy(t)
	for _, dark := range []string{"light", "dark"} {
		b := open(t, s.url)
		b.until(`document.querySelectorAll("#rows tr").length === 9`)
		for _, width := range []int64{1920, 1280, 400, 320} {
			b.run(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: dark}}), chromedp.EmulateViewport(width, 820))
			name := fmt.Sprintf("%s-%d", dark, width)
			b.key(kb.Escape)
			b.shot("list-" + name)
			b.run(chromedp.Evaluate(`[...document.querySelectorAll("#rows tr")].find(tr => tr.innerText.includes("arrived")).click()`, nil))
			b.see("Why it failed")
			for i, tab := range []string{"request", "response", "attempts", "diff"} {
				b.key(fmt.Sprint(i + 1))
				time.Sleep(60 * time.Millisecond)
				b.shot(tab + "-" + name)
			}
			for _, key := range []string{"n", "e", "p", "?"} {
				b.key(key)
				time.Sleep(120 * time.Millisecond)
				b.shot("key-" + strings.Trim(key, "?") + "-" + name)
				b.key(kb.Escape)
			}
			for _, name2 := range []string{"Subscriptions", "Clock", "Notices"} {
				b.click(name2)
				time.Sleep(60 * time.Millisecond)
				b.shot(name2 + "-" + name)
				b.key(kb.Escape)
			}
		}
	}
}

// A receiver that does not respond, and a subscription that there is not.
func TestNoReceiver(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(nil)
	closed.Close()
	s := start(t, provider.Options{Clock: clock.Manual(time.Now()), Subscriptions: []provider.NewSubscription{
		{URL: closed.URL, Label: "closed", Secret: "whsec_of_mine_1234", Local: true, EventTypes: []string{"booking.created"}},
	}}, web.Options{})
	s.emit(t, "booking.created", "booking.created")
	b := open(t, s.url, "401")
	b.see("No response: ")
	b.see("2 deliveries pending.")
	b.see("…1234")
	b.run(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}), chromedp.EmulateViewport(1920, 900))
	b.key("j")
	b.see("Why it failed")
	b.shot("failing")
	b.click("Show")
	b.see("Token that")
	none := start(t, provider.Options{Subscriptions: []provider.NewSubscription{}}, web.Options{})
	b = open(t, none.url)
	b.see("Receiver URL")
	b.see("semblance listen")
	b.shot("no-subscription")
	b.typed("#empty input", s.receiver.URL)
	b.click("Subscribe")
	b.see("Emit booking.created")
}

// typed puts a text into a field, as a person does.
func (b *tab) typed(selector, text string) {
	b.t.Helper()
	b.run(chromedp.Focus(selector), chromedp.Evaluate(fmt.Sprintf(`document.querySelector(%q).select()`, selector), nil), input.InsertText(text))
}

// The dialogs do what they say: emit an event with a fault, edit and resend, subscribe, pause, advance the clock, play.
func TestDialogs(t *testing.T) {
	t.Parallel()
	s := busy(t)
	var bodies []string
	var mu sync.Mutex
	s.answers(func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		bodies = append(bodies, string(data))
		w.WriteHeader(http.StatusAccepted)
	})
	last := func() string {
		mu.Lock()
		defer mu.Unlock()
		return bodies[len(bodies)-1]
	}
	b := open(t, s.url)
	b.until(`document.querySelectorAll("#rows tr").length === 9`)

	b.key("n")
	b.see("Optional identifiers")
	disabled := `[...document.querySelectorAll("dialog button")].find(e => e.innerText === "Copy command").disabled`
	pick := func(i int) { // a fault
		t.Helper()
		b.run(chromedp.Evaluate(fmt.Sprintf(`(() => { const e = document.querySelector("dialog select[aria-label=Fault]"); e.selectedIndex = %d; e.dispatchEvent(new Event("input", { bubbles: true })); })()`, i), nil))
	}
	pick(1)
	b.see("No command does the same: `emit` takes no fault.")
	b.until(disabled)
	pick(0)
	b.until("!" + disabled)
	b.typed("dialog input[name=type]", "invoice.refunded")
	b.click("Emit")
	b.until(`document.querySelector("#rows .event")?.innerText === "invoice.refunded"`)
	b.until(`!document.querySelector("dialog")`)

	b.key("j", "e")
	b.see("Edit and resend attempt")
	if eval[bool](b, `[...document.querySelectorAll("dialog option")].some(e => e.value.startsWith("delivery="))`) {
		t.Error("a fault is offered that the API refuses")
	}
	b.until("!" + disabled) // a new eventId is what --anew makes
	b.typed("dialog textarea", `{"eventId":"x"}`)
	b.see("No command does the same: `resend` takes no body.")
	b.until(disabled)
	b.see("Send anyway")
	b.click("Send anyway")
	b.see("Resent attempt")
	if got := last(); got != `{"eventId":"x"}` {
		t.Errorf("the receiver got %s", got)
	}
	b.until(`!document.querySelector("dialog")`)

	b.click("Subscriptions")
	b.see("Add a subscription")
	b.click("Inject")
	b.see("fault signature=missing, the next 1")
	b.click("Pause")
	b.until(`[...document.querySelectorAll("dialog button")].some(e => e.innerText === "Resume")`)
	b.typed("dialog .card:last-child input", s.receiver.URL+"/second")
	b.click("Subscribe")
	b.see("/second")
	b.key(kb.Escape)

	b.click("Clock")
	b.see("it moves only when advanced")
	b.click("+10m")
	b.key(kb.Escape)
	b.until(`!document.querySelector("dialog")`)

	b.key("p")
	b.see("The same bytes arrive twice.")
	b.click("Play")
	b.see("1 send booking.created")
	b.see("expected")
	b.see("failed")
	b.click("Open attempt")
	b.see("expected status 2xx, got 500")
	b.see("semblance play duplicates")
	b.key("r")
	b.see("Attempts of a play cannot be resent.")
	b.key("g")

	b.click("API requests")
	b.see("Requests to POST /graphql appear here.")
	b.key(kb.Escape)
	b.until(`!document.querySelector("dialog")`)
	b.until(`document.querySelector("#detail h2").innerText === "invoice.refunded" && [...document.querySelectorAll("#detail button")].find(e => e.innerText.startsWith("invoice …"))?.click() === undefined`) // the record
	b.see("createdAt")
}
