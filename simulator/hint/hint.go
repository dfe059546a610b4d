// Package hint names the likely fix of a failed attempt. It holds the one table of hints: send, play, serve, log, the API
// and the reports show the same hint for the same response.
//
//	if h := hint.For(&attempt); h.Fix != "" {
//		fmt.Println("fix:", h.Fix)
//	}
//
// A hint is about one attempt and comes from its response alone. [Text] returns a response as text, also if it is the HTML
// page of a framework.
package hint

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"semblance/schemas/naming"
	"semblance/simulator"
)

// Hint is the likely fix of a failed attempt. The zero value means that there is none.
type Hint struct {
	Name string `json:"name"` // the kind of failure, such as "no-route"; attempts with the same Name have the same cause
	Fix  string `json:"fix"`  // what to change, in one sentence
}

// The names of hints that callers treat in a special way.
const (
	Signature = "signature" // the receiver refuses the signature; signature.Explain may name the mistake
	Refused   = "refused"   // nothing listens
)

// For returns the hint for an attempt that was not as expected. It is empty if nothing certain can be said.
func For(a *simulator.Attempt) Hint {
	u, err := url.Parse(a.Request.URL)
	if err != nil {
		u = &url.URL{}
	}
	f := &facts{attempt: a, url: u, response: &a.Response, text: strings.ToLower(Text(&a.Response))}
	if a.Response.Failure == "" || a.Response.Status != 0 {
		f.status = a.Response.Status
	}
	for i := range table {
		if row := &table[i]; row.fits(f) {
			return Hint{row.name, row.fix(f)}
		}
	}
	return Hint{}
}

// Names returns the names of all kinds of hints.
func Names() []string {
	return naming.List(table, func(x row) string { return x.name })
}

// facts are what the table looks at.
type facts struct {
	attempt  *simulator.Attempt
	url      *url.URL
	response *simulator.Response
	status   int    // 0 without a response
	text     string // the response's body as text, in lower case
}

// says reports whether the response contains one of the texts.
func (f *facts) says(texts ...string) bool { return containsAny(f.text, texts) }

// failed reports whether the attempt failed in this way, with one of the texts in its detail if there are any.
func (f *facts) failed(kind simulator.Failure, texts ...string) bool {
	return f.response.Failure == kind && (len(texts) == 0 || containsAny(strings.ToLower(f.response.Detail), texts))
}

// path returns the path that was asked.
func (f *facts) path() string {
	if p := f.url.EscapedPath(); p != "" {
		return p
	}
	return "/"
}

// location returns the absolute URL of a redirect, without credentials, or "".
func (f *facts) location() string {
	location := f.response.Header("Location")
	if to, err := f.url.Parse(location); err == nil && location != "" {
		location = to.String()
	}
	return simulator.RedactURL(location)
}

// listen says how to start a receiver where nothing listens.
func (f *facts) listen() string {
	host := f.url.Hostname()
	if address, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !address.IsLoopback()) {
		return "start the receiver, or check the address"
	}
	command := "semblance listen"
	if port := f.url.Port(); port == "" {
		command += " --addr 80"
	} else if port != "4701" {
		command += " --addr " + port
	}
	return "start your receiver, or `" + command + "` in another terminal"
}

// secured returns the target with the other scheme.
func (f *facts) secured(scheme string) string {
	return scheme + "://" + f.url.Host + f.path()
}

func containsAny(text string, parts []string) bool {
	for _, part := range parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// page reports whether the body is an HTML page.
func page(r *simulator.Response) bool {
	contentType := strings.ToLower(r.Header("Content-Type"))
	if contentType == "" {
		contentType = http.DetectContentType(r.Body)
	}
	return strings.Contains(contentType, "html")
}
