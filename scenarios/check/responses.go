package check

import (
	"bytes"
	"hash/maphash"
	"slices"
	"strings"
	"sync"

	"semblance/simulator"
	"semblance/simulator/signature"
)

// maxResponses bounds the distinct responses that are kept.
const maxResponses = 2000

// responses keeps one of each distinct response of a run, with the checks that got it.
type responses struct {
	mu    sync.Mutex
	seed  maphash.Seed
	known map[uint64]*response
	all   []*response
}

// response is a response that some requests got.
type response struct {
	attempt simulator.Attempt // the first one
	checks  []string          // ids
	right   string            // the correct v1 of a request that did not carry it, if the response contains it
}

func newResponses() *responses {
	return &responses{seed: maphash.MakeSeed(), known: map[uint64]*response{}}
}

// add keeps the response of a request.
func (s *responses) add(id string, a *simulator.Attempt) {
	if a.Response.Status == 0 {
		return
	}
	var h maphash.Hash
	h.SetSeed(s.seed)
	h.WriteByte(byte(a.Response.Status / 100))
	h.WriteByte(byte(a.Response.Status % 100))
	for _, header := range a.Response.Headers {
		if !strings.EqualFold(header.Name, "Date") {
			h.WriteString(header.Name + ": " + header.Value + "\n")
		}
	}
	h.Write(a.Response.Body)
	right := leakedV1(a)
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.known[h.Sum64()]; known != nil {
		if !slices.Contains(known.checks, id) {
			known.checks = append(known.checks, id)
		}
		if known.right == "" {
			known.right = right
		}
		return
	}
	if len(s.all) == maxResponses {
		return
	}
	known := &response{attempt: *a, checks: []string{id}, right: right}
	known.attempt.Response.Body = bytes.Clone(a.Response.Body)
	s.known[h.Sum64()] = known
	s.all = append(s.all, known)
}

// leakedV1 returns the correct v1 of a request if the response contains it and the request does not, or "".
func leakedV1(a *simulator.Attempt) string { return "" }

var _ = signature.HeaderName

func (r *run) examine() {}
