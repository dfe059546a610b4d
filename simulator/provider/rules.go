package provider

import (
	"errors"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/delivery"
)

// The limits of the provider's createWebhook and updateWebhook, from an older page of its documentation: settings. A
// subscription made locally, by a flag or a file, may name every type.
const (
	DefaultMaxEventTypes = 10
	DefaultMaxLabel      = 256 // characters
)

// Bounds of our own, so that no subscription makes a request that receivers refuse for its size.
const (
	maxURL         = 2048
	maxHeaders     = 50
	maxHeaderBytes = 8 << 10 // of all headers of a subscription together
)

// HTTPRule says where a subscription's URL may be http and not https.
type HTTPRule int

// The rules. The real provider takes https alone, which is useless on a laptop.
const (
	HTTPLoopback HTTPRule = iota // loopback may be http; a subscription made locally may be http anywhere
	HTTPNever                    // as the real provider
	HTTPAnywhere                 // for a network of containers, where receivers have names
)

// Rules are the settings of what a subscription must be. The zero value is the contract's.
type Rules struct {
	HTTP          HTTPRule
	MaxEventTypes int // through the API; 0 is DefaultMaxEventTypes, negative no limit
	MaxLabel      int // in characters; 0 is DefaultMaxLabel, negative no limit
}

// check says what the first thing wrong with a subscription is, others of its provider apart. Each field is looked at
// only where given says so: an update is judged by what it changes.
func (r Rules) check(s *simulator.Subscription, given fields, local bool) error {
	if given.url {
		if err := r.checkURL(s.URL, local); err != nil {
			return err
		}
	}
	if given.eventTypes {
		if err := r.checkEventTypes(s.EventTypes, local); err != nil {
			return err
		}
	}
	if given.label {
		if err := r.checkLabel(s.Label); err != nil {
			return err
		}
	}
	if given.headers {
		return checkHeaders(s.Headers)
	}
	return nil
}

// fields says which fields a request gives.
type fields struct{ url, eventTypes, label, headers bool }

var allFields = fields{url: true, eventTypes: true, label: true, headers: true}

// CheckURL returns an error for the URL of a subscription that the provider's API would refuse. The control API applies it,
// too, although its subscriptions may name every event type.
func (p *Provider) CheckURL(raw string) error { return p.options.Rules.checkURL(raw, false) }

func (r Rules) checkURL(raw string, local bool) error {
	if strings.TrimSpace(raw) == "" {
		return refuse(CodeURL, "url", "a url is required")
	}
	if len(raw) > maxURL {
		return refuse(CodeURL, "url", "the url has %d characters; at most %d are accepted", len(raw), maxURL)
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return refuse(CodeURL, "url", "%q is no URL; write it as https://host/path", raw)
	case u.Scheme != "https" && u.Scheme != "http":
		return refuse(CodeURL, "url", "%q is no https URL; write it as https://host/path", raw)
	case u.Hostname() == "":
		return refuse(CodeURL, "url", "the url %q names no host", raw)
	case !isPort(u.Port()):
		return refuse(CodeURL, "url", "the url %q has no usable port; ports are 1 to 65535", raw)
	case u.User != nil:
		return refuse(CodeURL, "url", "the url must not hold a user or password; send them in a header")
	case u.Fragment != "":
		return refuse(CodeURL, "url", "the url %q has a fragment, which no receiver would see; leave out what follows #", raw)
	case u.Scheme == "https":
		return nil
	case r.HTTP == HTTPNever:
		return refuse(CodeHTTPS, "url", "the url %q must be https", raw)
	case r.HTTP == HTTPLoopback && !local && !loopback(u.Hostname()):
		return refuse(CodeHTTPS, "url", "the url %q must be https; only loopback addresses may be http", raw)
	}
	return nil
}

// isPort reports whether text is a port, or nothing for the scheme's own.
func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return text == "" || err == nil && n > 0
}

func loopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

func (r Rules) checkEventTypes(names []string, local bool) error {
	if len(names) == 0 {
		return refuse(CodeEventTypes, "eventTypes", "at least one event type is required")
	}
	seen := make(map[string]bool, len(names))
	for _, name := range names {
		if err := checkEventType(name); err != nil {
			return err
		}
		if seen[name] {
			return refuse(CodeEventTypes, "eventTypes", "the event type %q is named twice", name)
		}
		seen[name] = true
	}
	most := r.MaxEventTypes
	if most == 0 {
		most = DefaultMaxEventTypes
	}
	if !local && most > 0 && len(names) > most {
		return refuse(CodeEventTypes, "eventTypes", "a subscription may name at most %d event types, not %d", most, len(names))
	}
	return nil
}

func checkEventType(name string) error {
	_, err := schemas.Lookup(name)
	if err == nil {
		return nil
	}
	unknown, ok := errors.AsType[*schemas.UnknownError](err)
	if ok && unknown.Former {
		return refuseBecause(CodeFormerEnum, "eventTypes", err)
	}
	if ok && strings.Contains(name, "*") {
		return refuse(CodeEventType, "eventTypes", "%q is a pattern; a subscription names each event type in full", name)
	}
	return refuseBecause(CodeEventType, "eventTypes", err)
}

func (r Rules) checkLabel(label string) error {
	if strings.TrimSpace(label) == "" {
		return refuse(CodeLabel, "label", "a label is required")
	}
	most := r.MaxLabel
	if most == 0 {
		most = DefaultMaxLabel
	}
	if n := utf8.RuneCountInString(label); most > 0 && n > most {
		return refuse(CodeLabel, "label", "a label may have at most %d characters, not %d", most, n)
	}
	return nil
}

func checkHeaders(headers []simulator.Header) error {
	if len(headers) > maxHeaders {
		return refuse(CodeHeader, "headers", "a subscription may have at most %d headers, not %d", maxHeaders, len(headers))
	}
	size := 0
	for _, h := range headers {
		if err := delivery.CheckHeader(h); err != nil {
			return refuseBecause(CodeHeader, "headers", err)
		}
		size += len(h.Name) + len(h.Value)
	}
	if size > maxHeaderBytes {
		return refuse(CodeHeader, "headers", "the headers have %d bytes together; at most %d are accepted", size, maxHeaderBytes)
	}
	return nil
}

// checkDuplicate refuses a subscription that names an event type which another one sends to the same URL already.
// others are those with the same URL.
func checkDuplicate(s *simulator.Subscription, others []*subscriber) error {
	for _, other := range others {
		if other.sub.ID == s.ID {
			continue
		}
		for _, t := range s.EventTypes {
			if other.sub.Wants(t) {
				return refuse(CodeDuplicate, "eventTypes", "the subscription %q (%s) already sends %s to %s", other.sub.Label, other.sub.ID, t, other.sub.URL)
			}
		}
	}
	return nil
}

// canonicalURL is how URLs are compared: scheme and host without letter case, the default port left out, the empty
// path written.
func canonicalURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw
	}
	host := strings.ToLower(u.Host)
	host = strings.TrimSuffix(host, map[string]string{"http": ":80", "https": ":443"}[u.Scheme])
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	return u.Scheme + "://" + host + path + "?" + u.RawQuery
}
