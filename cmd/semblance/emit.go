package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"
)

// emitFlags are the flags of emit.
type emitFlags struct {
	client     clientFlags
	count      int
	set        []string
	with, omit []string
	about      []string
	invalid    bool
	format     string
}

// emitCommand makes a running provider state an event.
func (a *app) emitCommand() *cobra.Command {
	f := &emitFlags{}
	c := &cobra.Command{
		Use:     "emit [TYPE]",
		Short:   "Make an event happen at a running provider",
		GroupID: groupRun,
		Long: `Emit makes an event of the type happen at a running provider, which owes it to whoever subscribed: with its retries, its
journal and its breaker. Without a type the clinic does whatever it does next, and with a pattern whatever it does next
of these types.

Where ` + "`send`" + ` sends an event itself and waits for the answer, emit returns when the provider has the event in its journal;
` + "`semblance log`" + ` tells what became of it.`,
		Example: `  semblance emit booking.created
  semblance emit booking.created --omit patientId
  semblance emit invoice.paid --set invoiceId=507f1f77bcf86cd799439011
  semblance emit 'booking.*' --count 5                what the clinic does next with bookings
  semblance emit --count 20                           whatever the clinic does next, 20 times`,
		Args:              atMostOneOf("one event type"),
		ValidArgsFunction: completePatterns,
		RunE:              func(c *cobra.Command, args []string) error { return a.emit(c.Context(), args, f) },
	}
	flags := c.Flags()
	flags.IntVar(&f.count, "count", 1, "make `N` of them")
	flags.StringArrayVar(&f.set, "set", nil, "give an identifier a value: `NAME=VALUE`; may be repeated")
	flags.StringSliceVar(&f.with, "with", nil, "have these optional `IDENTIFIERS` there, or all")
	flags.StringSliceVar(&f.omit, "omit", nil, "leave these `IDENTIFIERS` out, or all the optional ones")
	flags.StringArrayVar(&f.about, "about", nil, "about the clinic's record of this id: `ID`, or ROLE=ID where an event concerns several; may be repeated")
	flags.BoolVar(&f.invalid, "invalid", false, "state it although its schema refuses it")
	addChoice(c, &f.format, "format", "how to print the events; json is one object a line", "text", "json")
	f.client.add(c)
	completeFunc(c, "with", completeIdentifiers(""))
	completeFunc(c, "omit", completeIdentifiers(""))
	completeFunc(c, "set", completeIdentifiers("="))
	return c
}

// atMostOneOf refuses a second argument.
func atMostOneOf(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > 1 {
			return usagef("`%s` takes %s, but was given %s", c.CommandPath(), what, strings.Join(args, " "))
		}
		return nil
	}
}

// emission is what the API is asked for.
type emission struct {
	EventType string            `json:"eventType,omitempty"`
	Types     []string          `json:"types,omitempty"`
	Count     int               `json:"count"`
	About     map[string]string `json:"about,omitempty"`
	With      []string          `json:"with,omitempty"`
	Omit      []string          `json:"omit,omitempty"`
	Set       map[string]string `json:"set,omitempty"`
	Invalid   bool              `json:"invalid,omitempty"`
}

// emittedEvent is what the API answers of an event.
type emittedEvent struct {
	ID         int64    `json:"id"`
	EventType  string   `json:"eventType"`
	Deliveries []string `json:"deliveries"`
}

func (a *app) emit(ctx context.Context, args []string, f *emitFlags) error {
	ask := emission{Count: f.count, With: f.with, Omit: f.omit, Invalid: f.invalid}
	switch {
	case len(args) == 0:
	case strings.Contains(args[0], "*") || strings.HasPrefix(args[0], "group:"):
		ask.Types = args
	default:
		ask.EventType = args[0]
	}
	var err error
	if ask.Set, err = assignments("--set", f.set, false); err != nil {
		return usageError(err)
	}
	if ask.About, err = assignments("--about", f.about, true); err != nil {
		return usageError(err)
	}
	c, err := f.client.open()
	if err != nil {
		return err
	}
	var made struct{ Events []rawEvent }
	if err := c.call(ctx, http.MethodPost, "/events", ask, &made); err != nil {
		return err
	}
	unfinished := 0
	for _, e := range made.Events {
		unfinished += len(e.Deliveries)
		if f.format == "json" {
			fmt.Fprintf(a.out, "%s\n", e.raw)
			continue
		}
		fmt.Fprintf(a.out, "%s %s [event %d] owed to %s\n", a.out.bold("-->"), e.EventType, e.ID, count(len(e.Deliveries), "subscription"))
	}
	if unfinished == 0 {
		fmt.Fprintf(a.err, "%s nobody is subscribed to that; `semblance serve --to TARGET` subscribes a receiver to everything\n", a.err.yellow("notice:"))
	}
	return nil
}

// rawEvent is an event that is printed as it came.
type rawEvent struct {
	emittedEvent
	raw []byte
}

// assignments reads NAME=VALUE, as many as there are. A value may come without a name where that is allowed.
func assignments(flag string, texts []string, nameless bool) (map[string]string, error) {
	var m map[string]string
	for _, text := range texts {
		name, value, ok := strings.Cut(text, "=")
		switch {
		case !ok && nameless:
			name, value = "", text
		case !ok || name == "":
			return nil, fmt.Errorf("%s %q: expected NAME=VALUE", flag, text)
		}
		if _, twice := m[name]; twice {
			return nil, errors.New(strings.TrimSpace(fmt.Sprintf("%s gives %s a value twice", flag, name)))
		}
		if m == nil {
			m = map[string]string{}
		}
		m[name] = value
	}
	return m, nil
}

// UnmarshalJSON keeps the event as it came beside what is read of it.
func (e *rawEvent) UnmarshalJSON(data []byte) error {
	e.raw = bytes.Clone(data)
	return json.Unmarshal(data, &e.emittedEvent)
}
