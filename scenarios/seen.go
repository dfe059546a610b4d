package scenarios

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"semblance/schemas/human"
	"semblance/schemas/naming"
	"semblance/simulator"
)

// Which selects responses of a run.
type Which string

// The selections.
const (
	WhichAll      Which = "all"
	WhichRefusals Which = "refusals" // of requests that had to be refused and were
	WhichHTML     Which = "html"     // with Content-Type text/html
)

// Lack is a text that no response may contain: a pattern with * for any characters within a line, searched in the header
// lines ("Name: value") and the lines of the body.
type Lack struct {
	Pattern string
	Shown   string // for messages, if it differs: without the secret
	Right   bool   // instead of Pattern: the signature that the request should have had, if the request did not carry it
}

// String returns the text as it may be shown.
func (l Lack) String() string { return cmp.Or(l.Shown, human.Quoted(l.Pattern)) }

// Bounds of [Responses].
const (
	maxSeen         = 10_000   // responses
	maxSeenBytes    = 64 << 20 // bytes of their bodies
	maxSeenBody     = 64 << 10 // bytes of each body
	maxSeenRequests = 8        // requests with the same response
)

// Responses collects the responses of a run, equal ones once. It is safe for concurrent use. The zero value is empty.
type Responses struct {
	mu      sync.Mutex
	seen    []*Seen
	byKey   map[string]*Seen
	bytes   int
	Omitted int64 // responses beyond the bounds, which are not examined; read it after the run
}

// Seen is a response and the requests that got it.
type Seen struct {
	Response simulator.Response
	Refusal  bool // of a request that had to be refused and was
	Count    int64
	Requests []SeenRequest // the first of them
	rights   []string      // the signatures that the requests should have had, if they did not carry them
}

// SeenRequest is a request that got a response.
type SeenRequest struct {
	From    string // the check, such as SIG-01, or the step, such as step 2
	Request simulator.Request
}

// Add adds the response to a request of a check or a step. right is the signature that the request should have had, or "" if it carried
// it: a receiver that repeats it reveals nothing.
func (r *Responses) Add(from string, a *simulator.Attempt, refusal bool, right string) {
	if r == nil || a.Response.Status == 0 {
		return
	}
	body := a.Response.Body[:min(len(a.Response.Body), maxSeenBody)]
	key := responseKey(&a.Response, body, refusal)
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.byKey[key]
	if s == nil {
		if len(r.seen) >= maxSeen || r.bytes+len(body) > maxSeenBytes {
			r.Omitted++
			return
		}
		s = &Seen{Response: a.Response, Refusal: refusal}
		s.Response.Body = bytes.Clone(body)
		r.bytes += len(body)
		if r.byKey == nil {
			r.byKey = map[string]*Seen{}
		}
		r.byKey[key] = s
		r.seen = append(r.seen, s)
	}
	s.Count++
	if len(s.Requests) < maxSeenRequests {
		s.Requests = append(s.Requests, SeenRequest{from, a.Request})
	}
	if right != "" && len(s.rights) < maxSeen {
		s.rights = append(s.rights, right)
	}
}

// responseKey is equal for equal responses. Date differs from second to second.
func responseKey(response *simulator.Response, body []byte, refusal bool) string {
	var key strings.Builder
	fmt.Fprintln(&key, response.Status, response.Size, response.Failure, refusal)
	for _, h := range response.Headers {
		if !strings.EqualFold(h.Name, "Date") {
			fmt.Fprintln(&key, h.Name, h.Value)
		}
	}
	key.Write(body)
	return key.String()
}

// List returns the responses that a selection contains.
func (r *Responses) List(which Which) []*Seen {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.seen), func(s *Seen) bool {
		switch which {
		case WhichRefusals:
			return !s.Refusal
		case WhichHTML:
			return !strings.HasPrefix(strings.ToLower(s.Response.Header("Content-Type")), "text/html")
		}
		return false
	})
}

// Judge judges the responses of a selection by a requirement. It depends on the added responses alone.
func (r *Responses) Judge(which Which, required *Requirement) Verdict {
	var verdict Verdict
	list := r.List(which)
	for _, lack := range required.Lack {
		for _, s := range list {
			if line, found := s.find(lack); found {
				verdict.Add(Failure{Part: PartResponse, Expected: "no " + lack.String() + " in any response", Got: s.describe() + " contains " + line})
				break // one failure for each text
			}
		}
	}
	for _, s := range list {
		if required.AtMost > 0 && (s.Response.Size > required.AtMost || s.Response.Failure == simulator.FailureTooLarge) {
			verdict.Add(Failure{Part: PartBody, Expected: "at most " + human.Size(required.AtMost), Got: s.describe() + " has " + human.Size(max(s.Response.Size, required.AtMost+1))})
			break
		}
	}
	if refusals := r.List(WhichRefusals); required.Alike && len(refusals) > 0 {
		for _, s := range refusals[1:] {
			if a, b := summary(&refusals[0].Response), summary(&s.Response); a != b {
				verdict.Add(Failure{Part: PartResponse, Expected: "the same response to every refused request", Got: a + " and " + b})
				break
			}
		}
	}
	return verdict
}

// describe names the response by its status and the first check or step that got it.
func (s *Seen) describe() string {
	return "status " + strconv.Itoa(s.Response.Status) + " to " + s.Requests[0].From
}

// summary is what refusals have in common if they are alike: the status and the body.
func summary(response *simulator.Response) string {
	return strconv.Itoa(response.Status) + " " + excerpt(response.Body)
}

// find returns the line of the response that contains a text. The line of a secret is not shown.
func (s *Seen) find(lack Lack) (line string, found bool) {
	patterns := []string{lack.Pattern}
	if lack.Right {
		patterns = s.rights
	}
	for _, pattern := range patterns {
		for _, h := range s.Response.Headers {
			if line := http.CanonicalHeaderKey(h.Name) + ": " + h.Value; contains(line, pattern) {
				return lack.show(line, "the header "+h.Name), true
			}
		}
		for line := range strings.SplitSeq(string(s.Response.Body), "\n") {
			if contains(line, pattern) {
				return lack.show(line, "its body"), true
			}
		}
	}
	return "", false
}

func contains(line, pattern string) bool {
	if !strings.Contains(pattern, "*") {
		return strings.Contains(line, pattern)
	}
	return naming.Match("*"+pattern+"*", line)
}

// show returns the line with a text, or for a secret only its place.
func (l Lack) show(line, place string) string {
	if l.Shown != "" || l.Right {
		return "it in " + place
	}
	return human.Quoted(human.Cut(strings.TrimSpace(line), maxText/2))
}
