package hint

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"semblance/schemas/lazy"

	"semblance/schemas/human"
	"semblance/simulator"
)

// row is one kind of failure.
type row struct {
	name string
	fits func(*facts) bool
	fix  func(*facts) string
}

// text returns a fix that does not depend on the attempt.
func text(fix string) func(*facts) string { return func(*facts) string { return fix } }

// table lists all kinds of failures. The first row that fits is taken: those that name a cause for certain stand before
// those that go by the status alone. It is read-only.
var table = []row{
	// No connection.
	{"dns", failed(simulator.FailureDNS), text("check the spelling of the host; for a receiver on this machine write the port alone, such as 3000/webhooks")},
	{Refused, failed(simulator.FailureRefused), (*facts).listen},
	{"plain-http", failed(simulator.FailureTLS, "does not speak tls"), func(f *facts) string {
		return "send to " + f.secured("http")
	}},
	{"certificate-name", failed(simulator.FailureTLS, "belongs to another host"), text(
		"send to a host name that is in the certificate, or issue it for this one; --insecure accepts any")},
	{"certificate-expired", failed(simulator.FailureTLS, "expired"), text("renew the certificate, or check the clock; --insecure accepts any")},
	{"certificate", failed(simulator.FailureTLS, "certificate"), text("--insecure accepts any certificate; --ca-file FILE trusts the one in FILE")},
	{"http2-only", func(f *facts) bool {
		return f.failed(simulator.FailureTLS, "no application protocol") || f.failed(simulator.FailureMalformed, "http/2") ||
			f.status != 0 && f.says("unknown alpn protocol", "missing alpn protocol") || f.status == http.StatusHTTPVersionNotSupported
	}, text("the receiver speaks HTTP/2 alone; let it accept HTTP/1.1 too (Node: allowHTTP1: true)")},
	{"https-port", func(f *facts) bool {
		return f.url.Scheme == "http" && f.says("http request to an https server", "plain http request was sent to https port", "requires tls", "speaking plain http to an ssl-enabled")
	}, func(f *facts) string { return "the receiver speaks TLS; send to " + f.secured("https") }},
	{"closed", func(f *facts) bool { // as a TLS server does with plain HTTP, and an HTTP/2 server with HTTP/1.1
		return f.status == 0 && (f.failed(simulator.FailureClosed) || f.failed(simulator.FailureReset))
	}, func(f *facts) string {
		if f.url.Scheme == "http" {
			return "see whether the receiver crashed; if it speaks TLS, send to " + f.secured("https")
		}
		return "see whether the receiver crashed, and whether it accepts HTTP/1.1"
	}},
	{"no-answer", func(f *facts) bool { return f.status == 0 && f.failed(simulator.FailureTimeout, "no response from") }, text(
		"respond before slow work; a handler that never ends its response (res.end, next, return) hangs too")},
	{"not-http", func(f *facts) bool { return f.status == 0 && f.failed(simulator.FailureMalformed) }, text(
		"check the port: what listens there does not speak HTTP")},

	// Pages and messages of frameworks.
	{"csrf", func(f *facts) bool {
		return f.client() && f.says("csrf verification", "csrf token", "csrf cookie", "authenticitytoken", "authenticity token") || f.status == 419
	}, csrf},
	{"host", func(f *facts) bool {
		return f.client() && f.says("disallowedhost", "allowed_hosts", "blocked hosts", "this host (") || f.text == "bad request (400)" || f.status == http.StatusMisdirectedRequest
	}, func(f *facts) string {
		return fmt.Sprintf("the receiver does not accept the host %s; allow it (Django: ALLOWED_HOSTS, Rails: config.hosts, Vite: allowedHosts)", f.url.Hostname())
	}},
	{"append-slash", func(f *facts) bool { return f.says("append_slash") }, func(f *facts) string {
		return "the route ends in a slash; send to " + f.url.Scheme + "://" + f.url.Host + strings.TrimSuffix(f.path(), "/") + "/"
	}},
	{"parsed-body", func(f *facts) bool {
		return f.status >= 400 && f.says("[object object]", `argument must be of type string or an instance of buffer`,
			"payload must be provided as a string or a buffer", "received an instance of object", "no webhook payload was provided")
	}, text("the receiver verifies or parses a body that was parsed before; take the raw body (Express: express.raw({type: '*/*'}) on this route, before express.json)")},
	{"too-large", func(f *facts) bool {
		return f.status == http.StatusRequestEntityTooLarge || f.says("payloadtoolargeerror", "request entity too large")
	}, func(f *facts) string {
		return fmt.Sprintf("raise the receiver's limit of the body above %s (Express: limit, nginx: client_max_body_size, Django: DATA_UPLOAD_MAX_MEMORY_SIZE)",
			human.Size(len(f.attempt.Request.Body)))
	}},
	{"content-type", func(f *facts) bool {
		return f.status == http.StatusUnsupportedMediaType || f.client() && f.says("unsupported media type", "content-type was not 'application/json'")
	}, func(f *facts) string {
		return "accept the Content-Type " + human.Quoted(f.attempt.Request.Header("Content-Type")) + ", which every event has"
	}},
	{"tunnel", func(f *facts) bool { return f.says("err_ngrok_", "tunnel not found", "error 1033") }, text("the tunnel is up but no receiver is behind it; start the receiver at the tunnel's port")},

	// Statuses.
	{"redirect", func(f *facts) bool { return f.status/100 == 3 && f.location() != "" }, func(f *facts) string {
		return "redirects are not followed; send to " + human.Excerpt(f.location(), 200)
	}},
	{"credentials", func(f *facts) bool {
		return f.status == http.StatusUnauthorized && f.response.Header("WWW-Authenticate") != "" || f.status == http.StatusProxyAuthRequired
	}, func(f *facts) string {
		scheme, _, _ := strings.Cut(f.response.Header("WWW-Authenticate"), " ")
		return "the receiver asks for " + strings.TrimSpace(human.Excerpt(scheme, 20)+" credentials") + "; add the header Authorization to the requests (--header), or exempt the webhook's route"
	}},
	{"method", status(http.StatusMethodNotAllowed, http.StatusNotImplemented), func(f *facts) string {
		if allow := f.response.Header("Allow"); allow != "" {
			return fmt.Sprintf("%s is there for %s only; register it for POST, or name the path of the webhooks", f.path(), human.Excerpt(allow, 60))
		}
		return f.path() + " does not accept POST; register it for POST, or name the path of the webhooks"
	}},
	{"no-path", func(f *facts) bool { return f.status == http.StatusNotFound && f.path() == "/" }, func(f *facts) string {
		host := f.url.Host
		if f.url.Hostname() == "localhost" && f.url.Scheme == "http" && f.url.Port() != "" {
			host = f.url.Port()
		}
		return "the receiver has no POST /; name the path of its webhooks, such as --to " + host + "/webhooks"
	}},
	{"no-route", status(http.StatusNotFound), func(f *facts) string {
		return "the receiver has no POST " + f.path() + "; compare it with its routes: prefix, spelling and trailing slash"
	}},
	{"length", status(http.StatusLengthRequired), text("the receiver accepts no chunked bodies; a server in front of it usually can")},
	{"rate-limit", func(f *facts) bool {
		return f.status == http.StatusTooManyRequests || f.status == http.StatusServiceUnavailable && f.response.Header("Retry-After") != ""
	}, rateLimit},
	{Signature, refusesSignature, text(
		"the receiver refuses a valid signature: compare its secret with the one used here, and verify the raw body with t, a dot and the body")},
	{"validation", func(f *facts) bool {
		return f.status == http.StatusUnprocessableEntity || f.status == http.StatusBadRequest && f.missing() != ""
	}, func(f *facts) string {
		if name := f.missing(); name != "" {
			return "the receiver's validation requires " + name + "; require only subscriptionId, eventId, eventType and identifiers, and accept unknown keys"
		}
		return "the receiver's validation refuses the event; optional identifiers may be absent, and unknown keys must be accepted"
	}},
	{"proxy", status(http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout), text(
		"a proxy responded: start the receiver behind it, or see why it is slow")},
	{"unread", func(f *facts) bool { return f.status == http.StatusBadRequest && f.says("json", "parse", "body") }, text(
		"the receiver could not read the body; see its log, and whether a middleware read the body before it")},
	{"error", func(f *facts) bool { return f.status >= 500 }, text("the receiver failed: its log names the error; only unexpected errors deserve a 5xx, which is retried")},
	{"forgery-accepted", func(f *facts) bool {
		return f.status/100 == 2 && strings.HasPrefix(f.attempt.Request.Fault, "signature=")
	}, func(f *facts) string {
		return "the receiver accepts " + f.attempt.Request.Fault + "; verify the signature and its age before anything else, and refuse with 4xx"
	}},
}

func failed(kind simulator.Failure, texts ...string) func(*facts) bool {
	return func(f *facts) bool { return f.status == 0 && f.failed(kind, texts...) }
}

func status(codes ...int) func(*facts) bool {
	return func(f *facts) bool {
		for _, code := range codes {
			if f.status == code {
				return true
			}
		}
		return false
	}
}

// client reports whether the status is a 4xx.
func (f *facts) client() bool { return f.status/100 == 4 }

// refusesSignature reports whether the response refuses the signature of a request that has a valid one.
func refusesSignature(f *facts) bool {
	if f.attempt.Request.Fault != "" || f.attempt.Request.Kind == simulator.KindExact {
		return false
	}
	switch f.status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return true
	}
	return f.client() && f.says("signature", "hmac", "digest", "unauthorized", "timestamp outside")
}

// csrf names the exemption of the framework.
func csrf(f *facts) string {
	exempt := "exempt the webhook's route"
	switch {
	case f.says("authenticity"):
		exempt += " with skip_forgery_protection (Rails)"
	case f.status == 419:
		exempt += " in validateCsrfTokens(except: …) (Laravel)"
	case f.says("csrf verification failed"):
		exempt += " with @csrf_exempt (Django)"
	case f.says("csrf token is missing"):
		exempt += " with csrf.exempt (Flask-WTF)"
	}
	return "the receiver's CSRF protection refuses requests without its token; " + exempt
}

// rateLimit says how long to wait.
func rateLimit(f *facts) string {
	wait := f.response.RetryAfter
	if wait == 0 {
		if seconds, err := strconv.Atoi(f.response.Header("Retry-After")); err == nil {
			wait = time.Duration(seconds) * time.Second
		}
	}
	fix := "the receiver limits the rate; "
	if wait > 0 {
		fix += "it asks to wait " + human.Duration(wait) + ": "
	}
	return fix + "raise its limit for webhooks, or send slower (--rate, --in-flight)"
}

// required find the name of a missing key in the messages of common validators.
var required = []func() *regexp.Regexp{
	lazy.Regexp(`"loc":\s*\[\s*"body",\s*"([\w.]+)"`),                                                               // FastAPI
	lazy.Regexp(`must have required property '([\w.]+)'`),                                                           // Ajv, Fastify
	lazy.Regexp(`\\?"?([\w.]+)\\?"? is required`),                                                                   // Joi and others
	lazy.Regexp(`missing (?:required )?(?:field|key|property|parameter)s?:? ["']?([\w.]+)`),                         // serde, hand-written
	lazy.Regexp(`'?([\w.]+)'?:? (?:this field is required|required field)`),                                         // DRF, Cerberus
	lazy.Regexp(`"code":\s*"invalid_type"[^}]*?"received":\s*"undefined"[^}]*?"path":\s*\[\s*"([\w]+(?:","\w+)*)"`), // Zod
	lazy.Regexp(`key: '\w+\.(\w+)' error`),                                                                          // validator of Go
}

// missing returns the name of the key that the receiver's validation misses, or "".
func (f *facts) missing() string {
	for _, pattern := range required {
		if m := pattern().FindStringSubmatch(f.text); m != nil {
			for _, word := range []string{"signature", "secret", "header", "token", "body", "it", "this", "and", "timestamp", "missing"} {
				if m[1] == word {
					return ""
				}
			}
			return original(string(f.response.Body), m[1])
		}
	}
	return ""
}

// original returns a name in the letter case of the text.
func original(text, name string) string {
	if i := strings.Index(strings.ToLower(text), name); i >= 0 && len(strings.ToLower(text)) == len(text) {
		return text[i : i+len(name)]
	}
	return name
}
