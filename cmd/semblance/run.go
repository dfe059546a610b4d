package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"semblance/schemas"
	"semblance/schemas/naming"
)

// streams are the process's three files. Results go to out, notices to err.
type streams struct {
	in       io.Reader
	out, err io.Writer
	terminal func(io.Writer) bool // whether a writer is a terminal; nil asks the writer itself
}

// app is what every command is given: the streams, the environment and the colours.
type app struct {
	in       io.Reader
	out, err *output
	getenv   func(string) (string, bool)
}

// run is the whole command line as a function: what it is told comes in its arguments, what it says goes to the
// streams, and the result is the exit code. It returns when everything that it started has ended.
func run(ctx context.Context, args []string, getenv func(string) (string, bool), std streams) int {
	a := &app{in: std.in, getenv: getenv}
	a.out, a.err = newOutput(std.out, std.terminal, getenv), newOutput(std.err, std.terminal, getenv)
	root := a.root(args)
	err := root.ExecuteContext(ctx)
	if err == nil && ctx.Err() != nil && !endsBySignal(root, args) {
		err = silent(exitInterrupted)
	}
	if err == nil {
		err = a.out.failure()
	}
	code, sentence := exitFor(err)
	if sentence != "" {
		fmt.Fprintf(a.err, "%s %s\n", a.err.red("semblance:"), sentence)
	}
	return code
}

// root builds the tree of commands.
func (a *app) root(args []string) *cobra.Command {
	root := &cobra.Command{
		Use:   "semblance",
		Short: "The webhook provider Semble on a laptop: any event, rightly shaped and signed",
		Long: fmt.Sprintf(`Semblance plays the provider Semble to a webhook receiver: it sends any of the provider's %d event types, rightly
shaped and rightly signed, and says what the receiver made of it. It needs no account, no network and no
configuration.`, len(schemas.All())),
		Example: `  semblance demo                                     see it work, with nothing else installed
  semblance listen                                   a correct receiver, in a second terminal
  semblance send booking.created --to 4701           one event, signed, now
  semblance send '**' --to localhost:3000/webhooks   one of every type, at your receiver
  semblance play first-visit --to 4701               a whole scenario, and a verdict on each answer
  semblance events booking.created                   what an event type carries
  semblance verify body.json --signature 't=…,v1=…'  why a signature does not hold`,
		Args:          func(c *cobra.Command, given []string) error { return unknownCommand(c, given) },
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			return readVariables(c.Flags(), a.getenv)
		},
	}
	root.SetArgs(args)
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return flagError(c, args, err) })
	root.SetHelpTemplate(helpTemplate)
	root.SetUsageTemplate(usageTemplate)
	root.AddGroup(
		&cobra.Group{ID: groupSend, Title: "Send events:"},
		&cobra.Group{ID: groupScenarios, Title: "Play scenarios:"},
		&cobra.Group{ID: groupRun, Title: "Run the provider:"},
		&cobra.Group{ID: groupReceive, Title: "Work on a receiver:"},
		&cobra.Group{ID: groupKnow, Title: "Look things up:"},
	)
	root.SetHelpCommandGroupID(groupKnow)
	root.SetCompletionCommandGroupID(groupKnow)
	root.AddCommand(
		a.demoCommand(),
		a.sendCommand(),
		a.playCommand(),
		a.scenarioCommand(),
		a.initCommand(),
		a.serveCommand(),
		a.emitCommand(),
		a.logCommand(),
		a.resendCommand(),
		a.listenCommand(),
		a.eventsCommand(),
		a.signCommand(),
		a.verifyCommand(),
		a.typesCommand(),
		a.exportCommand(),
		a.versionCommand(),
	)
	root.Version = versionLine()
	root.SetVersionTemplate("{{.Version}}\n")
	for _, c := range root.Commands() {
		c.Flags().SortFlags = false
	}
	refuseUnknownTopics(root, args)
	return root
}

// refuseUnknownTopics has cobra's own commands refuse what they do not know, which they would answer with their help and
// the exit code of success.
func refuseUnknownTopics(root *cobra.Command, args []string) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd(args...)
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			c.Args = func(_ *cobra.Command, given []string) error {
				if found, rest, err := root.Find(given); err != nil || found == root {
					return unknownCommand(root, rest)
				}
				return nil
			}
		case "completion":
			c.Args = unknownCommand
			c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
		}
	}
}

// The groups of the commands in the help.
const (
	groupSend      = "send"
	groupScenarios = "scenarios"
	groupRun       = "run"
	groupReceive   = "receive"
	groupKnow      = "know"
)

// endsBySignal reports whether the command is one that runs until it is told to stop.
func endsBySignal(root *cobra.Command, args []string) bool {
	c, _, err := root.Find(args)
	return err == nil && (c.Name() == "listen" || c.Name() == "serve" || c.Name() == "log")
}

// unknownCommand refuses words that are no command, with the nearest one.
func unknownCommand(c *cobra.Command, given []string) error {
	if len(given) == 0 {
		return nil
	}
	var known []string
	for _, child := range c.Commands() {
		if child.IsAvailableCommand() {
			known = append(known, child.Name())
		}
	}
	if near := naming.Nearest(given[0], known); near != "" {
		return usagef("unknown command %q; did you mean `%s %s`?", given[0], c.CommandPath(), near)
	}
	if _, err := schemas.Lookup(given[0]); err == nil {
		return usagef("unknown command %q; to send that event, `semblance send %[1]s --to PORT`", given[0])
	}
	return usagef("unknown command %q; `%s --help` lists the commands", given[0], c.CommandPath())
}

// flagError says in our words what is wrong with a flag, with the nearest one that exists.
func flagError(c *cobra.Command, args []string, err error) error {
	if !c.HasParent() { // a misspelt command makes its flags the root's: name the cause
		if i := slices.IndexFunc(args, func(s string) bool { return !strings.HasPrefix(s, "-") }); i >= 0 {
			return unknownCommand(c, args[i:])
		}
	}
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		return usagef("unknown flag -%s; flags are written --name, and `%s --help` lists them", unknown.GetSpecifiedShortnames(), c.CommandPath())
	case errors.As(err, &unknown):
		var known []string
		c.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
		if near := naming.Nearest(unknown.GetSpecifiedName(), known); near != "" {
			return usagef("unknown flag --%s; did you mean --%s?", unknown.GetSpecifiedName(), near)
		}
		return usagef("unknown flag --%s; `%s --help` lists the flags", unknown.GetSpecifiedName(), c.CommandPath())
	case errors.As(err, &missing):
		return usagef("flag --%s needs a value", missing.GetFlag().Name)
	case errors.As(err, &invalid):
		return usagef("--%s %q: %w", invalid.GetFlag().Name, invalid.GetValue(), plainCause(invalid.Unwrap()))
	}
	return usageError(err)
}
