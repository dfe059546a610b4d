// Package objectid makes and checks the ids of the provider's records.
package objectid

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"sync/atomic"
	"time"

	"semblance/schemas/splitmix"
)

// ID is a MongoDB ObjectId, the form of every id of the provider: 4 bytes of Unix seconds, 5 random bytes and a 3-byte
// counter, written as 24 lowercase hexadecimal digits.
type ID [12]byte

// String returns the 24 lowercase hexadecimal digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// Append appends the 24 lowercase hexadecimal digits to dst.
func (id ID) Append(dst []byte) []byte { return hex.AppendEncode(dst, id[:]) }

// Time returns the time of creation in the id, to the second.
func (id ID) Time() time.Time {
	return time.Unix(int64(binary.BigEndian.Uint32(id[:4])), 0).UTC()
}

// Parse reads 24 lowercase hexadecimal digits. It refuses upper case, because the provider never writes it.
func Parse(s string) (ID, error) {
	var id ID
	if !Valid(s) {
		return id, fmt.Errorf("invalid id %q: an id has 24 lowercase hexadecimal digits", s)
	}
	_, err := hex.Decode(id[:], []byte(s))
	return id, err
}

// Valid reports whether s has the form of an id.
func Valid(s string) bool {
	if len(s) != 24 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Generator makes distinct ids. Two generators with the same seed make the same ids for the same times. It is safe for
// concurrent use.
type Generator struct {
	random  uint64 // the low 5 bytes are used
	counter atomic.Uint32
}

// NewGenerator returns a generator whose random bytes and first counter follow from seed.
func NewGenerator(seed uint64) *Generator {
	g := &Generator{random: splitmix.Mix(seed)}
	g.counter.Store(uint32(splitmix.Mix(seed + 1)))
	return g
}

// NewSequence returns a generator whose random bytes follow from seed and whose first counter is first.
func NewSequence(seed uint64, first uint32) *Generator {
	g := &Generator{random: splitmix.Mix(seed)}
	g.counter.Store(first - 1)
	return g
}

// New returns the next id, created at the given time.
func (g *Generator) New(at time.Time) ID {
	var id ID
	binary.BigEndian.PutUint32(id[0:4], uint32(at.Unix()))
	binary.BigEndian.PutUint64(id[4:12], g.random<<24|uint64(g.counter.Add(1)&0xffffff))
	return id
}
