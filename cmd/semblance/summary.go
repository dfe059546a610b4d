package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"semblance/scenarios"
	"semblance/simulator"
)

// tally counts what came of the attempts, in bounded memory. It is for one goroutine; several have one each, and merge.
type summary struct {
	planned  int
	sent     int
	answered int
	failed   int // not as expected
	wrong    int // answers whose body broke its schema
	again    int // went once more on a new connection

	statuses map[int]int
	failures map[simulator.Failure]int
	latency  scenarios.Latency
	late     time.Duration // how far a start was behind its rate, at most
	elapsed  time.Duration

	first   *sentEvent // the first that failed, in the order of sending
	refused *sentEvent // the first that was answered 4xx and failed
}

func (t *summary) add(o *sentEvent) {
	t.sent++
	if o.Response.Reconnected {
		t.again++
	}
	if o.Response.Failure == "" {
		t.answered++
		if t.statuses == nil {
			t.statuses = map[int]int{}
		}
		t.statuses[o.Response.Status]++
		t.latency.Record(o.Response.Timings.Total)
	} else {
		if t.failures == nil {
			t.failures = map[simulator.Failure]int{}
		}
		t.failures[o.Response.Failure]++
	}
	if o.verdict.Passed() {
		return
	}
	t.failed++
	if slices.ContainsFunc(o.verdict.Failures, func(f scenarios.Failure) bool { return f.Part == scenarios.PartBody }) {
		t.wrong++
	}
	t.first = earlier(t.first, o)
	if o.Response.Failure == "" && o.Response.Status/100 == 4 {
		t.refused = earlier(t.refused, o)
	}
}

// earlier returns have, or a copy of o where that was sent before it.
func earlier(have, o *sentEvent) *sentEvent {
	if o == nil || have != nil && have.index < o.index {
		return have
	}
	kept := *o
	return &kept
}

func (t *summary) merge(other *summary) {
	t.sent += other.sent
	t.answered += other.answered
	t.failed += other.failed
	t.wrong += other.wrong
	t.again += other.again
	t.statuses = addCounts(t.statuses, other.statuses)
	t.failures = addCounts(t.failures, other.failures)
	t.latency.Merge(&other.latency)
	t.late = max(t.late, other.late)
	t.first = earlier(t.first, other.first)
	t.refused = earlier(t.refused, other.refused)
}

func addCounts[K comparable](into, from map[K]int) map[K]int {
	if into == nil {
		return maps.Clone(from)
	}
	for k, n := range from {
		into[k] += n
	}
	return into
}

// write prints the summary: as text, or as one object.
func (t *summary) write(a *app, f *sendFlags, judgesBodies bool) error {
	if f.format == "json" {
		if !f.quiet {
			return nil // stdout holds an object for each attempt, and nothing else
		}
		return writeLine(a.out, t.summary())
	}
	if t.sent == 0 { // interrupted before the first answer
		fmt.Fprintln(a.out, "0 sent")
		return nil
	}
	passed := a.out.green(fmt.Sprintf("%d as expected", t.sent-t.failed))
	if t.failed > 0 {
		passed = a.out.red(fmt.Sprintf("%d not as expected", t.failed))
	}
	fmt.Fprintf(a.out, "%d sent, %d answered, %s: %s\n", t.sent, t.answered, passed, t.counts())
	if t.answered > 0 {
		s := t.latency.Summary()
		fmt.Fprintf(a.out, "p50 %s, p99 %s, max %s%s\n", short(s.P50), short(s.P99), short(s.Max), t.speed())
	}
	if judgesBodies {
		fmt.Fprintf(a.out, "%s of the answers' bodies\n", count(t.wrong, "schema failure"))
	}
	if t.late > 100*time.Millisecond {
		fmt.Fprintf(a.err, "%s sends started up to %s behind the rate; more --in-flight lets them overtake slow answers\n", a.err.yellow("warning:"), short(t.late))
	}
	return nil
}

// unreached reports whether not one attempt came as far as a receiver.
func (t *summary) unreached() bool {
	return t.sent > 0 && t.sent == t.failures[simulator.FailureRefused]+t.failures[simulator.FailureDNS]+t.failures[simulator.FailureConnect]
}

// counts lists the answers by status, and how the others failed: "200 × 99, timeout × 2".
func (t *summary) counts() string {
	var words []string
	for _, status := range slices.Sorted(maps.Keys(t.statuses)) {
		words = append(words, fmt.Sprintf("%d × %d", status, t.statuses[status]))
	}
	for _, failure := range slices.Sorted(maps.Keys(t.failures)) {
		words = append(words, fmt.Sprintf("%s × %d", failure, t.failures[failure]))
	}
	if len(words) == 0 {
		return "nothing"
	}
	return strings.Join(words, ", ")
}

// speed is how many were sent in a second, where there were enough to tell.
func (t *summary) speed() string {
	if t.sent < 1000 || t.elapsed <= 0 {
		return ""
	}
	return fmt.Sprintf(", %.0f/s", t.perSecond())
}

func (t *summary) perSecond() float64 { return float64(t.sent) / t.elapsed.Seconds() }

// tallyJSON is the summary as an object.
type summaryJSON struct {
	Sent           int                       `json:"sent"`
	Answered       int                       `json:"answered"`
	Failed         int                       `json:"failed"`
	Statuses       map[string]int            `json:"statuses,omitempty"`
	Failures       map[simulator.Failure]int `json:"failures,omitempty"`
	SchemaFailures int                       `json:"schemaFailures"`
	Reconnected    int                       `json:"reconnected"`
	LatencyMs      latencyJSON               `json:"latencyMs"`
	LateMs         float64                   `json:"lateMs,omitempty"`
	Seconds        float64                   `json:"seconds"`
	PerSecond      float64                   `json:"perSecond"`
}

type latencyJSON struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

func (t *summary) summary() summaryJSON {
	s := t.latency.Summary()
	out := summaryJSON{
		Sent: t.sent, Answered: t.answered, Failed: t.failed, Failures: t.failures, SchemaFailures: t.wrong, Reconnected: t.again,
		LatencyMs: latencyJSON{P50: milliseconds(s.P50), P99: milliseconds(s.P99), Max: milliseconds(s.Max)},
		LateMs:    milliseconds(t.late), Seconds: t.elapsed.Seconds(), PerSecond: t.perSecond(),
	}
	for status, n := range t.statuses {
		if out.Statuses == nil {
			out.Statuses = map[string]int{}
		}
		out.Statuses[strconv.Itoa(status)] = n
	}
	return out
}
