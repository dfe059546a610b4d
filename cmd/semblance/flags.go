package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpTemplate prints what a command is for, then how it is used.
const helpTemplate = `{{with (or .Long .Short)}}{{. | trimTrailingWhitespaces}}

{{end}}{{if or .Runnable .HasSubCommands}}{{.UsageString}}{{end}}`

// usageTemplate is cobra's own with the examples first, since they teach most.
const usageTemplate = `{{if .HasExample}}Examples:
{{.Example}}

{{end}}Usage:{{if .HasAvailableSubCommands}}
  {{.CommandPath}} COMMAND [flags]{{else}}
  {{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}{{$cmds := .Commands}}{{range $group := .Groups}}

{{.Title}}{{range $cmds}}{{if (and (eq .GroupID $group.ID) (or .IsAvailableCommand (eq .Name "help")))}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if not .Groups}}

Commands:{{range $cmds}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsagesWrapped 118 | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableSubCommands}}

"{{.CommandPath}} COMMAND --help" says more about a command.{{else}}

Each flag has a variable, SEMBLANCE_ and its name in capitals: --dry-run is SEMBLANCE_DRY_RUN. A flag wins over
its variable; for a flag that may be repeated the variable holds one value a line.{{end}}
`

// variable returns the name of the environment variable that stands for a flag.
func variable(flag string) string {
	return "SEMBLANCE_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// fromVariable marks a flag that its variable has set, and not the command line.
const fromVariable = "set by its variable"

// readVariables sets each flag that the command line did not set from its variable, if that is set. What decides is
// whether it was set and not whether it differs from the default: --count 1 wins over SEMBLANCE_COUNT=5.
func readVariables(flags *pflag.FlagSet, getenv func(string) (string, bool)) error {
	var errs []error
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Changed || f.Name == "help" || f.Hidden || f.Deprecated != "" {
			return
		}
		value, ok := getenv(variable(f.Name))
		if !ok {
			return
		}
		values := []string{value}
		if _, repeated := f.Value.(pflag.SliceValue); repeated {
			values = strings.Split(strings.TrimRight(value, "\n"), "\n")
		}
		for _, v := range values {
			if err := f.Value.Set(v); err != nil {
				errs = append(errs, fmt.Errorf("%s=%q: %w", variable(f.Name), v, plainCause(err)))
				return
			}
		}
		f.Changed = true
		_ = flags.SetAnnotation(f.Name, fromVariable, nil) // the flag exists: it is being visited
	})
	if len(errs) > 0 {
		return usageError(errs[0])
	}
	return nil
}

// plainCause says in plain words what is wrong with a flag's value.
func plainCause(err error) error {
	var number *strconv.NumError
	switch {
	case errors.As(err, &number) && errors.Is(err, strconv.ErrRange):
		return errors.New("that number is too large")
	case errors.As(err, &number) && number.Func == "ParseBool":
		return errors.New("expected true or false")
	case errors.As(err, &number):
		return errors.New("expected a whole number")
	case strings.HasPrefix(err.Error(), "time: "):
		return errors.New("expected a duration such as 300ms, 10s or 5m")
	}
	return err
}

// choice is a flag that takes one of a few words.
type choice struct {
	value *string
	known []string
}

// addChoice registers a flag that takes one of the words, with completion; the first is the default.
func addChoice(c *cobra.Command, target *string, name, usage string, known ...string) {
	*target = known[0]
	c.Flags().Var(&choice{target, known}, name, usage)
	complete(c, name, known)
}

// complete gives a flag its words in shell completion.
func complete(c *cobra.Command, flag string, words []string) {
	completeFunc(c, flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return words, cobra.ShellCompDirectiveNoFileComp
	})
}

// completeFunc gives a flag its completion. The flag is one that the caller has just registered.
func completeFunc(c *cobra.Command, flag string, f cobra.CompletionFunc) {
	if err := c.RegisterFlagCompletionFunc(flag, f); err != nil {
		panic(fmt.Sprintf("semblance: completion of %s: %v", c.Name(), err))
	}
}

func (c *choice) String() string { return *c.value }
func (c *choice) Type() string   { return strings.Join(c.known, "|") }

func (c *choice) Set(s string) error {
	for _, k := range c.known {
		if s == k {
			*c.value = s
			return nil
		}
	}
	return fmt.Errorf("expected %s", either(c.known))
}

// either lists words as a person would: a, b or c.
func either(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
