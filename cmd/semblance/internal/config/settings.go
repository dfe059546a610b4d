// Package config reads the configuration of `semblance serve`: settings of the provider, and subscriptions.
package config

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"semblance/cmd/semblance/internal/server"
	"semblance/scenarios"
	"semblance/schemas/human"
	"semblance/schemas/naming"
	"semblance/simulator/apifault"
	"semblance/simulator/delivery"
	"semblance/simulator/graphql"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

// A Setting is a behavior of the provider that is not published. Its default is a guess.
type Setting struct {
	Key      string
	Question string // answered by the setting; "" continues the question before
	Values   string // possible values
	Default  string

	least  float64 // the smallest number
	zero   bool    // 0 turns the behavior off; options write -1, because their 0 is the default
	most   float64
	words  []string                    // the values of an enumeration, in the order of its constants
	option func(o *server.Options) any // pointer to the option
}

// Settings returns all settings in the order of the documentation.
func Settings() []Setting {
	type o = *server.Options
	return []Setting{
		{Key: "attempts", Question: "How often, and when, is a delivery attempted?", Values: "attempts for each delivery",
			Default: fmt.Sprint(provider.DefaultAttempts), least: 1, option: func(o o) any { return &o.Provider.Retry.Attempts }},
		{Key: "retry-base", Values: "wait before the first retry, such as 30s",
			Default: short(provider.DefaultBase), option: func(o o) any { return &o.Provider.Retry.Base }},
		{Key: "retry-factor", Values: "factor between two waits",
			Default: fmt.Sprint(provider.DefaultFactor), least: 0.001, option: func(o o) any { return &o.Provider.Retry.Factor }},
		{Key: "retry-jitter", Values: "share by which a wait varies; 0 turns it off",
			Default: fmt.Sprint(provider.DefaultJitter), zero: true, option: func(o o) any { return &o.Provider.Retry.Jitter }},
		{Key: "success", Question: "Which responses count as success?", Values: "statuses such as 2xx or 200,202",
			Default: "2xx", option: func(o o) any { return &o.Provider.Delivery.Success }},
		{Key: "timeout", Question: "How long may an attempt take?", Values: "time limit of an attempt, such as 5s",
			Default: short(delivery.DefaultTimeout), option: func(o o) any { return &o.Provider.Delivery.Timeout }},
		{Key: "follow-redirects", Question: "Does it follow redirects?", Values: "number of redirects; with 0, a 3xx response is a failure",
			Default: "0", most: 20, option: func(o o) any { return &o.Provider.Delivery.Redirects }},
		{Key: "in-flight", Question: "How many attempts does a subscription get at once?", Values: "attempts in progress for each subscription",
			Default: fmt.Sprint(provider.DefaultInFlight), least: 1, option: func(o o) any { return &o.Provider.InFlight }},
		{Key: "sign", Question: "Is a retry signed again?", Values: "each-attempt or once; once repeats the first signature",
			Default: "each-attempt", words: []string{"each-attempt", "once"}, option: func(o o) any { return &o.Provider.SignOnce }},
		{Key: "event-id", Question: "Does a retry have its own eventId?", Values: "per-attempt or per-event",
			Default: "per-attempt", words: []string{"per-attempt", "per-event"}, option: func(o o) any { return &o.Provider.EventIDs }},
		{Key: "breaker-threshold", Question: "When is a subscription paused?", Values: "failed deliveries in a row; 0 turns it off",
			Default: fmt.Sprint(provider.DefaultThreshold), zero: true, option: func(o o) any { return &o.Provider.Breaker.Threshold }},
		{Key: "while-paused", Question: "What happens to deliveries meanwhile?", Values: "keep or drop deliveries to a paused subscription",
			Default: "keep", words: []string{"keep", "drop"}, option: func(o o) any { return &o.Provider.WhilePaused }},
		{Key: "content-type", Question: "Which headers does it send?", Values: "value of the header Content-Type",
			Default: delivery.DefaultContentType, option: func(o o) any { return &o.Provider.Delivery.ContentType }},
		{Key: "user-agent", Values: "value of the header User-Agent",
			Default: delivery.DefaultUserAgent, option: func(o o) any { return &o.Provider.Delivery.UserAgent }},
		{Key: "body-style", Question: "Does the body contain white space?", Values: "compact or indent",
			Default: "compact", words: []string{"compact", "indent"}, option: func(o o) any { return &o.Provider.Delivery.Style }},
		{Key: "http", Question: "Which URLs may be http? (The provider allows none.)", Values: "URLs that may be http: loopback, none or any",
			Default: "loopback", words: []string{"loopback", "none", "any"}, option: func(o o) any { return &o.Provider.Rules.HTTP }},
		{Key: "max-event-types", Question: "How large may a subscription be?", Values: "event types of a subscription; 0 turns the limit off",
			Default: fmt.Sprint(provider.DefaultMaxEventTypes), zero: true, option: func(o o) any { return &o.Provider.Rules.MaxEventTypes }},
		{Key: "max-label", Values: "characters of a label; 0 turns the limit off",
			Default: fmt.Sprint(provider.DefaultMaxLabel), zero: true, option: func(o o) any { return &o.Provider.Rules.MaxLabel }},
		{Key: "secret-prefix", Question: "What does a secret look like?", Values: "beginning of a generated secret",
			Default: provider.DefaultSecretPrefix, option: func(o o) any { return &o.Provider.Secrets.Prefix }},
		{Key: "secret-length", Values: "characters after the prefix",
			Default: fmt.Sprint(provider.DefaultSecretLength), least: 1, option: func(o o) any { return &o.Provider.Secrets.Length }},
		{Key: "page-size", Question: "How does its GraphQL API answer?", Values: "records on a page of a GraphQL list without pageSize",
			Default: fmt.Sprint(graphql.DefaultPageSize), least: 1, most: journal.MaxLimit, option: func(o o) any { return &o.API.PageSize }},
		{Key: "max-page-size", Values: "largest pageSize of a GraphQL list",
			Default: fmt.Sprint(graphql.DefaultMaxPageSize), least: 1, most: journal.MaxLimit, option: func(o o) any { return &o.API.MaxPageSize }},
		{Key: "invalid-query", Values: "HTTP status of an invalid GraphQL document, 400 or 200",
			Default: "400", words: []string{"400", "200"}, option: func(o o) any { return &o.API.InvalidOK }},
		{Key: "deleted-patient", Values: "patient(id) after a deletion or a merge: null or record",
			Default: "null", words: []string{"null", "record"}, option: func(o o) any { return &o.API.DeletedPatients }},
		{Key: "episode-query", Values: "on or off: whether episode(id) is public",
			Default: "on", words: []string{"on", "off"}, option: func(o o) any { return &o.API.HideEpisodes }},
		{Key: "label-id", Values: "referenceId or id: the field of a label that events name",
			Default: "referenceId", words: []string{"referenceId", "id"}, option: func(o o) any { return &o.API.LabelIDs }},
		{Key: "rate-limit", Values: "GraphQL requests per minute, such as 240; 0 is no limit",
			Default: "0", option: func(o o) any { return &o.API.RateLimit }},
		{Key: "edge-limit", Values: "GraphQL requests per minute before 403; 0 is no limit",
			Default: "0", option: func(o o) any { return &o.API.EdgeLimit }},
		{Key: "api-fault", Values: "fault of the GraphQL API, such as stale=10s; repeatable",
			Default: "none", option: func(o o) any { return &o.APIFaults }},
		{Key: "retention", Question: "How long, and how many, finished deliveries does it keep?", Values: "age at which a row is deleted, such as 24h; 0 is never",
			Default: short(journal.DefaultAge), zero: true, option: func(o o) any { return &o.Retention.Age }},
		{Key: "retention-rows", Values: "rows of each kind; 0 depends on the journal",
			Default: "0", option: func(o o) any { return &o.Retention.Rows }},
	}
}

// Set sets a setting.
func Set(o *server.Options, key, value string) error {
	var known []string
	for _, s := range Settings() {
		if s.Key == key {
			if err := s.set(o, value); err != nil {
				return fmt.Errorf("provider setting %s: %w", key, err)
			}
			return nil
		}
		known = append(known, s.Key)
	}
	message := naming.Unknown("provider setting", key, known)
	if naming.Nearest(key, known) == "" {
		message += "; `semblance help provider-settings` lists them"
	}
	return errors.New(message)
}

func (s *Setting) set(o *server.Options, value string) error {
	switch option := s.option(o).(type) {
	case *func(int) bool:
		statuses, err := scenarios.ParseStatuses(value)
		*option = statuses.Contains
		return err
	case *time.Duration:
		d, err := time.ParseDuration(value)
		if err != nil || d < 0 || d == 0 && !s.zero {
			return fmt.Errorf("expected a time such as 500ms, 30s or 24h, got %q", value)
		}
		*option = off(s, d)
	case *int:
		n, err := strconv.Atoi(value)
		if err != nil || s.outside(float64(n)) {
			return fmt.Errorf("expected a whole number%s, got %q", s.bounds(), value)
		}
		*option = off(s, n)
	case *float64:
		x, err := strconv.ParseFloat(value, 64)
		if err != nil || math.IsNaN(x) || s.outside(x) {
			return fmt.Errorf("expected a number%s, got %q", s.bounds(), value)
		}
		*option = off(s, x)
	case *[]apifault.Plan:
		if value == "none" {
			*option = nil
			return nil
		}
		plan, err := apifault.Parse(value)
		*option = append(*option, plan)
		return err
	case *string:
		if strings.ContainsFunc(value, unicode.IsControl) || value == "" {
			return fmt.Errorf("expected text on one line, got %q", value)
		}
		*option = value
	default:
		i := slices.Index(s.words, value)
		if i < 0 {
			return fmt.Errorf("expected %s, got %q", human.Or(s.words), value)
		}
		switch v := reflect.ValueOf(option).Elem(); v.Kind() {
		case reflect.Bool:
			v.SetBool(i == 1)
		case reflect.String: // its first value is ""
			v.SetString(s.words[i][:len(s.words[i])*min(i, 1)])
		default:
			v.SetInt(int64(i))
		}
	}
	return nil
}

// off returns the value of an option, which is -1 if 0 turns the behavior off.
func off[T int | float64 | time.Duration](s *Setting, value T) T {
	if value == 0 && s.zero {
		return -1
	}
	return value
}

func (s *Setting) outside(x float64) bool { return x < s.least || s.most > 0 && x > s.most || x > 1e9 }

// bounds describes the smallest and the largest number.
func (s *Setting) bounds() string {
	switch {
	case s.most > 0:
		return fmt.Sprintf(" from %v to %v", s.least, s.most)
	case s.least < 1:
		return ""
	}
	return fmt.Sprintf(" of at least %v", s.least)
}

// short formats a default without zero units: 10s, 720h.
func short(d time.Duration) string {
	return strings.ReplaceAll(strings.ReplaceAll(d.String(), "m0s", "m"), "h0m", "h")
}

// Help returns the list of settings for `semblance help provider-settings`.
func Help() string {
	var b strings.Builder
	b.WriteString(`Some behavior of the provider is not published. It is a setting of ` + "`semblance serve`" + `, with a default that is a
guess:

`)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  KEY\tDEFAULT\tVALUE")
	for _, s := range Settings() {
		fmt.Fprintf(w, "  %s\t%s\t%s\n", s.Key, s.Default, s.Values)
	}
	w.Flush() // to memory
	b.WriteString(`
On the command line, or in SEMBLANCE_PROVIDER with one per line:

  semblance serve --provider attempts=3 --provider retry-base=1m

In a file, beside subscriptions (` + "`semblance serve --config semblance.yaml`" + `); --provider overrides the file:

  provider:
    attempts: 3
    retry-base: 1m
  subscriptions:
    - {url: 3000/webhooks, eventTypes: ["invoice.*"]}
`)
	return b.String()
}

// Markdown returns the table of settings for the documentation, with one row for each question.
func Markdown() string {
	var b strings.Builder
	b.WriteString("| question | settings and their defaults |\n| --- | --- |")
	for _, s := range Settings() {
		if s.Question == "" {
			b.WriteString(",")
		} else {
			fmt.Fprintf(&b, "\n| %s |", s.Question)
		}
		fmt.Fprintf(&b, " `%s=%s`", s.Key, s.Default)
	}
	return strings.ReplaceAll(b.String(), "`\n|", "` |\n|") + " |\n"
}
