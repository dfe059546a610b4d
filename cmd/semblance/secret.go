package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"semblance/scenarios/report"
	"semblance/simulator"
)

// secretFlags are --secret and --show-secret.
type secretFlags struct {
	values []string
	show   bool
	flag   *pflag.Flag // --secret itself, which knows where its value came from
}

// add registers both, for a command that says which secret it uses.
func (s *secretFlags) add(c *cobra.Command) {
	s.addSecret(c)
	c.Flags().BoolVar(&s.show, "show-secret", false, "print a secret of your own in full, not its last four characters")
}

// addSecret registers --secret alone, for a command that prints none.
func (s *secretFlags) addSecret(c *cobra.Command) {
	c.Flags().StringArrayVar(&s.values, "secret", nil,
		"the `SECRET` of the signatures; the published "+string(simulator.DefaultSecret)+" unless given; repeat it during a rotation of secrets")
	s.flag = c.Flags().Lookup("secret")
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

// reveals says how to see the secrets that describe hides.
func (s *secretFlags) reveals(secrets []simulator.Secret) string {
	if s.show || !slices.ContainsFunc(secrets, func(one simulator.Secret) bool { return one != simulator.DefaultSecret }) {
		return ""
	}
	return " (--show-secret prints it in full)"
}

// arguments returns the flags that give another command the same secrets: none where they came from the variable, which
// is still there. One that must not be shown stands as the variable that the user may put it into.
func (s *secretFlags) arguments(secrets []simulator.Secret) []string {
	if len(secrets) == 1 && secrets[0] == simulator.DefaultSecret {
		return nil
	}
	if _, is := s.flag.Annotations[fromVariable]; is && !s.show {
		return nil
	}
	var args []string
	for _, secret := range secrets {
		word := report.Shell(secret.Reveal())
		if !s.show && secret != simulator.DefaultSecret {
			word = `"$` + variable("secret") + `"`
		}
		args = append(args, "--secret", word)
	}
	return args
}
