package player

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"sync"

	"semblance/scenarios"
	"semblance/simulator"
)

// lane is the part of a transcript that one branch writes. Those of a parallel block stand one after the other, whichever
// branch is faster: the first that has not ended writes through, the others wait. A nil lane writes nothing.
type track struct {
	mu      sync.Mutex
	out     io.Writer // where it writes through, nil while it waits for the one before it
	waiting buffer
	ended   bool
	next    *track // whose turn it is when this one has ended
	err     error  // the first one; nothing is written after it
}

func newTrack(out io.Writer) *track { return &track{out: out} }

// Line is one line of a transcript.
type Line struct {
	Scenario string              `json:"scenario"`
	Step     string              `json:"step"`
	Round    string              `json:"round,omitempty"`
	Copy     int                 `json:"copy,omitempty"`
	Attempt  int                 `json:"attempt"`
	Request  simulator.Request   `json:"request"`
	Response *simulator.Response `json:"response,omitempty"` // nil in a dry run
}

// write appends an attempt.
func (l *track) write(s *run, path string, e *scenarios.Evidence) {
	if l == nil {
		return
	}
	line := Line{Scenario: s.scenario.Name, Step: path, Round: e.Round, Copy: e.Copy, Attempt: e.Attempt.Number, Request: e.Attempt.Request}
	if !s.p.options.DryRun {
		line.Response = &e.Attempt.Response
	}
	encoded, err := json.Marshal(line)
	if err != nil {
		l.fail(err)
		return
	}
	l.Write(append(encoded, '\n'))
}

// Write writes through, or keeps what is written until it is this lane's turn.
func (l *track) Write(data []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var err error
	switch {
	case l.err != nil:
	case l.out != nil:
		_, err = l.out.Write(data)
	default:
		_, err = l.waiting.Write(data)
	}
	if l.err == nil {
		l.err = err
	}
	return len(data), l.err
}

func (l *track) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = errors.Join(l.err, err)
}

// fork returns the lanes of n branches, in their order, which all write into this one.
func (l *track) fork(n int) []*track {
	tracks := make([]*track, n)
	if l == nil {
		return tracks
	}
	for i := n - 1; i >= 0; i-- {
		tracks[i] = &track{}
		if i+1 < n {
			tracks[i].next = tracks[i+1]
		}
	}
	if n > 0 {
		tracks[0].out = l
	}
	return tracks
}

// close says that nothing more will be written, and gives the turn to the next. It returns the first error.
func (l *track) close() error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	l.ended = true
	out, next, err := l.out, l.next, l.err
	l.mu.Unlock()
	if out != nil && next != nil {
		next.writeThrough(out)
	}
	return err
}

// writeThrough lets the lane write through, from what it has kept on.
func (l *track) writeThrough(out io.Writer) {
	l.mu.Lock()
	err := l.waiting.drain(out)
	if l.err == nil {
		l.err = err
	}
	l.out = out
	ended, next := l.ended, l.next
	l.mu.Unlock()
	if ended && next != nil {
		next.writeThrough(out)
	}
}

// spillAfter is how much a waiting lane keeps in memory; what is more goes to a file.
const bufferLimit = 1 << 20

// spill is a buffer that goes on in a temporary file.
type buffer struct {
	head bytes.Buffer
	rest *os.File
}

func (s *buffer) Write(data []byte) (int, error) {
	if s.rest == nil && s.head.Len()+len(data) <= bufferLimit {
		return s.head.Write(data)
	}
	if s.rest == nil {
		var err error
		if s.rest, err = os.CreateTemp("", "semblance-transcript-*"); err != nil {
			return 0, err
		}
	}
	return s.rest.Write(data)
}

// drain moves all to out and removes the file.
func (s *buffer) drain(out io.Writer) error {
	_, err := s.head.WriteTo(out)
	if s.rest == nil {
		return err
	}
	defer os.Remove(s.rest.Name())
	defer s.rest.Close()
	if _, seek := s.rest.Seek(0, io.SeekStart); seek != nil {
		return errors.Join(err, seek)
	}
	_, copied := io.Copy(out, s.rest)
	s.rest = nil
	return errors.Join(err, copied)
}
