package graphql

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"semblance/simulator/apifault"
	"semblance/simulator/provider"
)

// withFaults serves an API with faults.
func withFaults(t *testing.T, o Options, faults ...string) *api {
	t.Helper()
	o.Faults = apifault.NewSet(1)
	a := startWith(t, o)
	for _, text := range faults {
		a.fault(text)
	}
	return a
}

// fault replaces the faults by one.
func (a *api) fault(text string) {
	a.t.Helper()
	p, err := apifault.Parse(text)
	if err != nil {
		a.t.Fatal(err)
	}
	a.handler.options.Faults.Clear()
	if _, err := a.handler.options.Faults.Add(p); err != nil {
		a.t.Fatal(err)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	a := withFaults(t, Options{})
	const document = `query Sync { a: practice { id } users { data { id } } }`
	for _, test := range []struct {
		fault  string
		status int
		body   []string
	}{
		{"status=503", 503, []string{codeInternal}},
		{"edge", 403, []string{"<title>403 Forbidden</title>", "nginx"}},
		{"too-often", 200, []string{`"data":null`, "too often"}},
		{"null,field=practice", 200, []string{`"a":null`, `"users":{"data":[{"id"`}},
		{"permission=seePractice,field=practice", 200, []string{`"a":null`, `"users":{"data":[{"id"`, `"message":"Missing permission seePractice"`, `"path":["a"]`}},
		{"permission", 200, []string{`"a":null`, `"users":null`, "Missing permission settingsSeeUsers"}},
		{"null,operation=Other", 200, []string{`"a":{"id"`}},
		{"null,field=booking", 200, []string{`"a":{"id"`}},
	} {
		a.fault(test.fault)
		r := a.post(map[string]any{"query": document}, "x-token: "+testToken)
		if r.status != test.status {
			t.Errorf("%s: status %d", test.fault, r.status)
		}
		for _, part := range test.body {
			if !strings.Contains(string(r.body), part) {
				t.Errorf("%s: %s lacks %s", test.fault, r.body, part)
			}
		}
	}
	if html := a.header("edge", "Content-Type"); html != "text/html" {
		t.Errorf("the edge answers with %s", html)
	}
	began := time.Now()
	a.fault("slow=30ms,next=1")
	a.exec(document, nil)
	if took := time.Since(began); took < 30*time.Millisecond {
		t.Errorf("a slow response took %v", took)
	}
	log := a.requests()
	if last := log[len(log)-1]; last.Fault != "slow=30ms" || last.Status != 200 || last.Operation != "Sync" {
		t.Errorf("the log has %+v", last)
	}
	if log[0].Status != 503 || log[0].Fault != "status=503" {
		t.Errorf("the log has %+v", log[0])
	}
}

// header returns a header of a response with a fault.
func (a *api) header(fault, name string) string {
	a.fault(fault)
	return a.post(map[string]any{"query": "{ practice { id } }"}, "x-token: "+testToken).header.Get(name)
}

// A stale response has the state before the last event, for a time: a new record is null, a changed one as it was.
func TestStaleRecords(t *testing.T) {
	t.Parallel()
	a := withFaults(t, Options{}, "stale=10s")
	advance := func(d time.Duration) {
		t.Helper()
		if err := a.provider.Advance(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	e, err := a.provider.Emit(t.Context(), "booking.created", provider.Overrides{With: []string{"all"}})
	if err != nil {
		t.Fatal(err)
	}
	visit, patient := e.Event.Identifiers[0].Value, e.Event.Identifiers[1].Value
	read := func() string {
		t.Helper()
		return a.exec(fmt.Sprintf(`{ booking(id: %q) { deleted updatedAt bookingJourney { arrived } } patient(id: %q) { bookings(start: "2000-01-01", end: "2100-01-01", queryOptions: {includeDeleted: true}) { id } } }`, visit, patient), nil).body
	}
	if got := read(); !strings.Contains(got, `"booking":null`) || strings.Contains(got, visit) {
		t.Errorf("at once: %s", got)
	}
	advance(11 * time.Second)
	created := read()
	if !strings.Contains(created, `"arrived":null`) || !strings.Contains(created, visit) {
		t.Errorf("after a while: %s", created)
	}
	if _, err := a.provider.Do(t.Context(), "cancel", map[string]string{"booking": visit}); err != nil {
		t.Fatal(err)
	}
	if got := read(); got != created {
		t.Errorf("a stale response after the cancellation: %s, want %s", got, created)
	}
	advance(11 * time.Second)
	if got := read(); !strings.Contains(got, `"deleted":true`) {
		t.Errorf("in the end: %s", got)
	}
	// A mutation is carried out on the present state.
	got := a.mutate(`mutation { createBooking(start: "2026-06-10T09:00:00Z", end: "2026-06-10T09:15:00Z") { data { id } error } }`, "createBooking", nil, "booking.created")
	want(t, got, `"id"`)
}

// Paging repeats a row and misses another, as at the provider.
func TestShiftedRows(t *testing.T) {
	t.Parallel()
	a := withFaults(t, Options{}, "rows")
	all := func() (ids []string) {
		for page := 1; ; page++ {
			var p struct {
				Data     []struct{ ID string }
				PageInfo struct{ HasMore bool }
			}
			a.ok(fmt.Sprintf(`{ patients(pagination: {page: %d, pageSize: 10}) { data { id } pageInfo { hasMore } } }`, page), nil, "patients", &p)
			for _, d := range p.Data {
				ids = append(ids, d.ID)
			}
			if !p.PageInfo.HasMore {
				return ids
			}
		}
	}
	shifted := all()
	a.handler.options.Faults.Clear()
	complete := all()
	unique := map[string]bool{}
	for _, id := range shifted {
		unique[id] = true
	}
	if len(shifted) != len(complete) || len(unique) >= len(complete) {
		t.Errorf("%d rows, %d of them different, of %d", len(shifted), len(unique), len(complete))
	}
}

// Beyond the limit of a minute the response says so, and beyond another one the edge answers. The simulated time counts.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	a := withFaults(t, Options{RateLimit: 3, EdgeLimit: 5})
	call := func() reply { return a.post(map[string]any{"query": "{ practice { id } }"}, "x-token: "+testToken) }
	for i, want := range []string{"id", "id", "id", "too often", "too often", "403 Forbidden"} {
		if r := call(); !strings.Contains(string(r.body), want) {
			t.Errorf("call %d: %s, want %s", i+1, r.body, want)
		}
	}
	if err := a.provider.Advance(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	if r := call(); r.status != 200 || !strings.Contains(string(r.body), "id") {
		t.Errorf("a minute later: %s", r.body)
	}
}
