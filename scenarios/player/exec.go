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
	"semblance/schemas/naming"
	"semblance/simulator"
)

// killDelay is the time that a killed command has to close its output.
const killDelay = time.Second

// runCommand runs a command without a shell. The response has its output, both streams together, as the body, and its exit
// code as the status. The failure is set if the exit code or the output is not as expected.
func runCommand(ctx context.Context, arguments []string, exit int, pattern string) (simulator.Response, *scenarios.Failure) {
	command := exec.CommandContext(ctx, arguments[0], arguments[1:]...)
	command.WaitDelay = killDelay
	setProcessGroup(command)
	output := boundedBuffer{limit: maxProbeBody}
	command.Stdout, command.Stderr = &output, &output
	err := command.Run()
	response := simulator.Response{Body: output.Bytes(), Size: output.size, Truncated: output.size > int64(output.Len())}
	var exitError *exec.ExitError
	switch {
	case ctx.Err() != nil:
		response.Failure, response.Detail = simulator.FailureTimeout, "the command did not end in time"
		return response, nil
	case err != nil && !errors.As(err, &exitError):
		response.Failure, response.Detail = simulator.FailureConnect, "running the command: "+err.Error()
		return response, nil
	}
	response.Status = command.ProcessState.ExitCode()
	if response.Status != exit {
		return response, &scenarios.Failure{Part: scenarios.PartExit, Expected: strconv.Itoa(exit), Got: strconv.Itoa(response.Status)}
	}
	if text := strings.TrimSpace(output.String()); !naming.Match(pattern, text) {
		return response, &scenarios.Failure{Part: scenarios.PartOutput, Expected: pattern, Got: text}
	}
	return response, nil
}

// boundedBuffer keeps the first bytes and counts all.
type boundedBuffer struct {
	bytes.Buffer
	limit int
	size  int64
}

func (b *boundedBuffer) Write(data []byte) (int, error) {
	b.size += int64(len(data))
	b.Buffer.Write(data[:min(len(data), b.limit-b.Len())])
	return len(data), nil
}
