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

	"semblance/cmd/semblance/internal/apilog"
	"semblance/cmd/semblance/internal/client"
	"semblance/cmd/semblance/internal/exit"
	"semblance/cmd/semblance/internal/flags"
	"semblance/scenarios/report"
	"semblance/schemas"
	"semblance/schemas/human"
	"semblance/simulator/capture"
	"semblance/simulator/hint"
)

type logFlags struct {
	client       client.Flags
	types        []string
	subscription string
	delivery     string
	record       string
	outcomes     []string
	limit        int
	follow, api  bool
	showSecret   bool
	curl, http   bool
	format       string
}

// logCommand shows the attempts of a running provider.
func (a *app) logCommand() *cobra.Command {
	f := &logFlags{}
	c := &cobra.Command{
		Use:     "log [ATTEMPT]",
		Short:   "Show the attempts of a running provider",
		GroupID: groupRun,
		Long: `Log shows the attempts of a running provider: the latest ones, in the order in which they ended, and with --follow new ones
as they end. A failure that differs from the one before has its reason and the likely fix. With the LOG ID of an attempt it
shows that attempt in full: the exact request and the response. Three ids differ: the LOG ID numbers the records of the
journal, the id of a delivery (--delivery) stays the same in all its attempts, and the eventId of the payload is new in each
attempt.`,
		Example: `  semblance log
  semblance log --follow
  semblance log --type 'invoice.*' --outcome refused,unanswered
  semblance log --record 507f1f77bcf86cd799439011     attempts about a record of the clinic
  semblance log --api                                 what was asked of the GraphQL API
  semblance log 42                                    one attempt in full
  semblance log 42 --curl                             its request as a curl command
  semblance log 42 --http > request.http              its request as it was sent`,
		Args:        flags.AtMostOne("one attempt"),
		RunE:        func(c *cobra.Command, args []string) error { return a.log(c.Context(), args, f) },
		Annotations: map[string]string{untilSignal: "yes"},
	}
	c.ValidArgsFunction = f.client.Complete(a.getenv, client.AttemptIDs)
	set := c.Flags()
	set.StringSliceVar(&f.types, "type", nil, "only event types that match these `PATTERNS`")
	set.StringVar(&f.subscription, "subscription", "", "only attempts to this `SUBSCRIPTION`: an id or a label")
	set.StringVar(&f.delivery, "delivery", "", "only attempts of the delivery with this `ID`")
	set.StringVar(&f.record, "record", "", "only attempts about the record with this `ID`")
	set.StringSliceVar(&f.outcomes, "outcome", nil, "only attempts with this `OUTCOME`: accepted, refused, unanswered")
	set.IntVar(&f.limit, "limit", 20, "show the latest `N` attempts, at most 1000")
	set.BoolVar(&f.follow, "follow", false, "keep showing new attempts until interrupted")
	set.BoolVar(&f.api, "api", false, "show requests to the GraphQL API instead of attempts")
	set.BoolVar(&f.curl, "curl", false, "print the request of one attempt as a curl command")
	set.BoolVar(&f.http, "http", false, "print the request of one attempt as it was sent")
	set.BoolVar(&f.showSecret, "show-secret", false, "show the secret headers of one attempt; requires --token")
	flags.AddFormat(c, &f.format, "output format; json is one object per line")
	f.client.Add(c)
	c.MarkFlagsMutuallyExclusive("curl", "http", "format")
	flags.CompleteFunc(c, "type", flags.Patterns)
	flags.CompleteFunc(c, "subscription", f.client.Complete(a.getenv, client.SubscriptionIDs))
	flags.Complete(c, "outcome", "accepted", "refused", "unanswered")
	return c
}

func (a *app) log(ctx context.Context, args []string, f *logFlags) error {
	provider, err := f.client.Open()
	if err != nil {
		return err
	}
	switch {
	case f.api && (len(args) > 0 || f.curl || f.http):
		return exit.Usagef("--api lists requests to the GraphQL API; it takes no attempt, --curl or --http")
	case f.follow && f.record != "":
		return exit.Usagef("--follow does not know the records of new attempts; leave out --record")
	case f.api:
		return a.logAPI(ctx, provider, f)
	case len(args) > 0:
		return a.logOne(ctx, provider, args[0], f)
	case f.curl || f.http:
		return exit.Usagef("--curl and --http print one attempt; name its id, such as `semblance log 42 --curl`")
	}
	t := &logTable{app: a, flags: f, client: provider, labels: map[string]string{}, causes: map[string]string{}}
	if err := t.learn(ctx); err != nil {
		return err
	}
	selected, err := f.filter()
	if err != nil {
		return err
	}
	attempts, err := f.read(ctx, provider)
	if err != nil {
		return err
	}
	if f.format == "text" {
		fmt.Fprint(a.out, a.out.faint(fmt.Sprintf(logHeads, "LOG ID", "STARTED (UTC)", "ATTEMPT", "RESPONSE", "TOOK", "NEXT", "EVENT, SUBSCRIPTION AND URL")))
	}
	after := int64(0)
	for _, attempt := range slices.Backward(attempts) {
		t.print(ctx, &attempt)
		after = attempt.ID
	}
	if f.follow {
		return provider.Stream(ctx, after, func(name string, data []byte) error { return t.printStreamed(ctx, selected, name, data) })
	}
	if len(attempts) == 0 && f.format == "text" {
		fmt.Fprintln(a.err, f.none())
	}
	return nil
}

// logAPI shows requests to the GraphQL API: the latest ones, oldest first, and with --follow new ones.
func (a *app) logAPI(ctx context.Context, provider *client.Client, f *logFlags) error {
	if len(f.types) > 0 || f.subscription != "" || f.delivery != "" || len(f.outcomes) > 0 {
		return exit.Usagef("--api shows requests to the GraphQL API; of the filters only --record and --limit apply to them")
	}
	l := apilog.Log{Out: a.out, Record: f.record, Limit: f.limit, JSON: f.format == "json", Faint: a.out.faint, Fault: a.out.yellow}
	l.Status = func(ok bool, text string) string {
		if ok {
			return a.out.green(text)
		}
		return a.out.red(text)
	}
	n, last, err := l.Show(ctx, provider)
	switch {
	case err != nil:
		return err
	case f.follow:
		return l.Follow(ctx, provider, last)
	case n == 0 && !l.JSON:
		fmt.Fprintf(a.err, "no requests to %s/graphql yet\n", provider.URL())
	}
	return nil
}

// none says that there are no attempts.
func (f *logFlags) none() string {
	if len(f.types)+len(f.outcomes) > 0 || f.subscription != "" || f.delivery != "" || f.record != "" {
		return "no such attempts; `semblance log` shows all"
	}
	return "no attempts yet; `semblance emit booking.created` makes an event happen"
}

// read returns the latest attempts, the latest first.
func (f *logFlags) read(ctx context.Context, provider *client.Client) ([]client.Attempt, error) {
	var attempts []client.Attempt
	for query := f.query(); ; {
		var page struct {
			Items []client.Attempt
			Next  string
		}
		if err := provider.Call(ctx, http.MethodGet, "/attempts?"+query.Encode(), nil, &page); err != nil {
			return nil, err
		}
		attempts = append(attempts, page.Items...)
		if page.Next == "" || len(attempts) >= f.limit {
			return attempts[:min(f.limit, len(attempts))], nil
		}
		query.Set("cursor", page.Next)
	}
}

// logTable prints attempts as lines.
type logTable struct {
	*app
	flags  *logFlags
	client *client.Client
	labels map[string]string // of subscriptions, by id
	causes map[string]string // the failure that was explained last, by subscription
}

// learn reads the labels of the subscriptions, and replaces the label in --subscription by the id.
func (t *logTable) learn(ctx context.Context) error {
	all, err := t.client.Subscriptions(ctx, true)
	if err != nil {
		return err
	}
	wanted, found := t.flags.subscription, false
	for _, s := range all {
		t.labels[s.ID] = s.Label
		if s.ID == wanted || s.Label == wanted && !s.Deleted {
			t.flags.subscription, found = s.ID, true
		}
	}
	if wanted != "" && !found {
		return exit.Usagef("unknown subscription %s; `semblance subscriptions list` shows them", human.Quoted(wanted))
	}
	return nil
}

// query returns the parameters of the API request.
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

// filter returns a function that selects new attempts as the query does.
func (f *logFlags) filter() (func(*client.Attempt) bool, error) {
	types, err := schemas.MatchAny(f.types)
	if err != nil {
		return nil, exit.Usagef("--type: %w", err)
	}
	return func(l *client.Attempt) bool {
		return (len(f.types) == 0 || slices.ContainsFunc(types, func(t *schemas.EventType) bool { return t.Name == l.EventType })) &&
			(f.subscription == "" || f.subscription == l.SubscriptionID) &&
			(f.delivery == "" || f.delivery == l.DeliveryID) &&
			(len(f.outcomes) == 0 || slices.Contains(f.outcomes, l.Outcome))
	}, nil
}

// The columns have fixed widths, so that new lines align with old ones. The response is padded separately, because its
// color codes have no width.
const (
	logHeads = "%6s  %-19s  %7s  %-10s  %8s  %-17s  %s\n"
	logLine  = "%6d  %s  %7d  %s  %8s  %-17s  %s\n"
)

// print prints an attempt as a line of the table, and the reason of a failure that differs from the one before.
func (t *logTable) print(ctx context.Context, l *client.Attempt) {
	if t.flags.format == "json" {
		fmt.Fprintf(t.out, "%s\n", l.Raw)
		return
	}
	response, paint := strconv.Itoa(l.Status), t.out.green
	if l.Failure != "" {
		response = human.Line(l.Failure)
	}
	if l.Outcome != "accepted" {
		paint = t.out.red
	}
	event := report.EventTitle(l.EventType, l.EventID)
	if l.ReplayOf > 0 {
		event += fmt.Sprintf(" repeats %d", l.ReplayOf)
	}
	if l.Fault != "" {
		event += " " + t.out.yellow(human.Line(l.Fault))
	}
	label := t.labels[l.SubscriptionID]
	if label == "" {
		label = l.SubscriptionID
	}
	event += human.Line(fmt.Sprintf(" to %s at %s", label, l.URL))
	took := "-"
	if l.TookMs > 0 {
		took = human.Duration(time.Duration(l.TookMs * float64(time.Millisecond)))
	}
	fmt.Fprintf(t.out, logLine, l.ID, l.StartedAt.Format(time.DateTime), l.Number, paint(fmt.Sprintf("%-10s", response)), took, l.After(), event)
	cause := response
	if l.Outcome == "accepted" {
		cause = ""
	}
	if cause != "" && cause != t.causes[l.SubscriptionID] {
		t.explain(ctx, l)
	}
	t.causes[l.SubscriptionID] = cause
}

// explain prints the response or the reason of a failed attempt, and the fix.
func (t *logTable) explain(ctx context.Context, l *client.Attempt) {
	var full client.Attempt
	if err := t.client.Call(ctx, http.MethodGet, fmt.Sprintf("/attempts/%d", l.ID), nil, &full); err != nil || full.Response == nil {
		full = *l // it may be gone by now
	}
	line := func(label, text string) {
		if text != "" {
			fmt.Fprintf(t.out, "        %s: %s\n", label, human.Excerpt(text, 200))
		}
	}
	line("reason", full.Detail)
	if full.Response != nil {
		line("response", hint.Text(full.Response))
	}
	line("fix", full.Hint)
}

// logOne shows one attempt in full.
func (a *app) logOne(ctx context.Context, provider *client.Client, id string, f *logFlags) error {
	if !flags.Digits(id) {
		return exit.Usagef("attempt %q: an id is a whole number; `semblance log` shows them", id)
	}
	path := "/attempts/" + id
	if f.showSecret {
		path += "?show=secret"
	}
	var l client.Attempt
	if err := provider.Call(ctx, http.MethodGet, path, nil, &l); err != nil {
		return err
	}
	if f.format == "json" {
		fmt.Fprintf(a.out, "%s\n", l.Raw)
		return nil
	}
	if l.Request == nil || l.Response == nil {
		return errors.New("the provider shows this attempt without its request; is it of another version?")
	}
	switch {
	case f.curl:
		fmt.Fprintln(a.out, capture.Curl(l.Request, f.showSecret))
		return nil
	case f.http:
		_, err := a.out.Write(capture.Request(l.Request))
		return err
	}
	if !f.showSecret { // a provider of another version may show them
		*l.Request, *l.Response = l.Request.Redacted(), l.Response.Redacted()
	}
	text := a.out.text(false)
	fmt.Fprintf(a.out, "attempt %d, number %d of delivery %s, at %s\n", l.ID, l.Number, human.Line(l.DeliveryID), l.StartedAt.Format(time.DateTime))
	fmt.Fprintf(a.out, "%s\n%s", text.RequestLine(l.Request), report.RequestText(l.Request))
	fmt.Fprintf(a.out, "%s\n%s", text.ResponseLine(l.Response, l.Outcome == "accepted"), report.ResponseText(l.Response))
	for _, v := range l.Violations {
		fmt.Fprintf(a.out, "breaks its schema: %s\n", human.Line(v))
	}
	fmt.Fprintf(a.out, "the delivery: %s\n", l.After())
	if l.Hint != "" {
		fmt.Fprintf(a.out, "fix: %s\n", human.Line(l.Hint))
	}
	return nil
}

// printStreamed prints an event of the provider's stream.
func (t *logTable) printStreamed(ctx context.Context, selected func(*client.Attempt) bool, name string, data []byte) error {
	switch name {
	case "attempt":
		var l client.Attempt
		if err := json.Unmarshal(data, &l); err != nil {
			return fmt.Errorf("reading the stream: %w", err)
		}
		if selected(&l) {
			t.print(ctx, &l)
		}
	case "notice":
		return t.printNotice(t.flags, data)
	case "reset":
		fmt.Fprintln(t.err, "the provider was reset")
	}
	return nil
}

// printNotice prints an e-mail that the provider would send to the practice.
func (a *app) printNotice(f *logFlags, data []byte) error {
	if f.format == "json" {
		fmt.Fprintf(a.out, "%s\n", data)
		return nil
	}
	var notice struct {
		ID      int64     `json:"id"`
		At      time.Time `json:"at"`
		Subject string    `json:"subject"`
		Text    string    `json:"text"`
	}
	if err := json.Unmarshal(data, &notice); err != nil {
		return fmt.Errorf("reading the stream: %w", err)
	}
	fmt.Fprintf(a.out, "%6d  %s  %s %s\n", notice.ID, notice.At.Format(time.DateTime), a.out.yellow(human.Line(notice.Subject)+":"), human.Line(notice.Text))
	return nil
}
