package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"semblance/simulator/signature"
)

// signCommand prints the two headers that sign a body.
func (a *app) signCommand() *cobra.Command {
	var (
		secret secretFlags
		at     time.Time
		body   string
		format string
	)
	c := &cobra.Command{
		Use:     "sign [FILE]",
		Short:   "Sign a body: print the two headers",
		GroupID: groupReceive,
		Long: `Sign reads a body, from a file or the standard input, and prints the two headers that the provider would send with
it: the time in Unix seconds, and v1, the HMAC-SHA256 of TIME.BODY under the secret. It signs the bytes as they are,
a newline at the end included.`,
		Example: `  semblance sign body.json
  semblance sign body.json --at 1764000000 --secret whsec_mine
  printf '{"a":1}' | semblance sign
  semblance sign body.json | curl localhost:3000/webhooks --data-binary @body.json -H @-`,
		Args: func(_ *cobra.Command, args []string) error { return usageIf(atMostOne(args)) },
		RunE: func(c *cobra.Command, args []string) error {
			secrets, err := secret.secrets()
			if err != nil {
				return err
			}
			data, err := a.bodyInput(c.Context(), args, body, c.Flags().Changed("body"))
			if err != nil {
				return err
			}
			t := orNow(at).Unix()
			keys := make([]string, len(secrets))
			for i, s := range secrets {
				keys[i] = s.Reveal()
			}
			value := string(signature.NewSigner(keys...).Append(nil, t, data))
			if format == "json" {
				return writeLine(a.out, map[string]string{signature.TimestampName: strconv.FormatInt(t, 10), signature.HeaderName: value})
			}
			fmt.Fprintf(a.out, "%s: %d\n%s: %s\n", signature.TimestampName, t, signature.HeaderName, value)
			return nil
		},
	}
	secret.addSecret(c)
	c.Flags().Var(moment{&at}, "at", "sign as of this time: RFC 3339 or Unix seconds (default now)")
	c.Flags().StringVar(&body, "body", "", "this `TEXT` is the body, in place of a file")
	addChoice(c, &format, "format", "how to print them", "text", "json")
	return c
}
