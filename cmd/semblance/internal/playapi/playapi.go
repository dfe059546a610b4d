// Package playapi serves the provider's GraphQL API while `semblance play` plays scenarios, and `semblance check` checks.
package playapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"semblance/cmd/semblance/internal/exit"
	"semblance/cmd/semblance/internal/flags"
	"semblance/fixtures"
	"semblance/scenarios/player"
	"semblance/schemas"
	"semblance/simulator/apifault"
	"semblance/simulator/clock"
	"semblance/simulator/graphql"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
	"semblance/simulator/web/guard"
)

// Server is a running API over the records of the scenarios that are played. It implements [player.API].
type Server struct {
	provider *provider.Provider
	records  *journal.Memory
	listener net.Listener
	http     *http.Server
	done     chan struct{}
	clinic   scripted
	faults   *apifault.Set
}

var _ player.API = (*Server)(nil)

// Options are the options of a server. The zero value works.
type Options struct {
	Address string      // host:port; "" is a free port of 127.0.0.1
	Clock   clock.Clock // nil is the real one
	Seed    int64       // decides the token
}

// Start starts a server.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	s := &Server{records: journal.NewMemory(journal.Options{}), done: make(chan struct{}), faults: apifault.NewSet(o.Seed)}
	var err error
	if s.listener, err = net.Listen("tcp", o.Address); err != nil {
		return nil, flags.ListenError(o.Address, err)
	}
	if s.provider, err = provider.Start(ctx, provider.Options{Clock: o.Clock, Seed: o.Seed}); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the API: %w", err), s.listener.Close())
	}
	h := graphql.New(s.provider, guard.Guard{}, graphql.Options{Records: s.records, Clinic: &s.clinic, Faults: s.faults})
	s.http = &http.Server{
		Handler: h, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug),
	}
	go func() {
		defer close(s.done)
		_ = s.http.Serve(s.listener) // it ends when Close closes it
	}()
	return s, nil
}

// Beside starts a server for a player at the address of --api: a port or host:port, or "" for a free port.
func Beside(ctx context.Context, address string, o *player.Options) (*Server, error) {
	settings := Options{Seed: o.Seed}
	if !o.At.IsZero() {
		follows := clock.Fixed(o.At)
		o.Clock, settings.Clock = follows, follows
	}
	var err error
	if address != "" {
		if settings.Address, err = flags.Address(address); err != nil {
			return nil, exit.Usagef("--api: %w", err)
		}
	}
	s, err := Start(ctx, settings)
	if err == nil {
		o.API = s
	}
	return s, err
}

// URL returns the URL of the API.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() + graphql.Path }

// Token returns the token of the API.
func (s *Server) Token() string { return s.provider.Tokens()[0].Text }

// Close stops the server.
func (s *Server) Close() error {
	err := s.http.Close()
	<-s.done
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return errors.Join(err, s.provider.Close(ctx), s.records.Close())
}

// Save implements [player.API].
func (s *Server) Save(ctx context.Context, changed []*fixtures.Record, ids map[string]string) (int64, error) {
	records := make([]journal.Record, len(changed))
	for i, r := range changed {
		record := provider.ClinicRecord(r, true)
		record.Rename(ids)
		records[i] = record
	}
	err := s.records.Append(ctx, records...)
	last, _ := s.provider.Journal().Committed()
	return int64(last), err
}

// Requests implements [player.API].
func (s *Server) Requests(ctx context.Context, since int64) (all []player.APIRequest, more <-chan struct{}, err error) {
	j := s.provider.Journal()
	_, more = j.Committed()
	for after := journal.Seq(since); ; {
		records, err := j.Read(ctx, after, journal.MaxLimit, journal.KindAPIRequest)
		if err != nil || len(records) == 0 {
			return all, more, err
		}
		for _, record := range records {
			if r, ok := record.(*journal.APIRequest); ok {
				all = append(all, player.APIRequest{Fields: r.Fields, IDs: r.IDs, Mutation: r.Mutation})
			}
			after = record.Sequence()
		}
	}
}

// Mutate implements [player.API].
func (s *Server) Mutate(perform func(player.Mutation) ([]schemas.Event, error)) {
	s.clinic.perform.Store(&perform)
}

// Fault implements [player.API].
func (s *Server) Fault(plan apifault.Plan, seed uint64) (remove func(), err error) {
	return s.faults.AddUntil(plan, seed)
}

// scripted performs mutations in the clinic of the scenario that is played.
type scripted struct {
	perform atomic.Pointer[func(player.Mutation) ([]schemas.Event, error)]
}

// DoGiven implements [graphql.Clinic].
func (s *scripted) DoGiven(_ context.Context, action string, about, values, related map[string]string) ([]provider.Emission, error) {
	perform := s.perform.Load()
	if perform == nil {
		return nil, &provider.Error{Code: provider.CodeInvalidEvent, Message: "no scenario is being played, and `semblance check` only counts mutations"}
	}
	return player.Emissions((*perform)(player.Mutation{Action: action, About: about, Values: values, Related: related}))
}
