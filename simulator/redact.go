package simulator

import (
	"net/url"
	"slices"
	"strings"
)

// Everything that is printed, logged or written to a file goes through the functions of this file, unless the user asks for
// secrets (--show-secret). They decide by names: of a header, or of a parameter in the query of a URL. A value that a
// scenario reads from the environment is replaced by its placeholder before that, see package player.

// Redacted returns the attempt without credentials, to be printed or written.
func (a Attempt) Redacted() Attempt {
	a.Request, a.Response = a.Request.Redacted(), a.Response.Redacted()
	return a
}

// Redacted returns the request without the credentials in its URL and headers. It shares all other memory with r.
func (r Request) Redacted() Request {
	r.URL, r.Headers = RedactURL(r.URL), RedactHeaders(r.Headers)
	return r
}

// Redacted returns the response without the credentials in its headers and URL. It shares all other memory with r.
func (r Response) Redacted() Response {
	r.FinalURL, r.Headers = RedactURL(r.FinalURL), RedactHeaders(r.Headers)
	return r
}

// RedactHeaders returns the headers without credentials. It returns headers itself if there is nothing to redact.
func RedactHeaders(headers []Header) []Header {
	redacted := headers
	for i, h := range headers {
		value := RedactHeader(h)
		if value == h.Value {
			continue
		}
		if &redacted[0] == &headers[0] {
			redacted = slices.Clone(headers)
		}
		redacted[i].Value = value
	}
	return redacted
}

// RedactHeader returns the value of a header without credentials: the scheme of an Authorization header, and the last four
// characters of a long token. Placeholders of the environment stay.
func RedactHeader(h Header) string {
	switch {
	case strings.EqualFold(h.Name, "Location"):
		return RedactURL(h.Value)
	case h.Value == "" || !HoldsSecret(h.Name) || isPlaceholder(h.Value):
		return h.Value
	}
	scheme, value, ok := strings.Cut(h.Value, " ")
	if !ok || !strings.HasSuffix(strings.ToLower(h.Name), "authorization") {
		scheme, value = "", h.Value
	} else {
		scheme += " "
	}
	switch {
	case strings.HasPrefix(value, "…"): // redacted before
		return h.Value
	case strings.EqualFold(scheme, "Basic ") || strings.Contains(strings.ToLower(h.Name), "cookie"): // the end may be a whole password
		return scheme + "…"
	}
	return scheme + Secret(value).String()
}

// HoldsSecret reports whether a header or a parameter of that name holds a credential: Authorization, Cookie, X-Api-Key,
// and every name that contains token, secret, password, auth or key.
func HoldsSecret(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case "www-authenticate", "proxy-authenticate", "idempotency-key", "sec-websocket-key":
		return false
	}
	return slices.ContainsFunc([]string{"auth", "cookie", "token", "secret", "passw", "passphrase", "credential", "key"},
		func(part string) bool { return strings.Contains(name, part) })
}

// hidden replaces a credential in a URL, where it needs no escape.
const hidden = "***"

// RedactURL returns a URL without its user information and without the values of parameters that hold a credential. It
// changes nothing else, also of a text that is not a URL.
func RedactURL(text string) string {
	if !strings.ContainsAny(text, "@=") {
		return text
	}
	text, fragment, hasFragment := strings.Cut(text, "#")
	text, query, hasQuery := strings.Cut(text, "?")
	start := 0 // of the authority
	if i := strings.Index(text, "//"); i == 0 || i > 0 && text[i-1] == ':' {
		start = i + 2
	}
	authority, path := text[start:], ""
	if slash := strings.IndexByte(authority, '/'); slash >= 0 {
		authority, path = authority[:slash], authority[slash:]
	}
	if at := strings.LastIndexByte(authority, '@'); at >= 0 && !isPlaceholder(authority[:at]) {
		text = text[:start] + hidden + authority[at:] + path
	}
	if hasQuery {
		text += "?" + redactQuery(query)
	}
	if hasFragment {
		text += "#" + redactQuery(fragment)
	}
	return text
}

// redactQuery redacts a query, or a fragment in the form of one.
func redactQuery(query string) string {
	parameters := strings.Split(query, "&")
	for i, parameter := range parameters {
		name, value, ok := strings.Cut(parameter, "=")
		if ok && value != "" && secretParameter(name) && !isPlaceholder(value) {
			parameters[i] = name + "=" + hidden
		}
	}
	return strings.Join(parameters, "&")
}

// secretParameter reports whether the parameter of a query holds a credential. Signed URLs have a parameter sig.
func secretParameter(name string) bool {
	if unescaped, err := url.QueryUnescape(name); err == nil {
		name = unescaped
	}
	switch strings.ToLower(name) {
	case "sig", "signature", "pwd", "pass", "code":
		return true
	}
	return HoldsSecret(name)
}

// isPlaceholder reports whether a text refers to an environment variable, as in a scenario.
func isPlaceholder(text string) bool { return strings.Contains(text, "${env.") }

// TargetArgument returns the value of --to for a command that is printed: the URL, or the flag's environment variable if the
// URL holds a credential.
func TargetArgument(url string) string {
	if RedactURL(url) != url {
		return "$SEMBLANCE_TO"
	}
	return url
}
