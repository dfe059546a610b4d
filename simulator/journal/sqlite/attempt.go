package sqlite

import (
	"time"

	"semblance/simulator"
	"semblance/simulator/journal"
)

// attempt encodes the fields of an attempt, without headers and bodies, that have no column.
func (e *encoder) attempt(a *journal.Attempt) {
	e.number(int64(a.Number))
	e.text(a.Request.EventID)
	e.text(a.Request.Method)
	e.text(a.Request.URL)
	e.text(a.Request.Proto)
	e.text(a.Request.Fault)
	e.number(int64(a.Response.Status))
	e.text(a.Response.Proto)
	e.number(a.Response.Size)
	e.flag(a.Response.Truncated)
	e.flag(false) // unused
	e.text(string(a.Response.Failure))
	e.text(a.Response.Detail)
	e.number(int64(a.Response.RetryAfter))
	t := &a.Response.Timings
	for _, d := range [...]time.Duration{t.DNS, t.Connect, t.TLS, t.FirstByte, t.Total} {
		e.number(int64(d))
	}
	e.text(string(a.Next.State))
	e.number(micros(a.Next.Due))
	e.number(int64(a.Next.Tries))
	e.text(string(a.Verdict))
	e.number(int64(len(a.Violations)))
	for _, v := range a.Violations {
		e.text(v)
	}
	e.number(int64(a.ReplayOf))
	if a.Response.CountsAs != "" || a.Response.FinalURL != "" { // rare, and so omitted at the end
		e.text(string(a.Response.CountsAs))
		e.text(a.Response.FinalURL)
	}
}

func (d *decoder) attempt(a *journal.Attempt) {
	a.Number = int(d.number())
	a.Request.EventID = d.text()
	a.Request.Method = d.text()
	a.Request.URL = d.text()
	a.Request.Proto = d.text()
	a.Request.Fault = d.text()
	a.Response.Status = int(d.number())
	a.Response.Proto = d.text()
	a.Response.Size = d.number()
	a.Response.Truncated = d.flag()
	d.flag() // unused
	a.Response.Failure = simulator.Failure(d.text())
	a.Response.Detail = d.text()
	a.Response.RetryAfter = time.Duration(d.number())
	t := &a.Response.Timings
	for _, timing := range [...]*time.Duration{&t.DNS, &t.Connect, &t.TLS, &t.FirstByte, &t.Total} {
		*timing = time.Duration(d.number())
	}
	a.Next.State = journal.State(d.text())
	a.Next.Due = fromMicros(d.number())
	a.Next.Tries = int(d.number())
	a.Verdict = journal.Verdict(d.text())
	if n := d.count(); n > 0 {
		a.Violations = make([]string, n)
	}
	for i := range a.Violations {
		a.Violations[i] = d.text()
	}
	a.ReplayOf = journal.Seq(d.number())
	if d.more() {
		a.Response.CountsAs = simulator.CountsAs(d.text())
		a.Response.FinalURL = d.text()
	}
}

// messages encodes the headers and bodies of an attempt.
func (e *encoder) messages(a *journal.Attempt) {
	e.headers(a.Request.Headers)
	e.blob(a.Request.Body)
	e.headers(a.Response.Headers)
	e.blob(a.Response.Body)
}

func (d *decoder) messages(a *journal.Attempt) {
	a.Request.Headers = d.headers()
	a.Request.Body = d.blob()
	a.Response.Headers = d.headers()
	a.Response.Body = d.blob()
}
