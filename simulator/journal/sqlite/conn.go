package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	modernc "modernc.org/sqlite"
)

// conn is the writer's connection. It speaks to the driver itself: database/sql would cost as much again as the rows.
type conn struct {
	path       string
	raw        driver.Conn
	statements []*statement
}

// connect opens a connection that writes. The pragmas are those under which what is committed survives the process.
func connect(path string, pragmas ...string) (*conn, error) {
	raw, err := (&modernc.Driver{}).Open(dsn(path, append(pragmas, "_pragma=synchronous(NORMAL)", "_pragma=busy_timeout(5000)")...))
	if err != nil {
		return nil, err
	}
	return &conn{path: path, raw: raw}, nil
}

// close closes the statements too: as long as one is open, the engine keeps the connection.
func (c *conn) close() error {
	var errs []error
	for _, s := range c.statements {
		errs = append(errs, s.raw.Close())
	}
	return errors.Join(append(errs, c.raw.Close())...)
}

// exec runs SQL that gives no rows and takes no arguments.
func (c *conn) exec(sql string) error {
	_, err := c.raw.(driver.ExecerContext).ExecContext(context.Background(), sql, nil)
	return err
}

// upgrade leads the file from a version to the one of the last step, each step in a transaction of its own.
func (c *conn) upgrade(version int, steps []string) error {
	for n := version; n < len(steps); n++ {
		step := fmt.Sprintf("BEGIN IMMEDIATE; %s; PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", steps[n], applicationID, n+1)
		if err := c.exec(step); err != nil {
			_ = c.exec("ROLLBACK") // where there is nothing to roll back, that is what was wanted
			return err
		}
	}
	return nil
}

// statement is prepared once and run often, by one goroutine.
type statement struct {
	raw  driver.Stmt
	args []driver.NamedValue
	dest []driver.Value
}

func (c *conn) prepare(sql string) (*statement, error) {
	raw, err := c.raw.Prepare(sql)
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", sql, err)
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

// exec runs the statement and returns how many rows it changed. The values are int64, string or []byte.
func (s *statement) exec(values ...driver.Value) (int64, error) {
	result, err := s.raw.(driver.StmtExecContext).ExecContext(context.Background(), s.bind(values))
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// row runs the statement and returns its first row, or nil. The row is good until the next call.
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

// version returns which version's tables are in the file.
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
