package delivery

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"semblance/schemas/human"
	"semblance/simulator"
)

// target is a parsed URL with the connection pool of its host.
type target struct {
	scheme        string // "http" or "https"
	hostname      string // without port and brackets
	port          string
	host          string // for the Host header
	uri           string // for the request line
	authorization string // from the user information in the URL
	pool          *pool
	url           string // as given
}

// address returns host and port, for messages and as a key.
func (t *target) address() string {
	if strings.Contains(t.hostname, ":") {
		return "[" + t.hostname + "]:" + t.port
	}
	return t.hostname + ":" + t.port
}

// parseTarget parses a URL, or explains why nothing can be sent to it.
func parseTarget(text string) (*target, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("invalid URL %s; write it as http://host:port/path", human.Quoted(simulator.RedactURL(text)))
	}
	if err := checkParts(u); err != nil {
		return nil, fmt.Errorf("the URL %s: %w", human.Quoted(simulator.RedactURL(text)), err)
	}
	t := &target{scheme: u.Scheme, hostname: u.Hostname(), port: u.Port(), uri: u.RequestURI(), url: text}
	t.host = withoutZone(strings.TrimSuffix(u.Host, ":"))
	if t.port == "" {
		t.port = map[string]string{"http": "80", "https": "443"}[t.scheme]
	}
	if u.User != nil {
		password, _ := u.User.Password()
		t.authorization = "Basic " + base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password))
	}
	return t, nil
}

// checkParts returns an error if nothing can be sent to a URL.
func checkParts(u *url.URL) error {
	host := u.Hostname()
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("scheme %q is neither http nor https", u.Scheme)
	case host == "":
		return errors.New("no host; write it as http://host:port/path")
	case strings.ContainsFunc(host, func(r rune) bool { return r >= 0x80 || r <= 0x20 }):
		return errors.New("the host is not ASCII; write it in its xn--… form")
	}
	if _, err := netip.ParseAddr(host); err != nil && endsInNumber(host) {
		return errors.New("the host is an incomplete or non-decimal address; write it as 127.0.0.1")
	}
	if u.Port() == "" {
		return nil
	}
	return checkPort(u.Port())
}

// endsInNumber reports whether the last label of a host is a number, decimal or hexadecimal. Some resolvers take such a host
// for an IPv4 address (http://2130706433/ is 127.0.0.1) and others ask DNS for it, so that nobody can tell where it leads.
func endsInNumber(host string) bool {
	host = strings.TrimSuffix(host, ".")
	last := strings.ToLower(host[strings.LastIndexByte(host, '.')+1:])
	digits := "0123456789"
	if hexadecimal, ok := strings.CutPrefix(last, "0x"); ok {
		last, digits = hexadecimal, "0123456789abcdef"
	} else if last == "" {
		return false
	}
	return strings.Trim(last, digits) == ""
}

// withoutZone removes the zone of an IPv6 address, which is valid only on this machine (RFC 6874).
func withoutZone(host string) string {
	zone, end := strings.IndexByte(host, '%'), strings.LastIndexByte(host, ']')
	if zone < 0 || end < zone {
		return host
	}
	return host[:zone] + host[end:]
}

// targets caches parsed URLs and the pools of their hosts.
type targets struct {
	last  atomic.Pointer[target] // the one found last: most senders have one
	mu    sync.RWMutex
	known map[string]*target // by URL
	pools map[string]*pool   // by scheme, host and port
	limit limits
	swept time.Time // time of the last sweep
}

// maxTargets bounds the cache of URLs. Pools are kept.
const maxTargets = 4096

func (ts *targets) find(text string) (*target, error) {
	t := ts.last.Load()
	if t != nil && t.url == text {
		return t, nil
	}
	ts.mu.RLock()
	t = ts.known[text]
	ts.mu.RUnlock()
	if t != nil {
		ts.last.Store(t)
		return t, nil
	}
	t, err := parseTarget(text)
	if err != nil {
		return nil, err
	}
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if ts.known == nil || len(ts.known) >= maxTargets {
		ts.known = map[string]*target{}
	}
	if ts.pools == nil {
		ts.pools = map[string]*pool{}
	}
	key := t.scheme + "://" + t.address()
	if ts.pools[key] == nil {
		ts.pools[key] = newPool(ts.limit)
	}
	t.pool = ts.pools[key]
	ts.known[text] = t
	return t, nil
}

// sweep closes, from time to time, the connections of all hosts that were idle for too long. Without it, the connections of
// an unused host would stay open.
func (ts *targets) sweep(now time.Time) {
	ts.mu.RLock()
	due := now.Sub(ts.swept) >= ts.limit.age
	ts.mu.RUnlock()
	if !due {
		return
	}
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.swept = now
	for _, p := range ts.pools {
		p.sweep(now)
	}
}

// close closes the idle connections.
func (ts *targets) close() {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	for _, p := range ts.pools {
		p.close()
	}
}
