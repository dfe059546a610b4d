package sqlite

import (
	"time"

	"semblance/simulator"
	"semblance/simulator/journal"
)

// attempt encodes what an attempt's brief form holds and is in no column of its own.
func (e *encoder) attempt(a *journal.Attempt) {
	e.number(int64(a.Number))
	e.text(a.Sent.EventID)
	e.text(a.Sent.Method)
	e.text(a.Sent.URL)
	e.text(a.Sent.Proto)
	e.text(a.Sent.Fault)
	e.number(int64(a.Came.Status))
	e.text(a.Came.Proto)
	e.number(a.Came.Size)
	e.flag(a.Came.Truncated)
	e.flag(a.Came.Reconnected)
	e.text(string(a.Came.Failure))
	e.text(a.Came.Detail)
	e.number(int64(a.Came.RetryAfter))
	t := &a.Came.Timings
	for _, d := range [...]time.Duration{t.DNS, t.Connect, t.TLS, t.FirstByte, t.Total} {
		e.number(int64(d))
	}
	e.text(string(a.Then.State))
	e.number(micros(a.Then.Due))
	e.number(int64(a.Then.Ladder))
	e.text(string(a.Verdict))
	e.number(int64(len(a.Violations)))
	for _, v := range a.Violations {
		e.text(v)
	}
	e.number(int64(a.Replay))
	if a.Came.Counted != "" || a.Came.Followed != "" { // later than the rest, and rare: an attempt without them ends here
		e.text(string(a.Came.Counted))
		e.text(a.Came.Followed)
	}
}

func (d *decoder) attempt(a *journal.Attempt) {
	a.Number = int(d.number())
	a.Sent.EventID = d.text()
	a.Sent.Method = d.text()
	a.Sent.URL = d.text()
	a.Sent.Proto = d.text()
	a.Sent.Fault = d.text()
	a.Came.Status = int(d.number())
	a.Came.Proto = d.text()
	a.Came.Size = d.number()
	a.Came.Truncated = d.flag()
	a.Came.Reconnected = d.flag()
	a.Came.Failure = simulator.Failure(d.text())
	a.Came.Detail = d.text()
	a.Came.RetryAfter = time.Duration(d.number())
	t := &a.Came.Timings
	for _, to := range [...]*time.Duration{&t.DNS, &t.Connect, &t.TLS, &t.FirstByte, &t.Total} {
		*to = time.Duration(d.number())
	}
	a.Then.State = journal.State(d.text())
	a.Then.Due = fromMicros(d.number())
	a.Then.Ladder = int(d.number())
	a.Verdict = journal.Verdict(d.text())
	if n := d.count(); n > 0 {
		a.Violations = make([]string, n)
	}
	for i := range a.Violations {
		a.Violations[i] = d.text()
	}
	a.Replay = journal.Seq(d.number())
	if d.more() {
		a.Came.Counted = simulator.Counted(d.text())
		a.Came.Followed = d.text()
	}
}

// wire encodes the headers and bodies of an attempt.
func (e *encoder) wire(a *journal.Attempt) {
	e.headers(a.Sent.Headers)
	e.blob(a.Sent.Body)
	e.headers(a.Came.Headers)
	e.blob(a.Came.Body)
}

func (d *decoder) wire(a *journal.Attempt) {
	a.Sent.Headers = d.headers()
	a.Sent.Body = d.blob()
	a.Came.Headers = d.headers()
	a.Came.Body = d.blob()
}
