package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"

	modernc "modernc.org/sqlite"

	"semblance/simulator/journal"
)

// maxReaders is the maximum number of concurrent queries.
const maxReaders = 4

// readerConnector opens the connections of readers.
type readerConnector struct {
	path  string
	files []watchedFile
}

// Connect opens a connection, unless that would open another file than the journal's.
func (c *readerConnector) Connect(context.Context) (driver.Conn, error) {
	if err := checkFiles(c.files); err != nil {
		return nil, err
	}
	return c.Driver().Open(dsn(c.path, "_pragma=query_only(1)", "_pragma=busy_timeout(5000)"))
}

// Driver returns the driver of SQLite.
func (c *readerConnector) Driver() driver.Driver { return &modernc.Driver{} }

// openReaders opens one connection of readers, which can read even if the files are deleted later. The others are opened when
// they are needed.
func openReaders(path string, files []watchedFile) (*sql.DB, error) {
	db := sql.OpenDB(&readerConnector{path, files})
	db.SetMaxOpenConns(maxReaders)
	db.SetMaxIdleConns(maxReaders)
	var last int64
	return db, db.QueryRow(`SELECT last FROM totals`).Scan(&last)
}

// view is the file at one moment.
type view struct {
	ctx context.Context
	tx  *sql.Tx
}

// view calls read with a view of the file and explains its error.
func (j *Journal) view(ctx context.Context, read func(*view) error) error {
	select {
	case <-j.closing:
		return explain("reading", j.path, journal.ErrClosed)
	default:
	}
	tx, err := j.readers.BeginTx(ctx, nil)
	if err == nil {
		err = read(&view{ctx, tx})
		_ = tx.Rollback() // nothing was written
	}
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return explain("reading", j.path, err)
}

// each calls take with each row of a query until take returns false.
func (v *view) each(query string, args []any, take func(scanner) (bool, error)) error {
	rows, err := v.tx.QueryContext(v.ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for more := true; more && rows.Next(); {
		if more, err = take(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// collect returns the records of a query.
func collect[T any](v *view, query string, args []any, scan func(scanner) (T, error)) ([]T, error) {
	var all []T
	err := v.each(query, args, func(row scanner) (bool, error) {
		r, err := scan(row)
		all = append(all, r)
		return true, err
	})
	return all, err
}
