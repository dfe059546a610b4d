package exit

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"

	"semblance/scenarios"
)

func TestOf(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err     error
		code    int
		message string
	}{
		{nil, scenarios.ExitPassed, ""},
		{errors.New("x"), scenarios.ExitInternal, "x"},
		{Usage(errors.New("x")), scenarios.ExitUsage, "x"},
		{Usage(Internalf("x")), scenarios.ExitInternal, "x"},
		{Usage(context.Canceled), scenarios.ExitInterrupted, "interrupted"},
		{fmt.Errorf("more: %w", Usagef("x")), scenarios.ExitUsage, "x"},
		{Silent(scenarios.ExitFailed), scenarios.ExitFailed, ""},
		{fmt.Errorf("writing: %w", syscall.EPIPE), scenarios.ExitPassed, ""},
	} {
		if code, message := Of(test.err); code != test.code || message != test.message {
			t.Errorf("%v: %d %q, want %d %q", test.err, code, message, test.code, test.message)
		}
	}
}
