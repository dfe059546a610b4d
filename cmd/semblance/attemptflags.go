package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"semblance/scenarios"
	"semblance/simulator/delivery"
)

// maxRedirects is how many redirects of one attempt can be followed: as browsers do.
const maxRedirects = 20

// attemptFlags are the flags that say how attempts are made: the same wherever something is sent.
type attemptFlags struct {
	timeout     time.Duration
	caFile      string
	insecure    bool
	contentType string
	userAgent   string
	bodyStyle   string
	redirects   int
}

func (f *attemptFlags) add(c *cobra.Command) {
	flags := c.Flags()
	flags.DurationVar(&f.timeout, "timeout", delivery.DefaultTimeout, "the `TIME` that a whole attempt may take; the provider publishes none")
	flags.StringVar(&f.caFile, "ca-file", "", "trust the certificates in this PEM `FILE`, too")
	flags.BoolVar(&f.insecure, "insecure", false, "accept any certificate, such as a self-signed one")
	flags.StringVar(&f.contentType, "content-type", delivery.DefaultContentType, "the `VALUE` of Content-Type; the provider publishes none")
	flags.StringVar(&f.userAgent, "user-agent", delivery.DefaultUserAgent, "the `VALUE` of User-Agent; the provider publishes none")
	flags.IntVar(&f.redirects, "follow-redirects", 0, "follow up to `N` redirects of an attempt, with the same bytes; the provider publishes nothing of it")
	addChoice(c, &f.bodyStyle, "body-style", "the white space of the body; the provider publishes none", "compact", "indent")
}

// addSuccess adds the flag that says what counts as success, for the commands that try again what was none. What `send`
// takes for success is what it expects.
func addSuccess(c *cobra.Command, value *string) {
	c.Flags().StringVar(value, "success", "2xx", "the `STATUS` that counts as success: a number, a class, or a list of them; the provider publishes none")
}

// success reads the flag's value; nil is the default of delivery.
func success(value string) (func(status int) bool, error) {
	if value == "2xx" {
		return nil, nil
	}
	statuses, err := scenarios.ParseStatuses(value)
	if err != nil {
		return nil, fmt.Errorf("--success: %w", err)
	}
	return statuses.Contains, nil
}

// options returns the flags as delivery has them.
func (f *attemptFlags) options() (delivery.Options, error) {
	o := delivery.Options{Timeout: f.timeout, CAFile: f.caFile, Insecure: f.insecure, UserAgent: f.userAgent, ContentType: f.contentType, Redirects: f.redirects}
	if f.bodyStyle == "indent" {
		o.Style = delivery.Indented
	}
	if f.redirects < 0 || f.redirects > maxRedirects {
		return o, fmt.Errorf("--follow-redirects %d: expected a number from 0 to %d", f.redirects, maxRedirects)
	}
	if f.timeout <= 0 {
		return o, fmt.Errorf("--timeout %v: expected a time such as 10s", f.timeout)
	}
	return o, nil
}
