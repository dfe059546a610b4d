package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"semblance/simulator/journal"
)

// Result codes of SQLite: https://sqlite.org/rescode.html.
const (
	codeReadOnly = 8
	codeIO       = 10
	codeCorrupt  = 11
	codeFull     = 13
	codeUnique   = 2067 // an extended code
	codeNotADB   = 26
)

// explain adds to an error the operation, such as "reading", the file, and the meaning of the engine's error code.
func explain(doing, path string, err error) error {
	var e coded
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, journal.ErrClosed), errors.Is(err, sql.ErrConnDone), err.Error() == "sql: database is closed":
		return fmt.Errorf("%s the journal: %w", doing, journal.ErrClosed)
	case errors.As(err, &e):
		err = explainCode(e)
	case errors.Is(err, errContent):
		err = damaged(err.Error())
	}
	return fmt.Errorf("%s journal %s: %w", doing, path, err)
}

// coded is an error of the engine, which is returned by a conn or by the driver that readers use.
type coded interface {
	error
	Code() int // https://sqlite.org/rescode.html
}

func explainCode(e coded) error {
	switch e.Code() & 0xff {
	case codeFull:
		return fmt.Errorf("%w: the disk has no space left; nothing of this was recorded; free some space and try again (%w)", journal.ErrFull, e)
	case codeCorrupt, codeNotADB:
		return damaged(e.Error())
	case codeReadOnly, codeIO:
		return fmt.Errorf("the file cannot be read or written; nothing of this was recorded (%w)", e)
	}
	return e
}

// errContent reports that the content of a row cannot be decoded.
var errContent = errors.New("unreadable content")

// damaged returns an ErrDamaged with the details, in one line, and a hint.
func damaged(details string) error {
	details = strings.Join(strings.Fields(strings.TrimPrefix(details, "*** in database main ***")), " ")
	return fmt.Errorf("%w (%s); restore it from a copy, or use another file", journal.ErrDamaged, details)
}

func isUnique(err error) bool {
	var e coded
	return errors.As(err, &e) && e.Code() == codeUnique
}
