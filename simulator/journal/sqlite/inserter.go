package sqlite

import (
	"fmt"
	"strings"
)

// rowsAtOnce is the number of rows that one statement inserts if there are as many. A row takes about half as long then.
const rowsAtOnce = 16

// manyBytes is the size of the content of rows from which on they are not gathered.
const manyBytes = 1 << 18

// inserter inserts rows into a table. It gathers them until there are rowsAtOnce, or until flush is called.
type inserter struct {
	conn      *conn
	sql       [2]string // what precedes and follows the values
	columns   int
	one, many *statement // nil until it is needed
	values    []any
	encoder   encoder // of the content of the gathered rows
}

func newInserter(c *conn, table, columns, conflict string) inserter {
	return inserter{conn: c, sql: [2]string{"INSERT INTO " + table + " (" + columns + ") VALUES ", conflict}, columns: strings.Count(columns, ",") + 1}
}

// encode returns the content of a row that is added next.
func (i *inserter) encode(fields func(*encoder)) []byte {
	e := &i.encoder
	start := len(e.bytes)
	e.bytes = append(e.bytes, layout)
	fields(e)
	return e.bytes[start:len(e.bytes):len(e.bytes)]
}

// add adds a row.
func (i *inserter) add(values ...any) error {
	i.values = append(i.values, values...)
	switch {
	case len(i.values) == rowsAtOnce*i.columns:
		return i.insert(&i.many, i.take())
	case len(i.encoder.bytes) > manyBytes:
		return i.flush()
	}
	return nil
}

// flush inserts the rows that were gathered.
func (i *inserter) flush() error {
	for values := i.take(); len(values) > 0; values = values[i.columns:] {
		if err := i.insert(&i.one, values[:i.columns]); err != nil {
			return err
		}
	}
	return nil
}

// take returns the values of the gathered rows, which are valid until the next row is added.
func (i *inserter) take() []any {
	values := i.values
	i.values, i.encoder.bytes = i.values[:0], i.encoder.bytes[:0]
	return values
}

func (i *inserter) insert(s **statement, values []any) error {
	if *s == nil {
		row := "(" + strings.TrimSuffix(strings.Repeat("?, ", i.columns), ", ") + ")"
		rows := strings.TrimSuffix(strings.Repeat(row+", ", len(values)/i.columns), ", ")
		*s = i.conn.statement(i.sql[0] + rows + i.sql[1])
	}
	_, err := (*s).exec(values...)
	if err == nil || len(values) == i.columns {
		if isUnique(err) { // only deliveries can exist already
			return fmt.Errorf("delivery %s already exists", values[1])
		}
		return err
	}
	for ; len(values) > 0; values = values[i.columns:] { // find out which row it is
		if err := i.insert(&i.one, values[:i.columns]); err != nil {
			return err
		}
	}
	return nil
}
