package delivery

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// target is a URL taken apart, with the connections of its host.
type target struct {
	scheme        string // "http" or "https"
	hostname      string // without port and brackets
	port          string
	host          string // as the Host header has it
	uri           string // as the request line has it
	authorization string // from the user in the URL, if it has one
	pool          *pool
}

// address is what people read of where a target is.
func (t *target) address() string {
	if strings.Contains(t.hostname, ":") {
		return "[" + t.hostname + "]:" + t.port
	}
	return t.hostname + ":" + t.port
}

// parseTarget takes a URL apart, or says in one sentence why nothing can be sent there.
func parseTarget(text string) (*target, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("the URL %q cannot be read; write it as http://host:port/path", brief(text))
	}
	t := &target{scheme: u.Scheme, hostname: u.Hostname(), port: u.Port(), uri: u.RequestURI()}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("the URL %q is neither http nor https; write it as http://host:port/path", brief(text))
	case t.hostname == "":
		return nil, fmt.Errorf("the URL %q has no host; write it as http://host:port/path", brief(text))
	}
	for i := range len(t.hostname) {
		if t.hostname[i] >= 0x80 || t.hostname[i] <= 0x20 {
			return nil, fmt.Errorf("the host of the URL %q is not ASCII; write its xn--… form", brief(text))
		}
	}
	if n, err := strconv.Atoi(t.port); t.port != "" && (err != nil || n < 1 || n > 65535) {
		return nil, fmt.Errorf("the URL %q has no usable port; a port is from 1 to 65535", brief(text))
	}
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

// withoutZone leaves out the zone of an IPv6 address, which means something on this machine alone (RFC 6874).
func withoutZone(host string) string {
	zone, end := strings.IndexByte(host, '%'), strings.LastIndexByte(host, ']')
	if zone < 0 || end < zone {
		return host
	}
	return host[:zone] + host[end:]
}

// brief keeps a stranger's text short enough for a sentence.
func brief(text string) string {
	const most = 120
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// targets are the URLs in use, taken apart once, and the pools of their hosts.
type targets struct {
	mu    sync.RWMutex
	known map[string]*target // by URL
	pools map[string]*pool   // by scheme, host and port
	limit limits
	swept time.Time // when sweep last looked
}

// maxTargets bounds how many URLs are remembered; pools stay.
const maxTargets = 4096

func (ts *targets) find(text string) (*target, error) {
	ts.mu.RLock()
	t := ts.known[text]
	ts.mu.RUnlock()
	if t != nil {
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
		ts.pools[key] = &pool{limits: ts.limit}
	}
	t.pool = ts.pools[key]
	ts.known[text] = t
	return t, nil
}

// sweep closes the connections of all hosts that have been idle for too long, every now and then: a host that nothing is
// sent to any more would keep its own for ever.
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

// close closes the kept connections.
func (ts *targets) close() {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	for _, p := range ts.pools {
		p.close()
	}
}
