// Package fault spoils an attempt on purpose, to see how a receiver bears it. A fault has a family, a name and
// attributes, written in one line:
//
//	f, err := fault.Parse("signature=stale,age=400s")
//
// The signature faults are forgeries that a correct receiver refuses (but for future and several-v1, which it may or
// must accept). The transport faults are what networks and proxies do: bodies that come slowly, in chunks or not to
// their end, connections that are reset, answers that get lost.
//
// There is one small file a fault, and one table of their names and attributes ([All]), from which parsing, help and
// documentation come. A fault acts where it needs to: before signing (secret, time, body), after it (headers, body), on
// the framing of the body, or on the connection; package delivery asks it at each of these. Nothing is drawn: the same
// fault does the same to the same attempt, every time.
package fault

import (
	"context"
	"fmt"
	"net"
	"strings"

	"semblance/schemas/naming"
	"semblance/simulator"
)

// Family is what a fault spoils.
type Family string

// The families.
const (
	Signature Family = "signature" // who it says it is from, and when
	Transport Family = "transport" // how it travels
)

// Info describes one fault: a row of the table.
type Info struct {
	Family     Family
	Name       string // kebab-case
	Summary    string // one sentence, without a full stop
	Attributes []Attribute
}

// Text is how the fault is written without attributes, such as "signature=stale".
func (i Info) Text() string { return string(i.Family) + "=" + i.Name }

// All returns every fault, in the order of the documentation: the signature faults, then the transport faults.
func All() []Info {
	infos := make([]Info, len(table))
	for i := range table {
		infos[i] = table[i].Info
	}
	return infos
}

// Fault is one fault with its attributes. It is immutable, and may be used by several goroutines.
type Fault struct {
	row  *row
	text string
	does injector
}

// New returns the fault of that family and name. Attributes that are not given have their defaults. The error of an
// unknown name, attribute or value says which are known, or which is nearest.
func New(family, name string, attributes map[string]string) (*Fault, error) {
	r, err := find(family, name)
	if err != nil {
		return nil, err
	}
	v, err := r.read(attributes)
	if err != nil {
		return nil, err
	}
	return &Fault{row: r, text: r.format(v), does: r.make(v)}, nil
}

// Parse reads a fault as it is written on the command line: FAMILY=NAME, then ,ATTRIBUTE=VALUE for each attribute. A
// value that holds a comma is written in double quotes, as in Go.
func Parse(text string) (*Fault, error) {
	pairs, err := split(text)
	if err != nil {
		return nil, fmt.Errorf("fault %q: %w", excerpt(text), err)
	}
	attributes := make(map[string]string, len(pairs)-1)
	for _, p := range pairs[1:] {
		if _, twice := attributes[p.name]; twice {
			return nil, fmt.Errorf("fault %q: the attribute %q is there twice", excerpt(text), p.name)
		}
		attributes[p.name] = p.value
	}
	return New(pairs[0].name, pairs[0].value, attributes)
}

// Family returns what the fault spoils.
func (f *Fault) Family() Family { return f.row.Family }

// Name returns the fault's name within its family.
func (f *Fault) Name() string { return f.row.Name }

// String returns the fault in the one form that Parse reads back: attributes in the table's order, those with their
// default value left out. A nil fault is "".
func (f *Fault) String() string {
	if f == nil {
		return ""
	}
	return f.text
}

// OnConnection reports whether the fault does something to the connection, so that the attempt needs one of its own.
func (f *Fault) OnConnection() bool { return f.row.onConnection }

// EndsConnection reports whether the fault ends the connection itself, so that there is no answer to wait for: Transmit
// returns a [*Cut].
func (f *Fault) EndsConnection() bool { return f.row.endsConnection }

// BeforeSigning changes what will be signed: the secrets, the time, the body.
func (f *Fault) BeforeSigning(d *Draft) { f.does.beforeSigning(d) }

// AfterSigning changes what was signed: the headers, the body. Its error says why the fault cannot be applied to this body.
func (f *Fault) AfterSigning(d *Draft) error { return f.does.afterSigning(d) }

// Frame appends the body to dst as it is written on the wire.
func (f *Fault) Frame(dst, body []byte) []byte { return f.does.frame(dst, body) }

// Transmit writes one request to conn: its head, with the empty line, and its framed body. A [*Cut] says that the fault has
// ended the connection; any other error is the connection's or ctx's.
func (f *Fault) Transmit(ctx context.Context, conn net.Conn, head, body []byte) error {
	return f.does.transmit(ctx, conn, head, body)
}

// Answered is told of the answer when it has come whole, and may spoil the record of it.
func (f *Fault) Responded(response *simulator.Response) { f.does.responded(response) }

// A spoiler is what a fault does, step by step of an attempt (the methods of [Fault] say what each step is). A fault embeds
// [harmless] and overrides the steps that it spoils.
type injector interface {
	beforeSigning(d *Draft)
	afterSigning(d *Draft) error
	frame(dst, body []byte) []byte
	transmit(ctx context.Context, conn net.Conn, head, body []byte) error
	responded(response *simulator.Response)
}

// harmless does to an attempt what every attempt undergoes.
type harmless struct{}

func (harmless) beforeSigning(*Draft)          {}
func (harmless) afterSigning(*Draft) error     { return nil }
func (harmless) frame(dst, body []byte) []byte { return append(dst, body...) }
func (harmless) responded(*simulator.Response) {}

func (harmless) transmit(_ context.Context, conn net.Conn, head, body []byte) error {
	buffers := net.Buffers{head, body}
	_, err := buffers.WriteTo(conn)
	return err
}

// Cut says that a fault has ended the connection on purpose, after Sent of Whole bytes of the body.
type Cut struct {
	How   string // such as "reset the connection"
	Sent  int
	Whole int
}

// Error says what the fault did, and when.
func (c *Cut) Error() string {
	if c.Sent == c.Whole {
		return fmt.Sprintf("the fault %s after the whole body of %d bytes", c.How, c.Whole)
	}
	return fmt.Sprintf("the fault %s after %d of the body's %d bytes", c.How, c.Sent, c.Whole)
}

// find returns the row of that family and name, or an error that names the nearest.
func find(family, name string) (*row, error) {
	if family != string(Signature) && family != string(Transport) {
		if r := unique(family); r != nil && name == "" {
			return nil, fmt.Errorf("unknown fault family %q; write %q", excerpt(family), r.Text())
		}
		if near := naming.Nearest(family, []string{string(Signature), string(Transport)}); near != "" {
			return nil, fmt.Errorf("unknown fault family %q; did you mean %q?", excerpt(family), near)
		}
		return nil, fmt.Errorf("unknown fault family %q; it is signature or transport", excerpt(family))
	}
	var names []string
	for i := range table {
		if table[i].Family == Family(family) {
			if table[i].Name == name {
				return &table[i], nil
			}
			names = append(names, table[i].Name)
		}
	}
	if r := unique(name); r != nil {
		return nil, fmt.Errorf("%q is a %s fault; write %q", name, r.Family, r.Text())
	}
	if near := naming.Nearest(name, names); near != "" {
		return nil, fmt.Errorf("unknown %s fault %q; did you mean %q?", family, excerpt(name), near)
	}
	return nil, fmt.Errorf("unknown %s fault %q; there are %s", family, excerpt(name), strings.Join(names, ", "))
}

// unique returns the row of that name in any family.
func unique(name string) *row {
	for i := range table {
		if table[i].Name == name {
			return &table[i]
		}
	}
	return nil
}
