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

// The limits of the provider's createWebhook and updateWebhook, from an older page of its documentation. They are settings.
// A subscription created by a flag or a file may name every type.
const (
	DefaultMaxEventTypes = 10
	DefaultMaxLabel      = 256 // characters
)

// Limits of the simulator, so that receivers do not refuse a request for its size.
const (
	maxURL         = 2048
	maxHeaders     = 50
	maxHeaderBytes = 8 << 10 // of all headers of a subscription together
)

// HTTPRule says which URLs of subscriptions may be http.
type HTTPRule int

// The rules. The real provider accepts only https, which is impractical on a laptop.
const (
	HTTPLoopback HTTPRule = iota // loopback addresses; any address for a subscription created by a flag or a file
	HTTPNever                    // none, as the real provider
	HTTPAnywhere                 // all; for a network of containers, where receivers have names
)

// Rules are the settings of the checks of a subscription. The zero value is the contract's.
type Rules struct {
	HTTP          HTTPRule
	MaxEventTypes int // through the API; 0 is DefaultMaxEventTypes, negative for no limit
	MaxLabel      int // in characters; 0 is DefaultMaxLabel, negative for no limit
}

// check returns an error for the first invalid field of a subscription. It checks only the fields that are given, so an
// update is refused only for a field that it changes.
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

// fields are the fields that a request gives.
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
		return refuse(CodeURL, "url", "invalid url %q; write it as https://host/path", simulator.RedactURL(raw))
	case u.Scheme != "https" && u.Scheme != "http":
		return refuse(CodeURL, "url", "the url %q is not https; write it as https://host/path", simulator.RedactURL(raw))
	case u.Hostname() == "":
		return refuse(CodeURL, "url", "the url %q has no host", simulator.RedactURL(raw))
	case !isPort(u.Port()):
		return refuse(CodeURL, "url", "the url %q has an invalid port; ports are 1 to 65535", simulator.RedactURL(raw))
	case u.User != nil:
		return refuse(CodeURL, "url", "the url must not contain a user or a password; send them in a header")
	case u.Fragment != "":
		return refuse(CodeURL, "url", "the url %q has a fragment, which is not sent; remove # and the rest", simulator.RedactURL(raw))
	case u.Scheme == "https":
		return nil
	case r.HTTP == HTTPNever:
		return refuse(CodeHTTPS, "url", "the url %q must be https", simulator.RedactURL(raw))
	case r.HTTP == HTTPLoopback && !local && !loopback(u.Hostname()):
		return refuse(CodeHTTPS, "url", "the url %q must be https; only loopback addresses may be http", simulator.RedactURL(raw))
	}
	return nil
}

// isPort reports whether text is a port, or empty for the default one.
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
	t, err := schemas.Lookup(name)
	if err == nil {
		if t.Retired() {
			return refuse(CodeEventType, "eventTypes", "the provider has retired the event type %q; name the types that it sends now, as `semblance events` lists them", name)
		}
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

// checkDuplicate refuses a subscription if another one with the same URL has one of its event types. others are the
// subscriptions with that URL.
func checkDuplicate(s *simulator.Subscription, others []*subscription) error {
	for _, other := range others {
		if other.ID == s.ID {
			continue
		}
		for _, t := range s.EventTypes {
			if other.Wants(t) {
				return refuse(CodeDuplicate, "eventTypes", "the subscription %q (%s) already sends %s to %s", other.Label, other.ID, t, simulator.RedactURL(other.URL))
			}
		}
	}
	return nil
}

// canonicalURL returns the form in which URLs are compared: scheme and host in lower case, without the default port, and
// with / for an empty path.
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
