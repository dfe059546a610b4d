// Package exit attaches exit codes to errors. The codes are those of package scenarios.
package exit

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"semblance/scenarios"
)

// An Error is an error with the exit code it asks for. A nil Err means that the command has printed everything.
type Error struct {
	Code int
	Err  error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit code %d", e.Code)
	}
	return e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// Usage returns err as a mistake of the user's: a flag, an argument or a file. It does not change nil, a canceled context
// and an error with a code.
func Usage(err error) error {
	if _, coded := errors.AsType[*Error](err); err == nil || coded || errors.Is(err, context.Canceled) {
		return err
	}
	return &Error{scenarios.ExitUsage, err}
}

// Usagef returns a formatted error as a mistake of the user's.
func Usagef(format string, args ...any) error {
	return &Error{scenarios.ExitUsage, fmt.Errorf(format, args...)}
}

// Internalf returns a formatted error as a failure of Semblance itself.
func Internalf(format string, args ...any) error {
	return &Error{scenarios.ExitInternal, fmt.Errorf(format, args...)}
}

// Silent returns an error with that code and nothing to print.
func Silent(code int) error { return &Error{Code: code} }

// Of returns the exit code for an error of a command, and the message for stderr, which may be empty.
func Of(err error) (code int, message string) {
	coded, ok := errors.AsType[*Error](err)
	switch {
	case err == nil:
		return scenarios.ExitPassed, ""
	case errors.Is(err, syscall.EPIPE): // the reader of the output has seen enough
		return scenarios.ExitPassed, ""
	case ok && coded.Err == nil:
		return coded.Code, ""
	case ok:
		return coded.Code, coded.Err.Error()
	case errors.Is(err, context.Canceled):
		return scenarios.ExitInterrupted, "interrupted"
	}
	return scenarios.ExitInternal, err.Error()
}
