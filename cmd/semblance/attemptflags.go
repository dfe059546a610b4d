package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"semblance/simulator/delivery"
)

// attemptFlags are the flags that say how attempts are made: the same wherever something is sent.
type attemptFlags struct {
	timeout     time.Duration
	caFile      string
	insecure    bool
	contentType string
	userAgent   string
	bodyStyle   string
}

func (f *attemptFlags) add(c *cobra.Command) {
	flags := c.Flags()
	flags.DurationVar(&f.timeout, "timeout", delivery.DefaultTimeout, "the `TIME` that a whole attempt may take; the provider publishes none")
	flags.StringVar(&f.caFile, "ca-file", "", "trust the certificates in this PEM `FILE`, too")
	flags.BoolVar(&f.insecure, "insecure", false, "accept any certificate, such as a self-signed one")
	flags.StringVar(&f.contentType, "content-type", delivery.DefaultContentType, "the `VALUE` of Content-Type; the provider publishes none")
	flags.StringVar(&f.userAgent, "user-agent", delivery.DefaultUserAgent, "the `VALUE` of User-Agent; the provider publishes none")
	addChoice(c, &f.bodyStyle, "body-style", "the white space of the body; the provider publishes none", "compact", "indent")
}

// options returns the flags as delivery has them.
func (f *attemptFlags) options() (delivery.Options, error) {
	o := delivery.Options{Timeout: f.timeout, CAFile: f.caFile, Insecure: f.insecure, UserAgent: f.userAgent, ContentType: f.contentType}
	if f.bodyStyle == "indent" {
		o.Style = delivery.Indented
	}
	if f.timeout <= 0 {
		return o, fmt.Errorf("--timeout %v: expected a time such as 10s", f.timeout)
	}
	return o, nil
}
