package signature

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"slices"
	"strconv"
	"strings"
)

// What the doctor may spend on one case: so many signatures, over so many bytes in all.
const (
	maxTries    = 40_000
	maxHashed   = 64 << 20
	maxMistakes = 4 // that are looked for together, those of the header's form included
)

// search looks for the fewest mistakes that make one of the claims true. A signature is made of five choices (which
// formula, body, secret, time and keying); each has the right way, which costs nothing, and wrong ones.
type search struct {
	claims  []claim
	bodies  []variant
	secrets []variant
	c       Case

	tries, hashed int
	macs          map[macKey]hash.Hash
	message, sum  []byte
}

// variant is one way to choose a part of what is signed, with the mistakes that it takes.
type variant struct {
	text  []byte
	slips []slip
}

type macKey struct {
	secret int
	size   int
}

func newSearch(c Case, claims []claim) *search {
	return &search{
		claims: claims, c: c,
		bodies:  bodyVariants(c.Body),
		secrets: secretVariants(c.Secret, c.Others),
		macs:    map[macKey]hash.Hash{},
	}
}

// run tries all that takes one mistake before anything that takes two, and so on. It returns the claim that came true
// and what it took beyond the claim's own slips, or nil.
func (s *search) run() (found *claim, slips []slip) {
	for total := 0; total <= maxMistakes; total++ {
		for i := range s.claims {
			cl := &s.claims[i]
			rest := total - len(cl.slips)
			if cl.sum == nil || rest < 0 || rest > 3 {
				continue
			}
			if slips, ok := s.explain(cl, rest); ok {
				return cl, slips
			}
		}
	}
	return nil, nil
}

// explain looks for exactly n mistakes that make the claim true.
func (s *search) explain(cl *claim, n int) ([]slip, bool) {
	times := timeVariants(cl.t, s.c.TimestampHeader, n == 1)
	for _, k := range keyings(len(cl.sum)) {
		for _, f := range formulas {
			for _, t := range times {
				left := n - len(k.slips) - len(f.slips) - len(t.slips)
				if left < 0 || !f.timed && len(t.slips) > 0 {
					continue
				}
				if secret, body, ok := s.match(cl, k, f, t, left); ok {
					return slices.Concat(t.slips, f.slips, body.slips, secret.slips, k.slips), true
				}
			}
		}
	}
	return nil, false
}

// match looks for a secret and a body that take exactly n mistakes and make the claim true.
func (s *search) match(cl *claim, k keying, f formula, t variant, n int) (secret, body variant, ok bool) {
	for i, secret := range s.secrets {
		if len(secret.slips) > n || k.unkeyed && i > 0 {
			continue
		}
		for _, body := range s.bodies {
			if len(secret.slips)+len(body.slips) != n || !f.bodied && len(body.slips) > 0 {
				continue
			}
			if s.tries >= maxTries || s.hashed >= maxHashed {
				return secret, body, false
			}
			s.message = f.write(s.message[:0], t.text, body.text)
			if hmac.Equal(s.make(k, i, len(cl.sum)), cl.sum) {
				return secret, body, true
			}
		}
	}
	return variant{}, variant{}, false
}

// make makes the signature of s.message in one way.
func (s *search) make(k keying, secret, size int) []byte {
	s.tries++
	s.hashed += len(s.message)
	key := s.secrets[secret].text
	var h hash.Hash
	switch k.way {
	case hashed:
		h = newHash(size)
		if k.secretFirst {
			h.Write(key)
		}
		h.Write(s.message)
		if k.secretLast {
			h.Write(key)
		}
		return h.Sum(s.sum[:0])
	case swapped:
		h = hmac.New(func() hash.Hash { return newHash(size) }, s.message)
		h.Write(key)
		return h.Sum(s.sum[:0])
	}
	id := macKey{secret, size}
	if h = s.macs[id]; h == nil {
		h = hmac.New(func() hash.Hash { return newHash(size) }, key)
		s.macs[id] = h
	}
	h.Reset()
	h.Write(s.message)
	s.sum = h.Sum(s.sum[:0])
	return s.sum
}

func newHash(size int) hash.Hash {
	switch size {
	case sha1.Size:
		return sha1.New()
	case sha512.Size384:
		return sha512.New384()
	case sha512.Size:
		return sha512.New()
	}
	return sha256.New()
}

// keying is a way to make a sum of secret and message.
type keying struct {
	way                     way
	secretFirst, secretLast bool
	unkeyed                 bool // the secret has no part in it
	slips                   []slip
}

type way int

const (
	keyedHash way = iota // HMAC
	hashed               // no HMAC at all
	swapped              // HMAC with key and message swapped
)

// keyings returns the ways to make a sum of that size. The size says which hash it was.
func keyings(size int) []keying {
	var algorithm []slip
	switch size {
	case sha1.Size:
		algorithm = []slip{{"sha1", ""}}
	case sha512.Size384:
		algorithm = []slip{{"sha384", ""}}
	case sha512.Size:
		algorithm = []slip{{"sha512", ""}}
	}
	with := func(mistake, detail string) []slip { return append([]slip{{mistake, detail}}, algorithm...) }
	return []keying{
		{way: keyedHash, slips: algorithm},
		{way: swapped, slips: with("key-and-message-swapped", "")},
		{way: hashed, secretFirst: true, slips: with("no-hmac", "the secret and the message")},
		{way: hashed, secretLast: true, slips: with("no-hmac", "the message and the secret")},
		{way: hashed, unkeyed: true, slips: with("no-hmac", "the message without the secret")},
	}
}

// formula is a way to make the signed message of time and body: T and B in the pattern stand for them.
type formula struct {
	pattern       string
	timed, bodied bool
	slips         []slip
}

func (f formula) write(dst, t, body []byte) []byte {
	for i := range len(f.pattern) {
		switch c := f.pattern[i]; c {
		case 'T':
			dst = append(dst, t...)
		case 'B':
			dst = append(dst, body...)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// formulas are the right one and those that people use instead, the likeliest first. The list is only read.
var formulas = []formula{
	{"T.B", true, true, nil},
	{"B", false, true, []slip{{"body-only", ""}}},
	{"TB", true, true, []slip{{"separator", "nothing"}}},
	{"T:B", true, true, []slip{{"separator", "a colon"}}},
	{"T,B", true, true, []slip{{"separator", "a comma"}}},
	{"T-B", true, true, []slip{{"separator", "a hyphen"}}},
	{"T_B", true, true, []slip{{"separator", "an underscore"}}},
	{"T|B", true, true, []slip{{"separator", "a vertical bar"}}},
	{"T B", true, true, []slip{{"separator", "a space"}}},
	{"T\nB", true, true, []slip{{"separator", "a line end"}}},
	{"T\r\nB", true, true, []slip{{"separator", "a line end"}}},
	{"T;B", true, true, []slip{{"separator", "a semicolon"}}},
	{"T/B", true, true, []slip{{"separator", "a slash"}}},
	{"T+B", true, true, []slip{{"separator", "a plus sign"}}},
	{"T&B", true, true, []slip{{"separator", "an ampersand"}}},
	{"T=B", true, true, []slip{{"separator", "an equals sign"}}},
	{"T..B", true, true, []slip{{"separator", "two dots"}}},
	{"T. B", true, true, []slip{{"separator", "a dot and a space"}}},
	{"B.T", true, true, []slip{{"body-first", ""}}},
	{"BT", true, true, []slip{{"body-first", ""}, {"separator", "nothing"}}},
	{"T", true, false, []slip{{"timestamp-only", ""}}},
	{"t=T.B", true, true, []slip{{"key-signed", "t="}}},
	{"t=T,B", true, true, []slip{{"key-signed", "t="}, {"separator", "a comma"}}},
	{"v1.T.B", true, true, []slip{{"key-signed", "v1."}}},
	{"v1:T:B", true, true, []slip{{"key-signed", "v1:"}, {"separator", "a colon"}}},
	{"v0:T:B", true, true, []slip{{"key-signed", "v0:"}, {"separator", "a colon"}}},
}

// timeVariants are the texts that may have been signed as the time. everyMillisecond adds those of the whole second.
func timeVariants(t, timestampHeader string, everyMillisecond bool) []variant {
	variants := []variant{{text: []byte(t)}}
	add := func(text string, slips ...slip) {
		if !slices.ContainsFunc(variants, func(v variant) bool { return string(v.text) == text }) {
			variants = append(variants, variant{[]byte(text), slips})
		}
	}
	milliseconds := slip{"milliseconds", ""}
	seconds, fraction, fractional := strings.Cut(t, ".")
	n, ok := parseTimestamp(seconds)
	switch {
	case ok && fractional: // as Python's time.time() gives: the header's form is wrong already, and either may have been signed
		add(seconds)
		add(seconds + (fraction + "000")[:3])
	case ok && inMilliseconds(n):
		add(seconds[:len(seconds)-3], milliseconds)
	case ok && n > 0:
		add(seconds+"000", milliseconds)
	}
	if other := strings.TrimSpace(timestampHeader); other != "" && len(other) <= maxHeader {
		if n, ok := parseTimestamp(other); ok && inMilliseconds(n) {
			add(other, milliseconds)
		}
		add(other, slip{"timestamp-header", ""})
	}
	if everyMillisecond && ok && !fractional && n > 0 && !inMilliseconds(n) {
		for ms := 1001; ms < 2000; ms++ { // the 1 only keeps the zeros of the digits after it
			text := strconv.AppendInt([]byte(seconds), int64(ms), 10)
			variants = append(variants, variant{slices.Delete(text, len(seconds), len(seconds)+1), []slip{milliseconds}})
		}
	}
	return variants
}
