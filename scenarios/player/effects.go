package player

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"semblance/scenarios"
	"semblance/scenarios/script"
	"semblance/schemas/human"
	"semblance/schemas/naming"
	"semblance/schemas/pointer"
	"semblance/schemas/validate"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/delivery"
)

const (
	effectID      = "${id}"
	effectCommand = "exec:"
	effectTimeout = delivery.DefaultTimeout // of one query
)

// How effects are counted: as often as a probe step asks, and once more later, because an event may take effect twice.
const (
	countWithin = 5 * time.Second
	countFirst  = 10 * time.Millisecond // the first wait; each is twice as long
	countEvery  = 100 * time.Millisecond
	countSettle = 200 * time.Millisecond
)

// Effects counts the effects of events at the receiver's application: it asks a URL, or runs a command, with the id of the
// event's record. It is safe for concurrent use.
type Effects struct {
	url     string        // with ${id}, or ""
	command []string      // with ${id}
	pointer string        // into the response
	within  time.Duration // the time in which an event takes effect
	settle  time.Duration // the time in which it may take effect again
	sender  *delivery.Sender
	counter func(ctx context.Context, recordID string) (int, error) // in place of both; may be nil
}

// CountWith returns a probe that calls a function, from several goroutines.
func CountWith(count func(ctx context.Context, recordID string) (int, error)) *Effects {
	return &Effects{within: countWithin, settle: countSettle, counter: count}
}

// ParseEffects reads a probe of effects: an http or https URL, or exec: and a command, that contains ${id}. White space and
// #/pointer after it name the number in the response; see [Effects.Count]. The caller must close the result.
func ParseEffects(text string, o delivery.Options) (*Effects, error) {
	text = strings.TrimSpace(text)
	e := &Effects{within: countWithin, settle: countSettle}
	if i := strings.LastIndex(text, " #"); i >= 0 && (strings.HasPrefix(text[i:], " #/") || i+2 == len(text)) {
		text, e.pointer = strings.TrimSpace(text[:i]), text[i+2:]
	}
	if !strings.Contains(text, effectID) {
		return nil, fmt.Errorf("a probe contains %s, the id of the event's record, such as 'http://localhost:3000/effects/%s'; got %s", effectID, effectID, human.Quoted(text))
	}
	if command, ok := strings.CutPrefix(text, effectCommand); ok {
		if e.command = strings.Fields(command); len(e.command) == 0 || strings.Contains(e.command[0], effectID) {
			return nil, fmt.Errorf("a probe that runs a command names it, such as 'exec:./effects %s'", effectID)
		}
		return e, nil
	}
	u, err := url.Parse(strings.ReplaceAll(text, effectID, "0"))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("a probe is an http or https URL, or exec:COMMAND; got %s", human.Quoted(text))
	}
	e.url = text
	e.sender, err = delivery.New(o)
	return e, err
}

// Close closes idle connections.
func (e *Effects) Close() {
	if e != nil && e.sender != nil {
		e.sender.Close()
	}
}

// Title describes the query about a record, for reports.
func (e *Effects) Title(recordID string) string {
	if e.url == "" {
		return strings.ReplaceAll(strings.Join(e.command, " "), effectID, recordID)
	}
	return http.MethodGet + " " + simulator.RedactURL(strings.ReplaceAll(e.url, effectID, url.PathEscape(recordID)))
}

// Count returns the number of effects on a record. A response with status 404 means none. Any other response is a number, a
// list, whose length is the number, or an object with the member count; the pointer of the probe names another place. The
// output of a command is read like a response.
func (e *Effects) Count(ctx context.Context, recordID string) (int, error) {
	n, _, err := e.ask(ctx, recordID)
	return n, err
}

// ProbeError says why effects could not be counted. It says nothing about the receiver.
type ProbeError struct {
	Reason string // names the query with ${id} in place of the id, so that it is the same for all records
	Fix    string
}

// Error returns the reason.
func (e *ProbeError) Error() string { return scenarios.ProbeFailed + ": " + e.Reason }

// The fixes of a probe that failed.
const (
	fixNoProbe     = "start the probe's server, or correct --probe"
	fixProbe       = "find out why the probe fails: its log or output names the error"
	fixProbeResult = "let the probe return a number, a list or an object with count, or name the place in it: PROBE #/pointer"
)

// ask is Count with the response, which is nil if a function counts. The error is a [*ProbeError], or that of the function.
func (e *Effects) ask(ctx context.Context, recordID string) (int, *simulator.Response, error) {
	if e.counter != nil {
		n, err := e.counter(ctx, recordID)
		return n, nil, err
	}
	n, response, fix, err := e.query(ctx, recordID)
	if err != nil {
		reason := strings.ReplaceAll(e.Title(recordID)+": "+err.Error(), recordID, effectID)
		return 0, nil, &ProbeError{Reason: reason, Fix: fix}
	}
	return n, response, nil
}

// query asks the probe. With an error it returns the fix.
func (e *Effects) query(ctx context.Context, recordID string) (n int, r *simulator.Response, fix string, err error) {
	ctx, cancel := context.WithTimeout(ctx, effectTimeout)
	defer cancel()
	var response simulator.Response
	if e.url == "" {
		arguments := naming.List(e.command, func(word string) string { return strings.ReplaceAll(word, effectID, recordID) })
		var failure *scenarios.Failure
		if response, failure = runCommand(ctx, arguments, 0, "*"); failure != nil {
			return 0, nil, fixProbe, fmt.Errorf("expected exit code %s, got %s", failure.Expected, failure.Got)
		}
		response.Status = http.StatusOK
	} else {
		request, err := e.sender.PrepareExact(delivery.Exact{Method: http.MethodGet, URL: strings.ReplaceAll(e.url, effectID, url.PathEscape(recordID)),
			Headers: []simulator.Header{{Name: "User-Agent", Value: delivery.DefaultUserAgent}, {Name: "Accept", Value: "application/json"}}})
		if err != nil {
			return 0, nil, fixNoProbe, err
		}
		response = e.sender.Send(ctx, request)
	}
	switch {
	case response.Failure != "":
		return 0, nil, fixNoProbe, errors.New(response.Detail)
	case response.Status == http.StatusNotFound:
		return 0, &response, "", nil
	case response.Status/100 != 2:
		return 0, nil, fixProbe, fmt.Errorf("status %d", response.Status)
	}
	n, err = e.number(response.Body)
	return n, &response, fixProbeResult, err
}

// number reads the number of effects from a response.
func (e *Effects) number(body []byte) (int, error) {
	document, err := validate.Parse(body)
	if err != nil {
		return 0, fmt.Errorf("expected a number, a list or an object with count: %w", err)
	}
	if e.pointer != "" {
		if document, err = pointer.Lookup(document, e.pointer); err != nil {
			return 0, err
		}
	}
	switch v := document.(type) {
	case []any:
		return len(v), nil
	case map[string]any:
		count, ok := v["count"]
		if !ok {
			return 0, fmt.Errorf("got an object without count, %s; a pointer names another place: PROBE #/%s", human.Excerpt(scenarios.EncodeJSON(v), 60), pointer.Escape(countable(v)))
		}
		document = count
	}
	if n, ok := document.(json.Number); ok {
		if f, err := n.Float64(); err == nil && f >= 0 && f == math.Trunc(f) && f < math.MaxInt32 {
			return int(f), nil
		}
	}
	return 0, errors.New("expected a number, a list or an object with count, got " + human.Excerpt(scenarios.EncodeJSON(document), 60))
}

// countable returns the first member of an object, by name, that is a number or a list.
func countable(object map[string]any) string {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		switch object[name].(type) {
		case json.Number, []any:
			return name
		}
	}
	return "effects"
}

// requiredEffect returns the effect that a step requires, with its level.
func requiredEffect(step *script.Common) (scenarios.Effect, scenarios.Level) {
	for i := range step.Levels {
		if l := &step.Levels[i]; l.Effect != "" {
			return l.Effect, l.Level
		}
	}
	level := scenarios.Must
	if len(step.Levels) > 0 {
		level = step.Levels[0].Level
	}
	return step.Effect, level
}

// watch counts the effects on the event's record before the event is sent. The function that it returns counts again, until
// the event has had the required effect, and once more a moment later, because an event may take effect twice. Without a
// probe, or if the step requires no effect, it does nothing.
func (e *emission) watch(ctx context.Context) func() {
	effect, level := requiredEffect(e.step)
	effects, id := e.run.effects(), recordID(&e.event)
	if id == "" || e.run.trial != nil || e.run.options.DryRun {
		return func() {}
	}
	_, sent := e.run.sentAbout.LoadOrStore(id, true)
	if effect == "" {
		return func() {}
	}
	if _, old := e.run.older.Load(id); old || effects == nil {
		e.run.older.Store(id, true)
		return func() {}
	}
	before, err := 0, error(nil)
	if e.before != nil {
		before = *e.before
	} else if before, err = effects.Count(ctx, id); err != nil {
		return func() { e.run.fail(e.path, e.round, err) }
	}
	if before > 0 && !sent { // from an earlier run with the same seed and time: a receiver that ignores duplicates ignores this run
		e.run.older.Store(id, true)
		return func() {}
	}
	return func() {
		started, startedAt := clock.Now(), e.run.elapsed()
		probe := scenarios.Probe{Request: effects.Title(id)}
		count := 0
		for deadline := started.Add(effects.within); ; {
			n, err := effects.Count(ctx, id)
			if probe.Tries++; err != nil {
				if ctx.Err() == nil {
					e.run.fail(e.path, e.round, err)
				}
				return
			}
			settled := count > 0 || probe.Tries > 1 && effect == scenarios.EffectNone
			if count = n - before; settled || clock.Now().After(deadline) {
				break
			}
			wait := countEvery
			if count > 0 || effect == scenarios.EffectNone {
				wait = effects.settle
			}
			if clock.Sleep(ctx, wait) != nil {
				return
			}
		}
		probe.Took, probe.Status = clock.Since(started), http.StatusOK
		probe.Response = fmt.Appendf(nil, "%d before the event, %d after it", before, before+count)
		var verdict scenarios.Verdict
		if !effect.Holds(count) {
			var failed scenarios.Verdict
			failed.Add(scenarios.Failure{Part: scenarios.PartEffect, Name: id, Expected: describeEffect(effect), Got: human.Count(count, "effect")})
			addLevel(&verdict, level, failed)
		}
		e.run.recorder.Probe(e.path, scenarios.Evidence{
			Round: e.round.String(), StartedAt: startedAt, Probe: &probe, Expected: "effect " + string(effect), Verdict: verdict, Effect: true,
		})
	}
}

func describeEffect(e scenarios.Effect) string {
	switch e {
	case scenarios.EffectOnce:
		return "1 effect"
	case scenarios.EffectNone:
		return "no effect"
	}
	return "at least 1 effect"
}

// judgeShown judges what the probe shows about the event's record, as soon as it is as required. Without a probe it does nothing.
func (e *emission) judgeShown(ctx context.Context) {
	effects, id := e.run.effects(), recordID(&e.event)
	if effects == nil || id == "" || e.run.trial != nil || e.run.options.DryRun {
		return
	}
	required, err := e.values.expected(e.step, &e.options.Expect)
	for i := 0; i < len(required.levels) && err == nil; i++ {
		level := &required.levels[i]
		if len(level.Shows) == 0 {
			continue
		}
		probe := scenarios.Probe{Request: effects.Title(id)}
		started, startedAt := clock.Now(), e.run.elapsed()
		var failed scenarios.Verdict
		for {
			var response *simulator.Response
			probe.Tries++
			if _, response, err = effects.ask(ctx, id); err != nil || response == nil {
				break
			}
			failed = scenarios.Judge(scenarios.Expect{Equals: level.Shows}, &simulator.Attempt{Response: *response})
			probe.Status, probe.Response, probe.Took = response.Status, response.Body, clock.Since(started)
			if failed.Passed() || probe.Took > effects.within || clock.Sleep(ctx, countEvery) != nil {
				break
			}
		}
		var verdict scenarios.Verdict
		addLevel(&verdict, level.Level, failed)
		e.run.recorder.Probe(e.path, scenarios.Evidence{Round: e.round.String(), StartedAt: startedAt, Probe: &probe, Expected: level.String(), Verdict: verdict})
	}
	if err != nil && ctx.Err() == nil {
		e.run.fail(e.path, e.round, err)
	}
}

// effects returns the probe of effects: that of the options, or that of the reference receiver, or nil.
func (s *session) effects() *Effects {
	if s.options.Effects == nil && s.reference.Load() { // it handles an event before it responds
		return &Effects{url: s.origin + "/records/" + effectID, pointer: "/changes", sender: s.probes}
	}
	return s.options.Effects
}
