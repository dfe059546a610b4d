package flags

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"semblance/schemas/naming"
)

// None refuses arguments.
func None(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("`%s` takes no argument (got %q)", c.CommandPath(), args[0])
	}
	return nil
}

// AtMostOne returns a check that refuses a second argument. The argument is named in the message, such as "one file".
func AtMostOne(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > 1 {
			return fmt.Errorf("`%s` takes %s (got %s)", c.CommandPath(), what, strings.Join(args, " "))
		}
		return nil
	}
}

// Assignments reads values of the form NAME=VALUE. With nameless, a VALUE alone gets the name "".
func Assignments(flag string, texts []string, nameless bool) (map[string]string, error) {
	var m map[string]string
	for _, text := range texts {
		name, value, ok := strings.Cut(text, "=")
		switch {
		case !ok && nameless:
			name, value = "", text
		case !ok || name == "":
			return nil, fmt.Errorf("%s %q: expected NAME=VALUE, such as patientId=507f191e810c19729de860ea", flag, text)
		}
		if _, twice := m[name]; twice {
			return nil, fmt.Errorf("%s: two values for %s", flag, strings.TrimSpace("the name "+name))
		}
		if m == nil {
			m = map[string]string{}
		}
		m[name] = value
	}
	return m, nil
}

// Trimmed returns the words of a list without spaces around them: 'patientId, doctorId'.
func Trimmed(words []string) []string {
	return strings.FieldsFunc(strings.Join(words, ","), func(r rune) bool { return r == ',' || r == ' ' })
}

// Subcommand refuses words that are not a command below c.
func Subcommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	known := naming.List(c.Commands(), (*cobra.Command).Name)
	return fmt.Errorf("%s; `%s --help` explains them", naming.Unknown("command", args[0], known), c.CommandPath())
}
