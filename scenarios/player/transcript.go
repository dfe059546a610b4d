package player

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"os"
	"sync"

	"semblance/simulator"
)

// Line is one line of a transcript: an attempt.
type Line struct {
	Scenario string              `json:"scenario"`
	Step     string              `json:"step"`
	Round    string              `json:"round,omitempty"`
	Copy     int                 `json:"copy,omitempty"`
	Attempt  int                 `json:"attempt"`
	Request  simulator.Request   `json:"request"`
	Response *simulator.Response `json:"response,omitempty"` // nil in a dry run
}

// track is the part of a transcript that one branch writes. The tracks of a parallel block follow each other in the order
// of the file: the first one that has not ended writes to the output, the others buffer. A nil track writes nothing.
type track struct {
	mu     sync.Mutex
	out    io.Writer // nil while the track before it has not ended
	buffer buffer
	ended  bool
	next   *track // the track that follows this one
	err    error  // the first error; nothing is written after it
}

func newTrack(out io.Writer) *track { return &track{out: out} }

// write writes an attempt.
func (t *track) write(line *Line) {
	if t == nil {
		return
	}
	encoded, err := json.Marshal(line)
	if err != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.err = errors.Join(t.err, err)
		return
	}
	t.Write(append(encoded, '\n'))
}

// Write writes to the output, or to the buffer if an earlier track has not ended.
func (t *track) Write(data []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var err error
	switch {
	case t.err != nil:
	case t.out != nil:
		_, err = t.out.Write(data)
	default:
		_, err = t.buffer.Write(data)
	}
	t.err = cmp.Or(t.err, err)
	return len(data), t.err
}

// fork returns the tracks of n branches, which write into this one.
func (t *track) fork(n int) []*track {
	tracks := make([]*track, n)
	if t == nil {
		return tracks
	}
	for i := range tracks {
		tracks[i] = &track{}
		if i > 0 {
			tracks[i-1].next = tracks[i]
		} else {
			tracks[i].out = t
		}
	}
	return tracks
}

// close ends the track and lets the next one write to the output. It returns the first error of the track.
func (t *track) close() error {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	t.ended = true
	out, next, err := t.out, t.next, t.err
	t.mu.Unlock()
	if out != nil && next != nil {
		next.start(out)
	}
	return err
}

// start writes the buffer to the output and lets the track write there from now on.
func (t *track) start(out io.Writer) {
	t.mu.Lock()
	t.err = cmp.Or(t.err, t.buffer.drain(out))
	t.out = out
	ended, next := t.ended, t.next
	t.mu.Unlock()
	if ended && next != nil {
		next.start(out)
	}
}

// bufferLimit is the number of bytes that a buffer keeps in memory.
const bufferLimit = 1 << 20

// buffer keeps the first bufferLimit bytes in memory and the rest in a temporary file.
type buffer struct {
	head bytes.Buffer
	rest *os.File
}

func (b *buffer) Write(data []byte) (int, error) {
	if b.rest == nil && b.head.Len()+len(data) <= bufferLimit {
		return b.head.Write(data)
	}
	if b.rest == nil {
		var err error
		if b.rest, err = os.CreateTemp("", "semblance-transcript-*"); err != nil {
			return 0, err
		}
	}
	return b.rest.Write(data)
}

// drain moves the contents to out and removes the file.
func (b *buffer) drain(out io.Writer) error {
	_, err := b.head.WriteTo(out)
	if b.rest == nil {
		return err
	}
	defer os.Remove(b.rest.Name())
	defer b.rest.Close()
	if _, seek := b.rest.Seek(0, io.SeekStart); seek != nil {
		return errors.Join(err, seek)
	}
	_, copied := io.Copy(out, b.rest)
	b.rest = nil
	return errors.Join(err, copied)
}
