package schemas

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"sync/atomic"
	"time"
)

// ObjectID is the form of every id of the provider's: a MongoDB ObjectId, 4 bytes of Unix seconds, 5 random bytes and
// a counter of 3, written as 24 lowercase hexadecimal digits.
type ObjectID [12]byte

// String returns the 24 lowercase hexadecimal digits.
func (id ObjectID) String() string { return hex.EncodeToString(id[:]) }

// Append appends the 24 lowercase hexadecimal digits to dst.
func (id ObjectID) Append(dst []byte) []byte { return hex.AppendEncode(dst, id[:]) }

// Time returns the time that the id carries, to the second.
func (id ObjectID) Time() time.Time {
	return time.Unix(int64(binary.BigEndian.Uint32(id[:4])), 0).UTC()
}

// ParseObjectID reads 24 lowercase hexadecimal digits. Upper case is refused, as the provider never writes it.
func ParseObjectID(s string) (ObjectID, error) {
	var id ObjectID
	if !IsObjectID(s) {
		return id, fmt.Errorf("%q is no id: an id is 24 lowercase hexadecimal digits", s)
	}
	_, err := hex.Decode(id[:], []byte(s))
	return id, err
}

// IsObjectID reports whether s has the form of an id.
func IsObjectID(s string) bool {
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

// ObjectIDs makes ids that differ from each other. Two sources with the same seed make the same ids for the same times.
// Its methods may be called from several goroutines.
type ObjectIDs struct {
	random  uint64 // the low 5 bytes are used
	counter atomic.Uint32
}

// NewObjectIDs returns a source whose random part and first count are drawn from seed.
func NewObjectIDs(seed uint64) *ObjectIDs {
	s := &ObjectIDs{random: Mix(seed)}
	s.counter.Store(uint32(Mix(seed + 1)))
	return s
}

// New returns the next id, with the seconds of at.
func (s *ObjectIDs) New(at time.Time) ObjectID {
	var id ObjectID
	binary.BigEndian.PutUint32(id[0:4], uint32(at.Unix()))
	binary.BigEndian.PutUint64(id[4:12], s.random<<24|uint64(s.counter.Add(1)&0xffffff))
	return id
}

// Mix scrambles a seed (the SplitMix64 finaliser), so that neighbouring seeds give unrelated draws. All derived seeds
// go through it: Mix(seed ^ Mix(what it is for)).
func Mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
