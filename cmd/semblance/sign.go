package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"semblance/cmd/semblance/internal/exit"
	"semblance/cmd/semblance/internal/flags"
	"semblance/scenarios/report"
	"semblance/schemas/naming"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/signature"
)

type signFlags struct {
	secret flags.Secret
	at     time.Time
	body   flags.Body
	format string
}

// signCommand prints the headers that sign a body.
func (a *app) signCommand() *cobra.Command {
	f := &signFlags{}
	c := &cobra.Command{
		Use:     "sign [FILE]",
		Short:   "Sign a body: print its two headers",
		GroupID: groupReceive,
		Long: `Sign reads a body from a file or from standard input and prints the two headers that the provider would send with it:
the time in Unix seconds, and v1, the HMAC-SHA256 of TIME.BODY with the secret. It signs the exact bytes, including a
newline at the end.`,
		Example: `  semblance sign body.json
  semblance sign body.json --at 1764000000 --secret whsec_mine
  printf '{"a":1}' | semblance sign
  semblance sign body.json | curl localhost:3000/webhooks --data-binary @body.json -H @-`,
		Args: flags.AtMostOne("one file"),
		RunE: func(c *cobra.Command, args []string) error { return a.sign(c, args, f) },
	}
	f.secret.AddSecret(c)
	flags.AddTime(c, &f.at, "at", "time of the signature: RFC 3339 or Unix seconds (default now)")
	f.body.Add(c)
	flags.AddFormat(c, &f.format, "output format")
	return c
}

func (a *app) sign(c *cobra.Command, args []string, f *signFlags) error {
	secrets, err := f.secret.Secrets()
	if err != nil {
		return exit.Usage(err)
	}
	data, err := f.body.Read(c, args, a.in, a.err)
	if err != nil {
		return exit.Usage(err)
	}
	if f.at.IsZero() {
		f.at = clock.Now()
	}
	keys := naming.List(secrets, simulator.Secret.Reveal)
	t := f.at.Unix()
	value := string(signature.NewSigner(keys...).Append(nil, t, data))
	if f.format == "json" {
		return report.Line(a.out, map[string]string{signature.TimestampName: strconv.FormatInt(t, 10), signature.HeaderName: value})
	}
	fmt.Fprintf(a.out, "%s: %d\n%s: %s\n", signature.TimestampName, t, signature.HeaderName, value)
	return nil
}
