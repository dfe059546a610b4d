package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"semblance/simulator"
	"semblance/simulator/signature"
)

// verifyCommand asks the doctor whether a signature holds and, if not, why.
func (a *app) verifyCommand() *cobra.Command {
	var (
		secret                  secretFlags
		at                      time.Time
		body, header, timestamp string
		tolerance               time.Duration
		format                  string
	)
	c := &cobra.Command{
		Use:     "verify [FILE] --signature VALUE",
		Short:   "Say whether a signature holds and, if not, which mistake was made",
		GroupID: groupReceive,
		Long: `Verify reads a body as your receiver read it, from a file or the standard input, and the value of the header
X-Webhook-Signature that came with it. It says whether the signature holds; if not, it tries the mistakes that are
made with such signatures (the body alone was signed, the JSON was written anew, a newline was added, the secret was
decoded, ...) and names the one that fits, and the mend.

The exit code is 0 when the signature holds and 1 when it does not.`,
		Example: `  semblance verify body.json --signature 't=1764000000,v1=5f2c…'
  semblance verify body.json --signature 't=1764000000,v1=5f2c…' --at 1764000010   as of that time
  semblance verify body.json --signature "$HEADER" --timestamp "$TIME" --secret whsec_mine`,
		Args: func(_ *cobra.Command, args []string) error { return usageIf(atMostOne(args)) },
		RunE: func(c *cobra.Command, args []string) error {
			if !c.Flags().Changed("signature") {
				return usagef("no signature to verify; give the value of the header %s with --signature", signature.HeaderName)
			}
			if err := checkTolerance(tolerance); err != nil {
				return err
			}
			secrets, err := secret.secrets()
			if err != nil {
				return err
			}
			data, err := a.bodyInput(c.Context(), args, body, c.Flags().Changed("body"))
			if err != nil {
				return err
			}
			diagnosis := diagnose(secrets, signature.Case{
				Body: data, Header: headerText(header, signature.HeaderName),
				TimestampHeader: headerText(timestamp, signature.TimestampName), Now: orNow(at), Tolerance: tolerance,
			})
			return a.printDiagnosis(diagnosis, format)
		},
	}
	c.Flags().StringVar(&header, "signature", "", "the `VALUE` of the header "+signature.HeaderName)
	c.Flags().StringVar(&timestamp, "timestamp", "", "the `VALUE` of the header "+signature.TimestampName+", if it is at hand")
	secret.addSecret(c)
	c.Flags().Var(moment{&at}, "at", "the receiver's time: RFC 3339 or Unix seconds (default now)")
	c.Flags().DurationVar(&tolerance, "tolerance", signature.DefaultTolerance, "the `TIME` after which a signature is too old")
	c.Flags().StringVar(&body, "body", "", "this `TEXT` is the body, in place of a file")
	addChoice(c, &format, "format", "how to print the finding", "text", "json")
	return c
}

// diagnose tries each secret: during a rotation one of them holding is enough. The published default is tried too, so
// that the doctor can say when it was used by oversight.
func diagnose(secrets []simulator.Secret, c signature.Case) signature.Diagnosis {
	var first signature.Diagnosis
	for i, s := range secrets {
		c.Secret, c.Others = s.Reveal(), nil
		if s != simulator.DefaultSecret {
			c.Others = []string{string(simulator.DefaultSecret)}
		}
		d := signature.Explain(c)
		if d.Mistake == "other-secret" { // the only other one is published, so it may be named
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

// headerText takes a header's value, also where it was pasted with its name.
func headerText(text, name string) string {
	if before, after, ok := strings.Cut(text, ":"); ok && strings.EqualFold(strings.TrimSpace(before), name) {
		text = after
	}
	return strings.TrimSpace(text)
}

func (a *app) printDiagnosis(d signature.Diagnosis, format string) error {
	if format == "json" {
		err := writeLine(a.out, struct {
			Valid    bool             `json:"valid"`
			Reason   signature.Reason `json:"reason,omitempty"`
			Mistake  string           `json:"mistake,omitempty"`
			Sentence string           `json:"sentence"`
			Fix      string           `json:"fix,omitempty"`
		}(d))
		if err != nil {
			return err
		}
	} else {
		verdict := a.out.green("valid")
		if !d.Valid {
			verdict = a.out.red("not valid")
		}
		fmt.Fprintf(a.out, "%s: %s\n", verdict, d.Sentence)
		if d.Fix != "" {
			fmt.Fprintln(a.out, d.Fix)
		}
	}
	if !d.Valid {
		return silent(exitFailed)
	}
	return nil
}
