package report_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"semblance/scenarios"
	"semblance/scenarios/report"
	"semblance/simulator"
)

// exchange returns an exchange of a check. Its texts are hostile.
func exchange(status int, signed, body string, refuses bool) scenarios.Exchange {
	word := scenarios.Accepted
	if refuses {
		word = scenarios.Refused
	}
	a := simulator.Attempt{Request: simulator.Request{Method: "POST", URL: "http://127.0.0.1:3000/webhooks", Proto: "1.1", EventType: "booking.created",
		Headers: []simulator.Header{{Name: "Content-Type", Value: "application/json"}}, Body: []byte(body)}}
	if signed != "" {
		a.Request.Headers = append(a.Request.Headers, simulator.Header{Name: "X-Webhook-Signature", Value: signed})
	}
	a.Response = simulator.Response{Status: status, Proto: "HTTP/1.1", Body: []byte("<b>\x1b[31m|no|</b>"), Timings: simulator.Timings{Total: 1300 * time.Microsecond}}
	return scenarios.Exchange{Attempt: a, Required: []scenarios.Requirement{{Level: scenarios.Must, Any: []scenarios.Expect{{Status: scenarios.Statuses{{Word: word}}}}}}}
}

// sampleChecks returns a run with every outcome.
func sampleChecks() *scenarios.CheckRun {
	const signed = "t=1764000000,v1=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	body := `{"eventId":"692597070fe21cfa5e00000%d","eventType":"booking.created"}`
	judge := func(id, name, group string, level scenarios.Level, x ...scenarios.Exchange) scenarios.CheckResult {
		c := scenarios.JudgeCheck(scenarios.Check{ID: id, Name: name, Group: group, Level: level, Why: "Because it matters.", Fix: "Fix it.",
			Sources: []string{"https://example.com/source", "own"}, File: id + ".yaml"},
			scenarios.Trial{Steps: []scenarios.TrialStep{{Step: scenarios.Step{Path: "1", Title: "send booking.created"}, Exchanges: x}}})
		c.Rerun = []string{"check", id, "--to", "3000/webhooks"}
		return c
	}
	valid := exchange(200, signed, strings.ReplaceAll(body, "%d", "1"), false)
	forged := exchange(200, "", strings.ReplaceAll(body, "%d", "2"), true)
	refused := exchange(401, "", strings.ReplaceAll(body, "%d", "3"), true)
	refused.Twin = &valid.Attempt
	other := exchange(422, signed, strings.ReplaceAll(strings.ReplaceAll(body, "%d", "4"), "created", "teleported"), false)
	other.Required[0].Level = scenarios.Should
	r := &scenarios.CheckRun{Target: "http://127.0.0.1:3000/webhooks", Signed: "whsec_semblance_local_only", StartedAt: time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC),
		Duration: 2900 * time.Millisecond, Requests: 391, Latency: 1300 * time.Microsecond, ClockRead: true, IDs: "0fe21cfa5e"}
	r.Checks = []scenarios.CheckResult{
		judge("CTL-01", "A valid event is accepted", "control", scenarios.Must, valid, valid),
		judge("SIG-01", "An unsigned event is refused", "signature", scenarios.Must, forged),
		judge("SIG-02", "A malformed signature header is refused", "signature", scenarios.Must, refused),
		judge("PAY-03", "An unknown event type is acknowledged", "payload", scenarios.Should, other),
	}
	r.Checks = append(r.Checks,
		scenarios.CheckResult{Check: scenarios.Check{ID: "SIG-11", Name: "Only v1 counts", Group: "signature", Level: scenarios.Must, File: "SIG-11.yaml"}, Outcome: scenarios.Inconclusive, Because: "SIG-01"},
		scenarios.CheckResult{Check: scenarios.Check{ID: "DLV-04", Name: "A retry has no effect", Group: "delivery", Level: scenarios.Must, File: "DLV-04.yaml"}, Outcome: scenarios.Skipped, Reason: "without --probe"},
		scenarios.CheckResult{Check: scenarios.Check{ID: "TRN-02", Name: "Expect is handled", Group: "transport", Level: scenarios.Should, File: "TRN-02.yaml"}, Outcome: scenarios.Inconclusive, Reason: "the receiver was lost"},
		scenarios.CheckResult{Check: scenarios.Check{ID: "TRN-12", Name: "The URL does not redirect", Group: "transport", Level: scenarios.Must, Fix: "Fix it.", File: "TRN-12.yaml"}, Outcome: scenarios.Failed, Known: "nginx; OPS-12"})
	return r
}

func TestCheckForms(t *testing.T) {
	t.Parallel()
	for _, form := range report.Forms() {
		if form.WriteChecks != nil {
			golden(t, "checks."+form.Name, writtenChecks(t, form.WriteChecks))
		}
	}
	golden(t, "checks.verbose", writtenChecks(t, report.Terminal{Verbose: true}.Checks))
	golden(t, "checks.quiet", writtenChecks(t, report.Terminal{Quiet: true, Color: true}.Checks))
}

func writtenChecks(t *testing.T, write func(w io.Writer, r *scenarios.CheckRun) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, sampleChecks()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
