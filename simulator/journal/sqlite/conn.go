package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	modernc "modernc.org/sqlite"
)

// conn is a connection for one goroutine. It calls the driver directly: database/sql would double the cost of inserting.
type conn struct {
	path       string
	raw        driver.Conn
	statements []*statement
}

// connect opens a connection that can write. With synchronous(NORMAL) a commit survives the end of the process.
func connect(path string, pragmas ...string) (*conn, error) {
	raw, err := (&modernc.Driver{}).Open(dsn(path, append(pragmas, "_pragma=synchronous(NORMAL)", "_pragma=busy_timeout(5000)")...))
	if err != nil {
		return nil, err
	}
	return &conn{path: path, raw: raw}, nil
}

// close also closes the statements: the engine keeps the file open while one of them is.
func (c *conn) close() error {
	var errs []error
	for _, s := range c.statements {
		errs = append(errs, s.raw.Close())
	}
	return errors.Join(append(errs, c.raw.Close())...)
}

// exec runs SQL without arguments and results.
func (c *conn) exec(sql string) error {
	_, err := c.raw.(driver.ExecerContext).ExecContext(context.Background(), sql, nil)
	return err
}

// migrate runs the steps, each in a transaction. The first leads to version from+1.
func (c *conn) migrate(from int, steps []string) error {
	for i, step := range steps {
		err := c.exec(fmt.Sprintf("BEGIN IMMEDIATE; %s; PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", step, applicationID, from+i+1))
		if err != nil {
			_ = c.exec("ROLLBACK") // it fails if no transaction is open
			return err
		}
	}
	return nil
}

// version returns the version of the file's format.
func (c *conn) version() (int, error) {
	row, err := c.statement(`PRAGMA user_version`).row()
	if err != nil || row == nil {
		return 0, errors.Join(err, errContent)
	}
	return int(row[0].(int64)), nil
}

// statement is a statement that is prepared when it is used first.
type statement struct {
	conn  *conn
	sql   string
	after *inserter // rows that are inserted before it runs, or nil
	raw   driver.Stmt
	args  []driver.NamedValue
}

func (c *conn) statement(sql string) *statement { return &statement{conn: c, sql: sql} }

// ready prepares the statement for a run with values.
func (s *statement) ready(values []driver.Value) (err error) {
	if s.after != nil {
		if err := s.after.flush(); err != nil {
			return err
		}
	}
	if s.raw == nil {
		if s.raw, err = s.conn.raw.Prepare(s.sql); err != nil {
			return fmt.Errorf("preparing %q: %w", s.sql, err)
		}
		s.conn.statements = append(s.conn.statements, s)
	}
	s.args = s.args[:0]
	for i, v := range values {
		s.args = append(s.args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return nil
}

// exec runs the statement and returns the number of rows it changed. The values are int64, string or []byte.
func (s *statement) exec(values ...driver.Value) (int64, error) {
	if err := s.ready(values); err != nil {
		return 0, err
	}
	result, err := s.raw.(driver.StmtExecContext).ExecContext(context.Background(), s.args)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// all runs the statement and returns its rows.
func (s *statement) all(values ...driver.Value) (all [][]driver.Value, err error) {
	err = s.query(values, func(rows driver.Rows) error {
		for {
			row := make([]driver.Value, len(rows.Columns()))
			if err := rows.Next(row); err != nil {
				return err
			}
			all = append(all, row)
		}
	})
	return all, err
}

// row runs the statement and returns its first row, or nil.
func (s *statement) row(values ...driver.Value) (row []driver.Value, err error) {
	err = s.query(values, func(rows driver.Rows) error {
		row = make([]driver.Value, len(rows.Columns()))
		if err := rows.Next(row); err != nil {
			row = nil
			return err
		}
		return nil
	})
	return row, err
}

// query runs the statement and calls read with its rows, until the end.
func (s *statement) query(values []driver.Value, read func(driver.Rows) error) error {
	if err := s.ready(values); err != nil {
		return err
	}
	rows, err := s.raw.(driver.StmtQueryContext).QueryContext(context.Background(), s.args)
	if err != nil {
		return err
	}
	defer rows.Close()
	if err := read(rows); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}
