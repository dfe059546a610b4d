package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"semblance/schemas"
	"semblance/simulator"
)

// logFlags are the flags of log.
type logFlags struct {
	client       clientFlags
	types        []string
	subscription string
	delivery     string
	record       string
	outcomes     []string
	limit        int
	follow       bool
	showSecret   bool
	format       string
}

// logCommand shows the attempts of a running provider.
func (a *app) logCommand() *cobra.Command {
	f := &logFlags{}
	c := &cobra.Command{
		Use:     "log [ATTEMPT]",
		Short:   "Show the attempts of a running provider: a table, what comes, or one in full",
		GroupID: groupRun,
		Long: `Log shows what a running provider has sent, and what it was answered: the latest attempts, oldest first, and with
--follow those that come. With the id of an attempt it shows that one in full: exactly what went out, and what came back.`,
		Example: `  semblance log
  semblance log --follow
  semblance log --type 'invoice.*' --outcome refused,unanswered
  semblance log --record 507f1f77bcf86cd799439011     what concerned a record of the clinic
  semblance log 42                                    one attempt in full`,
		Args: atMostOneOf("one attempt"),
		RunE: func(c *cobra.Command, args []string) error { return a.log(c, args, f) },
	}
	flags := c.Flags()
	flags.StringSliceVar(&f.types, "type", nil, "the event types of these `PATTERNS` alone")
	flags.StringVar(&f.subscription, "subscription", "", "attempts to the subscription of this `ID` alone")
	flags.StringVar(&f.delivery, "delivery", "", "attempts of the delivery of this `ID` alone")
	flags.StringVar(&f.record, "record", "", "attempts that concern the record of this `ID` alone")
	flags.StringSliceVar(&f.outcomes, "outcome", nil, "those whose `OUTCOME` is accepted, refused or unanswered alone")
	flags.IntVar(&f.limit, "limit", 20, "show the latest `N`, at most 1000")
	flags.BoolVar(&f.follow, "follow", false, "go on showing what comes, until it is interrupted")
	flags.BoolVar(&f.showSecret, "show-secret", false, "of one attempt, show headers that give access in full; it takes a --token")
	addChoice(c, &f.format, "format", "how to print the attempts; json is one object a line", "text", "json")
	f.client.add(c)
	completeFunc(c, "type", completePatterns)
	complete(c, "outcome", []string{"accepted", "refused", "unanswered"})
	return c
}

// loggedAttempt is an attempt as the API shows it.
type loggedAttempt struct {
	ID             int64               `json:"id"`
	DeliveryID     string              `json:"deliveryId"`
	SubscriptionID string              `json:"subscriptionId"`
	Number         int                 `json:"number"`
	StartedAt      time.Time           `json:"startedAt"`
	EventID        string              `json:"eventId"`
	EventType      string              `json:"eventType"`
	Fault          string              `json:"fault"`
	Outcome        string              `json:"outcome"`
	Status         int                 `json:"status"`
	Failure        string              `json:"failure"`
	TookMs         float64             `json:"tookMs"`
	Next           string              `json:"nextState"`
	Due            time.Time           `json:"due"`
	Violations     []string            `json:"violations"`
	ReplayOf       int64               `json:"replayOf"`
	Request        *simulator.Request  `json:"request"`
	Response       *simulator.Response `json:"response"`

	raw json.RawMessage
}

// UnmarshalJSON keeps the attempt as it came beside what is read of it.
func (l *loggedAttempt) UnmarshalJSON(data []byte) error {
	type plain loggedAttempt
	if err := json.Unmarshal(data, (*plain)(l)); err != nil {
		return err
	}
	l.raw = slices.Clone(data)
	return nil
}

func (a *app) log(c *cobra.Command, args []string, f *logFlags) error {
	client, err := f.client.open()
	if err != nil {
		return err
	}
	if len(args) > 0 {
		return a.logOne(c.Context(), client, args[0], f)
	}
	if f.follow && f.record != "" {
		return usagef("--follow shows attempts as they end, and cannot tell whose record they concern; leave out --record")
	}
	wanted, err := f.filter()
	if err != nil {
		return err
	}
	var page struct{ Items []loggedAttempt }
	if err := client.call(c.Context(), http.MethodGet, "/attempts?"+f.query().Encode(), nil, &page); err != nil {
		return err
	}
	if f.format == "text" {
		fmt.Fprint(a.out, a.out.faint(fmt.Sprintf(logHeads, "ID", "STARTED (UTC)", "ATTEMPT", "ANSWER", "TOOK", "THEN", "EVENT")))
	}
	after := int64(0)
	for _, attempt := range slices.Backward(page.Items) {
		a.printLogged(f, &attempt)
		after = attempt.ID
	}
	if f.follow {
		return a.follow(c.Context(), client, f, after, wanted)
	}
	if len(page.Items) == 0 && f.format == "text" {
		fmt.Fprintln(a.err, "no attempts yet; `semblance emit booking.created` makes an event happen")
	}
	return nil
}

// query is what the API is asked for.
func (f *logFlags) query() url.Values {
	q := url.Values{"limit": {strconv.Itoa(f.limit)}}
	for name, value := range map[string]string{
		"type": strings.Join(f.types, ","), "subscription": f.subscription, "delivery": f.delivery, "record": f.record,
		"outcome": strings.Join(f.outcomes, ","),
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

// filter returns what decides whether an attempt that comes is shown: the same as the query.
func (f *logFlags) filter() (func(*loggedAttempt) bool, error) {
	types, err := schemas.MatchAny(f.types)
	if err != nil {
		return nil, usagef("--type: %w", err)
	}
	return func(l *loggedAttempt) bool {
		return (len(f.types) == 0 || slices.ContainsFunc(types, func(t *schemas.EventType) bool { return t.Name == l.EventType })) &&
			(f.subscription == "" || f.subscription == l.SubscriptionID) &&
			(f.delivery == "" || f.delivery == l.DeliveryID) &&
			(len(f.outcomes) == 0 || slices.Contains(f.outcomes, l.Outcome))
	}, nil
}

// The columns of the table have fixed widths, so that what comes later lines up with what was there. The answer is
// padded by itself, because its colour has no width.
const (
	logHeads = "%6s  %-19s  %7s  %-10s  %8s  %-17s  %s\n"
	logLine  = "%6d  %s  %7d  %s  %8s  %-17s  %s\n"
)

// printLogged prints an attempt as a line of the table.
func (a *app) printLogged(f *logFlags, l *loggedAttempt) {
	if f.format == "json" {
		fmt.Fprintf(a.out, "%s\n", l.raw)
		return
	}
	said, colour := strconv.Itoa(l.Status), a.out.green
	if l.Failure != "" {
		said = l.Failure
	}
	if l.Outcome != "accepted" {
		colour = a.out.red
	}
	event := fmt.Sprintf("%s [evt %s]", l.EventType, shortID(l.EventID))
	if l.ReplayOf > 0 {
		event += fmt.Sprintf(" the bytes of %d", l.ReplayOf)
	}
	if l.Fault != "" {
		event += " " + a.out.yellow(l.Fault)
	}
	took := "-"
	if l.TookMs > 0 {
		took = short(time.Duration(l.TookMs * float64(time.Millisecond)))
	}
	fmt.Fprintf(a.out, logLine, l.ID, l.StartedAt.Format(time.DateTime), l.Number, colour(fmt.Sprintf("%-10s", said)), took, l.next(), event)
}

// then says what becomes of the delivery.
func (l *loggedAttempt) next() string {
	switch l.Next {
	case "":
		return "as before"
	case "pending":
		return "again at " + l.Due.Format(time.TimeOnly)
	case "failed":
		return "failed for good"
	}
	return l.Next
}

// logOne shows one attempt in full.
func (a *app) logOne(ctx context.Context, client *client, id string, f *logFlags) error {
	if !isDigits(id) {
		return usagef("%q is no attempt; `semblance log` shows their ids, which are whole numbers", id)
	}
	path := "/attempts/" + id
	if f.showSecret {
		path += "?show=secret"
	}
	var l loggedAttempt
	if err := client.call(ctx, http.MethodGet, path, nil, &l); err != nil {
		return err
	}
	if f.format == "json" {
		fmt.Fprintf(a.out, "%s\n", l.raw)
		return nil
	}
	return a.printWhole(&l)
}

// printWhole shows what went out, what came back, and where that leaves the delivery.
func (a *app) printWhole(l *loggedAttempt) error {
	if l.Request == nil || l.Response == nil {
		return errors.New("the provider shows this attempt without what was sent; is it of another version?")
	}
	attempt := &simulator.Attempt{Request: *l.Request, Response: *l.Response}
	fmt.Fprintf(a.out, "attempt %d, the %s of delivery %s, at %s\n", l.ID, ordinal(l.Number), l.DeliveryID, l.StartedAt.Format(time.DateTime))
	fmt.Fprintf(a.out, "%s %s%s\n%s", a.out.bold("-->"), title(l.Request), a.out.yellow(faultText(l.Request)), wire(l.Request))
	fmt.Fprintf(a.out, "%s %s\n%s", a.out.bold("<--"), answer(a.out, attempt, l.Outcome == "accepted"), answerInFull(l.Response))
	for _, v := range l.Violations {
		fmt.Fprintf(a.out, "its schema refuses it: %s\n", printable([]byte(v)))
	}
	fmt.Fprintf(a.out, "the delivery: %s\n", l.next())
	return nil
}

// ordinal is a number in its order: 1st, 2nd, 13th.
func ordinal(n int) string {
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return strconv.Itoa(n) + suffix
}
