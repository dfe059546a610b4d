package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"time"

	"golang.org/x/term"

	"semblance/simulator/clock"
)

// maxInput bounds a file that is read whole: a body that is larger is no webhook's.
const maxInput = 64 << 20

// readInput reads a file, or the standard input where it is named - or not at all.
func (a *app) readInput(ctx context.Context, name string) ([]byte, error) {
	if name == "" || name == "-" {
		return a.readStandardInput(ctx)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, usagef("cannot read %s: %w", name, withoutPath(err))
	}
	defer f.Close()
	return readWhole(f, name)
}

// readStandardInput reads until its end, or until ctx is done. A read of a terminal or a pipe cannot be called off, so it
// goes on in a goroutine that is left behind then: the process is about to end.
func (a *app) readStandardInput(ctx context.Context) ([]byte, error) {
	if a.in == nil {
		return nil, usagef("nothing on the standard input; name a file")
	}
	if f, ok := a.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprintln(a.err, "reading from the terminal; Ctrl-D at the beginning of a line ends it")
	}
	var data []byte
	var err error
	read := make(chan struct{})
	go func() {
		defer close(read)
		data, err = readWhole(a.in, "the standard input")
	}()
	select {
	case <-read:
		return data, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// readWhole reads all of what messages call by a name.
func readWhole(r io.Reader, name string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxInput+1))
	if err != nil {
		return nil, usagef("cannot read %s: %w", name, withoutPath(err))
	}
	if len(data) > maxInput {
		return nil, usagef("%s holds more than %d MiB", name, maxInput>>20)
	}
	return data, nil
}

// withoutPath drops the path of a file error, for a sentence that has named it.
func withoutPath(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// bodyInput is the body of sign and verify: a file, the standard input, or --body itself.
func (a *app) bodyInput(ctx context.Context, args []string, body string, given bool) ([]byte, error) {
	switch {
	case given && len(args) > 0:
		return nil, usagef("the body comes from %s or from --body, not from both", args[0])
	case given:
		return []byte(body), nil
	case len(args) > 0:
		return a.readInput(ctx, args[0])
	}
	return a.readInput(ctx, "-")
}

// moment is a flag that takes a time: RFC 3339 or Unix seconds. Unset, it is the zero time.
type moment struct{ value *time.Time }

func (m moment) Type() string { return "TIME" }

func (m moment) String() string {
	if m.value.IsZero() {
		return ""
	}
	return m.value.Format(time.RFC3339)
}

func (m moment) Set(s string) error {
	if seconds, err := strconv.ParseInt(s, 10, 64); err == nil {
		if seconds < 0 || seconds > 1<<32-1 {
			return errors.New("an id holds seconds from 1970 to 2106; this time is outside")
		}
		*m.value = time.Unix(seconds, 0).UTC()
		return nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return errors.New("expected a time such as 2026-03-02T09:00:00Z, or Unix seconds")
	}
	if s := t.Unix(); s < 0 || s > 1<<32-1 {
		return errors.New("an id holds seconds from 1970 to 2106; this time is outside")
	}
	*m.value = t.UTC()
	return nil
}

// checkTolerance refuses an age that no signature has. To the library zero is the default and less is any age, neither of
// which is what somebody means who writes it.
func checkTolerance(d time.Duration) error {
	if d <= 0 {
		return usagef("--tolerance %v: expected a time such as 5m", d)
	}
	return nil
}

// orNow returns the time that a flag gave, or now.
func orNow(t time.Time) time.Time {
	if t.IsZero() {
		return clock.Now()
	}
	return t
}

// atMostOne is the argument rule of commands that read one file.
func atMostOne(args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("one file at a time, but %q follows %q", args[1], args[0])
	}
	return nil
}
