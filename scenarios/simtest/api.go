package simtest

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"time"

	"semblance/fixtures"
	"semblance/scenarios/player"
	"semblance/schemas"
	"semblance/schemas/human"
	"semblance/simulator/apifault"
	"semblance/simulator/clock"
	"semblance/simulator/graphql"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
	"semblance/simulator/web/guard"
)

// API is the provider's GraphQL API, over the practice of the test. A receiver under test gets its URL and its token, as it
// has those of the provider otherwise.
type API struct {
	URL   string
	Token string // for the x-token header

	sim *Sim
	*api
}

// APIRequest is a request that the receiver, or another application under test, made.
type APIRequest = journal.APIRequest

// api is the API of a run. Its first use starts it.
type api struct {
	server *httptest.Server
	faults *apifault.Set
	clinic *givenClinic
}

// API returns the provider's API, and serves it from the first call on.
func (s *Sim) API() *API {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.api == nil {
		must(s.t, s.clinic.share(s.t.Context(), s.provider.Journal()), "starting the API: ")
		a := &api{faults: apifault.NewSet(s.options.seed), clinic: &givenClinic{run: s.run}}
		a.server = httptest.NewServer(graphql.New(s.provider, guard.Guard{}, graphql.Options{Faults: a.faults, Clinic: a.clinic}))
		s.t.Cleanup(a.server.Close)
		s.api = a
	}
	return &API{URL: s.api.server.URL + graphql.Path, Token: s.provider.Tokens()[0].Text, sim: s, api: s.api}
}

// Fault injects a fault into calls of the API, such as "stale=10s,next=1" or "slow=2s,field=booking". The README of package
// graphql lists them.
func (a *API) Fault(text string) {
	a.sim.t.Helper()
	plan, err := apifault.Parse(text)
	if err == nil {
		_, err = a.faults.Add(plan)
	}
	must(a.sim.t, err, "setting the fault %s of the API: ", text)
}

// ClearFaults removes the faults of the API.
func (a *API) ClearFaults() { _ = a.faults.Clear() } // nothing is saved

// Requests returns the requests to the API, the oldest first.
func (a *API) Requests() []APIRequest {
	a.sim.t.Helper()
	return a.after(0)
}

// after returns the requests after a number of the journal. It fails the test if they cannot be read.
func (a *API) after(number journal.Seq) []APIRequest {
	a.sim.t.Helper()
	all, err := a.requests(number)
	must(a.sim.t, err, "reading the requests to the API: ")
	return all
}

// requests returns the requests after a number of the journal.
func (a *API) requests(after journal.Seq) (all []APIRequest, err error) {
	for {
		records, err := a.sim.provider.Journal().Read(context.Background(), after, journal.MaxLimit, journal.KindAPIRequest)
		if err != nil || len(records) == 0 {
			return all, err
		}
		for _, r := range records {
			all = append(all, *r.(*journal.APIRequest))
		}
		after = records[len(records)-1].Sequence()
	}
}

// Queried waits until the receiver has asked the API for a record since the last event about it. It fails the test if that
// takes too long.
func (a *API) Queried(record Record, with ...WaitOption) APIRequest {
	a.sim.t.Helper()
	return a.await(fmt.Sprintf("query for %s %s", record.Kind, record.ID), a.sim.clinic.lastEvent(record.ID), withinOf(with), func(r *APIRequest) bool {
		return !r.Mutation && slices.Contains(r.IDs, record.ID)
	})
}

// NotQueried waits for a time and fails the test if the receiver asks for the record, as after a forgery.
func (a *API) NotQueried(record Record, within time.Duration) {
	a.sim.t.Helper()
	after := a.sim.clinic.lastEvent(record.ID)
	_ = clock.Sleep(a.sim.t.Context(), within)
	for _, r := range a.after(after) {
		if !r.Mutation && slices.Contains(r.IDs, record.ID) {
			a.sim.t.Fatalf("simtest: the receiver asked for %s %s within %s: %v", record.Kind, record.ID, human.Duration(within), r.Fields)
		}
	}
}

// Called waits until an application has called a root field, such as the mutation "createBooking", and returns the first
// call in the test.
func (a *API) Called(field string, with ...WaitOption) APIRequest {
	a.sim.t.Helper()
	return a.await("call of "+field, 0, withinOf(with), func(r *APIRequest) bool { return slices.Contains(r.Fields, field) })
}

// await waits for a request after a number of the journal.
func (a *API) await(what string, after journal.Seq, within time.Duration, wanted func(*APIRequest) bool) APIRequest {
	a.sim.t.Helper()
	ctx, cancel := context.WithTimeout(a.sim.t.Context(), within)
	defer cancel()
	for {
		_, more := a.sim.provider.Journal().Committed()
		all := a.after(after)
		if i := slices.IndexFunc(all, func(r APIRequest) bool { return wanted(&r) }); i >= 0 {
			return all[i]
		}
		select {
		case <-more:
		case <-ctx.Done():
			a.sim.t.Fatalf("simtest: no %s within %s; the API got %s since then", what, human.Duration(within), human.Count(len(all), "other request"))
		}
	}
}

// serves reports whether the API is served.
func (s *Sim) serves() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.api != nil
}

// playedAPI is the API for the scenarios of [Sim.Play]. It implements [player.API].
type playedAPI struct{ api *API }

func (p playedAPI) URL() string   { return p.api.URL }
func (p playedAPI) Token() string { return p.api.Token }

// Save stores records. The scenarios of a test use the ids of the clinic, checks have their own.
func (p playedAPI) Save(ctx context.Context, changed []*fixtures.Record, ids map[string]string) (int64, error) {
	j := p.api.sim.provider.Journal()
	err := appendRecords(ctx, j, changed, ids)
	last, _ := j.Committed()
	return int64(last), err
}

// Requests returns the requests since a number of Save.
func (p playedAPI) Requests(_ context.Context, since int64) ([]player.APIRequest, <-chan struct{}, error) {
	_, more := p.api.sim.provider.Journal().Committed()
	requests, err := p.api.requests(journal.Seq(since))
	all := make([]player.APIRequest, len(requests))
	for i, r := range requests {
		all[i] = player.APIRequest{Fields: r.Fields, IDs: r.IDs, Mutation: r.Mutation}
	}
	return all, more, err
}

// Mutate sets the function that performs mutations in the clinic of the scenario.
func (p playedAPI) Mutate(perform func(player.Mutation) ([]schemas.Event, error)) {
	p.api.clinic.played.Store(&perform)
}

// Fault injects a fault of a scenario.
func (p playedAPI) Fault(plan apifault.Plan, seed uint64) (remove func(), err error) {
	return p.api.faults.AddUntil(plan, seed)
}

// share writes the records of the clinic into a journal, and from now on those that change.
func (c *clinic) share(ctx context.Context, j journal.Journal) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.c.Track()
	c.journal = j
	return appendRecords(ctx, j, c.c.All(), nil)
}

// save writes the records that have changed, and notes that events are about to name records. The caller holds the lock.
func (c *clinic) save(ctx context.Context, events ...schemas.Event) error {
	if c.journal == nil {
		return nil
	}
	err := appendRecords(ctx, c.journal, c.c.Changed(), nil)
	last, _ := c.journal.Committed()
	for _, e := range events {
		for _, i := range e.Identifiers {
			c.named[i.Value] = last
		}
	}
	return err
}

func appendRecords(ctx context.Context, j journal.Journal, changed []*fixtures.Record, ids map[string]string) error {
	records := make([]journal.Record, len(changed))
	for i, r := range changed {
		record := provider.ClinicRecord(r, true)
		record.Rename(ids)
		records[i] = record
	}
	return j.Append(ctx, records...)
}

// lastEvent returns the last number of the journal before the last event that named a record.
func (c *clinic) lastEvent(id string) journal.Seq {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.named[id]
}

// givenClinic performs the actions of mutations: in the clinic of the scenario that is played, in the clinic of the test, or
// in that of the provider if they concern its records.
type givenClinic struct {
	*run
	played atomic.Pointer[func(player.Mutation) ([]schemas.Event, error)] // nil: no scenario is played
}

// DoGiven implements [graphql.Clinic].
func (g *givenClinic) DoGiven(ctx context.Context, action string, about, values, related map[string]string) ([]provider.Emission, error) {
	if perform := g.played.Load(); perform != nil {
		events, err := (*perform)(player.Mutation{Action: action, About: about, Values: values, Related: related})
		if !errors.Is(err, player.ErrNoRecord) {
			return player.Emissions(events, err)
		}
	}
	events, err := g.clinic.give(ctx, action, about, values, related)
	switch {
	case errors.Is(err, errElsewhere):
		return g.provider.DoGiven(ctx, action, about, values, related)
	case err != nil:
		return nil, &provider.Error{Code: provider.CodeInvalidEvent, Message: err.Error()}
	}
	return g.provider.Deliver(ctx, "api", events...)
}

var errElsewhere = errors.New("a record is not in the clinic of the test")

// give performs an action with given values.
func (c *clinic) give(ctx context.Context, action string, about, values, related map[string]string) ([]schemas.Event, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	concerned, err := c.records(about)
	if err != nil {
		return nil, errElsewhere
	}
	others, err := c.records(related)
	if err != nil {
		return nil, errElsewhere
	}
	events, err := c.c.DoGiven(c.now(), action, concerned, fixtures.Given{Values: values, Related: others})
	if err != nil {
		return nil, err
	}
	return events, c.save(ctx, events...)
}
