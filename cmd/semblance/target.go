package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// A target is where events go, as --to names it.
type target struct {
	url  string
	port string // set where only a port was given: then 127.0.0.1 is tried, and ::1 after it
	path string
}

// parseTarget reads a port (3000), a port and a path (3000/webhooks), a host and a port (localhost:3000/webhooks) or a
// URL (https://example.test/webhooks). Without a scheme it is http.
func parseTarget(text string) (target, error) {
	t, err := parseTargetParts(strings.TrimSpace(text))
	if err != nil {
		return target{}, fmt.Errorf("unusable target %q: %w", text, err)
	}
	return t, nil
}

func parseTargetParts(text string) (target, error) {
	if text == "" {
		return target{}, errors.New("expected a port, port/path, host:port or URL, such as 3000/webhooks")
	}
	if i := strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }); i >= 0 {
		return target{}, errors.New("a target has no spaces and no control characters")
	}
	head, path, _ := strings.Cut(text, "/")
	if isDigits(strings.TrimPrefix(head, ":")) {
		port := strings.TrimPrefix(head, ":")
		if err := checkPort(port); err != nil {
			return target{}, err
		}
		t := target{port: port, path: "/" + path}
		parsed, err := parseURL(t.at("127.0.0.1"))
		t.url = parsed
		return t, err
	}
	if scheme, _, ok := strings.Cut(text, "://"); !ok || strings.ContainsAny(scheme, "/:?") {
		if !strings.Contains(head, ":") {
			return target{}, fmt.Errorf("no port; `%s:3000` names one, or write a URL such as https://%s", head, text)
		}
		text = "http://" + text
	}
	parsed, err := parseURL(text)
	return target{url: parsed}, err
}

// at returns the URL of a bare port at a loopback address.
func (t target) at(address string) string {
	return "http://" + net.JoinHostPort(address, t.port) + t.path
}

// parseURL checks that a URL can be sent to and returns it with the path that the request will ask for.
func parseURL(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil {
		var cause *url.Error
		if errors.As(err, &cause) {
			err = cause.Err
		}
		return "", err
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return "", fmt.Errorf("scheme %q is neither http nor https", u.Scheme)
	case u.Opaque != "" || u.Hostname() == "":
		return "", errors.New("no host")
	case u.User != nil:
		return "", errors.New("a user name and password are not sent; use --header 'Authorization: …'")
	}
	if port := u.Port(); port != "" || strings.HasSuffix(u.Host, ":") {
		if err := checkPort(port); err != nil {
			return "", err
		}
	}
	u.Fragment, u.RawFragment = "", ""
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String(), nil
}

func checkPort(port string) error {
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return fmt.Errorf("port %q is not between 1 and 65535", port)
	}
	return nil
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
