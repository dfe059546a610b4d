package check_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"semblance/scenarios"
	"semblance/scenarios/check"
	"semblance/scenarios/player"
	"semblance/scenarios/report"
	"semblance/schemas/human"
	"semblance/simulator"
	"semblance/simulator/receiver"
)

var update = flag.Bool("update", false, "write the golden files and the README of the checks")

// The tests mostly wait for their receivers, so many of them run at once.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// all returns the checks; they are read once.
var all = sync.OnceValues(check.Load)

func load(t testing.TB) []*check.Case {
	t.Helper()
	cases, err := all()
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

// places bounds the runs at once: each sends about as many requests as a processor can.
var places = make(chan struct{}, 12)

// run checks a receiver.
func run(t testing.TB, target string, edit func(*check.Options), words ...string) *scenarios.CheckRun {
	t.Helper()
	places <- struct{}{}
	defer func() { <-places }()
	cases := load(t)
	chosen, err := check.Select(cases, words)
	if err != nil {
		t.Fatal(err)
	}
	o := check.Options{Checks: chosen, All: cases, Player: player.Options{Target: target}, TimeLimit: 5 * time.Minute, // the race detector and other tests take their time
		Return: 300 * time.Millisecond, Pause: 50 * time.Millisecond}
	if edit != nil {
		edit(&o)
	}
	result, err := check.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// start starts a reference receiver, with a mistake if one is named.
func start(t testing.TB, mistake string) string {
	t.Helper()
	server, err := receiver.Start("127.0.0.1:0", receiver.Options{Secrets: []string{simulator.DefaultSecret.Reveal()}, ActWrong: mistake})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server.URL + "/webhooks"
}

// text returns a result as the terminal shows it.
func text(t testing.TB, r *scenarios.CheckRun) string {
	t.Helper()
	var b bytes.Buffer
	if err := (report.Terminal{}).Checks(&b, r); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > 80 {
			t.Errorf("a line of %d columns: %s", n, line)
		}
	}
	return b.String()
}

// It takes less than five seconds on a machine with nothing else to do.
func TestReferenceReceiverPasses(t *testing.T) {
	r := run(t, start(t, ""), nil)
	for _, c := range r.Checks {
		if c.Outcome != scenarios.Passed && c.Outcome != scenarios.Skipped && c.ID != "LEAK-04" { // it explains its refusals
			t.Errorf("%s is %s %s", c.ID, c.Outcome, c.Reason)
		}
	}
	if code := r.ExitCode(); code != 0 || r.Duration > 15*time.Second {
		t.Errorf("exit code %d after %s\n%s", code, r.Duration, text(t, r))
	}
	t.Log(text(t, r))
}

// Each wrong receiver has one root: the check of its mistake.
func TestWrongReceivers(t *testing.T) {
	t.Parallel()
	rows := make([]string, len(receiver.Wrongs()))
	each(len(rows), func(i int) { // they mostly wait
		w := receiver.Wrongs()[i]
		r := run(t, start(t, w.Name), func(o *check.Options) {
			if w.Name == "slow" {
				o.Player.Delivery.Timeout = time.Second
			}
		})
		rows[i] = fmt.Sprintf("| `%s` | %s | %s |\n", w.Name, w.Summary, outcomes(r))
		if roots := strings.Count(rows[i], "**") / 2; roots > 1 || roots == 0 && strings.HasSuffix(rows[i], "| none |\n") {
			t.Errorf("%s has %s: %s", w.Name, human.Count(roots, "root"), rows[i])
		}
		if testing.Verbose() {
			t.Logf("%s\n%s", w.Name, text(t, r))
		}
	})
	golden(t, "testdata/wrong.md", "| receiver | mistake | found by |\n| --- | --- | --- |\n"+strings.Join(rows, ""))
	if *update {
		testREADME(t)
	}
}

// Of a receiver with two mistakes both are found.
func TestTwoMistakes(t *testing.T) {
	t.Parallel()
	pairs := [][2]string{}
	verify := []string{"unsigned", "reserialise", "prefix-comparison", "plain-comparison", "any-age", "zero-time", "unset-secret", "old-scheme", "header-age", "any-scheme"}
	other := []string{"all-identifiers", "known-identifiers", "no-metadata", "blocker-availability", "duplicate-conflict", "racing", "exact-content-type", "tells-secret", "unknown-type-crash", "stable-event-id"}
	for i := range verify {
		pairs = append(pairs, [2]string{verify[i], other[i]}, [2]string{verify[i], other[(i+3)%len(other)]})
	}
	data, err := os.ReadFile("testdata/wrong.md")
	if err != nil {
		t.Fatal(err)
	}
	root := func(mistake string) string {
		_, row, _ := strings.Cut(string(data), "`"+mistake+"`")
		_, row, _ = strings.Cut(row, "**")
		id, _, _ := strings.Cut(row, "**")
		return id
	}
	each(len(pairs), func(i int) {
		pair := pairs[i]
		r := run(t, start(t, pair[0]+"+"+pair[1]), nil)
		got := outcomes(r)
		for _, mistake := range pair {
			if !strings.Contains(got, "**"+root(mistake)+"**") {
				t.Errorf("%s and %s: no %s in %s", pair[0], pair[1], root(mistake), got)
			}
		}
		if n := strings.Count(got, "**") / 2; n != 2 {
			t.Errorf("%s and %s: %d roots: %s", pair[0], pair[1], n, got)
		}
	})
}

// A finding about the responses of the run is repeated by the whole run: alone, the check sees only the control.
func TestRerun(t *testing.T) {
	t.Parallel()
	r := run(t, start(t, "tells-secret"), nil, "SIG-01", "SIG-02", "LEAK-01")
	for _, c := range r.Checks {
		want := "check " + c.ID
		if c.ID == "LEAK-01" {
			want = "check"
		}
		if got := strings.Join(c.Rerun, " "); got != want {
			t.Errorf("%s (%s): rerun %q, want %q", c.ID, c.Outcome, got, want)
		}
	}
}

// each calls f for 0 to n-1, all at once.
func each(n int, f func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { f(i) })
	}
	all.Wait()
}

// outcomes lists the checks that did not pass, with those that they explain.
func outcomes(r *scenarios.CheckRun) string {
	var words []string
	for _, c := range r.Checks {
		switch {
		case c.Because != "" || c.Outcome == scenarios.Passed || c.Outcome == scenarios.Skipped || c.ID == "LEAK-04":
			continue
		case c.Outcome == scenarios.Failed:
			words = append(words, "**"+c.ID+"**"+explained(r, c.ID))
		default:
			words = append(words, c.ID+" "+string(c.Outcome))
		}
		if c.Outcome == scenarios.Failed && c.Also != "" {
			words[len(words)-1] += ": " + c.Also
		}
	}
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}

func explained(r *scenarios.CheckRun, id string) string {
	ids := r.Explained(id)
	switch {
	case len(ids) == 0:
		return ""
	case len(ids) > 6:
		return " (explains " + human.Number(len(ids)) + ")"
	}
	slices.Sort(ids)
	return " (explains " + human.And(ids) + ")"
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; go test ./scenarios/check -update writes it:\n%s", file, got)
	}
}
