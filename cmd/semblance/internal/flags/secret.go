package flags

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"semblance/schemas/human"
	"semblance/schemas/naming"
	"semblance/simulator"
	"semblance/simulator/capture"
	"semblance/simulator/signature"
)

// Secret is --secret and --show-secret.
type Secret struct {
	values []string
	show   bool
	flag   *pflag.Flag // --secret
}

// Add adds both flags, for a command that prints which secret it uses.
func (s *Secret) Add(c *cobra.Command) {
	s.AddSecret(c)
	c.Flags().BoolVar(&s.show, "show-secret", false, "print secrets and credentials in full; files get mode 0600")
}

// AddSecret adds --secret alone.
func (s *Secret) AddSecret(c *cobra.Command) {
	c.Flags().StringArrayVar(&s.values, "secret", nil,
		"signing `SECRET` (default "+string(simulator.DefaultSecret)+"); repeatable")
	s.flag = c.Flags().Lookup("secret")
}

// Secrets returns the secrets in their order, or the published default. An empty secret is an error: anybody can sign
// with it.
func (s *Secret) Secrets() ([]simulator.Secret, error) {
	if len(s.values) == 0 {
		return []simulator.Secret{simulator.DefaultSecret}, nil
	}
	secrets := make([]simulator.Secret, len(s.values))
	for i, v := range s.values {
		if v == "" {
			return nil, ErrEmptySecret
		}
		secrets[i] = simulator.Secret(v)
	}
	return secrets, nil
}

// ErrEmptySecret refuses an empty --secret.
var ErrEmptySecret = errors.New("the secret is empty, so anybody can sign; leave out --secret and SEMBLANCE_SECRET to use " +
	string(simulator.DefaultSecret))

// Describe returns the secrets as they may be shown.
func (s *Secret) Describe(secrets []simulator.Secret) string {
	return human.And(naming.List(secrets, func(secret simulator.Secret) string {
		if s.show {
			return secret.Reveal()
		}
		return secret.String()
	}))
}

// Arguments returns the flags that give another command the same secrets, for report.Command: none if the secret is the
// default or comes from the variable, and the variable's name for a secret that must not be shown.
func (s *Secret) Arguments(secrets []simulator.Secret) []string {
	if len(secrets) == 1 && secrets[0] == simulator.DefaultSecret {
		return nil
	}
	if _, is := s.flag.Annotations[fromVariable]; is && !s.show {
		return nil
	}
	var args []string
	for _, secret := range secrets {
		word := secret.Reveal()
		if !s.show && secret != simulator.DefaultSecret {
			word = "$" + Variable("secret")
		}
		args = append(args, "--secret", word)
	}
	return args
}

// Show reports whether secrets and credentials are to be printed in full.
func (s *Secret) Show() bool { return s.show }

// URL returns a URL as it may be shown.
func (s *Secret) URL(url string) string {
	if s.show {
		return url
	}
	return simulator.RedactURL(url)
}

// Rerun returns the flags that are set, except those named, for report.Command. A credential is replaced by the variable
// that holds it, and left out if the flag was read from its own variable.
func (s *Secret) Rerun(set *pflag.FlagSet, secrets []simulator.Secret, except ...string) []string {
	words := []string{} // not nil: none is a command without flags
	set.VisitAll(func(f *pflag.Flag) {
		if f.Changed && f.Name != s.flag.Name && !slices.Contains(except, f.Name) {
			words = append(words, s.rerun(f)...)
		}
	})
	return append(words, s.Arguments(secrets)...)
}

// rerun returns one flag with its values.
func (s *Secret) rerun(f *pflag.Flag) []string {
	values := []string{f.Value.String()}
	if list, repeated := f.Value.(pflag.SliceValue); repeated {
		values = list.GetSlice()
	}
	var words []string
	for _, value := range values {
		shown := argument(f.Name, value)
		if _, is := f.Annotations[fromVariable]; is && shown != value && !s.show {
			return nil
		}
		if s.show {
			shown = value
		}
		words = append(words, "--"+f.Name)
		if f.Value.Type() != "bool" || value != "true" {
			words = append(words, shown)
		}
	}
	return words
}

// argument returns the value of a flag for report.Command, without credentials.
func argument(flag, value string) string {
	switch flag {
	case "to":
		return simulator.TargetArgument(value)
	case "probe":
		if simulator.RedactURL(value) != value {
			return "$" + Variable(flag)
		}
	case "header":
		if name, text, ok := strings.Cut(value, ":"); ok {
			h := simulator.Header{Name: strings.TrimSpace(name), Value: strings.TrimSpace(text)}
			if simulator.RedactHeader(h) != h.Value {
				return capture.HeaderArgument(h)
			}
		}
	}
	return value
}

// targetArgument returns the value of --to for a command that is printed: PORT/PATH if the URL is on localhost, as people
// write it.
func targetArgument(url string) string {
	short, local := strings.CutPrefix(url, "http://localhost:")
	switch {
	case !local || simulator.RedactURL(url) != url:
		return simulator.TargetArgument(url)
	case strings.IndexByte(short, '/') == len(short)-1:
		return short[:len(short)-1]
	}
	return short
}

// ExplainRefusal says how a refused request was signed and how to find out why the receiver refuses it.
func (s *Secret) ExplainRefusal(r *simulator.Request, secrets []simulator.Secret) string {
	hint := ""
	if !s.show && slices.ContainsFunc(secrets, func(one simulator.Secret) bool { return one != simulator.DefaultSecret }) {
		hint = " (--show-secret prints it in full)"
	}
	words := append([]string{"verify", "body.json", "--signature", r.Header(signature.HeaderName)}, s.Arguments(secrets)...)
	return fmt.Sprintf("  signed    %s: %s\n            with the secret %s%s\n", signature.HeaderName, r.Header(signature.HeaderName), s.Describe(secrets), hint) +
		"  verify    save the bytes that your receiver verifies as body.json, then run\n            " +
		capture.Command(append(words, "--at", r.Header(signature.TimestampName))) + "\n" +
		"  check     or let Semblance try the usual mistakes at the receiver:\n            " +
		capture.Command(append([]string{"check", "CTL-01", "--to", targetArgument(r.URL)}, s.Arguments(secrets)...)) + "\n"
}

// Explain says whether a signature is valid with one of the secrets and, if not, which mistake was made with the first. It
// also tries the published secret, to name the mistake of using it.
func Explain(secrets []simulator.Secret, c signature.Case) signature.Diagnosis {
	var first signature.Diagnosis
	for i, s := range secrets {
		c.Secret, c.Others = s.Reveal(), nil
		if s != simulator.DefaultSecret {
			c.Others = []string{string(simulator.DefaultSecret)}
		}
		d := signature.Explain(c)
		if d.Mistake == "other-secret" { // it is published, so it may be named
			d.Sentence = "it was signed with the published secret " + string(simulator.DefaultSecret)
		}
		if d.Valid {
			return d
		}
		if i == 0 {
			first = d
		}
	}
	return first
}

// ExplainComputed explains the digest that a receiver computed for a delivery. d is the diagnosis of the delivery itself: a
// wrong one is explained first.
func ExplainComputed(secrets []simulator.Secret, c signature.Case, d signature.Diagnosis, computed string) signature.Diagnosis {
	if !d.Valid && d.Reason != signature.ReasonStale && d.Reason != signature.ReasonFuture {
		d.Note = "the signature, the body and the secret that are given here do not belong together; --computed explains a digest only if they do"
		return d
	}
	for i, s := range secrets {
		c.Secret = s.Reveal()
		if own := signature.ExplainComputed(c, computed); i == 0 || own.Valid || own.Mistake != "" {
			d = own
		}
		if d.Valid || d.Mistake != "" {
			return d
		}
	}
	return d
}

// AddTolerance adds --tolerance.
func AddTolerance(c *cobra.Command, target *time.Duration) {
	c.Flags().DurationVar(target, "tolerance", signature.DefaultTolerance, "maximum `AGE` of a signature")
	c.Flags().Lookup("tolerance").DefValue = "5m"
}

// CheckTolerance refuses a tolerance that is not positive. Package signature gives these values another meaning.
func CheckTolerance(d time.Duration) error {
	if d <= 0 {
		return fmt.Errorf("--tolerance %v: expected a positive time such as 5m", d)
	}
	return nil
}
