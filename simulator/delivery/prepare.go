package delivery

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"semblance/schemas"
	"semblance/schemas/naming"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/fault"
	"semblance/simulator/signature"
)

// Message is an event for a subscription, before it is encoded and signed.
type Message struct {
	URL            string
	SubscriptionID string
	EventID        string
	Event          *schemas.Event     // the payload is built from it
	Raw            []byte             // a body to sign and send instead of an event's payload
	Secrets        []simulator.Secret // one v1 signature for each; a subscription has two during a rotation
	Headers        []simulator.Header // of the subscription
	At             time.Time          // time of the signature; zero means now
	Fault          *fault.Fault
	Kind           simulator.Kind // for the guard of public addresses; a fault counts without it
}

// Prepare encodes and signs a message, and injects its fault. It returns the complete request that [Sender.Send] writes. It
// needs no network, and the same message gives the same bytes.
func (s *Sender) Prepare(m Message) (simulator.Request, error) {
	if m.At.IsZero() {
		m.At = clock.Now()
	}
	var request simulator.Request
	_, err := s.prepare(&m, &request)
	return request, err
}

func (s *Sender) prepare(m *Message, request *simulator.Request) (*target, error) {
	t, err := s.targets.find(m.URL)
	if err != nil {
		return nil, err
	}
	for i := range m.Headers {
		if err := CheckHeader(m.Headers[i]); err != nil {
			return nil, err
		}
	}
	if len(m.Secrets) == 0 || slices.Contains(m.Secrets, "") {
		return nil, errors.New("no secret to sign with")
	}
	body, err := s.body(m)
	if err != nil {
		return nil, err
	}
	request.Method, request.URL, request.Proto, request.EventID, request.Kind = "POST", m.URL, "1.1", m.EventID, m.Kind
	if m.Event != nil {
		request.EventType = m.Event.Type.Name
	}
	if m.Fault != nil {
		return t, s.inject(m, t, body, request)
	}
	value := s.signers.sign(m.Secrets, m.At.Unix(), body)
	timestamp, _, _ := strings.Cut(value[len("t="):], ",")
	headers := s.ownHeaders(t, m.Headers, contentLength(body))
	headers = append(headers,
		simulator.Header{Name: signature.TimestampName, Value: timestamp},
		simulator.Header{Name: signature.HeaderName, Value: value})
	request.Headers = append(headers, m.Headers...)
	request.Body = body
	return t, nil
}

// inject signs the request and injects the fault.
func (s *Sender) inject(m *Message, t *target, body []byte, request *simulator.Request) error {
	out := fault.Outgoing{Time: m.At, Body: body}
	for _, secret := range m.Secrets {
		out.Secrets = append(out.Secrets, secret.Reveal())
	}
	m.Fault.BeforeSigning(&out)
	out.Sign(string(signature.NewSigner(out.Secrets...).Append(nil, out.Time.Unix(), out.Body)))
	if err := m.Fault.AfterSigning(&out); err != nil {
		return err
	}
	length := contentLength(out.Body)
	if out.Chunked {
		length = simulator.Header{Name: "Transfer-Encoding", Value: "chunked"}
	}
	request.Headers = slices.Concat(s.ownHeaders(t, m.Headers, length), out.Headers, m.Headers)
	request.Body = out.Body
	request.Fault = m.Fault.String()
	return nil
}

// body returns the bytes to sign, in new memory.
func (s *Sender) body(m *Message) ([]byte, error) {
	if m.Raw != nil {
		return bytes.Clone(m.Raw), nil
	}
	if m.Event == nil || m.Event.Type == nil {
		return nil, errors.New("nothing to send: the message has neither an event nor a raw body")
	}
	body := simulator.AppendPayload(make([]byte, 0, payloadCapacity(m.Event)), m.SubscriptionID, m.EventID, m.Event)
	if s.options.Style == Compact {
		return body, nil
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, body, "", "  "); err != nil {
		return nil, fmt.Errorf("indenting the payload: %w", err)
	}
	return indented.Bytes(), nil
}

// payloadCapacity returns an upper bound of the payload's length, if nothing in it needs escaping.
func payloadCapacity(e *schemas.Event) int {
	n := 160 + len(e.Type.Name)
	for i := range e.Identifiers {
		n += len(e.Identifiers[i].Name) + len(e.Identifiers[i].Value) + len(`"":"",`)
	}
	return n + 64*len(e.Metadata)
}

func contentLength(body []byte) simulator.Header {
	return simulator.Header{Name: "Content-Length", Value: strconv.Itoa(len(body))}
}

// ownHeaders returns the headers before the signature, with capacity for the signature and the subscription's headers.
func (s *Sender) ownHeaders(t *target, others []simulator.Header, length simulator.Header) []simulator.Header {
	headers := make([]simulator.Header, 0, 8+len(others))
	headers = append(headers, simulator.Header{Name: "Host", Value: t.host})
	if !hasHeader(others, "User-Agent") {
		headers = append(headers, simulator.Header{Name: "User-Agent", Value: s.options.UserAgent})
	}
	if t.authorization != "" && !hasHeader(others, "Authorization") {
		headers = append(headers, simulator.Header{Name: "Authorization", Value: t.authorization})
	}
	return append(headers, simulator.Header{Name: "Content-Type", Value: s.options.ContentType}, length)
}

// Exact is a hand-made request, as in the `request` steps of scenarios.
type Exact struct {
	Method  string // "" means POST
	URL     string
	Proto   string             // "1.1" or "1.0"; "" means "1.1"
	Headers []simulator.Header // sent in this order and letter case
	Body    []byte
	Fault   *fault.Fault // must act on the connection
}

// SetDefault adds a header, unless there is one of that name.
func (e *Exact) SetDefault(name, value string) {
	if !hasHeader(e.Headers, name) {
		e.Headers = append(e.Headers, simulator.Header{Name: name, Value: value})
	}
}

// PrepareExact returns a hand-made request. It adds only the headers that HTTP needs, if they are missing: Host in front and
// Content-Length at the end. It signs nothing.
func (s *Sender) PrepareExact(e Exact) (simulator.Request, error) {
	t, err := s.targets.find(e.URL)
	if err != nil {
		return simulator.Request{}, err
	}
	request := simulator.Request{Method: e.Method, URL: e.URL, Proto: e.Proto, Body: bytes.Clone(e.Body), Kind: simulator.KindExact}
	if request.Method == "" {
		request.Method = "POST"
	}
	if request.Proto == "" {
		request.Proto = "1.1"
	}
	if e.Fault != nil {
		if !e.Fault.OnConnection() {
			return simulator.Request{}, fmt.Errorf("the fault %s changes what Semblance signs or frames; write the bytes that you want instead", e.Fault)
		}
		request.Fault = e.Fault.String()
	}
	if !hasHeader(e.Headers, "Host") {
		request.Headers = append(request.Headers, simulator.Header{Name: "Host", Value: t.host})
	}
	request.Headers = append(request.Headers, e.Headers...)
	if !hasHeader(e.Headers, "Content-Length") && !hasHeader(e.Headers, "Transfer-Encoding") && (len(e.Body) > 0 || request.Method == "POST") {
		request.Headers = append(request.Headers, contentLength(e.Body))
	}
	return request, checkRequest(&request)
}

// signers caches signers, which hold the state of their keys, by list of secrets.
type signers struct {
	last  atomic.Pointer[signerPool] // the one used last: most senders have one
	mu    sync.Mutex
	pools map[string]*signerPool
}

type signerPool struct {
	key     string
	signers sync.Pool
}

// maxSigners bounds the cache. There are as many lists of secrets as subscriptions.
const maxSigners = 4096

func (s *signers) sign(secrets []simulator.Secret, t int64, body []byte) string {
	key := secrets[0].Reveal()
	for _, more := range secrets[1:] {
		key += "\x00" + more.Reveal()
	}
	pool := s.pool(key)
	signer, ok := pool.signers.Get().(*signature.Signer)
	if !ok {
		texts := naming.List(secrets, simulator.Secret.Reveal)
		signer = signature.NewSigner(texts...)
	}
	defer pool.signers.Put(signer)
	var buffer [512]byte
	return string(signer.Append(buffer[:0], t, body))
}

func (s *signers) pool(key string) *signerPool {
	if p := s.last.Load(); p != nil && p.key == key {
		return p
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.pools[key]
	if p == nil {
		if s.pools == nil || len(s.pools) >= maxSigners {
			s.pools = map[string]*signerPool{}
		}
		p = &signerPool{key: key}
		s.pools[key] = p
	}
	s.last.Store(p)
	return p
}
