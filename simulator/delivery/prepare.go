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
	"time"

	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/fault"
	"semblance/simulator/signature"
)

// Request is what is to be delivered, before it is encoded and signed.
type Message struct {
	URL            string
	SubscriptionID string
	EventID        string
	Event          *schemas.Event     // what happened
	Raw            []byte             // any bytes instead of a Change's payload, signed like one
	Secrets        []simulator.Secret // one v1 for each: a subscription has one, or two while it is rotated
	Headers        []simulator.Header // the subscription's own
	At             time.Time          // the time of the signature; zero is now
	Fault          *fault.Fault
}

// Prepare encodes the payload, signs it, and spoils it if the request has a fault. What it returns is all that [Sender.Send]
// will write; it needs no network, and the same request gives the same bytes.
func (s *Sender) Prepare(r Message) (simulator.Request, error) {
	t, err := s.targets.find(r.URL)
	if err != nil {
		return simulator.Request{}, err
	}
	for i := range r.Headers {
		if err := CheckHeader(r.Headers[i]); err != nil {
			return simulator.Request{}, err
		}
	}
	if len(r.Secrets) == 0 || slices.Contains(r.Secrets, "") {
		return simulator.Request{}, errors.New("the secret is empty: without one nothing can be signed")
	}
	body, err := s.body(&r)
	if err != nil {
		return simulator.Request{}, err
	}
	if r.At.IsZero() {
		r.At = clock.Now()
	}
	request := simulator.Request{Method: "POST", URL: r.URL, Proto: "1.1", EventID: r.EventID}
	if r.Event != nil {
		request.EventType = r.Event.Type.Name
	}
	if r.Fault != nil {
		err := s.inject(&r, t, body, &request)
		return request, err
	}
	value := s.signers.sign(r.Secrets, r.At.Unix(), body)
	timestamp, _, _ := strings.Cut(value[len("t="):], ",")
	headers := s.ownHeaders(t, r.Headers, lengthOf(body))
	headers = append(headers,
		simulator.Header{Name: signature.TimestampName, Value: timestamp},
		simulator.Header{Name: signature.HeaderName, Value: value})
	request.Headers = append(headers, r.Headers...)
	request.Body = body
	return request, nil
}

// spoil signs with the fault's help.
func (s *Sender) inject(r *Message, t *target, body []byte, request *simulator.Request) error {
	d := fault.Draft{Time: r.At, Body: body}
	for _, secret := range r.Secrets {
		d.Secrets = append(d.Secrets, secret.Reveal())
	}
	r.Fault.BeforeSigning(&d)
	d.Sign(string(signature.NewSigner(d.Secrets...).Append(nil, d.Time.Unix(), d.Body)))
	if err := r.Fault.AfterSigning(&d); err != nil {
		return err
	}
	length := lengthOf(d.Body)
	if d.Chunked {
		length = simulator.Header{Name: "Transfer-Encoding", Value: "chunked"}
	}
	request.Headers = slices.Concat(s.ownHeaders(t, r.Headers, length), d.Headers, r.Headers)
	request.Body = d.Body
	request.Fault = r.Fault.String()
	return nil
}

// body encodes what is to be signed, in memory of its own.
func (s *Sender) body(r *Message) ([]byte, error) {
	if r.Raw != nil {
		return bytes.Clone(r.Raw), nil
	}
	if r.Event == nil || r.Event.Type == nil {
		return nil, errors.New("nothing to send: the request has neither a change nor a raw body")
	}
	body := simulator.AppendPayload(make([]byte, 0, roomFor(r.Event)), r.SubscriptionID, r.EventID, r.Event)
	if s.options.Style == Compact {
		return body, nil
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, body, "", "  "); err != nil {
		return nil, fmt.Errorf("indent the payload: %w", err)
	}
	return indented.Bytes(), nil
}

// roomFor is how long a payload becomes at most, if nothing in it needs escaping.
func roomFor(c *schemas.Event) int {
	n := 160 + len(c.Type.Name)
	for i := range c.Identifiers {
		n += len(c.Identifiers[i].Name) + len(c.Identifiers[i].Value) + len(`"":"",`)
	}
	return n + 64*len(c.Metadata)
}

func lengthOf(body []byte) simulator.Header {
	return simulator.Header{Name: "Content-Length", Value: strconv.Itoa(len(body))}
}

// ownHeaders starts the list of headers, with room for the signature's and the subscription's.
func (s *Sender) ownHeaders(t *target, others []simulator.Header, length simulator.Header) []simulator.Header {
	headers := make([]simulator.Header, 0, 8+len(others))
	headers = append(headers, simulator.Header{Name: "Host", Value: t.host})
	if !has(others, "User-Agent") {
		headers = append(headers, simulator.Header{Name: "User-Agent", Value: s.options.UserAgent})
	}
	if t.authorization != "" && !has(others, "Authorization") {
		headers = append(headers, simulator.Header{Name: "Authorization", Value: t.authorization})
	}
	return append(headers, simulator.Header{Name: "Content-Type", Value: s.options.ContentType}, length)
}

// Exact is a request that is said byte for byte, as the `request` steps of scenarios do.
type Exact struct {
	Method  string // POST if it is empty
	URL     string
	Proto   string             // "1.1", or "1.0"; "1.1" if it is empty
	Headers []simulator.Header // in this order and letter case
	Body    []byte
	Fault   *fault.Fault // one that acts on the connection; the bytes are spoiled already as they are wanted
}

// PrepareExact returns the request as it is said. Only what HTTP cannot do without is added, and only where the headers do
// not have it: Host in front, and the length of the body behind. Nothing is signed.
func (s *Sender) PrepareExact(e Exact) (simulator.Request, error) {
	t, err := s.targets.find(e.URL)
	if err != nil {
		return simulator.Request{}, err
	}
	request := simulator.Request{Method: e.Method, URL: e.URL, Proto: e.Proto, Body: bytes.Clone(e.Body)}
	if request.Method == "" {
		request.Method = "POST"
	}
	if request.Proto == "" {
		request.Proto = "1.1"
	}
	if e.Fault != nil {
		if !e.Fault.OnConnection() {
			return simulator.Request{}, fmt.Errorf("the fault %s spoils what is signed or framed here; say the bytes themselves", e.Fault)
		}
		request.Fault = e.Fault.String()
	}
	if !has(e.Headers, "Host") {
		request.Headers = append(request.Headers, simulator.Header{Name: "Host", Value: t.host})
	}
	request.Headers = append(request.Headers, e.Headers...)
	if !has(e.Headers, "Content-Length") && !has(e.Headers, "Transfer-Encoding") && (len(e.Body) > 0 || request.Method == "POST") {
		request.Headers = append(request.Headers, lengthOf(e.Body))
	}
	return request, checkRequest(&request)
}

// signers keeps signers with their keys' state, for each list of secrets.
type signers struct {
	mu   sync.Mutex
	idle map[string][]*signature.Signer
}

// maxSigners bounds how many lists of secrets are remembered: they are as many as there are subscriptions.
const maxSigners = 4096

func (s *signers) sign(secrets []simulator.Secret, t int64, body []byte) string {
	key := secrets[0].Reveal()
	for _, more := range secrets[1:] {
		key += "\x00" + more.Reveal()
	}
	var buffer [512]byte
	signer := s.get(key, secrets)
	value := string(signer.Append(buffer[:0], t, body))
	s.put(key, signer)
	return value
}

func (s *signers) get(key string, secrets []simulator.Secret) *signature.Signer {
	s.mu.Lock()
	if list := s.idle[key]; len(list) > 0 {
		signer := list[len(list)-1]
		s.idle[key] = list[:len(list)-1]
		s.mu.Unlock()
		return signer
	}
	s.mu.Unlock()
	texts := make([]string, len(secrets))
	for i, secret := range secrets {
		texts[i] = secret.Reveal()
	}
	return signature.NewSigner(texts...)
}

func (s *signers) put(key string, signer *signature.Signer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.idle == nil || len(s.idle) >= maxSigners {
		s.idle = map[string][]*signature.Signer{}
	}
	s.idle[key] = append(s.idle[key], signer)
}
