package flags

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"semblance/scenarios"
	"semblance/simulator"
	"semblance/simulator/capture"
	"semblance/simulator/clock"
	"semblance/simulator/delivery"
)

// maxRedirects bounds --follow-redirects, as browsers do.
const maxRedirects = 20

// Attempt holds the flags that say how attempts are made.
type Attempt struct {
	timeout     time.Duration
	caFile      string
	insecure    bool
	contentType string
	userAgent   string
	bodyStyle   string
	redirects   int
	success     string
}

// Add adds the flags for unpublished behavior of the provider.
func (f *Attempt) Add(c *cobra.Command) {
	flags := c.Flags()
	flags.DurationVar(&f.timeout, "timeout", delivery.DefaultTimeout, "`TIME` limit of a whole attempt")
	flags.StringVar(&f.contentType, "content-type", delivery.DefaultContentType, "`VALUE` of Content-Type")
	flags.StringVar(&f.userAgent, "user-agent", delivery.DefaultUserAgent, "`VALUE` of User-Agent")
	AddChoice(c, &f.bodyStyle, "body-style", "white space in the body", "compact", "indent")
	flags.IntVar(&f.redirects, "follow-redirects", 0, "follow up to `N` redirects with the same bytes")
}

// AddTLS adds the flags of certificates.
func (f *Attempt) AddTLS(c *cobra.Command) {
	c.Flags().StringVar(&f.caFile, "ca-file", "", "also trust the certificates in this PEM `FILE`")
	c.Flags().BoolVar(&f.insecure, "insecure", false, "accept any certificate, such as a self-signed one")
}

// AddSuccess adds --success, for a command that retries what failed.
func (f *Attempt) AddSuccess(c *cobra.Command) {
	c.Flags().StringVar(&f.success, "success", "2xx", "`STATUS` that counts as success, such as 2xx or 200,202")
}

// Options returns the flags as options of delivery.
func (f *Attempt) Options() (delivery.Options, error) {
	o := delivery.Options{Timeout: f.timeout, CAFile: f.caFile, Insecure: f.insecure, UserAgent: f.userAgent, ContentType: f.contentType, Redirects: f.redirects}
	if f.bodyStyle == "indent" {
		o.Style = delivery.Indented
	}
	if f.redirects < 0 || f.redirects > maxRedirects {
		return o, fmt.Errorf("--follow-redirects %d: expected 0 to %d", f.redirects, maxRedirects)
	}
	if f.timeout <= 0 {
		return o, fmt.Errorf("--timeout %v: expected a time such as 10s", f.timeout)
	}
	if f.success != "" && f.success != "2xx" {
		statuses, err := scenarios.ParseStatuses(f.success)
		if err != nil {
			return o, fmt.Errorf("--success: %w", err)
		}
		o.Success = statuses.Contains
	}
	return o, nil
}

// ErrNoTarget refuses a command line without --to.
var ErrNoTarget = errors.New("no target; use --to, such as --to 3000/webhooks (`semblance listen` starts a receiver at 4701)")

// AddTo adds --to, which other webhook tools call --forward-to.
func AddTo(c *cobra.Command, target *string, usage string) {
	c.Flags().StringVar(target, "to", "", usage)
	c.Flags().SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "forward-to" {
			name = "to"
		}
		return pflag.NormalizedName(name)
	})
}

// AddAllowPublic adds --allow-public.
func AddAllowPublic(c *cobra.Command, target *bool) {
	c.Flags().BoolVar(target, "allow-public", false, "allow faults and many requests to a public address")
}

// StaleTime returns a warning if signatures of that time are too old, or too new, for a correct receiver, or "". The zero
// time is now.
func StaleTime(at time.Time) string {
	if d := clock.Since(at); at.IsZero() || d.Abs() <= 5*time.Minute {
		return ""
	}
	return "--at is more than five minutes from now; a correct receiver refuses such a signature"
}

// Headers reads values of the form 'NAME: VALUE'.
func Headers(texts []string) ([]simulator.Header, error) {
	var headers []simulator.Header
	for _, text := range texts {
		name, value, ok := strings.Cut(text, ":")
		if !ok {
			return nil, fmt.Errorf("--header %q: expected NAME: VALUE", text)
		}
		h := simulator.Header{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)}
		if err := delivery.CheckHeader(h); err != nil {
			return nil, fmt.Errorf("--header: %w", err)
		}
		headers = append(headers, h)
	}
	return headers, nil
}

// Curl returns the flags as options of curl.
func (f *Attempt) Curl() []string {
	var words []string
	if f.insecure {
		words = append(words, "--insecure")
	}
	if f.caFile != "" {
		words = append(words, "--cacert", capture.Shell(f.caFile))
	}
	if f.timeout != delivery.DefaultTimeout {
		words = append(words, "--max-time", strconv.FormatFloat(f.timeout.Seconds(), 'f', -1, 64))
	}
	return words
}

// SetTLS sets the options of certificates alone.
func (f *Attempt) SetTLS(o *delivery.Options) { o.CAFile, o.Insecure = f.caFile, f.insecure }
