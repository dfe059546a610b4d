// Package fault injects faults into attempts and deliveries, to test how a receiver handles them. A fault has a family, a
// name and attributes, written in one line:
//
//	f, err := fault.Parse("signature=stale,age=400s")
//
// The signature faults are forgeries that a correct receiver refuses, except future, which it may accept, and several-v1,
// which it must accept. The transport faults are those of networks and proxies: slow, chunked or incomplete bodies, reset
// connections, lost responses. The delivery faults are those of queues, which only a running provider has: duplicates, delays,
// another order, lost events. [ParsePlanned] reads them, too.
//
// Two tables hold the names and attributes of the faults: [All] has those of attempts, [Deliveries] those of deliveries.
// Parsing, help and documentation derive from them. The code of each fault of attempts is in a file of its own. Package delivery calls a fault at each step of an attempt: before signing (secrets, time, body), after it
// (headers, body), when it frames the body, and on the connection. Faults are deterministic.
package fault

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"

	"semblance/schemas/human"
	"semblance/schemas/naming"
	"semblance/simulator"
	"semblance/simulator/signature"
)

// Family groups faults by the part of the request that they affect.
type Family string

// The families.
const (
	Signature Family = "signature" // the proof of origin and time
	Transport Family = "transport" // the way the request is sent
	Delivery  Family = "delivery"  // when, and how often, an event is delivered
)

// Info describes one fault.
type Info struct {
	Family     Family
	Name       string // kebab-case
	Summary    string // one sentence without a full stop
	Attributes []Attribute
	Layer      string // the change to a layer of a request that the fault with its defaults is a name for, as in a scenario, or ""
}

// Text returns the fault without attributes, such as "signature=stale".
func (i Info) Text() string { return string(i.Family) + "=" + i.Name }

// All returns every fault, in the order of the documentation: the signature faults, then the transport faults.
func All() []Info { return infos(table) }

func infos(rows []row) []Info {
	var all []Info
	for _, r := range rows {
		all = append(all, r.Info)
	}
	return all
}

// Fault is a fault with its attributes. It is immutable and safe for concurrent use.
type Fault struct {
	row      *row
	text     string
	injector injector
}

// New returns the fault of an attempt of that family and name. Missing attributes have their defaults. The error for an
// unknown name, attribute or value suggests a known one.
func New(family, name string, attributes map[string]string) (*Fault, error) {
	return attempts.build(family, name, attributes)
}

// Parse reads the command line form of a fault of an attempt: FAMILY=NAME, then ,ATTRIBUTE=VALUE for each attribute. A value
// with a comma needs double quotes, as in Go.
func Parse(text string) (*Fault, error) { return attempts.parse(text) }

// ParsePlanned reads the command line form of any fault, one of the family delivery included.
func ParsePlanned(text string) (*Fault, error) { return planned.parse(text) }

// rows are the faults that may be read, and the names of their families.
type rows struct {
	all      []row
	families []string
}

var (
	attempts = rows{table, []string{string(Signature), string(Transport)}}
	planned  = rows{slices.Concat(table, deliveries), []string{string(Signature), string(Transport), string(Delivery)}}
)

func (known rows) parse(text string) (*Fault, error) {
	pairs, err := split(text)
	if err != nil {
		return nil, fmt.Errorf("fault %s: %w", human.Quoted(text), err)
	}
	attributes := make(map[string]string, len(pairs)-1)
	for _, p := range pairs[1:] {
		if _, repeated := attributes[p.name]; repeated {
			return nil, fmt.Errorf("fault %s: the attribute %q occurs twice", human.Quoted(text), p.name)
		}
		attributes[p.name] = p.value
	}
	return known.build(pairs[0].name, pairs[0].value, attributes)
}

func (known rows) build(family, name string, attributes map[string]string) (*Fault, error) {
	r, err := known.find(family, name)
	if err != nil {
		return nil, err
	}
	v, err := r.read(attributes)
	if err != nil {
		return nil, err
	}
	return &Fault{row: r, text: r.format(v), injector: r.new(v)}, nil
}

// Family returns the fault's family.
func (f *Fault) Family() Family { return f.row.Family }

// Name returns the fault's name within its family.
func (f *Fault) Name() string { return f.row.Name }

// String returns the canonical form, which Parse reads: attributes in the table's order, without those that have their
// default value. A nil fault is "".
func (f *Fault) String() string {
	if f == nil {
		return ""
	}
	return f.text
}

// Forges reports whether a correct receiver must refuse the request. It may accept a time in the future, and a missing
// X-Webhook-Timestamp, because the signature header has the time, too.
func (f *Fault) Forges() bool {
	switch i := f.injector.(type) {
	case missing:
		return i.header != "timestamp"
	case shifted:
		return -i.by > signature.DefaultTolerance
	case otherScheme:
		return i.scheme != "v1"
	case severalV1:
		return i.right == "none"
	}
	return f.row.Family == Signature
}

// OnConnection reports whether the fault acts on the connection. Such an attempt needs a new connection.
func (f *Fault) OnConnection() bool { return f.row.onConnection || f.row.endsConnection }

// EndsConnection reports whether the fault ends the connection before a response. Transmit then returns a [*CutError].
func (f *Fault) EndsConnection() bool { return f.row.endsConnection }

// BeforeSigning changes the secrets, the time or the body before they are used for the signature.
func (f *Fault) BeforeSigning(d *Outgoing) { f.injector.beforeSigning(d) }

// AfterSigning changes the headers or the body after signing. Its error says why the fault cannot change this body.
func (f *Fault) AfterSigning(d *Outgoing) error { return f.injector.afterSigning(d) }

// Frame appends the body to dst in its wire form.
func (f *Fault) Frame(dst, body []byte) []byte { return f.injector.frame(dst, body) }

// Transmit writes one request to conn: the head with its empty line, and the framed body. A [*CutError] says that the fault
// ended the connection; any other error is that of the connection or ctx.
func (f *Fault) Transmit(ctx context.Context, conn net.Conn, head, body []byte) error {
	return f.injector.transmit(ctx, conn, head, body)
}

// AfterResponse may change the record of a complete response.
func (f *Fault) AfterResponse(response *simulator.Response) { f.injector.afterResponse(response) }

// An injector implements a fault. Its methods are the steps of an attempt, described at the methods of [Fault]. A fault
// embeds noFault and overrides the steps that it changes.
type injector interface {
	beforeSigning(d *Outgoing)
	afterSigning(d *Outgoing) error
	frame(dst, body []byte) []byte
	transmit(ctx context.Context, conn net.Conn, head, body []byte) error
	afterResponse(response *simulator.Response)
}

// noFault is an injector that changes nothing.
type noFault struct{}

func (noFault) beforeSigning(*Outgoing)           {}
func (noFault) afterSigning(*Outgoing) error      { return nil }
func (noFault) frame(dst, body []byte) []byte     { return append(dst, body...) }
func (noFault) afterResponse(*simulator.Response) {}

func (noFault) transmit(_ context.Context, conn net.Conn, head, body []byte) error {
	buffers := net.Buffers{head, body}
	_, err := buffers.WriteTo(conn)
	return err
}

// CutError says that a fault ended the connection after Written of Total bytes of the body.
type CutError struct {
	Action  string // such as "reset the connection"
	Written int
	Total   int
}

// Error returns the action of the fault and the number of bytes before it.
func (c *CutError) Error() string {
	if c.Written == c.Total {
		return fmt.Sprintf("the fault %s after the complete body (%s)", c.Action, human.Count(c.Total, "byte"))
	}
	return fmt.Sprintf("the fault %s after %s of %s of the body", c.Action, human.Number(c.Written), human.Count(c.Total, "byte"))
}

// find returns the row of that family and name, or an error with a suggestion.
func (known rows) find(family, name string) (*row, error) {
	if !slices.Contains(known.families, family) {
		if family == string(Delivery) {
			return nil, fmt.Errorf("the fault %s=%s concerns deliveries of a running provider, not one attempt; `semblance fault` injects it", family, name)
		}
		if r := known.named(family); r != nil && name == "" {
			return nil, fmt.Errorf("unknown fault family %q; write %q", family, r.Text())
		}
		return nil, errors.New(naming.Unknown("fault family", family, known.families))
	}
	var names []string
	for i := range known.all {
		if r := &known.all[i]; r.Family == Family(family) {
			if r.Name == name {
				return r, nil
			}
			names = append(names, r.Name)
		}
	}
	if r := known.named(name); r != nil {
		return nil, fmt.Errorf("%q is a %s fault; write %q", name, r.Family, r.Text())
	}
	return nil, errors.New(naming.Unknown(family+" fault", name, names))
}

// named returns the row of that name in any family, or nil.
func (known rows) named(name string) *row {
	for i := range known.all {
		if known.all[i].Name == name {
			return &known.all[i]
		}
	}
	return nil
}
