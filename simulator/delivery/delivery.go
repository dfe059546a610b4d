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
// belongs to the provider. The one exception is a reused connection that the receiver closes before the response.
package delivery

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/fault"
)

// The defaults of [Options].
const (
	DefaultTimeout     = 10 * time.Second // for the whole attempt; the provider publishes none
	DefaultMaxBody     = 64 << 10         // enough for every acknowledgement and most error pages
	DefaultMaxDrain    = 16 << 20         // an answer to a webhook that is larger than this has no end that matters
	DefaultMaxIdle     = 256              // connections kept for one receiver
	DefaultIdleTimeout = 90 * time.Second // as net/http keeps them
	DefaultUserAgent   = "Semblance"      // the provider publishes none
	DefaultContentType = "application/json"
)

// Style is the white space of a payload. The provider does not publish its own.
type Style string

// The styles.
const (
	Compact  Style = ""       // none: the default
	Indented Style = "indent" // by two spaces
)

// Options are the settings of a [Sender]. The zero value works.
type Options struct {
	Timeout     time.Duration // for the whole attempt, from the name's look-up to the last byte read
	MaxBody     int           // how much of an answer's body is kept
	MaxDrain    int64         // how much of an answer's body is read and counted before the connection is cut
	MaxIdle     int           // how many connections are kept for one receiver
	IdleTimeout time.Duration // how long a connection is kept
	CAFile      string        // PEM certificates to trust beside the system's
	Insecure    bool          // accept any certificate: self-signed, expired, of another name
	LocalOnly   bool          // send to loopback and private addresses alone; the resolved address counts, not the name
	UserAgent   string
	ContentType string
	Style       Style

	// Success reports whether an answer of that status counts as success; nil is any 2xx. The provider does not publish what
	// counts, so it is a setting.
	Success func(status int) bool
	// Redirects is how many redirects of one attempt are followed, with the same bytes each; 0, the default, is none. The
	// provider does not publish whether it follows any.
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
	return o
}

// Sender prepares and sends attempts. Its methods may be called from many goroutines.
type Sender struct {
	options Options
	tls     *tls.Config
	targets targets
	signers signers

	sending sync.RWMutex // held for reading by every Send: Close waits for them
	closed  bool
}

// New returns a sender, or an error that says which option is wrong.
func New(o Options) (*Sender, error) {
	o = o.withDefaults()
	for _, h := range []simulator.Header{{Name: "User-Agent", Value: o.UserAgent}, {Name: "Content-Type", Value: o.ContentType}} {
		if err := checkField(h); err != nil {
			return nil, err
		}
	}
	if o.Style != Compact && o.Style != Indented {
		return nil, fmt.Errorf("unknown style %q of the body; it is %q (compact) or %q", o.Style, Compact, Indented)
	}
	config, err := o.TLS()
	if err != nil {
		return nil, err
	}
	s := &Sender{options: o, tls: config}
	s.targets.limit = limits{idle: o.MaxIdle, age: o.IdleTimeout}
	return s, nil
}

// TLS returns whom the options trust, for HTTP/1.1.
func (o Options) TLS() (*tls.Config, error) {
	config := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		NextProtos:         []string{"http/1.1"},
		InsecureSkipVerify: o.Insecure, // on request alone: for a receiver with a self-signed certificate
	}
	if o.CAFile == "" {
		return config, nil
	}
	var err error
	config.RootCAs, err = certificates(o.CAFile)
	return config, err
}

// certificates returns the system's trusted certificates and those of a PEM file.
func certificates(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the certificates to trust: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)", file)
	}
	return pool, nil
}

// Close waits for the attempts that are being sent, and closes the connections. Cancel their contexts first to have
// them end at once. What is sent afterwards comes to nothing.
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
	s.deliver(ctx, &request, &response)
	return response
}

// deliver is Send with the response's memory given. The response must be zero.
func (s *Sender) deliver(ctx context.Context, request *simulator.Request, response *simulator.Response) {
	s.sending.RLock()
	defer s.sending.RUnlock()
	deadline := clock.Now().Add(s.options.Timeout)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	s.send(ctx, request, response, deadline)
	if s.options.Redirects > 0 {
		s.follow(ctx, request, response, deadline)
	}
	if s.options.Success != nil && response.Failure == "" {
		response.Counted = simulator.CountedFailure
		if s.options.Success(response.Status) {
			response.Counted = simulator.CountedSuccess
		}
	}
}

// send makes one exchange and says in came what came of it.
func (s *Sender) send(ctx context.Context, request *simulator.Request, response *simulator.Response, deadline time.Time) {
	if f := s.once(ctx, request, response, deadline); f != nil {
		response.Failure, response.Detail = f.kind, f.detail
	}
}

func (s *Sender) once(ctx context.Context, request *simulator.Request, response *simulator.Response, deadline time.Time) *failed {
	if s.closed {
		return &failed{simulator.FailureCanceled, "the sender is closed"}
	}
	if err := checkRequest(request); err != nil {
		return &failed{simulator.FailureBlocked, err.Error()}
	}
	t, err := s.targets.find(request.URL)
	if err != nil {
		return &failed{simulator.FailureBlocked, err.Error()}
	}
	var faulty *fault.Fault
	if request.Fault != "" {
		if faulty, err = fault.Parse(request.Fault); err != nil {
			return &failed{simulator.FailureBlocked, err.Error()}
		}
	}
	a := attempt{sender: s, ctx: ctx, target: t, request: request, fault: faulty, response: response, started: clock.Now(), deadline: deadline}
	return a.run()
}

// attempt is one Send while it lasts.
type attempt struct {
	sender   *Sender
	ctx      context.Context
	target   *target
	request  *simulator.Request
	fault    *fault.Fault
	response *simulator.Response
	started  time.Time
	deadline time.Time
}

// allowed is how long the attempt may take, as people write it.
func (a *attempt) allowed() time.Duration {
	return a.deadline.Sub(a.started).Round(time.Millisecond)
}

// run uses a kept connection if there is one that the receiver has not closed, else a new one. Faults that act on the
// connection always have one of their own, and are never repeated.
func (a *attempt) run() *failed {
	if a.fault == nil || !a.fault.OnConnection() {
		if c := a.target.pool.get(); c != nil {
			err := a.exchange(c)
			if !errors.Is(err, errUnanswered) {
				return a.explain(err)
			}
			*a.response = simulator.Response{Reconnected: true}
		}
	}
	c, err := a.dial()
	if err != nil {
		return a.explain(err)
	}
	return a.explain(a.exchange(c))
}
