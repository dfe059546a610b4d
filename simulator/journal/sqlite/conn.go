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
	s, err := c.prepare(`PRAGMA user_version`)
	if err != nil {
		return 0, err
	}
	row, err := s.row()
	if err != nil || row == nil {
		return 0, errors.Join(err, errContent)
	}
	return int(row[0].(int64)), nil
}

// statement is a prepared statement.
type statement struct {
	raw  driver.Stmt
	args []driver.NamedValue
	dest []driver.Value
}

func (c *conn) prepare(sql string) (*statement, error) {
	raw, err := c.raw.Prepare(sql)
	if err != nil {
		return nil, fmt.Errorf("preparing %q: %w", sql, err)
	}
	s := &statement{raw: raw}
	c.statements = append(c.statements, s)
	return s, nil
}

func (s *statement) bind(values []driver.Value) []driver.NamedValue {
	s.args = s.args[:0]
	for i, v := range values {
		s.args = append(s.args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return s.args
}

// exec runs the statement and returns the number of rows it changed. The values are int64, string or []byte.
func (s *statement) exec(values ...driver.Value) (int64, error) {
	result, err := s.raw.(driver.StmtExecContext).ExecContext(context.Background(), s.bind(values))
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// row runs the statement and returns its first row, or nil. The row is valid until the next call.
func (s *statement) row(values ...driver.Value) ([]driver.Value, error) {
	rows, err := s.raw.(driver.StmtQueryContext).QueryContext(context.Background(), s.bind(values))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	if s.dest == nil {
		s.dest = make([]driver.Value, len(rows.Columns()))
	}
	switch err := rows.Next(s.dest); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return s.dest, nil
}
