package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"semblance/cmd/semblance/internal/client"
	"semblance/cmd/semblance/internal/exit"
	"semblance/cmd/semblance/internal/flags"
	"semblance/schemas/human"
	"semblance/simulator/fault"
)

type faultFlags struct {
	via    client.Flags
	next   int
	share  float64
	clear  bool
	format string
}

// faultCommand injects faults at a running provider.
func (a *app) faultCommand() *cobra.Command {
	f := &faultFlags{}
	c := &cobra.Command{
		Use:     "fault [SUBSCRIPTION] [FAULT]",
		Short:   "Inject a fault into the next attempts of a running provider",
		GroupID: groupRun,
		Long: `Fault injects a fault into the next attempts to a subscription (--next), or into a share of them that follows from the seed
(--share). Without a FAULT it lists the faults that are set. A SUBSCRIPTION is an id or a label; it may be left out if there
is only one. Besides the faults of send there are:

` + deliveryFaults(),
		Example: `  semblance fault delivery=drop                     the next event never arrives
  semblance fault billing delivery=duplicate --share 0.2
  semblance fault billing transport=lost-response --next 3
  semblance fault billing --clear`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 2 {
				return fmt.Errorf("`%s` takes a subscription and a fault (got %s)", c.CommandPath(), strings.Join(args, " "))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return a.fault(c.Context(), args, f) },
	}
	ids := f.via.Complete(a.getenv, client.SubscriptionIDs)
	c.ValidArgsFunction = func(c *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
		words, directive := flags.PlannedFaults(c, args, prefix)
		if len(args) == 0 && !strings.Contains(prefix, "=") {
			of, _ := ids(c, args, prefix)
			words = append(of, words...)
		}
		return words, directive
	}
	c.Flags().IntVar(&f.next, "next", 1, "inject it into the next `N` attempts or deliveries")
	c.Flags().Float64Var(&f.share, "share", 0, "inject it into this `SHARE` of the attempts, such as 0.2")
	c.Flags().BoolVar(&f.clear, "clear", false, "remove all faults of the subscription")
	flags.AddFormat(c, &f.format, "output format; json is one object per line")
	f.via.Add(c)
	c.MarkFlagsMutuallyExclusive("next", "share", "clear")
	return c
}

// deliveryFaults describes the faults of deliveries for the help.
func deliveryFaults() string {
	var b strings.Builder
	for _, info := range fault.Deliveries() {
		fmt.Fprintf(&b, "  %-19s %s\n", info.Text(), info.Summary)
		for _, attribute := range info.Attributes {
			fmt.Fprintf(&b, "  %-19s %s=%s is %s\n", "", attribute.Name, attribute.Default, attribute.Summary)
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (a *app) fault(ctx context.Context, args []string, f *faultFlags) error {
	text := ""
	if n := len(args); n > 0 && strings.Contains(args[n-1], "=") {
		text, args = args[n-1], args[:n-1]
	}
	switch {
	case len(args) > 1:
		return exit.Usagef("expected a fault as FAMILY=NAME, such as delivery=drop, got %s", human.Quoted(args[1]))
	case f.clear && text != "":
		return exit.Usagef("--clear removes all faults; leave out %s", text)
	}
	provider, s, err := f.via.Find(ctx, args)
	if err != nil {
		return err
	}
	path := "/subscriptions/" + url.PathEscape(s.ID) + "/faults"
	switch {
	case f.clear:
		return provider.Call(ctx, http.MethodDelete, path, nil, nil)
	case text == "":
		var list struct{ Items []json.RawMessage }
		if err := provider.Call(ctx, http.MethodGet, path, nil, &list); err != nil {
			return err
		}
		for _, raw := range list.Items {
			if err := a.printFault(raw, f.format); err != nil {
				return err
			}
		}
		if len(list.Items) == 0 && f.format == "text" {
			fmt.Fprintln(a.err, "no faults are set")
		}
		return nil
	}
	body := map[string]any{"fault": text}
	if f.share != 0 {
		body["share"] = f.share
	} else {
		body["next"] = f.next
	}
	var raw json.RawMessage
	if err := provider.Call(ctx, http.MethodPost, path, body, &raw); err != nil {
		return err
	}
	return a.printFault(raw, f.format)
}

func (a *app) printFault(raw json.RawMessage, format string) error {
	if format == "json" {
		fmt.Fprintf(a.out, "%s\n", raw)
		return nil
	}
	var plan struct {
		Fault     string
		Remaining int
		Share     float64
	}
	if err := json.Unmarshal(raw, &plan); err != nil {
		return fmt.Errorf("reading the fault: %w", err)
	}
	noun := "attempt"
	if strings.HasPrefix(plan.Fault, string(fault.Delivery)+"=") {
		noun = "delivery"
	}
	which := "the next " + noun
	if plan.Remaining > 1 {
		which = "the next " + human.Count(plan.Remaining, noun)
	}
	if plan.Share > 0 {
		which = fmt.Sprintf("%g %% of the %s", plan.Share*100, human.Plural(noun))
	}
	fmt.Fprintf(a.out, "%s in %s\n", human.Line(plan.Fault), which)
	return nil
}
