package page_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"semblance/simulator/clock"
	"semblance/simulator/provider"
	"semblance/simulator/web"
)

var update = flag.Bool("update", false, "rewrite testdata/tree.golden")

// port is what differs from run to run.
var port = regexp.MustCompile(`127\.0\.0\.1:\d+|\d+(\.\d+)? ms|localhost:\d+`)

// The golden file has what a screen reader reads, so that a review shows every change of text.
func TestAccessibilityTree(t *testing.T) {
	t.Parallel()
	s := start(t, provider.Options{Clock: clock.Manual(time.Date(2026, 6, 8, 9, 0, 0, 0, time.UTC)), Fixed: true, Seed: 7, InFlight: 1}, web.Options{})
	s.emit(t, "booking.created")
	s.answers(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	s.emit(t, "invoice.paid")
	b := open(t, s.url)
	b.run(emulation.SetTimezoneOverride("UTC"), chromedp.EmulateViewport(1400, 900), chromedp.Reload())
	b.until(`document.querySelectorAll("#rows tr").length === 2`)
	b.key("j", "3")
	b.see("next attempt")
	b.until(`document.querySelector("#alarm").textContent`)
	var nodes []*accessibility.Node
	b.run(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		nodes, err = accessibility.GetFullAXTree().Do(ctx)
		return err
	}))
	got := port.ReplaceAllString(render(nodes), "…")
	golden := filepath.Join("testdata", "tree.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the tree differs from %s; run go test -update and look at the difference. It is\n%s", golden, got)
	}
}

// render writes the nodes that have a name, one per line, indented.
func render(nodes []*accessibility.Node) string {
	byID := map[accessibility.NodeID]*accessibility.Node{}
	for _, n := range nodes {
		byID[n.NodeID] = n
	}
	var b strings.Builder
	var walk func(n *accessibility.Node, depth int)
	walk = func(n *accessibility.Node, depth int) {
		role, name := value(n.Role), value(n.Name)
		if !n.Ignored && name != "" && role != "InlineTextBox" && role != "StaticText" && role != "option" && role != "MenuListPopup" {
			fmt.Fprintf(&b, "%s%s %q\n", strings.Repeat(" ", depth), role, name)
			depth++
		}
		if role == "StaticText" && name != "" && !strings.HasSuffix(b.String(), fmt.Sprintf("%q\n", name)) {
			fmt.Fprintf(&b, "%s%q\n", strings.Repeat(" ", depth), name)
		}
		for _, id := range n.ChildIDs {
			if child := byID[id]; child != nil {
				walk(child, depth)
			}
		}
	}
	if len(nodes) > 0 {
		walk(nodes[0], 0)
	}
	return b.String()
}

func value(v *accessibility.Value) string {
	var text string
	if v != nil {
		_ = json.Unmarshal(v.Value, &text) // another type has no text
	}
	return text
}
