package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"
)

// The exit codes of every command.
const (
	exitPassed      = 0
	exitFailed      = 1   // an expectation or a gate failed
	exitUsage       = 2   // wrong usage, or a file that is wrong
	exitUnreached   = 3   // not one attempt was answered, though an answer was expected; wins over 1
	exitInternal    = 4   // our own trouble: a report that cannot be written, a port that is taken
	exitInterrupted = 130 // SIGINT or SIGTERM, but for listen and serve, whose end that is
)

// An exitError is an error that knows which exit code it asks for. Its err may be nil: then all has been said already.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// usageError is a mistake of the user's: a flag, an argument or a file.
func usageError(err error) error { return &exitError{code: exitUsage, err: err} }

// usagef is usageError of a formatted error.
func usagef(format string, args ...any) error { return usageError(fmt.Errorf(format, args...)) }

// silent asks for an exit code where the command has printed everything that there is to say.
func silent(code int) error { return &exitError{code: code} }

// exitFor translates what a command returned into an exit code and the sentence for stderr, which may be empty.
func exitFor(err error) (code int, sentence string) {
	var exit *exitError
	switch {
	case err == nil:
		return exitPassed, ""
	case errors.Is(err, syscall.EPIPE): // whoever read our output has seen enough
		return exitPassed, ""
	case errors.As(err, &exit):
		if exit.err == nil {
			return exit.code, ""
		}
		return exit.code, exit.err.Error()
	case errors.Is(err, context.Canceled):
		return exitInterrupted, "interrupted"
	default:
		return exitInternal, err.Error()
	}
}

// usageIf is usageError of an error that may be nil, or the end of the context.
func usageIf(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return usageError(err)
}
