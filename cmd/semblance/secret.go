package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"semblance/simulator"
)

// secretFlags are --secret and --show-secret.
type secretFlags struct {
	values []string
	show   bool
}

func (s *secretFlags) add(c *cobra.Command) {
	c.Flags().StringArrayVar(&s.values, "secret", nil,
		"the `SECRET` of the signatures; the published "+string(simulator.DefaultSecret)+" unless given; repeat it during a rotation, for one v1 each")
	c.Flags().BoolVar(&s.show, "show-secret", false, "print a secret of your own in full, not its last four characters")
}

// secrets returns the secrets in their order, or the published default. An empty one is refused: anybody can sign with it.
func (s *secretFlags) secrets() ([]simulator.Secret, error) {
	if len(s.values) == 0 {
		return []simulator.Secret{simulator.DefaultSecret}, nil
	}
	secrets := make([]simulator.Secret, len(s.values))
	for i, v := range s.values {
		if v == "" {
			return nil, usageError(errors.New("the secret is empty, and anybody can sign with an empty secret; " +
				"leave out --secret and SEMBLANCE_SECRET for the published " + string(simulator.DefaultSecret)))
		}
		secrets[i] = simulator.Secret(v)
	}
	return secrets, nil
}

// describe names the secrets as they may be shown.
func (s *secretFlags) describe(secrets []simulator.Secret) string {
	words := make([]string, len(secrets))
	for i, secret := range secrets {
		words[i] = s.word(secret)
	}
	return strings.Join(words, " and ")
}

func (s *secretFlags) word(secret simulator.Secret) string {
	if s.show {
		return secret.Reveal()
	}
	return secret.String()
}

// arguments returns the flags that give another command the same secrets. One that must not be shown stands as the
// variable that holds it.
func (s *secretFlags) arguments(secrets []simulator.Secret) []string {
	if len(secrets) == 1 && secrets[0] == simulator.DefaultSecret {
		return nil
	}
	var args []string
	for _, secret := range secrets {
		word := quoteShell(secret.Reveal())
		if !s.show && secret != simulator.DefaultSecret {
			word = `"$` + variable("secret") + `"`
		}
		args = append(args, "--secret", word)
	}
	return args
}
