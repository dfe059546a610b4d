package flags

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpWidth is the width of the help's lines.
const helpWidth = 118

// HelpTemplate prints the description of a command, then its usage.
const HelpTemplate = `{{with (or .Long .Short)}}{{. | trimTrailingWhitespaces}}

{{end}}{{if or .Runnable .HasSubCommands}}{{.UsageString}}{{end}}`

// group is the annotation of a flag with the heading it stands under.
const group = "group"

// topics is the group of help topics, which are commands that do nothing.
const topics = "topics"

// order is the annotation of a command with its place in the help of its parent.
const order = "order"

// Ordered gives commands their places in the help: those of the list. Others follow by name.
func Ordered(commands []*cobra.Command) []*cobra.Command {
	for i, c := range commands {
		if c.Annotations == nil {
			c.Annotations = map[string]string{}
		}
		c.Annotations[order] = fmt.Sprintf("%03d", i)
	}
	return commands
}

// Group adds flags under a heading of the help: those that add registers.
func Group(c *cobra.Command, heading string, add func()) {
	c.Flags().SortFlags = false // in the order of their registration; VisitAll would sort them each time
	add()
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Annotations[group] == nil {
			_ = c.Flags().SetAnnotation(f.Name, group, []string{heading}) // the flag exists
		}
	})
}

// Usage prints how to use a command: examples first, then the commands by group and the flags by heading.
func Usage(c *cobra.Command) error {
	var b strings.Builder
	if c.HasExample() {
		fmt.Fprintf(&b, "Examples:\n%s\n\n", c.Example)
	}
	line := c.UseLine()
	if c.HasAvailableSubCommands() {
		line = c.CommandPath() + " COMMAND [flags]"
	}
	fmt.Fprintf(&b, "Usage:\n  %s\n", line)
	writeCommands(&b, c)
	writeFlags(&b, c)
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\nMore about a command: %s COMMAND --help\n", c.CommandPath())
	} else if name := firstFlag(c); name != "" {
		fmt.Fprintf(&b, "\nA variable can set each flag: %s sets --%s. For a repeatable flag it holds one value per line.\n", Variable(name), name)
	}
	_, err := fmt.Fprint(c.OutOrStderr(), b.String())
	return err
}

// firstFlag returns the name of the first flag that a variable can set, or "".
func firstFlag(c *cobra.Command) string {
	first := ""
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if first == "" && f.Name != "help" && !f.Hidden {
			first = f.Name
		}
	})
	return first
}

func writeCommands(b *strings.Builder, c *cobra.Command) {
	if !c.HasAvailableSubCommands() {
		return
	}
	groups := c.Groups()
	if len(groups) == 0 {
		groups = []*cobra.Group{{Title: "Commands:"}}
	}
	if slices.ContainsFunc(c.Commands(), (*cobra.Command).IsAdditionalHelpTopicCommand) {
		groups = append(slices.Clone(groups), &cobra.Group{ID: topics, Title: "Topics, for " + c.CommandPath() + " help:"})
	}
	children := slices.Clone(c.Commands()) // by name
	slices.SortStableFunc(children, func(a, b *cobra.Command) int {
		const last = "~"
		return strings.Compare(cmp.Or(a.Annotations[order], last), cmp.Or(b.Annotations[order], last))
	})
	for _, g := range groups {
		fmt.Fprintf(b, "\n%s\n", g.Title)
		for _, child := range children {
			topic := g.ID == topics && child.IsAdditionalHelpTopicCommand()
			if topic || child.GroupID == g.ID && (child.IsAvailableCommand() || child.Name() == "help") {
				fmt.Fprintf(b, "  %-*s %s\n", child.NamePadding(), child.Name(), child.Short)
			}
		}
	}
}

// writeFlags prints the flags in the order in which they were added, in columns that all headings share.
func writeFlags(b *strings.Builder, c *cobra.Command) {
	if !c.HasAvailableLocalFlags() {
		return
	}
	heading := ""
	for line := range strings.Lines(c.LocalFlags().FlagUsagesWrapped(helpWidth)) {
		if f := flagOf(c, line); f != nil {
			next := "Flags"
			if f.Annotations[group] != nil {
				next = f.Annotations[group][0]
			} else if heading != "" { // --help, last
				next = heading
			}
			if next != heading {
				fmt.Fprintf(b, "\n%s:\n", next)
				heading = next
			}
		}
		b.WriteString(line)
	}
}

// flagOf returns the flag that a line of the help begins with, or nil for a continued line.
func flagOf(c *cobra.Command, line string) *pflag.Flag {
	_, rest, ok := strings.Cut(line, "--")
	if !ok || strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "-h,")) != strings.TrimSpace("--"+rest) {
		return nil
	}
	name, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	return c.Flags().Lookup(name)
}
