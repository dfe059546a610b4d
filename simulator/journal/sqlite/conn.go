package sqlite

import (
	"encoding/binary"
	"fmt"
	"strings"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	engine "modernc.org/sqlite/lib"
)

// conn is a connection for one goroutine at a time. It calls the functions of SQLite
// (https://sqlite.org/c3ref/funclist.html) directly: inserting through the driver takes a third more time, because it copies
// each value twice and locks the connection for each call.
type conn struct {
	path       string
	tls        *libc.TLS
	db         uintptr
	statements []*statement
	memory     memory // for the values of the parameters of a statement
}

// memory is memory of the engine, which cannot read that of Go.
type memory struct {
	address uintptr
	bytes   []byte
}

// atLeast makes the memory as large as n bytes, without its content. It does not stay large after a large row.
func (m *memory) atLeast(tls *libc.TLS, n int) {
	if n > len(m.bytes) || len(m.bytes) > 2*manyBytes && n <= 2*manyBytes {
		m.free(tls)
		m.address = libc.Xmalloc(tls, types.Size_t(n))
		m.bytes = libc.GoBytes(m.address, n)
	}
}

func (m *memory) free(tls *libc.TLS) {
	libc.Xfree(tls, m.address)
	*m = memory{}
}

// pointer calls f, which writes a pointer to an address, and returns the pointer.
func (c *conn) pointer(f func(address uintptr) int32) (uintptr, error) {
	var m memory
	m.atLeast(c.tls, 8)
	defer m.free(c.tls)
	clear(m.bytes)
	code := f(m.address)
	return uintptr(binary.NativeEndian.Uint64(m.bytes)), c.check(code)
}

// connect opens a connection that can write, and runs the pragmas. With synchronous NORMAL a commit survives the end of the
// process.
func connect(path string, pragmas ...string) (*conn, error) {
	c := &conn{path: path, tls: libc.NewTLS()}
	name, err := libc.CString(dsn(path))
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(c.tls, name)
	const flags = engine.SQLITE_OPEN_READWRITE | engine.SQLITE_OPEN_CREATE | engine.SQLITE_OPEN_NOMUTEX | engine.SQLITE_OPEN_URI
	c.db, err = c.pointer(func(db uintptr) int32 { return engine.Xsqlite3_open_v2(c.tls, name, db, flags, 0) })
	if err == nil {
		err = c.check(engine.Xsqlite3_extended_result_codes(c.tls, c.db, 1))
	}
	if err == nil {
		err = c.exec("PRAGMA " + strings.Join(append([]string{"synchronous = NORMAL", "busy_timeout = 5000"}, pragmas...), "; PRAGMA "))
	}
	if err != nil {
		_ = c.close() // err is the cause
		return nil, err
	}
	return c, nil
}

// close also closes the statements: the engine keeps the file open while one of them is.
func (c *conn) close() error {
	for _, s := range c.statements {
		engine.Xsqlite3_finalize(c.tls, s.raw) // its error is that of the last run
	}
	err := c.check(engine.Xsqlite3_close_v2(c.tls, c.db))
	c.memory.free(c.tls)
	c.tls.Close()
	return err
}

// engineError is an error of SQLite.
type engineError struct {
	code    int // extended: https://sqlite.org/rescode.html
	message string
}

func (e *engineError) Error() string { return fmt.Sprintf("%s (%d)", e.message, e.code) }

// Code returns the extended result code.
func (e *engineError) Code() int { return e.code }

// check returns the error of a result code, or nil.
func (c *conn) check(code int32) error {
	if code == engine.SQLITE_OK {
		return nil
	}
	message := libc.GoString(engine.Xsqlite3_errstr(c.tls, code))
	if detail := libc.GoString(engine.Xsqlite3_errmsg(c.tls, c.db)); c.db != 0 && detail != message {
		message += ": " + detail
	}
	return &engineError{int(code), message}
}

// exec runs SQL without arguments and results.
func (c *conn) exec(sql string) error {
	text, err := libc.CString(sql)
	if err != nil {
		return err
	}
	defer libc.Xfree(c.tls, text)
	return c.check(engine.Xsqlite3_exec(c.tls, c.db, text, 0, 0, 0))
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
	if err == nil && row == nil {
		err = errContent
	}
	if err != nil {
		return 0, err
	}
	return int(row[0]), nil
}

// statement is a statement that is prepared when it is used first.
type statement struct {
	conn  *conn
	sql   string
	after *inserter // rows that are inserted before it runs, or nil
	raw   uintptr
}

func (c *conn) statement(sql string) *statement { return &statement{conn: c, sql: sql} }

// ready prepares the statement for a run with these values of its parameters: each is an int64, string or []byte.
func (s *statement) ready(values []any) error {
	if s.after != nil {
		if err := s.after.flush(); err != nil {
			return err
		}
	}
	c := s.conn
	if s.raw == 0 {
		text, err := libc.CString(s.sql)
		if err != nil {
			return err
		}
		defer libc.Xfree(c.tls, text)
		s.raw, err = c.pointer(func(raw uintptr) int32 {
			return engine.Xsqlite3_prepare_v3(c.tls, c.db, text, -1, engine.SQLITE_PREPARE_PERSISTENT, raw, 0)
		})
		if err != nil {
			return fmt.Errorf("preparing %q: %w", s.sql, err)
		}
		c.statements = append(c.statements, s)
	}
	return s.bind(values)
}

// bind sets the values of the parameters.
func (s *statement) bind(values []any) error {
	size := 1
	for _, value := range values {
		switch v := value.(type) {
		case string:
			size += len(v)
		case []byte:
			size += len(v)
		}
	}
	c, used := s.conn, 0
	c.memory.atLeast(c.tls, size)
	for i, value := range values {
		n, code, address := int32(i+1), int32(0), c.memory.address+uintptr(used)
		switch v := value.(type) {
		case int64:
			code = engine.Xsqlite3_bind_int64(c.tls, s.raw, n, v)
		case string:
			used += copy(c.memory.bytes[used:], v)
			code = engine.Xsqlite3_bind_text(c.tls, s.raw, n, address, int32(len(v)), 0)
		case []byte:
			used += copy(c.memory.bytes[used:], v)
			code = engine.Xsqlite3_bind_blob(c.tls, s.raw, n, address, int32(len(v)), 0)
		}
		if code != engine.SQLITE_OK {
			return c.check(code)
		}
	}
	return nil
}

// exec runs the statement and returns the number of rows it changed.
func (s *statement) exec(values ...any) (int64, error) {
	if err := s.run(values, func() bool { return true }); err != nil {
		return 0, err
	}
	return engine.Xsqlite3_changes64(s.conn.tls, s.conn.db), nil
}

// row runs the statement, whose columns are integers, and returns its first row, or nil.
func (s *statement) row(values ...any) (row []int64, err error) {
	err = s.run(values, func() bool {
		row = s.integers()
		return false
	})
	return row, err
}

// all runs the statement, whose columns are integers, and returns its rows.
func (s *statement) all(values ...any) (all [][]int64, err error) {
	err = s.run(values, func() bool {
		all = append(all, s.integers())
		return true
	})
	return all, err
}

// integers returns the present row.
func (s *statement) integers() []int64 {
	row := make([]int64, engine.Xsqlite3_column_count(s.conn.tls, s.raw))
	for i := range row {
		row[i] = engine.Xsqlite3_column_int64(s.conn.tls, s.raw, int32(i))
	}
	return row
}

// run runs the statement and calls more for each row, until it returns false.
func (s *statement) run(values []any, more func() bool) error {
	if err := s.ready(values); err != nil {
		return err
	}
	tls := s.conn.tls
	code := engine.Xsqlite3_step(tls, s.raw)
	for code == engine.SQLITE_ROW && more() {
		code = engine.Xsqlite3_step(tls, s.raw)
	}
	var err error
	if code != engine.SQLITE_ROW && code != engine.SQLITE_DONE {
		err = s.conn.check(code)
	}
	engine.Xsqlite3_reset(tls, s.raw) // its error is that of the run
	return err
}
