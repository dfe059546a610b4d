// Package flags holds the common parts of the commands' flags: kinds of values, environment variables, groups of flags
// that several commands share, and their help.
//
// Every flag can be set by an environment variable: --dry-run by SEMBLANCE_DRY_RUN. A flag overrides its variable. For a
// flag that may be repeated the variable holds one value per line.
package flags

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"semblance/schemas/naming"
)

// Variable returns the name of a flag's environment variable.
func Variable(flag string) string {
	return "SEMBLANCE_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// fromVariable marks a flag that was set by its variable.
const fromVariable = "set by its variable"

// ReadVariables sets each flag that the command line did not set from its environment variable.
func ReadVariables(set *pflag.FlagSet, getenv func(string) (string, bool)) error {
	var first error
	set.VisitAll(func(f *pflag.Flag) {
		if first != nil || f.Changed || f.Name == "help" || f.Hidden || f.Deprecated != "" {
			return
		}
		value, ok := getenv(Variable(f.Name))
		if !ok {
			return
		}
		values := []string{value}
		if _, repeated := f.Value.(pflag.SliceValue); repeated {
			values = strings.Split(strings.TrimRight(value, "\n"), "\n")
		}
		for _, v := range values {
			if err := f.Value.Set(v); err != nil {
				first = fmt.Errorf("%s=%q: %w", Variable(f.Name), v, plainCause(err))
				return
			}
		}
		f.Changed = true
		first = set.SetAnnotation(f.Name, fromVariable, nil)
	})
	return first
}

// Error returns the error of parsing the flags of a command in plain words, with the nearest flag if there is one.
func Error(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		return fmt.Errorf("unknown flag -%s; flags are written --name (`%s --help` lists them)", unknown.GetSpecifiedShortnames(), c.CommandPath())
	case errors.As(err, &unknown):
		var known []string
		c.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
		if near := naming.Nearest(unknown.GetSpecifiedName(), known); near != "" {
			return fmt.Errorf("unknown flag --%s; did you mean --%s?", unknown.GetSpecifiedName(), near)
		}
		return fmt.Errorf("unknown flag --%s; `%s --help` lists the flags", unknown.GetSpecifiedName(), c.CommandPath())
	case errors.As(err, &missing):
		return fmt.Errorf("flag --%s needs a value", missing.GetFlag().Name)
	case errors.As(err, &invalid):
		return fmt.Errorf("--%s %q: %w", invalid.GetFlag().Name, invalid.GetValue(), plainCause(invalid.Unwrap()))
	}
	return err
}

// plainCause returns the cause of a flag's bad value in plain words.
func plainCause(err error) error {
	var number *strconv.NumError
	switch {
	case errors.As(err, &number) && errors.Is(err, strconv.ErrRange):
		return errors.New("the number is too large")
	case errors.As(err, &number) && number.Func == "ParseBool":
		return errors.New("expected true or false")
	case errors.As(err, &number):
		return errors.New("expected a whole number")
	case strings.HasPrefix(err.Error(), "time: "):
		return errors.New("expected a duration such as 300ms, 10s or 5m")
	}
	return err
}
