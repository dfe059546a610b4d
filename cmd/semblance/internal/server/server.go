// Package server runs the provider with its journal and its HTTP APIs.
//
//	s, err := server.Start(ctx, server.Options{Address: "127.0.0.1:4700"})
//	fmt.Println(s.URL())
//	err = s.Close()
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"semblance/cmd/semblance/internal/build"
	"semblance/cmd/semblance/internal/exit"
	"semblance/cmd/semblance/internal/flags"
	"semblance/simulator/apifault"
	"semblance/simulator/graphql"
	"semblance/simulator/journal"
	"semblance/simulator/journal/sqlite"
	"semblance/simulator/provider"
	"semblance/simulator/web"
	"semblance/simulator/web/guard"
)

// The limits of a connection. A stream and a long poll extend their own.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 30 * time.Second
	writeTimeout      = time.Minute
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 32 << 10
)

// Options are the address, the journal and the provider.
type Options struct {
	Address   string          // host:port to listen at
	Hosts     []string        // names that the Host header may have
	File      string          // the journal's file; "" keeps the journal in memory
	Retention journal.Options // limits of the journal
	Grace     time.Duration   // how long Close waits for work in progress
	Provider  provider.Options
	API       graphql.Options // of the provider's GraphQL API
	APIFaults []apifault.Plan // that are injected into it from the start
}

// A Server is a running provider with its APIs.
type Server struct {
	Provider *provider.Provider

	options  Options
	log      *slog.Logger
	journal  journal.Journal
	api      *web.Handler
	listener net.Listener
	http     *http.Server
	failed   chan error
	began    journal.Seq // the last record of the journal before the provider started
	started  journal.Seq // the last record when it had started
	follow   sync.WaitGroup
	stopped  context.CancelFunc // tells followers that the provider has stopped
}

// Start starts the provider. It listens first, so that nothing happens if the address is in use; requests that arrive
// early wait. The errors carry exit codes.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Provider.Logger == nil {
		o.Provider.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Server{options: o, log: o.Provider.Logger}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) start(ctx context.Context) (err error) {
	o := &s.options
	if s.listener, err = net.Listen("tcp", o.Address); err != nil {
		return flags.ListenError(o.Address, err)
	}
	if o.File == "" {
		s.journal = journal.NewMemory(o.Retention)
	} else if file, err := sqlite.Open(ctx, o.File, o.Retention); err != nil {
		return exit.Usage(err)
	} else {
		s.journal = file
	}
	o.Provider.Journal = s.journal
	s.began, _ = s.journal.Committed()
	if s.Provider, err = provider.Start(ctx, o.Provider); err != nil {
		if provider.CodeOf(err) != "" || errors.Is(err, journal.ErrDamaged) { // the second like a damaged file that Open finds
			return exit.Usage(err)
		}
		return err
	}
	s.started, _ = s.journal.Committed()
	g := guard.Guard{Hosts: o.Hosts, Public: s.Public(), Log: s.log}
	if o.API.Faults, err = graphql.Faults(ctx, s.Provider, o.Provider.Seed, o.APIFaults); err != nil {
		return err
	}
	providerAPI := graphql.New(s.Provider, g, o.API)
	s.api = web.New(s.Provider, web.Options{
		Guard: g, Version: build.Version(), APIFaults: o.API.Faults, Journal: o.File,
		Player: &apiPlayer{delivery: o.Provider.Delivery, system: o.Provider.Clinic.System},
	})
	s.http = &http.Server{
		Handler: mount(providerAPI, s.api), ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeaderBytes,
	}
	s.failed = make(chan error, 1)
	go func() {
		if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- fmt.Errorf("serving at %s: %w", s.listener.Addr(), err)
		}
		close(s.failed)
	}()
	return nil
}

// mount serves the provider's API and, under every other path, the control API.
func mount(providerAPI, controlAPI http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == graphql.Path {
			providerAPI.ServeHTTP(w, r)
			return
		}
		controlAPI.ServeHTTP(w, r)
	})
}

// Started returns the number of a record of the journal by which everything of the start is committed.
func (s *Server) Started() journal.Seq { return s.started }

// Follow calls follow in a goroutine with the journal and the number of its last record before the start. When the
// provider has stopped, Close ends the context and waits. Follow is called at most once, before Close.
func (s *Server) Follow(follow func(ctx context.Context, j journal.Journal, after journal.Seq) error) {
	ctx, cancel := context.WithCancel(context.Background())
	s.stopped = cancel
	s.follow.Go(func() {
		if err := follow(ctx, s.journal, s.began); err != nil {
			s.log.Error("following the journal", "error", err)
		}
	})
}

// Failed returns a channel that delivers the error if the server stops before Close.
func (s *Server) Failed() <-chan error { return s.failed }

// URL returns the URL of the server from this machine.
func (s *Server) URL() string {
	address := s.listener.Addr().(*net.TCPAddr)
	host := address.IP.String()
	if address.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, fmt.Sprint(address.Port))
}

// Public reports whether other machines can reach the server. Then every request needs a token.
func (s *Server) Public() bool { return !isLoopback(s.listener.Addr()) }

func isLoopback(address net.Addr) bool {
	tcp, ok := address.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// Token returns the first configured token, or the generated one.
func (s *Server) Token() provider.Token {
	if given := s.options.Provider.Tokens; len(given) > 0 {
		return given[0]
	}
	return s.Provider.Tokens()[0]
}

// Close stops the server: first the APIs, then, when the attempts in progress have ended, the provider and its journal.
// Deliveries that are cut off stay pending in the journal.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), s.options.Grace)
	defer cancel()
	var errs []error
	if s.api != nil {
		s.log.Info("stopping", "grace", s.options.Grace)
		s.api.Close()
	}
	switch {
	case s.http != nil:
		errs = append(errs, s.stopHTTP(ctx))
	case s.listener != nil:
		errs = append(errs, s.listener.Close())
	}
	if s.Provider != nil {
		err := s.Provider.Close(ctx)
		if errors.Is(err, context.DeadlineExceeded) { // the journal has them, and the next start continues
			s.log.Warn("stopped with attempts in progress", "error", err)
			err = nil
		}
		errs = append(errs, err)
	}
	if s.stopped != nil {
		s.stopped()
		s.follow.Wait()
	}
	if s.journal != nil {
		errs = append(errs, s.journal.Close())
	}
	return errors.Join(errs...)
}

// stopHTTP waits for requests in progress for half of the grace time, so that a slow client does not use up the time of
// the attempts.
func (s *Server) stopHTTP(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.options.Grace/2)
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		s.log.Warn("requests were cut off", "error", err)
		if err := s.http.Close(); err != nil {
			return fmt.Errorf("closing the server: %w", err)
		}
	}
	<-s.failed
	return nil
}
