package flags

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"semblance/scenarios/report"
)

// helpWidth is the width of the help's lines, in characters.
const helpWidth = 100

// Help prints the description of a command, then its usage.
func Help(c *cobra.Command, _ []string) {
	text := wrapped(strings.TrimRight(cmp.Or(c.Long, c.Short), " \n")) + "\n"
	if c.Runnable() || c.HasSubCommands() {
		text += "\n" + c.UsageString()
	}
	fmt.Fprint(c.OutOrStdout(), text)
}

// wrapped breaks a text into lines of at most helpWidth characters. Lines that begin with a blank are rows of a list: each
// stays one row, whose text continues below its beginning. Other lines up to an empty one are a paragraph.
func wrapped(text string) string {
	var out []string
	paragraph := ""
	for line := range strings.SplitSeq(text+"\n", "\n") {
		if line != "" && line[0] != ' ' {
			paragraph += " " + line
			continue
		}
		if paragraph != "" {
			out = append(out, report.Wrap(paragraph, helpWidth, 0))
			paragraph = ""
		}
		if utf8.RuneCountInString(line) > helpWidth {
			at := len(line) - len(strings.TrimLeft(line, " "))
			if gap := strings.Index(line[at:], "  "); gap > 0 {
				at += gap
			}
			at += len(line[at:]) - len(strings.TrimLeft(line[at:], " "))
			line = line[:at] + report.Wrap(line[at:], helpWidth-at, at)
		}
		out = append(out, line)
	}
	return strings.TrimSuffix(strings.Join(out, "\n"), "\n")
}

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
		b.WriteString("\n" + wrapped(fmt.Sprintf("A variable can set each flag: %s sets --%s. Repeatable flags: one value per line.", Variable(name), name)) + "\n")
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
