package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"semblance/cmd/semblance/internal/exit"
	"semblance/cmd/semblance/internal/flags"
	"semblance/scenarios"
	"semblance/scenarios/report"
	"semblance/schemas/human"
	"semblance/simulator/clock"
	"semblance/simulator/signature"
)

type verifyFlags struct {
	secret            flags.Secret
	at                time.Time
	header, timestamp string
	computed          string
	tolerance         time.Duration
	body              flags.Body
	format            string
}

// verifyCommand says whether a signature is valid and, if not, why.
func (a *app) verifyCommand() *cobra.Command {
	f := &verifyFlags{}
	c := &cobra.Command{
		Use:     "verify [FILE] --signature VALUE",
		Short:   "Verify a signature and, if it is invalid, name the mistake",
		GroupID: groupReceive,
		Long: `Verify reads a body as your receiver read it, from a file or from standard input, and the X-Webhook-Signature header of
the request. It says whether the signature is valid. If it is not, verify tries the common mistakes (signing the body
without the time, re-encoding the JSON, adding a newline, decoding the secret, ...) and names the one that fits, with
its fix.

Exit code: 0 the signature is valid; 1 it is not.`,
		Example: `  semblance verify body.json --signature 't=1764000000,v1=5f2c…'
  semblance verify body.json --signature 't=1764000000,v1=5f2c…' --at 1764000010   as of that time
  semblance verify body.json --signature "$HEADER" --computed 9a0c…   what did my code compute?
  semblance verify body.json --signature "$HEADER" --timestamp "$TIME" --secret whsec_mine`,
		Args: flags.AtMostOne("one file"),
		RunE: func(c *cobra.Command, args []string) error { return a.verify(c, args, f) },
	}
	c.Flags().StringVar(&f.header, "signature", "", "`VALUE` of the header "+signature.HeaderName)
	c.Flags().StringVar(&f.timestamp, "timestamp", "", "`VALUE` of the header "+signature.TimestampName+", if known")
	c.Flags().StringVar(&f.computed, "computed", "", "the `DIGEST` that your code computed for this body")
	f.secret.AddSecret(c)
	flags.AddTime(c, &f.at, "at", "time at the receiver: RFC 3339 or Unix seconds (default now)")
	flags.AddTolerance(c, &f.tolerance)
	f.body.Add(c)
	flags.AddFormat(c, &f.format, "output format")
	return c
}

func (a *app) verify(c *cobra.Command, args []string, f *verifyFlags) error {
	if !c.Flags().Changed("signature") {
		return exit.Usagef("no signature; give the value of the header %s with --signature", signature.HeaderName)
	}
	if err := flags.CheckTolerance(f.tolerance); err != nil {
		return exit.Usage(err)
	}
	secrets, err := f.secret.Secrets()
	if err != nil {
		return exit.Usage(err)
	}
	body, err := f.body.Read(c, args, a.in, a.err)
	if err != nil {
		return exit.Usage(err)
	}
	if f.at.IsZero() {
		f.at = clock.Now()
	}
	one := signature.Case{
		Body: body, Header: headerValue(f.header, signature.HeaderName), TimestampHeader: headerValue(f.timestamp, signature.TimestampName),
		Now: f.at, Tolerance: f.tolerance,
	}
	d := flags.Explain(secrets, one)
	if c.Flags().Changed("computed") {
		return a.printDiagnosis(flags.ExplainComputed(secrets, one, d, f.computed), f.format)
	}
	if d.Valid {
		d.Note = strings.TrimPrefix(d.Note+"; "+a.afterValid(c), "; ")
	}
	return a.printDiagnosis(d, f.format)
}

// afterValid says how to go on if the receiver refuses a valid signature.
func (a *app) afterValid(c *cobra.Command) string {
	text := "if your receiver refused it, its computation is wrong, not the body or the secret: --computed HEX names the mistake in the digest that it computed"
	if check, _, err := c.Root().Find([]string{"check"}); err == nil && check.Name() == "check" {
		text += ", and semblance check finds out which events it would accept"
	}
	return text
}

// headerValue returns the value of a header that may be pasted with its name.
func headerValue(text, name string) string {
	if before, after, ok := strings.Cut(text, ":"); ok && strings.EqualFold(strings.TrimSpace(before), name) {
		text = after
	}
	return strings.TrimSpace(text)
}

func (a *app) printDiagnosis(d signature.Diagnosis, format string) error {
	if format == "json" {
		err := report.Line(a.out, struct {
			Valid    bool             `json:"valid"`
			Reason   signature.Reason `json:"reason,omitempty"`
			Mistake  string           `json:"mistake,omitempty"`
			Sentence string           `json:"sentence"`
			Fix      string           `json:"fix,omitempty"`
			Note     string           `json:"note,omitempty"`
		}(d))
		if err != nil {
			return err
		}
	} else {
		verdict := a.out.green("valid")
		if !d.Valid {
			verdict = a.out.red("not valid")
		}
		fmt.Fprintf(a.out, "%s: %s\n", verdict, report.Wrap(human.Line(d.Sentence), 89, 4))
		if d.Fix != "" {
			fmt.Fprintf(a.out, "fix: %s\n", report.Wrap(human.Line(d.Fix), 95, 5))
		}
		if d.Note != "" {
			fmt.Fprintf(a.out, "note: %s\n", report.Wrap(human.Line(d.Note), 94, 6))
		}
	}
	if !d.Valid {
		return exit.Silent(scenarios.ExitFailed)
	}
	return nil
}
