package player

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"time"

	"semblance/schemas/objectid"
	"semblance/schemas/splitmix"
)

// fresh holds the values ${new.…} of one request, in the order of their use. They follow from the seed and the key, except in
// a trial, where no two requests of a run have the same.
type fresh struct {
	run  *run
	key  string // differs for every request of a scenario
	made []string
}

// value returns the n-th value. It makes it if nothing has asked for it.
func (f *fresh) value(n int, kind string, at time.Time) string {
	for len(f.made) <= n {
		f.made = append(f.made, f.make(kind, at))
	}
	return f.made[n]
}

func (f *fresh) make(kind string, at time.Time) string {
	seed := f.run.idSeed ^ hash("new\x00"+f.key+"\x00"+strconv.Itoa(len(f.made)))
	if t := f.run.trial; t != nil {
		if kind == "id" {
			return t.newID()
		}
		seed ^= hash(t.newID())
	}
	switch kind {
	case "id":
		return objectid.NewGenerator(seed).New(at).String()
	case "secret":
		return "whsec_" + random(seed, 16)
	}
	return random(seed, 32)
}

// random returns bytes that follow from a seed, as hexadecimal digits.
func random(seed uint64, size int) string {
	data := make([]byte, 0, size)
	for i := uint64(1); len(data) < size; i++ {
		data = binary.LittleEndian.AppendUint64(data, splitmix.Mix(seed+i))
	}
	return hex.EncodeToString(data[:size])
}

// stale returns the age of ${stale}.
func (r *run) stale() time.Duration {
	if r.trial != nil {
		return r.trial.options.Stale
	}
	return DefaultStale
}
