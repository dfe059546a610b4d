package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"semblance/cmd/semblance/internal/browser"
	"semblance/cmd/semblance/internal/client"
	"semblance/cmd/semblance/internal/config"
	"semblance/cmd/semblance/internal/exit"
	"semblance/cmd/semblance/internal/feed"
	"semblance/cmd/semblance/internal/flags"
	"semblance/cmd/semblance/internal/server"
	"semblance/fixtures"
	"semblance/scenarios"
	"semblance/scenarios/report"
	"semblance/schemas"
	"semblance/schemas/human"
	"semblance/schemas/naming"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/delivery"
	"semblance/simulator/provider"
)

type serveFlags struct {
	addr     string
	hosts    []string
	tokens   []string
	to       string
	secret   string
	config   string
	settings []string
	data     string

	clock        string
	at           time.Time
	timeScale    float64
	seed         flags.Seed
	isNew        bool // the journal does not exist yet
	appointments string

	format      string
	logFormat   string
	logLevel    string
	quiet       bool
	grace       time.Duration
	healthCheck bool
	open        bool
	allowPublic bool
	attempt     flags.Attempt
}

// serveCommand runs the provider.
func (a *app) serveCommand() *cobra.Command {
	f := &serveFlags{}
	c := &cobra.Command{
		Use:     "serve",
		Short:   "Run the provider: subscriptions, retries, a journal and an API",
		GroupID: groupRun,
		Long: `Serve runs the provider: it delivers events with retries and a circuit breaker and prints each attempt.
The GraphQL API is at /graphql, the control API of the other commands at /api/v1.

A file for --config, which ` + "`semblance help config-file`" + ` explains:

` + strings.TrimSuffix(config.Example, "\n"),
		Example: `  semblance serve --to 3000/webhooks --open         send every event there, and show the requests
  semblance serve --data clinic.journal             continue after a restart`,
		Args:        flags.None,
		Annotations: map[string]string{untilSignal: "yes"},
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

// settingsTopic is the help on the settings of the provider.
func (a *app) settingsTopic() *cobra.Command {
	c := &cobra.Command{Use: "provider-settings", Short: "Settings for unpublished behavior of the provider"}
	c.SetHelpFunc(func(c *cobra.Command, args []string) {
		c.Long = config.Help() // here, because every command would wait for it otherwise
		c.Root().HelpFunc()(c, args)
	})
	return c
}

// configTopic is the help on the configuration file.
func (a *app) configTopic() *cobra.Command {
	return &cobra.Command{Use: "config-file", Short: "The file of serve --config: subscriptions and settings", Long: config.FileHelp()}
}

// register adds the flags in the order of the help.
func (f *serveFlags) register(c *cobra.Command) {
	set := c.Flags()
	flags.Group(c, "Receivers and settings", func() {
		flags.AddTo(c, &f.to, "send every event to `TARGET`: port, port/path, host:port or URL")
		set.StringVar(&f.secret, "secret", "", "signing `SECRET` (default "+string(simulator.DefaultSecret)+")")
		set.StringVar(&f.config, "config", "", "YAML `FILE` with the sections subscriptions and provider")
		set.StringArrayVar(&f.settings, "provider", nil, "`KEY=VALUE`, see semblance help provider-settings; repeatable")
		flags.Complete(c, "provider", settingWords()...)
		set.StringVar(&f.data, "data", "", "continue the journal in this `FILE` (default in memory)")
		f.attempt.AddTLS(c)
		flags.AddAllowPublic(c, &f.allowPublic)
	})
	flags.Group(c, "Server", func() {
		flags.AddAddr(c, &f.addr, client.DefaultAddress)
		set.StringSliceVar(&f.hosts, "host", nil, "additional `NAME` that requests may address; repeatable")
		set.StringArrayVar(&f.tokens, "token", nil, "`TOKEN` or TOKEN=PERMISSION,... (default generated); repeatable")
		flags.AddFormat(c, &f.format, "first line as JSON, with token and secret")
		set.BoolVar(&f.quiet, "quiet", false, "print no attempts, only the first lines")
		flags.AddChoice(c, &f.logFormat, "log-format", "attempts and log as text or JSON lines", "text", "json")
		flags.AddChoice(c, &f.logLevel, "log-level", "lowest `LEVEL`: debug, info, warn or error (default by format)", "", "debug", "info", "warn", "error")
		set.DurationVar(&f.grace, "grace", delivery.DefaultTimeout, "`TIME` to finish attempts when stopped")
		set.BoolVar(&f.open, "open", false, "open the page in the browser")
		set.BoolVar(&f.healthCheck, "health-check", false, "check the provider at --addr; exit 0 if it is ready")
	})
	flags.Group(c, "Clinic and clock", func() {
		flags.AddChoice(c, &f.clock, "clock", "a manual clock waits for the control API", "real", "manual")
		flags.AddTime(c, &f.at, "at", "start of a manual clock: RFC 3339 or Unix seconds (default now)")
		set.Float64Var(&f.timeScale, "time-scale", 1, "divide waits by `N`: 60 makes minutes seconds")
		f.seed.Add(c, "records, jitter and faults")
		flags.AddChoice(c, &f.appointments, "appointments", "appointment system of the practice", "newer", "older")
	})
}

// settingWords completes --provider with the default of each setting.
func settingWords() []string {
	return naming.List(config.Settings(), func(s config.Setting) string { return cobra.CompletionWithDesc(s.Key+"="+s.Default, s.Values) })
}

// serve runs until ctx ends.
func (a *app) serve(c *cobra.Command, f *serveFlags) error {
	options, err := f.options(c.Flags())
	if err != nil {
		return exit.Usage(err)
	}
	options.Provider.Logger = f.logger(a.err)
	_, missing := os.Stat(f.data)
	f.isNew = f.data == "" || missing != nil
	s, err := server.Start(c.Context(), options)
	if err != nil {
		return err
	}
	ownToken := len(options.Provider.Tokens) > 0
	a.greet(s, f, ownToken)
	if f.open {
		if err := browser.Open(c.Context(), pageURL(s, ownToken)); err != nil {
			a.err.warn("%s", err)
		}
	}
	if f.feeds() {
		s.Follow((&feed.Feed{
			Out: a.out, Text: a.out.text(false), JSON: f.logFormat == "json", Subscriptions: s.Provider.Subscriptions(false), Started: s.Started(),
			Via: f.via(s.URL()),
		}).Follow)
	}
	select {
	case <-c.Context().Done():
		if n := s.Provider.Health().InFlight; n > 0 && f.feeds() && f.logFormat == "text" {
			fmt.Fprintf(a.err, "stopping: waiting up to %s for %s\n", human.Duration(f.grace), human.Count(n, "attempt"))
		}
	case err = <-s.Failed():
	}
	return errors.Join(err, s.Close())
}

// feeds reports whether the attempts are printed. A program that reads the first line as JSON may not read more, so it gets
// attempts only if it asks for them.
func (f *serveFlags) feeds() bool { return !f.quiet && (f.format == "text" || f.logFormat == "json") }

// options translates the flags. Settings of --provider override those of --config.
func (f *serveFlags) options(set *pflag.FlagSet) (o server.Options, err error) {
	if o.Address, err = flags.Address(f.addr); err != nil {
		return o, err
	}
	if f.grace < 0 {
		return o, fmt.Errorf("--grace %s: expected a time such as 10s", f.grace)
	}
	if set.Changed("secret") && f.secret == "" {
		return o, flags.ErrEmptySecret
	}
	o.Hosts, o.File, o.Grace = f.hosts, f.data, f.grace
	o.Provider.Seed = f.seed.Draw(f.at)
	o.Provider.Delivery.AllowPublic, o.Provider.Delivery.Guard = f.allowPublic, &delivery.Guard{} // deliveries and plays share it
	if f.appointments == fixtures.OlderAppointments.String() {
		o.Provider.Clinic.System = fixtures.OlderAppointments
	}
	f.attempt.SetTLS(&o.Provider.Delivery)
	if err := f.setClock(&o.Provider, set); err != nil {
		return o, err
	}
	for _, text := range f.tokens {
		t, err := provider.ParseToken(text)
		if err != nil {
			return o, fmt.Errorf("--token: %w", err)
		}
		o.Provider.Tokens = append(o.Provider.Tokens, t)
	}
	if err := f.subscribe(&o.Provider); err != nil {
		return o, err
	}
	if f.config != "" {
		if err := config.Read(&o, f.config, f.signingSecret()); err != nil {
			return o, err
		}
	}
	for _, text := range f.settings {
		if text == "" { // an empty line of the variable
			continue
		}
		key, value, ok := strings.Cut(text, "=")
		if !ok {
			return o, fmt.Errorf("--provider %q: expected KEY=VALUE, such as attempts=3", text)
		}
		if err := config.Set(&o, key, value); err != nil {
			return o, fmt.Errorf("--provider: %w", err)
		}
	}
	return o, nil
}

func (f *serveFlags) setClock(o *provider.Options, set *pflag.FlagSet) error {
	switch {
	case f.timeScale <= 0:
		return fmt.Errorf("--time-scale %v: expected a positive number", f.timeScale)
	case f.clock == "manual" && set.Changed("time-scale"):
		return errors.New("--time-scale shortens the waits of the real clock; leave it out with --clock manual")
	case f.clock == "manual":
		start := f.at
		if start.IsZero() {
			start = clock.Now()
		}
		o.Clock = clock.Manual(start)
		o.Fixed, o.Clinic.At = !f.at.IsZero(), f.at
	case !f.at.IsZero():
		return errors.New("--at is the start of a manual clock; add --clock manual")
	default:
		o.Clock = clock.Scaled(f.timeScale)
	}
	return nil
}

// subscribe adds the subscription of --to.
func (f *serveFlags) subscribe(o *provider.Options) error {
	if f.to == "" {
		return nil
	}
	url, err := delivery.TargetURL(f.to)
	if err != nil {
		return err
	}
	n := provider.NewSubscription{URL: url, Label: "everything", Secret: f.signingSecret(), Local: true}
	for _, t := range schemas.All() {
		n.EventTypes = append(n.EventTypes, t.Name)
	}
	o.Subscriptions = append(o.Subscriptions, n)
	return nil
}

func (f *serveFlags) signingSecret() simulator.Secret {
	if f.secret == "" {
		return simulator.DefaultSecret
	}
	return simulator.Secret(f.secret)
}

// logger logs to stderr, as JSON if stdout has JSON.
func (f *serveFlags) logger(w io.Writer) *slog.Logger {
	level, json := slog.LevelError, f.format == "json" || f.logFormat == "json"
	if json {
		level = slog.LevelInfo // as text, the attempts on stdout show failures and pauses
	}
	if f.logLevel != "" {
		_ = level.UnmarshalText([]byte(f.logLevel)) // the choices are levels
	}
	options := &slog.HandlerOptions{Level: level}
	if json {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// pageURL returns the URL of the page. A generated token is in its fragment, which is not sent to the server.
func pageURL(s *server.Server, ownToken bool) string {
	if ownToken {
		return s.URL() + "/"
	}
	return s.URL() + "/#token=" + s.Token().Text
}

// greet prints where the provider is and to whom it sends. As JSON it is one line for a program: with --format json, the
// token and the secret are in full.
func (a *app) greet(s *server.Server, f *serveFlags, ownToken bool) {
	url, token, secret := s.URL(), s.Token().Text, f.signingSecret().Reveal()
	if ownToken && f.format == "text" {
		token = s.Token().String()
	}
	if f.format == "text" {
		secret = f.signingSecret().String()
	}
	if f.format == "json" || f.logFormat == "json" {
		_ = report.Line(a.out, map[string]string{ // the output keeps its error
			"url": url, "graphql": url + "/graphql", "api": url + "/api/v1", "token": token, "secret": secret,
		})
		return
	}
	fmt.Fprintf(a.out, "provider at %s\n", a.out.bold(url))
	line := func(label, format string, args ...any) {
		fmt.Fprintf(a.out, "  %-12s %s\n", label, fmt.Sprintf(format, args...))
	}
	line("page", "%s in a browser; --open opens it", pageURL(s, ownToken))
	subscriptions := s.Provider.Subscriptions(false)
	for _, sub := range subscriptions {
		paused := ""
		if sub.DeliveryPaused {
			paused = a.out.yellow(" (paused)")
		}
		line("receiver", "%s gets %s%s", human.Line(simulator.RedactURL(sub.URL)), human.Count(len(sub.EventTypes), "event type"), paused)
		line("secret", "%s", sub.Secret)
	}
	if len(subscriptions) == 0 {
		line("receiver", "none; `semblance subscriptions add 3000/webhooks` adds one")
	}
	line("GraphQL", "%s/graphql with the header x-token: %s", url, token)
	line("control API", "%s/api/v1, described by %[1]s/api/v1/openapi.json", url)
	if s.Public() {
		line("protected", "other machines can reach it, so every request needs the token; --host adds a name")
	}
	if f.data != "" {
		line("journal", "%s", f.data)
	} else {
		line("journal", "in memory; --data FILE keeps it")
	}
	if seed := f.seed.Drawn(); seed != 0 && f.isNew {
		line("seed", "%d; --seed %[1]d makes the same records", seed)
	}
	if len(subscriptions) > 0 {
		line("try", "semblance emit booking.created%s, in another terminal", f.via(url))
	}
}

// via returns the flag by which other commands find a provider that is not at the default address.
func (f *serveFlags) via(url string) string {
	if url == "http://"+client.DefaultAddress {
		return ""
	}
	return " --via " + strings.TrimPrefix(url, "http://127.0.0.1:")
}

// healthTimeout is how long a health check waits.
const healthTimeout = 3 * time.Second

// checkHealth checks whether the provider at --addr is ready. Containers use it: they have no other program.
func (a *app) checkHealth(ctx context.Context, f *serveFlags) error {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	address, err := flags.Address(f.addr)
	if err != nil {
		return exit.Usage(err)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return exit.Usage(err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	via := client.Flags{Via: "http://" + net.JoinHostPort(host, port)}
	if len(f.tokens) > 0 {
		via.Token = f.tokens[0]
	}
	c, err := via.Open()
	if err != nil {
		return err
	}
	var health struct{ Status string }
	if err := c.Call(ctx, http.MethodGet, "/ready", nil, &health); err != nil {
		_, message := exit.Of(err)
		return &exit.Error{Code: scenarios.ExitFailed, Err: errors.New(message)}
	}
	fmt.Fprintln(a.out, health.Status)
	return nil
}
