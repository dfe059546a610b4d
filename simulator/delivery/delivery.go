// Package delivery makes attempts to deliver webhooks: it encodes the payload, signs it, injects a fault if there is one,
// sends the request and records the response. It is the only package that connects to a receiver's webhook URL.
//
//	sender, err := delivery.New(delivery.Options{})
//	defer sender.Close()
//	var a simulator.Attempt
//	err = sender.Attempt(ctx, delivery.Message{URL: url, Event: &event, EventID: id, Secrets: secrets}, &a)
//
// [Sender.Attempt] is [Sender.Prepare] followed by [Sender.Send]. Prepare needs no network and returns the request byte for
// byte; to send the same request again is a replay. A failed attempt is not a Go error: the failure is a field of
// [simulator.Response].
//
// The package has its own HTTP/1.1 client over TCP and TLS, so that it controls the exact bytes, faults can act on the
// connection, and a request costs one write. Connections are reused per receiver. As a webhook sender does, it follows no
// redirects (see [Options]), uses no proxy, sends no cookies and decompresses nothing. It does not retry; the retry policy
// belongs to the provider. If the receiver closes a reused connection before a byte of the request is written, the request
// goes over another; a close that races the write is [simulator.FailureIdleClose].
//
// A [Guard] keeps faults and floods from public addresses.
package delivery

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"semblance/simulator"
	"semblance/simulator/clock"
)

// Defaults of [Options].
const (
	DefaultTimeout     = 10 * time.Second // the provider does not publish its own
	DefaultMaxBody     = 64 << 10         // enough for acknowledgements and most error pages
	DefaultMaxDrain    = 16 << 20         // more than any useful response to a webhook
	DefaultMaxIdle     = 256              // idle connections per receiver
	DefaultIdleTimeout = time.Second      // less than receivers keep a connection: 5 s in Node, 2 s in Gunicorn
	DefaultUserAgent   = "Semblance"      // the provider does not publish its own
	DefaultContentType = "application/json"
)

// maxDetail bounds [simulator.Response.Detail], in characters. Detail is also made printable, because it may quote the
// receiver.
const maxDetail = 500

// Style is the white space of a payload. The provider does not publish its own.
type Style string

// The values of Style.
const (
	Compact  Style = ""       // without white space; the default
	Indented Style = "indent" // indented by two spaces
)

// Options are the settings of a [Sender]. Zero fields have the defaults.
type Options struct {
	Timeout     time.Duration // of an attempt, from the DNS lookup to the last byte read
	MaxBody     int           // bytes of a response body that are recorded
	MaxDrain    int64         // bytes of a response body that are read before the attempt fails
	MaxIdle     int           // idle connections per receiver
	IdleTimeout time.Duration // of a connection; a reused one may be closed by the receiver at any time
	CAFile      string        // PEM certificates to trust besides the system's
	Insecure    bool          // accept any certificate
	AllowPublic bool          // send anything to public addresses
	Guard       *Guard        // shared by the senders of a run; nil means a new one
	UserAgent   string
	ContentType string
	Style       Style

	// Lookup and Dial replace name resolution and connecting in tests.
	Lookup func(ctx context.Context, network, host string) ([]netip.Addr, error)
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)

	// Success reports whether a response with that status counts as success. Nil means any 2xx; the provider does not publish
	// its rule.
	Success func(status int) bool
	// Redirects is the number of redirects that an attempt follows with the same body. The default is 0; the provider does not
	// publish whether it follows any.
	Redirects int
}

func (o Options) withDefaults() Options {
	set := func(d *time.Duration, def time.Duration) {
		if *d <= 0 {
			*d = def
		}
	}
	set(&o.Timeout, DefaultTimeout)
	set(&o.IdleTimeout, DefaultIdleTimeout)
	if o.MaxBody <= 0 {
		o.MaxBody = DefaultMaxBody
	}
	if o.MaxDrain <= 0 {
		o.MaxDrain = DefaultMaxDrain
	}
	if o.MaxIdle <= 0 {
		o.MaxIdle = DefaultMaxIdle
	}
	if o.UserAgent == "" {
		o.UserAgent = DefaultUserAgent
	}
	if o.ContentType == "" {
		o.ContentType = DefaultContentType
	}
	if o.Lookup == nil {
		o.Lookup = net.DefaultResolver.LookupNetIP
	}
	if o.Dial == nil {
		o.Dial = new(net.Dialer).DialContext
	}
	if o.Guard == nil {
		o.Guard = &Guard{}
	}
	return o
}

// Sender prepares and sends requests. It is safe for concurrent use.
type Sender struct {
	options Options
	tls     *tls.Config
	guard   *Guard // nil if public addresses are allowed
	targets targets
	signers signers

	sending sync.RWMutex // held for reading by each Send; Close waits for them
	closed  bool
}

// New returns a sender, or an error that names the invalid option.
func New(o Options) (*Sender, error) {
	o = o.withDefaults()
	for _, h := range []simulator.Header{{Name: "User-Agent", Value: o.UserAgent}, {Name: "Content-Type", Value: o.ContentType}} {
		if err := checkField(h); err != nil {
			return nil, err
		}
	}
	if o.Style != Compact && o.Style != Indented {
		return nil, fmt.Errorf("unknown body style %q; use %q (compact) or %q", o.Style, Compact, Indented)
	}
	config, err := o.TLS()
	if err != nil {
		return nil, err
	}
	s := &Sender{options: o, tls: config}
	if !o.AllowPublic {
		s.guard = o.Guard
	}
	s.targets.limit = limits{idle: o.MaxIdle, age: o.IdleTimeout}
	return s, nil
}

// TLS returns the client configuration for HTTP/1.1 over TLS.
func (o Options) TLS() (*tls.Config, error) {
	config := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		NextProtos:         []string{"http/1.1"},
		InsecureSkipVerify: o.Insecure, // an option for receivers with self-signed certificates
	}
	if o.CAFile == "" {
		return config, nil
	}
	var err error
	config.RootCAs, err = certificates(o.CAFile)
	return config, err
}

// certificates returns the system's trusted certificates plus those of a PEM file.
func certificates(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading trusted certificates: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s contains no PEM certificate (-----BEGIN CERTIFICATE-----)", file)
	}
	return pool, nil
}

// Close waits for attempts in flight and closes the connections. To end attempts at once, cancel their contexts first. A
// Send after Close fails with [simulator.FailureCanceled].
func (s *Sender) Close() {
	s.sending.Lock()
	defer s.sending.Unlock()
	s.closed = true
	s.targets.close()
}

// Send sends a prepared request and returns the response when it is complete, the attempt has failed, or ctx is done. A
// fault that acts on the connection is read from request.Fault. [Sender.Attempt] prepares and sends in one call.
func (s *Sender) Send(ctx context.Context, request simulator.Request) simulator.Response {
	var response simulator.Response
	a := attempt{sender: s, ctx: ctx, request: &request, response: &response, started: clock.Now()}
	if f := a.check(); f != nil {
		a.fail(f)
		return response
	}
	a.deliver()
	return response
}
