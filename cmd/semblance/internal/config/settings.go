// Package config reads the configuration of `semblance serve`: settings of the provider, and subscriptions.
package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"semblance/cmd/semblance/internal/flags"
	"semblance/cmd/semblance/internal/server"
	"semblance/scenarios"
	"semblance/schemas/human"
	"semblance/schemas/naming"
	"semblance/simulator/delivery"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

// A Setting is one behaviour of the provider that is not published. Its default is a guess.
type Setting struct {
	Key      string
	Question string // what is not published; "" continues the question before
	Default  string
	Values   string // what the setting takes
	set      func(o *server.Options, value string) error
}

// Settings returns all settings in the order of the documentation.
func Settings() []Setting {
	number := strconv.Itoa
	decimal := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	return []Setting{
		{"attempts", "How often, and when, is a delivery attempted?", number(provider.DefaultAttempts), "attempts for each delivery",
			positive(func(o *server.Options) *int { return &o.Provider.Retry.Attempts })},
		{"retry-base", "", short(provider.DefaultBase), "wait before the first retry, such as 30s",
			func(o *server.Options, value string) error { return duration(&o.Provider.Retry.Base, value) }},
		{"retry-factor", "", decimal(provider.DefaultFactor), "factor between two waits",
			func(o *server.Options, value string) (err error) {
				o.Provider.Retry.Factor, err = float(value, false)
				return err
			}},
		{"retry-jitter", "", decimal(provider.DefaultJitter), "share of the wait; 0 does not vary",
			func(o *server.Options, value string) (err error) {
				o.Provider.Retry.Jitter, err = float(value, true)
				return err
			}},
		{"success", "Which responses count as success?", "2xx", "statuses that count as success, such as 200,202",
			func(o *server.Options, value string) error {
				statuses, err := scenarios.ParseStatuses(value)
				if err == nil {
					o.Provider.Delivery.Success = statuses.Contains
				}
				return err
			}},
		{"timeout", "How long may an attempt take?", short(delivery.DefaultTimeout), "time limit of an attempt, such as 5s",
			func(o *server.Options, value string) error { return duration(&o.Provider.Delivery.Timeout, value) }},
		{"follow-redirects", "Does it follow redirects?", "0", "number of redirects; 0 counts a 3xx as a failure",
			func(o *server.Options, value string) (err error) {
				o.Provider.Delivery.Redirects, err = flags.Redirects(value)
				return err
			}},
		{"in-flight", "How many attempts does a subscription get at once?", number(provider.DefaultInFlight), "attempts in progress for each subscription",
			positive(func(o *server.Options) *int { return &o.Provider.InFlight })},
		choice("sign", "Is a retry signed again?", func(o *server.Options, value string) { o.Provider.SignOnce = value == "once" },
			"each-attempt", "once"),
		choice("event-id", "Does a retry have its own eventId?", func(o *server.Options, value string) {
			o.Provider.EventIDs = map[string]provider.EventIDs{"per-attempt": provider.PerAttempt, "per-event": provider.PerEvent}[value]
		}, "per-attempt", "per-event"),
		{"breaker-threshold", "When is a subscription paused?", number(provider.DefaultThreshold), "deliveries in a row that failed; 0 never pauses",
			unlimited(func(o *server.Options) *int { return &o.Provider.Breaker.Threshold })},
		choice("while-paused", "What happens to deliveries while it is paused?", func(o *server.Options, value string) {
			o.Provider.WhilePaused = map[string]provider.WhilePaused{"keep": provider.KeepWhilePaused, "drop": provider.DropWhilePaused}[value]
		}, "keep", "drop"),
		{"content-type", "What is the Content-Type?", delivery.DefaultContentType, "value of Content-Type",
			func(o *server.Options, value string) error { return text(&o.Provider.Delivery.ContentType, value) }},
		{"user-agent", "What is the User-Agent?", delivery.DefaultUserAgent, "value of User-Agent",
			func(o *server.Options, value string) error { return text(&o.Provider.Delivery.UserAgent, value) }},
		choice("body-style", "How is the body formatted?", func(o *server.Options, value string) {
			o.Provider.Delivery.Style = map[string]delivery.Style{"compact": delivery.Compact, "indent": delivery.Indented}[value]
		}, "compact", "indent"),
		choice("http", "Which URLs may be http? (The provider allows none.)", func(o *server.Options, value string) {
			o.Provider.Rules.HTTP = map[string]provider.HTTPRule{"loopback": provider.HTTPLoopback, "none": provider.HTTPNever, "any": provider.HTTPAnywhere}[value]
		}, "loopback", "none", "any"),
		{"max-event-types", "How many event types may a subscription name, how long is a label?", number(provider.DefaultMaxEventTypes), "event types of a subscription; 0 is no limit",
			unlimited(func(o *server.Options) *int { return &o.Provider.Rules.MaxEventTypes })},
		{"max-label", "", number(provider.DefaultMaxLabel), "characters of a label; 0 is no limit",
			unlimited(func(o *server.Options) *int { return &o.Provider.Rules.MaxLabel })},
		{"secret-prefix", "What does a secret look like?", provider.DefaultSecretPrefix, "beginning of a generated secret",
			func(o *server.Options, value string) error { o.Provider.Secrets.Prefix = value; return nil }},
		{"secret-length", "", number(provider.DefaultSecretLength), "characters after the prefix",
			positive(func(o *server.Options) *int { return &o.Provider.Secrets.Length })},
		{"retention", "How long, and how many, finished deliveries does it keep?", short(journal.DefaultAge), "age at which a row is deleted, such as 24h; 0 is never",
			func(o *server.Options, value string) error {
				if value == "0" {
					o.Retention.Age = -1
					return nil
				}
				return duration(&o.Retention.Age, value)
			}},
		{"retention-rows", "", "0", "number of each kind of row; 0 depends on the journal",
			func(o *server.Options, value string) (err error) {
				o.Retention.Rows, err = integer(value, 0)
				return err
			}},
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

func positive(field func(*server.Options) *int) func(*server.Options, string) error {
	return func(o *server.Options, value string) (err error) {
		*field(o), err = integer(value, 1)
		return err
	}
}

// unlimited is for an option in which a negative number means no limit, because 0 means the default.
func unlimited(field func(*server.Options) *int) func(*server.Options, string) error {
	return func(o *server.Options, value string) error {
		n, err := integer(value, 0)
		if n == 0 {
			n = -1
		}
		*field(o) = n
		return err
	}
}

func choice(key, question string, set func(*server.Options, string), known ...string) Setting {
	return Setting{key, question, known[0], human.Or(known), func(o *server.Options, value string) error {
		for _, word := range known {
			if word == value {
				set(o, value)
				return nil
			}
		}
		return fmt.Errorf("expected %s, got %q", human.Or(known), value)
	}}
}

func integer(value string, least int) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < least {
		return 0, fmt.Errorf("expected a whole number of at least %d, got %q", least, value)
	}
	return n, nil
}

func float(value string, zero bool) (float64, error) {
	x, err := strconv.ParseFloat(value, 64)
	switch {
	case err == nil && x > 0 && x <= 1e6:
		return x, nil
	case err == nil && x == 0 && zero:
		return -1, nil // 0 means the default
	}
	return 0, fmt.Errorf("expected a positive number, got %q", value)
}

func duration(target *time.Duration, value string) error {
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 {
		return fmt.Errorf("expected a positive time such as 500ms, 30s or 24h, got %q", value)
	}
	*target = d
	return nil
}

func text(target *string, value string) error {
	if strings.TrimSpace(value) == "" || strings.ContainsAny(value, "\r\n") {
		return fmt.Errorf("expected the value of a header, got %q", value)
	}
	*target = value
	return nil
}

// short formats a default without zero units: 10s, 720h.
func short(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = strings.TrimSuffix(text, zero[1:])
		}
	}
	return text
}

// Help returns the list of settings for `semblance help provider-settings`.
func Help() string {
	var b strings.Builder
	b.WriteString(`The provider does not publish all of its behavior. What is unknown is a setting of ` + "`semblance serve`" + `, with a default
that is a guess:

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
