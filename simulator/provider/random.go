package provider

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"

	"semblance/schemas/objectid"
	"semblance/schemas/splitmix"
	"semblance/simulator"
	"semblance/simulator/journal"
)

// random makes ids, secrets and tokens: unpredictable ones, or ones that follow from the seed.
type random struct {
	seed uint64
	ids  *objectid.Generator // for many goroutines
	next func() uint64       // guarded by Provider.mu
}

func newRandom(o *Options, j journal.Journal) random {
	r := random{seed: splitmix.Mix(uint64(o.Seed)), next: unpredictable}
	if o.Fixed {
		last, _ := j.Committed() // so that a restart does not make the same ids again
		seed, n := r.seed^splitmix.Mix(uint64(last)), uint64(0)
		r.next = func() uint64 {
			n++
			return splitmix.Mix(seed ^ splitmix.Mix(n))
		}
	}
	r.ids = objectid.NewGenerator(r.next())
	return r
}

func unpredictable() uint64 {
	var bytes [8]byte
	_, _ = rand.Read(bytes[:]) // it never fails: see crypto/rand
	return binary.BigEndian.Uint64(bytes[:])
}

// secret returns a new secret.
func (r *random) secret(form SecretForm) simulator.Secret {
	form = form.withDefaults()
	return simulator.Secret(form.Prefix + r.text(form.Length))
}

// text returns so many characters of base64url.
func (r *random) text(length int) string {
	bytes := make([]byte, 0, length+8)
	for len(bytes) < length { // a byte gives more than a character
		bytes = binary.BigEndian.AppendUint64(bytes, r.next())
	}
	return base64.RawURLEncoding.EncodeToString(bytes)[:length]
}
