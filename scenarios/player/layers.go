package player

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"semblance/scenarios/script"
	"semblance/schemas/human"
	"semblance/simulator"
	"semblance/simulator/body"
	"semblance/simulator/fault"
	"semblance/simulator/signature"
)

// layer makes the changes of a step to the request of an event: the body, the signature over it, the body again, then the
// headers and the request line. The request is a right one before. A header that the step does not mention follows from the
// layers before it.
func (e *emission) layer(request *simulator.Request) error {
	l := e.options.Layers
	v := *e.values
	v.fresh, v.used, v.eventID = &fresh{run: e.run, key: request.EventID}, 0, request.EventID
	signedAt, err := strconv.ParseInt(request.Header(signature.TimestampName), 10, 64)
	if err != nil {
		return fmt.Errorf("reading the time of the signature: %w", err)
	}
	v.time = time.Unix(signedAt, 0)
	if request.Body, err = changed(l.Body, request.Body, &v); err != nil {
		return fmt.Errorf("body: %w", err)
	}
	wire := l.Wire
	if wire == nil {
		wire = &script.Wire{}
	}
	if wire.Gzip == script.GzipCompressed {
		request.Body = body.Gzip(request.Body)
	}
	res := resolver{values: &v}
	value := res.signEvent(l.Sign, request.Body)
	if request.Body, err = changed(l.Alter, request.Body, &v); err != nil {
		return fmt.Errorf("alter: %w", err)
	}
	if l.Method != "" {
		request.Method = l.Method
	}
	if l.HTTP != "" {
		request.Proto = l.HTTP
	}
	if l.Path != nil {
		path := res.text(l.Path)
		if request.URL, err = withPath(request.URL, path); err != nil {
			return fmt.Errorf("path: %w", err)
		}
	}
	setHeader(request, signature.TimestampName, v.sign["t"])
	setHeader(request, signature.HeaderName, value)
	if request.Method == "GET" || request.Method == "HEAD" {
		request.Body = nil
		dropHeader(request, "Content-Length")
	} else {
		setHeader(request, "Content-Length", strconv.Itoa(len(request.Body)))
	}
	if wire.Gzip == script.GzipPlain {
		request.Body = body.Gzip(request.Body)
		setHeader(request, "Content-Length", strconv.Itoa(len(request.Body)))
	}
	if err := setWire(request, wire); err != nil {
		return err
	}
	res.replaceHeaders(request, l.Headers)
	for _, name := range l.Without {
		dropHeader(request, name)
	}
	request.Kind = simulator.KindExact
	return res.err
}

// withPath returns a URL with another path.
func withPath(target, path string) (string, error) {
	u, err := url.Parse(target)
	if err != nil {
		return "", err
	}
	other, err := url.Parse(path)
	if err != nil || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		return "", fmt.Errorf("%s is not a path such as /webhooks", human.Quoted(path))
	}
	u.Path, u.RawPath = other.Path, other.RawPath
	return u.String(), nil
}

// setWire sets the headers of the way in which the bytes are sent.
func setWire(request *simulator.Request, wire *script.Wire) error {
	if wire.Gzip != script.GzipNone {
		setHeader(request, "Content-Encoding", "gzip")
	}
	if named := wire.Fault(len(request.Body)); named != "" {
		f, err := fault.Parse(named)
		if err != nil {
			return err
		}
		request.Fault = f.String()
	}
	switch {
	case wire.Chunks > 0:
		dropHeader(request, "Content-Length")
		setHeader(request, "Transfer-Encoding", "chunked")
	case wire.Hold > 0:
		setHeader(request, "Expect", "100-continue")
	}
	return nil
}

// changed returns a body with the changes of a layer, which may be nil.
func changed(c *script.Change, data []byte, v *values) ([]byte, error) {
	if c == nil {
		return data, nil
	}
	change, err := c.Resolve(v)
	if err != nil {
		return nil, err
	}
	return change.Apply(data)
}

// signEvent sets the values t and v1 of a layer, which may be nil, and returns the signature header: with one v1 for each
// secret of the subscription, unless the layer has a secret.
func (r *resolver) signEvent(s *script.Sign, data []byte) string {
	if s == nil {
		s = script.RightSign()
	}
	secrets := r.branch.run.secrets
	if s.Secret != nil {
		secrets = secrets[:1]
	}
	var all []string
	for i := range secrets {
		r.signWith(s, data, secrets[len(secrets)-1-i].Reveal()) // the first secret last: its v1 is ${sign.v1}
		all = append(all, "v1="+r.sign["v1"])
	}
	slices.Reverse(all)
	return "t=" + r.sign["t"] + "," + strings.Join(all, ",")
}

// replaceHeaders puts the headers of a layer in the place of those of the same name, or adds them at the end.
func (r *resolver) replaceHeaders(request *simulator.Request, named []script.Named) {
	headers := r.headers(named)
	for i, h := range headers {
		again := slices.ContainsFunc(headers[:i], func(before simulator.Header) bool { return strings.EqualFold(before.Name, h.Name) })
		at := slices.IndexFunc(request.Headers, func(known simulator.Header) bool { return strings.EqualFold(known.Name, h.Name) })
		if at < 0 || again {
			request.Headers = append(request.Headers, h)
			continue
		}
		request.Headers[at] = h
	}
}

// setHeader sets the value of a header that the request has, or adds the header.
func setHeader(request *simulator.Request, name, value string) {
	for i := range request.Headers {
		if strings.EqualFold(request.Headers[i].Name, name) {
			request.Headers[i].Value = value
			return
		}
	}
	request.Headers = append(request.Headers, simulator.Header{Name: name, Value: value})
}

// dropHeader removes the headers of a name.
func dropHeader(request *simulator.Request, name string) {
	request.Headers = slices.DeleteFunc(request.Headers, func(h simulator.Header) bool { return strings.EqualFold(h.Name, name) })
}
