package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"semblance/cmd/semblance/internal/client"
	"semblance/cmd/semblance/internal/exit"
	"semblance/cmd/semblance/internal/flags"
	"semblance/schemas/human"
)

type emitFlags struct {
	client          client.Flags
	count           int
	set, with, omit []string
	about           []string
	invalid         bool
	format          string
}

// emitCommand makes an event happen at a running provider.
func (a *app) emitCommand() *cobra.Command {
	f := &emitFlags{}
	c := &cobra.Command{
		Use:     "emit [TYPE...]",
		Short:   "Make an event happen at a running provider",
		GroupID: groupRun,
		Long: `Emit makes one event of each type happen at a running provider, which delivers it to every matching subscription: with its
retries, its journal and its circuit breaker. A TYPE is an event type or a pattern, as for send. Without one, the clinic
takes its next action.

Emit returns when the event is in the provider's journal, and prints its deliveries. ` + "`semblance log --delivery ID`" + ` shows the
attempts of one. To send an event and wait for the response, use ` + "`semblance send`" + `.`,
		Example: `  semblance emit booking.created
  semblance emit booking.created --omit patientId
  semblance emit invoice.paid --set invoiceId=507f1f77bcf86cd799439011
  semblance emit 'booking.*' invoice.paid             one event of each of these types
  semblance emit --count 20                           the next 20 actions of the clinic`,
		ValidArgsFunction: flags.Patterns,
		RunE:              func(c *cobra.Command, args []string) error { return a.emit(c.Context(), args, f) },
	}
	set := c.Flags()
	set.IntVar(&f.count, "count", 1, "make `N` events of each type happen")
	flags.AddIdentifiers(c, &f.set, &f.with, &f.omit)
	set.StringArrayVar(&f.about, "about", nil, "record of the clinic, `ID`, or ROLE=ID if there are several; repeatable")
	set.BoolVar(&f.invalid, "invalid", false, "allow a payload that breaks its schema")
	flags.AddFormat(c, &f.format, "output format; json is one object per line")
	f.client.Add(c)
	return c
}

// emission is the body of the API request.
type emission struct {
	EventTypes []string          `json:"eventTypes,omitempty"`
	Count      int               `json:"count"`
	About      map[string]string `json:"about,omitempty"`
	With       []string          `json:"with,omitempty"`
	Omit       []string          `json:"omit,omitempty"`
	Set        map[string]string `json:"set,omitempty"`
	Invalid    bool              `json:"invalid,omitempty"`
}

func (a *app) emit(ctx context.Context, args []string, f *emitFlags) (err error) {
	body := emission{EventTypes: args, Count: f.count, With: f.with, Omit: f.omit, Invalid: f.invalid}
	if body.Set, err = flags.Assignments("--set", f.set, false); err != nil {
		return exit.Usage(err)
	}
	if body.About, err = flags.Assignments("--about", f.about, true); err != nil {
		return exit.Usage(err)
	}
	c, err := f.client.Open()
	if err != nil {
		return err
	}
	var response struct{ Events []json.RawMessage }
	if err := c.Call(ctx, http.MethodPost, "/events", body, &response); err != nil {
		return err
	}
	deliveries := 0
	for _, raw := range response.Events {
		var e struct {
			EventType  string
			Deliveries []string
		}
		if err := json.Unmarshal(raw, &e); err != nil {
			return fmt.Errorf("reading the events: %w", err)
		}
		deliveries += len(e.Deliveries)
		if f.format == "json" {
			fmt.Fprintf(a.out, "%s\n", raw)
			continue
		}
		ids := ""
		if len(e.Deliveries) > 0 {
			ids = ": delivery " + human.Line(strings.Join(e.Deliveries, ", "))
		}
		fmt.Fprintf(a.out, "%s %s for %s%s\n", a.out.bold("-->"), human.Line(e.EventType), human.Count(len(e.Deliveries), "subscription"), ids)
	}
	if deliveries == 0 {
		a.err.warn("no subscription matches; `semblance serve --to TARGET` subscribes a receiver to every event type")
	}
	return nil
}
