package delivery

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"semblance/simulator"
)

// TargetURL returns the URL of a target as people write it: a port (3000), a port and a path (3000/webhooks), a host and a
// port (localhost:3000/webhooks) or a URL (https://example.test/webhooks). The default scheme is http. A bare port is on
// localhost, which a [Sender] tries as 127.0.0.1 and then as ::1.
func TargetURL(text string) (string, error) {
	u, err := targetURL(strings.TrimSpace(text))
	if err != nil {
		return "", fmt.Errorf("unusable target %q: %w", simulator.RedactURL(text), err)
	}
	return u, nil
}

func targetURL(text string) (string, error) {
	if text == "" {
		return "", errors.New("expected a port, port/path, host:port or URL, such as 3000/webhooks")
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return "", errors.New("a target has no spaces and no control characters")
	}
	head, rest := text, ""
	if i := strings.IndexAny(text, "/?#"); i >= 0 {
		head, rest = text[:i], text[i:]
	}
	if port := strings.TrimPrefix(head, ":"); isDigits(port) {
		if err := checkPort(port); err != nil {
			return "", err
		}
		return CheckURL("http://localhost:" + port + rest)
	}
	if scheme, _, ok := strings.Cut(text, "://"); !ok || strings.ContainsAny(scheme, "/:?#") {
		if err := checkHostPort(head, rest); err != nil {
			return "", err
		}
		text = "http://" + text
	}
	return CheckURL(text)
}

// checkHostPort returns an error if head, which precedes the path of a target without a scheme, is not host:port.
func checkHostPort(head, rest string) error {
	_, _, err := net.SplitHostPort(head)
	switch {
	case err == nil && head != "http:" && head != "https:" || strings.Contains(head, "@"):
		return nil // CheckURL checks the rest
	case strings.Count(head, ":") > 1 && strings.Trim(head, "0123456789abcdefABCDEF:.") == "":
		return errors.New("write an IPv6 address in brackets, as in [::1]:3000")
	case head == "" || !isHost(head):
		return errors.New("expected a port, port/path, host:port or URL, such as 3000/webhooks")
	}
	return fmt.Errorf("no port; `%s:3000` names one, or write a URL such as https://%s", head, head+rest)
}

// isHost reports whether text looks like the name or the address of a host.
func isHost(text string) bool {
	inner, bracketed := strings.CutPrefix(text, "[")
	if bracketed {
		return strings.HasSuffix(inner, "]")
	}
	first, _ := utf8.DecodeRuneInString(text)
	return (unicode.IsLetter(first) || strings.Count(text, ".") == 3) && !strings.ContainsAny(text, ":;,\\")
}

// CheckURL returns the URL as a request uses it: without a fragment, and with a path.
func CheckURL(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil {
		var cause *url.Error
		if errors.As(err, &cause) {
			err = cause.Err
		}
		return "", err
	}
	if err := checkParts(u); err != nil {
		return "", err
	}
	if strings.HasSuffix(u.Host, ":") {
		return "", checkPort("")
	}
	if u.User != nil {
		return "", errors.New("a user name and password are not sent; use --header 'Authorization: …'")
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
