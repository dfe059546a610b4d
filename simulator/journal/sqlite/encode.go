package sqlite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"semblance/schemas"
	"semblance/simulator"
)

// What is never searched lies in a column named content, as a sequence of numbers (variable length) and texts (length,
// then bytes), behind a byte that says how it is laid out. It is a tenth of the cost of JSON.
const layout = 1

type encoder struct{ bytes []byte }

func (e *encoder) number(n int64) { e.bytes = binary.AppendVarint(e.bytes, n) }

func (e *encoder) text(s string) {
	e.bytes = binary.AppendUvarint(e.bytes, uint64(len(s)))
	e.bytes = append(e.bytes, s...)
}

func (e *encoder) blob(b []byte) {
	e.bytes = binary.AppendUvarint(e.bytes, uint64(len(b)))
	e.bytes = append(e.bytes, b...)
}

func (e *encoder) flag(b bool) {
	if b {
		e.bytes = append(e.bytes, 1)
	} else {
		e.bytes = append(e.bytes, 0)
	}
}

func (e *encoder) headers(all []simulator.Header) {
	e.number(int64(len(all)))
	for i := range all {
		e.text(all[i].Name)
		e.text(all[i].Value)
	}
}

var errContent = errors.New("content that cannot be read")

// decoder reads what encoder wrote. After the first error it gives zero values.
type decoder struct {
	bytes []byte
	err   error
}

func decode(content []byte) *decoder {
	d := &decoder{bytes: content}
	if len(content) == 0 || content[0] != layout {
		d.fail()
		return d
	}
	d.bytes = content[1:]
	return d
}

func (d *decoder) fail() { d.err, d.bytes = errContent, nil }

func (d *decoder) number() int64 {
	n, size := binary.Varint(d.bytes)
	if size <= 0 {
		d.fail()
		return 0
	}
	d.bytes = d.bytes[size:]
	return n
}

func (d *decoder) raw() []byte {
	n, size := binary.Uvarint(d.bytes)
	if size <= 0 || n > uint64(len(d.bytes)-size) {
		d.fail()
		return nil
	}
	raw := d.bytes[size : size+int(n)]
	d.bytes = d.bytes[size+int(n):]
	return raw
}

func (d *decoder) text() string { return string(d.raw()) }

func (d *decoder) blob() []byte {
	raw := d.raw()
	if len(raw) == 0 {
		return nil
	}
	return append([]byte(nil), raw...)
}

func (d *decoder) byte() byte {
	if len(d.bytes) == 0 {
		d.fail()
		return 0
	}
	b := d.bytes[0]
	d.bytes = d.bytes[1:]
	return b
}

// more reports whether there is something left to decode.
func (d *decoder) more() bool { return d.err == nil && len(d.bytes) > 0 }

func (d *decoder) flag() bool { return d.byte() == 1 }

// count returns how many things follow, each of at least one byte.
func (d *decoder) count() int {
	n := d.number()
	if n < 0 || n > int64(len(d.bytes)) {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) headers() []simulator.Header {
	n := d.count()
	if n == 0 {
		return nil
	}
	all := make([]simulator.Header, n)
	for i := range all {
		all[i] = simulator.Header{Name: d.text(), Value: d.text()}
	}
	return all
}

// valueMark stands before every value of an identifier, so that a query for a record finds values and not names. It is
// no byte of UTF-8.
const valueMark = 0xfe

// needle returns what the content of a change holds if an identifier has that value.
func needle(value string) []byte {
	e := encoder{bytes: []byte{valueMark}}
	e.text(value)
	return e.bytes
}

func (e *encoder) event(c *schemas.Event) {
	e.number(int64(len(c.Identifiers)))
	for i := range c.Identifiers {
		e.text(c.Identifiers[i].Name)
		e.bytes = append(e.bytes, valueMark)
		e.text(c.Identifiers[i].Value)
	}
	e.number(int64(len(c.Metadata)))
	for _, m := range c.Metadata {
		e.text(m.Name)
		switch v := m.Value.(type) {
		case string:
			e.bytes = append(e.bytes, 's')
			e.text(v)
		case int:
			e.bytes = append(e.bytes, 'i')
			e.number(int64(v))
		case bool:
			e.bytes = append(e.bytes, 'b')
			e.flag(v)
		default: // no change holds one
			e.bytes = append(e.bytes, 's')
			e.text(fmt.Sprint(v))
		}
	}
}

func (d *decoder) event(typeName string) schemas.Event {
	c := schemas.Event{Type: eventType(typeName)}
	if n := d.count(); n > 0 {
		c.Identifiers = make([]schemas.Identifier, n)
	}
	for i := range c.Identifiers {
		c.Identifiers[i].Name = d.text()
		d.byte() // valueMark
		c.Identifiers[i].Value = d.text()
	}
	if n := d.count(); n > 0 {
		c.Metadata = make([]schemas.MetadataField, n)
	}
	for i := range c.Metadata {
		c.Metadata[i].Name = d.text()
		switch d.byte() {
		case 's':
			c.Metadata[i].Value = d.text()
		case 'i':
			c.Metadata[i].Value = int(d.number())
		case 'b':
			c.Metadata[i].Value = d.flag()
		default:
			d.fail()
		}
	}
	return c
}

// eventType returns the catalogue's type of that name, or a bare one for a name that the catalogue does not have any
// more: what happened under it still happened.
func eventType(name string) *schemas.EventType {
	if t, err := schemas.Lookup(name); err == nil {
		return t
	}
	return &schemas.EventType{Name: name}
}

// micros returns a time as it is stored: microseconds since 1970, 0 for none.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}
