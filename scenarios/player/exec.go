package player

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"semblance/scenarios"
	"semblance/scenarios/script"
	"semblance/schemas/naming"
	"semblance/simulator"
)

// killDelay is how long a command that was told to stop may take before its output is let go of.
const killDelay = time.Second

// command is a probe that runs a command, without a shell. Its output, both streams as they come, is judged as a body is.
func (s *run) command(step *script.Probe, v *values) (*question, error) {
	if !s.p.options.AllowExec {
		return nil, errors.New("running a command needs --allow-exec: a scenario may come from somebody else")
	}
	arguments := make([]string, len(step.Exec))
	for i, text := range step.Exec {
		var err error
		if arguments[i], err = text.Resolve(v); err != nil {
			return nil, err
		}
	}
	var pattern *string
	if step.Until.Output != nil {
		text, err := step.Until.Output.Resolve(v)
		if err != nil {
			return nil, err
		}
		pattern = &text
	}
	return &question{what: strings.Join(arguments, " "), ask: func(ctx context.Context) reply {
		return runCommand(ctx, arguments, step.Until.Exit, pattern)
	}}, nil
}

// runCommand runs a command and compares how it ended with what is expected.
func runCommand(ctx context.Context, arguments []string, exit int, pattern *string) reply {
	command := exec.CommandContext(ctx, arguments[0], arguments[1:]...)
	command.WaitDelay = killDelay
	alone(command)
	output := bounded{limit: maxProbeBody}
	command.Stdout, command.Stderr = &output, &output
	err := command.Run()
	a := reply{response: simulator.Response{Body: output.Bytes(), Size: output.size, Truncated: output.size > int64(output.Len())}}
	var ended *exec.ExitError
	switch {
	case ctx.Err() != nil:
		a.response.Failure, a.response.Detail = simulator.FailureTimeout, "the command had not ended in time"
		return a
	case err != nil && !errors.As(err, &ended):
		a.response.Failure, a.response.Detail = simulator.FailureConnect, "running the command: "+err.Error()
		return a
	}
	a.response.Status = command.ProcessState.ExitCode()
	if a.response.Status != exit {
		a.failed = &scenarios.Failure{Part: scenarios.PartExit, Expected: strconv.Itoa(exit), Got: strconv.Itoa(a.response.Status)}
	} else if found := strings.TrimSpace(output.String()); pattern != nil && !naming.Match(*pattern, found) {
		a.failed = &scenarios.Failure{Part: scenarios.PartOutput, Expected: *pattern, Got: found}
	}
	return a
}

// bounded keeps the first bytes that are written to it and counts the rest.
type bounded struct {
	bytes.Buffer
	limit int
	size  int64
}

func (b *bounded) Write(data []byte) (int, error) {
	b.size += int64(len(data))
	b.Buffer.Write(data[:min(len(data), b.limit-b.Len())])
	return len(data), nil
}
