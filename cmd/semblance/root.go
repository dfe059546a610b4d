package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"semblance/cmd/semblance/internal/build"
	"semblance/cmd/semblance/internal/exit"
	"semblance/cmd/semblance/internal/flags"
	"semblance/scenarios"
	"semblance/schemas"
	"semblance/schemas/human"
	"semblance/schemas/naming"
)

// streams are the process's three files. Results go to out, notices to err.
type streams struct {
	in       io.Reader
	out, err io.Writer
	terminal func(io.Writer) bool // whether a writer is a terminal; nil asks the writer
}

// An app is what every command gets: the streams and the environment.
type app struct {
	in       io.Reader
	out, err *output
	getenv   func(string) (string, bool)
}

// run executes a command line and returns the exit code. It waits for everything that it starts.
func run(ctx context.Context, args []string, getenv func(string) (string, bool), std streams) int {
	a := &app{in: std.in, getenv: getenv}
	a.out, a.err = newOutput(std.out, std.terminal, getenv), newOutput(std.err, std.terminal, getenv)
	root := a.root(args)
	command, err := root.ExecuteContextC(ctx)
	if err == nil && ctx.Err() != nil && command.Annotations[untilSignal] == "" {
		err = exit.Silent(scenarios.ExitInterrupted)
	}
	if err == nil {
		err = a.out.failure()
	}
	code, message := exit.Of(err)
	if message != "" {
		fmt.Fprintf(a.err, "%s %s\n", a.err.red("semblance:"), human.Printable(message))
	}
	return code
}

// The groups of commands in the help.
const (
	groupSend      = "send"
	groupScenarios = "scenarios"
	groupRun       = "run"
	groupReceive   = "receive"
	groupReference = "reference"
)

// untilSignal is the annotation of a command that runs until a signal, which ends it successfully.
const untilSignal = "until signal"

// commands returns the commands in the order of the help.
func (a *app) commands() []*cobra.Command {
	return []*cobra.Command{
		a.demoCommand(),
		a.sendCommand(),
		a.playCommand(),
		a.checkCommand(),
		a.scenarioCommand(),
		a.initCommand(),
		a.serveCommand(),
		a.emitCommand(),
		a.logCommand(),
		a.resendCommand(),
		a.subscriptionsCommand(),
		a.deliveriesCommand(),
		a.faultCommand(),
		a.clockCommand(),
		a.statusCommand(),
		a.resetCommand(),
		a.listenCommand(),
		a.signCommand(),
		a.verifyCommand(),
		a.typesCommand(),
		a.eventsCommand(),
		a.exportCommand(),
		a.versionCommand(),
	}
}

// root builds the tree of commands.
func (a *app) root(args []string) *cobra.Command {
	root := &cobra.Command{
		Use:   "semblance",
		Short: "A stand-in for the webhook provider Semble",
		Long: `Semblance is a stand-in for the webhook provider Semble. It sends any of the provider's event types to a webhook
receiver, correctly shaped and signed, and reports how the receiver responds. It needs no account, no network and no
configuration.`,
		Example: `  semblance demo                                     see it work, with nothing else installed
  semblance listen                                   run a correct receiver, in a second terminal
  semblance send booking.created --to 4701           send it one signed event
  semblance send '**' --to localhost:3000/webhooks   send one event of every type to your receiver
  semblance play first-visit --to 4701               play a scenario and judge every response
  semblance events booking.created                   explain an event type
  semblance verify body.json --signature 't=…,v1=…'  find out why a signature is invalid`,
		Args:          unknownCommand,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			return exit.Usage(flags.ReadVariables(c.Flags(), a.getenv))
		},
	}
	root.SetArgs(args)
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return flagError(c, args, err) })
	root.SetHelpFunc(flags.Help)
	root.SetUsageFunc(flags.Usage)
	root.AddGroup(
		&cobra.Group{ID: groupSend, Title: "Send events:"},
		&cobra.Group{ID: groupScenarios, Title: "Play scenarios:"},
		&cobra.Group{ID: groupRun, Title: "Run the provider:"},
		&cobra.Group{ID: groupReceive, Title: "Develop a receiver:"},
		&cobra.Group{ID: groupReference, Title: "Look things up:"},
	)
	root.SetHelpCommandGroupID(groupReference)
	root.SetCompletionCommandGroupID(groupReference)
	root.AddCommand(flags.Ordered(a.commands())...)
	root.AddCommand(a.configTopic(), a.settingsTopic())
	root.Version = build.Line()
	root.SetVersionTemplate("{{.Version}}\n")
	refuseUnknownTopics(root, args)
	finish(root)
	return root
}

// finish gives every command the same treatment: flags in the order of their registration, and wrong arguments as usage
// errors.
func finish(c *cobra.Command) {
	c.Flags().SortFlags = false
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error { return exit.Usage(check(c, args)) }
	}
	for _, child := range c.Commands() {
		finish(child)
	}
}

// refuseUnknownTopics makes cobra's own commands return an error for unknown arguments, instead of printing help.
func refuseUnknownTopics(root *cobra.Command, args []string) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd(args...)
	flags.BashCompletion(root)
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			c.Args = func(_ *cobra.Command, args []string) error {
				if topic, rest, err := root.Find(args); err != nil || topic == root {
					return unknownCommand(root, rest)
				}
				return nil
			}
		case "completion":
			c.Short = "Write completions for bash, zsh, fish or powershell"
			c.Long = "Completion writes a script with which your shell completes commands, flags and their values. The help of a shell, such as\n" +
				"`semblance completion bash --help`, says how to load it."
			c.Args = unknownCommand
			c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
		}
	}
}

// unknownCommand returns an error for words that are not a command.
func unknownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var known []string
	for _, child := range c.Commands() {
		if child.IsAvailableCommand() {
			known = append(known, child.Name())
		}
	}
	if near := naming.Nearest(args[0], known); near != "" {
		return exit.Usagef("unknown command %q; did you mean `%s %s`?", args[0], c.CommandPath(), near)
	}
	if _, err := schemas.Lookup(args[0]); err == nil {
		return exit.Usagef("unknown command %q; to send that event: `semblance send %[1]s --to PORT`", args[0])
	}
	return exit.Usagef("unknown command %q; `%s --help` lists the commands", args[0], c.CommandPath())
}

// flagError returns the error of parsing flags. The flags of a misspelt command are parsed as flags of the root; then the
// command is the cause.
func flagError(c *cobra.Command, args []string, err error) error {
	if !c.HasParent() {
		if i := slices.IndexFunc(args, func(s string) bool { return !strings.HasPrefix(s, "-") }); i >= 0 {
			return unknownCommand(c, args[i:])
		}
	}
	return exit.Usage(flags.Error(c, err))
}
