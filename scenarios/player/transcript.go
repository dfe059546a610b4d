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
type lane struct {
	mu      sync.Mutex
	out     io.Writer // where it writes through, nil while it waits for the one before it
	waiting spill
	ended   bool
	next    *lane // whose turn it is when this one has ended
	err     error // the first one; nothing is written after it
}

func newLane(out io.Writer) *lane { return &lane{out: out} }

// Line is one line of a transcript.
type Line struct {
	Scenario string          `json:"scenario"`
	Step     string          `json:"step"`
	Round    string          `json:"round,omitempty"`
	Copy     int             `json:"copy,omitempty"`
	Attempt  int             `json:"attempt"`
	Sent     simulator.Sent  `json:"sent"`
	Came     *simulator.Came `json:"came,omitempty"` // nil in a dry run
}

// write appends an attempt.
func (l *lane) write(s *story, path string, e *scenarios.Evidence) {
	if l == nil {
		return
	}
	line := Line{Scenario: s.scenario.Name, Step: path, Round: e.Round, Copy: e.Copy, Attempt: e.Attempt.Number, Sent: e.Attempt.Sent}
	if !s.p.options.DryRun {
		line.Came = &e.Attempt.Came
	}
	encoded, err := json.Marshal(line)
	if err != nil {
		l.fail(err)
		return
	}
	l.Write(append(encoded, '\n'))
}

// Write writes through, or keeps what is written until it is this lane's turn.
func (l *lane) Write(data []byte) (int, error) {
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

func (l *lane) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = errors.Join(l.err, err)
}

// fork returns the lanes of n branches, in their order, which all write into this one.
func (l *lane) fork(n int) []*lane {
	lanes := make([]*lane, n)
	if l == nil {
		return lanes
	}
	for i := n - 1; i >= 0; i-- {
		lanes[i] = &lane{}
		if i+1 < n {
			lanes[i].next = lanes[i+1]
		}
	}
	if n > 0 {
		lanes[0].out = l
	}
	return lanes
}

// close says that nothing more will be written, and gives the turn to the next. It returns the first error.
func (l *lane) close() error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	l.ended = true
	out, next, err := l.out, l.next, l.err
	l.mu.Unlock()
	if out != nil && next != nil {
		next.turn(out)
	}
	return err
}

// turn lets the lane write through, from what it has kept on.
func (l *lane) turn(out io.Writer) {
	l.mu.Lock()
	err := l.waiting.drain(out)
	if l.err == nil {
		l.err = err
	}
	l.out = out
	ended, next := l.ended, l.next
	l.mu.Unlock()
	if ended && next != nil {
		next.turn(out)
	}
}

// spillAfter is how much a waiting lane keeps in memory; what is more goes to a file.
const spillAfter = 1 << 20

// spill is a buffer that goes on in a temporary file.
type spill struct {
	head bytes.Buffer
	rest *os.File
}

func (s *spill) Write(data []byte) (int, error) {
	if s.rest == nil && s.head.Len()+len(data) <= spillAfter {
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
func (s *spill) drain(out io.Writer) error {
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
