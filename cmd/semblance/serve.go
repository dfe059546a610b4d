package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"semblance/simulator/graphql"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
	"semblance/simulator/web"
	"semblance/simulator/web/guard"
)

// defaultServe is where serve is unless it is told otherwise, and where emit, log and resend look for it.
const defaultServe = "127.0.0.1:4700"

// The bounds of a connection to serve. What lasts longer on purpose, a stream or a long poll, says so itself.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 30 * time.Second
	writeTimeout      = time.Minute
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 32 << 10
)

// serveCommand runs the provider.
func (a *app) serveCommand() *cobra.Command {
	f := &serveFlags{}
	c := &cobra.Command{
		Use:     "serve",
		Short:   "Run the provider: subscriptions, retries, pausing, a journal and an API",
		GroupID: groupRun,
		Long: `Serve is the provider, running: it keeps subscriptions as the provider's GraphQL API has them, owes each event to whoever
subscribed, retries what fails, pauses a subscription that fails too often, and journals all of it.

The provider's API is at /graphql, with the token that is printed at the start in the x-token header: a script that was
written for the provider works here when its URL is changed. The control API is under /api/v1 and described at
/api/v1/openapi.json; emit, log and resend speak to it.

What the provider does not publish is a setting below, with the default of the contract. On an address that other
machines reach, a token is asked for whatever is asked of it.`,
		Example: `  semblance serve                                     the provider at ` + defaultServe + `
  semblance serve --to 3000/webhooks                  send every event there
  semblance serve --subscribe subscriptions.yaml      as a file says
  semblance serve --data clinic.journal               go on where it was, after a restart
  semblance serve --addr 127.0.0.1:0 --format json    for a test: the first line says where, and the token
  semblance serve --time-scale 60 --to 3000           a retry after minutes comes after seconds
  semblance emit booking.created                      in another terminal`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if f.healthCheck {
				return a.checkHealth(c.Context(), f)
			}
			return a.serve(c, f)
		},
	}
	f.register(c)
	return c
}

// serve runs until ctx is done, which is how it is meant to end.
func (a *app) serve(c *cobra.Command, f *serveFlags) error {
	options, err := f.provider(c.Flags())
	if err != nil {
		return usageIf(err)
	}
	address, err := listenAddress(f.addr)
	if err != nil {
		return usageError(err)
	}
	s := &serving{app: a, flags: f, options: options, address: address, log: f.logger(a.err)}
	s.options.Logger = s.log
	if err := s.open(c.Context()); err != nil {
		return errors.Join(err, s.close())
	}
	s.greet()
	select {
	case <-c.Context().Done():
	case err = <-s.failed:
	}
	return errors.Join(err, s.close())
}

// serving is a running provider with its face.
type serving struct {
	*app
	flags   *serveFlags
	options provider.Options
	address string
	log     *slog.Logger

	journal  journal.Journal
	provider *provider.Provider
	face     *web.Handler
	listener net.Listener
	server   *http.Server
	failed   chan error // what ended the server before it was told to
}

// open starts everything. The port is taken first, so that nothing happens where it is taken already; whoever connects
// is answered when all of it is there.
func (s *serving) open(ctx context.Context) (err error) {
	if s.listener, err = net.Listen("tcp", s.address); err != nil {
		return &exitError{code: exitInternal, err: fmt.Errorf("cannot listen at %s: %w; choose another with --addr", s.address, cause(err))}
	}
	if s.journal, err = s.flags.openJournal(ctx); err != nil {
		return usageError(err)
	}
	s.options.Journal = s.journal
	if s.provider, err = provider.Start(ctx, s.options); err != nil {
		if provider.CodeOf(err) != "" {
			return usageError(err)
		}
		return err
	}
	g := guard.Guard{Hosts: s.flags.hosts, Public: !isLoopback(s.listener.Addr()), Log: s.log}
	providerAPI, err := graphql.New(s.provider, g)
	if err != nil {
		return err
	}
	s.face = web.New(s.provider, web.Options{
		Guard: g, Version: version(debug.ReadBuildInfo()),
		Player: &apiPlayer{delivery: s.options.Delivery, system: s.options.Clinic.System, allowPublic: s.options.AllowPublic},
	})
	s.server = &http.Server{
		Handler: mount(providerAPI, s.face), ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeaderBytes,
	}
	s.failed = make(chan error, 1)
	go func() {
		if err := s.server.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
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

// close stops what was started, the face first: nothing new comes in, what is in flight ends, and the journal has it.
func (s *serving) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), s.flags.grace)
	defer cancel()
	var errs []error
	if s.face != nil {
		s.log.Info("stopping", "grace", s.flags.grace)
		s.face.Close()
	}
	switch {
	case s.server != nil:
		errs = append(errs, s.stopServer(ctx))
	case s.listener != nil:
		errs = append(errs, s.listener.Close())
	}
	if s.provider != nil {
		err := s.provider.Close(ctx)
		if errors.Is(err, context.DeadlineExceeded) { // cut and journalled: they are owed and go on at the next start
			s.log.Warn("stopped before all was answered", "error", err)
			err = nil
		}
		errs = append(errs, err)
	}
	if s.journal != nil {
		errs = append(errs, s.journal.Close())
	}
	return errors.Join(errs...)
}

// stopServer waits for the requests that are being answered, for half of the grace: a client that dawdles must not take
// from the attempts in flight what they need to end.
func (s *serving) stopServer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.flags.grace/2)
	defer cancel()
	if err := s.server.Shutdown(ctx); err != nil {
		s.log.Warn("requests were cut off", "error", err)
		err = s.server.Close()
		if err != nil {
			return fmt.Errorf("closing the server: %w", err)
		}
	}
	<-s.failed
	return nil
}

// url is where this machine reaches the server.
func (s *serving) url() string {
	address := s.listener.Addr().(*net.TCPAddr)
	host := address.IP.String()
	if address.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, fmt.Sprint(address.Port))
}

func isLoopback(address net.Addr) bool {
	tcp, ok := address.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// token is the first that was given, or the one that was drawn.
func (s *serving) token() provider.Token {
	if len(s.options.Tokens) > 0 {
		return s.options.Tokens[0]
	}
	return s.provider.Tokens()[0]
}

// greet prints where everything is: for a program in one line of JSON, which has the token and the secret in full.
func (s *serving) greet() {
	url, token, secret := s.url(), s.token(), s.flags.secret()
	if s.flags.format == "json" {
		writeLine(s.out, map[string]string{
			"url": url, "graphql": url + "/graphql", "api": url + "/api/v1", "token": token.Text, "secret": secret.Reveal(),
		})
		return
	}
	shown := token.Text
	if len(s.options.Tokens) > 0 {
		shown = token.String()
	}
	fmt.Fprintf(s.out, "the provider is at %s\n", s.out.bold(url))
	fmt.Fprintf(s.out, "  GraphQL      %s/graphql  with the header x-token: %s\n", url, shown)
	fmt.Fprintf(s.out, "  control API  %s/api/v1   described by %[1]s/api/v1/openapi.json\n", url)
	if !isLoopback(s.listener.Addr()) {
		fmt.Fprintf(s.out, "  guarded      other machines reach it, so every request needs the token; by a name of its own it answers with --host NAME\n")
	}
	where := "in memory; --data FILE keeps it"
	if s.flags.data != "" {
		where = s.flags.data
	}
	fmt.Fprintf(s.out, "  journal      %s\n", where)
	for _, sub := range s.provider.Subscriptions(false) {
		paused := ""
		if sub.DeliveryPaused {
			paused = s.out.yellow(", paused")
		}
		fmt.Fprintf(s.out, "  sends        %s to %s, signed with %s%s\n", count(len(sub.EventTypes), "event type"), sub.URL, sub.Secret, paused)
	}
}
