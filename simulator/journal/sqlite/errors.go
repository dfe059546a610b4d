package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	modernc "modernc.org/sqlite"

	"semblance/simulator/journal"
)

// The result codes of SQLite that mean something to people: https://sqlite.org/rescode.html.
const (
	codeReadOnly = 8
	codeIO       = 10
	codeCorrupt  = 11
	codeFull     = 13
	codeUnique   = 2067 // extended
	codeNotADB   = 26
)

// explain wraps an error of the engine in a sentence that says what it means for the journal.
func explain(path, doing string, err error) error {
	var e *modernc.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, journal.ErrClosed),
		errors.Is(err, journal.ErrGone), errors.Is(err, journal.ErrNotFound), errors.Is(err, errNewer):
		return err
	case errors.Is(err, sql.ErrConnDone) || err.Error() == "sql: database is closed":
		return fmt.Errorf("%s: %w", doing, journal.ErrClosed)
	case !errors.As(err, &e):
		return fmt.Errorf("%s %s: %w", doing, path, err)
	}
	switch e.Code() & 0xff {
	case codeFull:
		return fmt.Errorf("%s: %w %s; nothing of this was recorded: make room, then try again (%w)", doing, journal.ErrFull, path, err)
	case codeCorrupt, codeNotADB:
		return damaged(path, e.Error())
	case codeReadOnly, codeIO:
		return fmt.Errorf("%s: %s cannot be read or written; nothing of this was recorded (%w)", doing, path, err)
	}
	return fmt.Errorf("%s %s: %w", doing, path, err)
}

// What is wrong with a file that is a journal, or was one.
var (
	errDamaged = errors.New("the journal is damaged")
	errNewer   = errors.New("was written by a newer version of Semblance")
)

func damaged(path, how string) error {
	how = strings.Join(strings.Fields(strings.TrimPrefix(how, "*** in database main ***")), " ")
	return fmt.Errorf("%s: %w (%s); it was left as it is: restore it from a copy, or use another file", path, errDamaged, how)
}

func isUnique(err error) bool {
	var e *modernc.Error
	return errors.As(err, &e) && e.Code() == codeUnique
}
