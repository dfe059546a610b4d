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

	"semblance/schemas/human"
)

// The bounds of one search.
const (
	maxTries    = 40_000   // signatures
	maxHashed   = 64 << 20 // bytes
	maxMistakes = 4        // combined, including those in the header's form
)

// search looks for the fewest mistakes that give the signature of one of the claims. A signature depends on five choices:
// formula, body, secret, time and keying. Each choice has one right way without a mistake, and wrong ones.
type search struct {
	claims  []claim
	bodies  []variant
	secrets []variant
	c       Case

	total              int // mistakes that are combined at the moment, beside those in the form of the header
	tries, hashedBytes int
	macs               map[macKey]hash.Hash
	message, sum       []byte
}

// variant is one choice of a part of the signed message, with its mistakes.
type variant struct {
	text     []byte
	findings []finding
	alone    bool // it is tried only without other mistakes
}

// variantList is a list of different texts. Of equal texts it keeps the first, which has the simplest explanation.
type variantList struct {
	list []variant
	seen map[[sha256.Size]byte]bool // by hash, so that no large body is stored twice
}

func (l *variantList) add(text []byte, findings ...finding) {
	l.addVariant(variant{text: text, findings: findings})
}

func (l *variantList) addVariant(v variant) {
	if l.seen == nil {
		l.seen = map[[sha256.Size]byte]bool{}
	}
	if sum := sha256.Sum256(v.text); !l.seen[sum] {
		l.seen[sum] = true
		l.list = append(l.list, v)
	}
}

type macKey struct{ secret, size int }

func newSearch(c Case, claims []claim) *search {
	return &search{
		claims: claims, c: c,
		bodies:  bodyVariants(c.Body),
		secrets: secretVariants(c.Secret, c.Others),
		macs:    map[macKey]hash.Hash{},
	}
}

// run tries all single mistakes before it combines two, and so on. It returns the explained claim and the mistakes beyond
// the claim's own, or nil.
func (s *search) run() (found *claim, findings []finding) {
	for total := 0; total <= maxMistakes; total++ {
		for i := range s.claims {
			cl := &s.claims[i]
			rest := total - len(cl.findings)
			if cl.sum == nil || rest < 0 || rest > 3 {
				continue
			}
			s.total = rest
			if findings, ok := s.explain(cl, rest); ok {
				return cl, findings
			}
		}
	}
	return nil, nil
}

// explain looks for exactly n mistakes that give the claim's signature.
func (s *search) explain(cl *claim, n int) ([]finding, bool) {
	times := timeVariants(cl.t, s.c.TimestampHeader, n == 1)
	for _, k := range keyings(len(cl.sum)) {
		for _, f := range formulas {
			for _, t := range times {
				left := n - len(k.findings) - len(f.findings) - len(t.findings)
				if left < 0 || !f.hasTime && len(t.findings) > 0 {
					continue
				}
				if secret, body, ok := s.match(cl, k, f, t, left); ok {
					return slices.Concat(t.findings, f.findings, body.findings, secret.findings, k.findings), true
				}
			}
		}
	}
	return nil, false
}

// match looks for a secret and a body with exactly n mistakes that give the claim's signature.
func (s *search) match(cl *claim, k keying, f formula, t variant, n int) (secret, body variant, ok bool) {
	for i, secret := range s.secrets {
		if len(secret.findings) > n || k.unkeyed && i > 0 {
			continue
		}
		for _, body := range s.bodies {
			if secret.alone && len(secret.findings) != s.total || body.alone && len(body.findings) != s.total {
				continue
			}
			if len(secret.findings)+len(body.findings) != n || !f.hasBody && len(body.findings) > 0 {
				continue
			}
			if s.tries >= maxTries || s.hashedBytes >= maxHashed {
				return secret, body, false
			}
			s.message = f.write(s.message[:0], t.text, body.text)
			if hmac.Equal(s.sign(k, i, len(cl.sum)), cl.sum) {
				return secret, body, true
			}
		}
	}
	return variant{}, variant{}, false
}

// sign returns the signature of s.message in one way.
func (s *search) sign(k keying, secret, size int) []byte {
	s.tries++
	s.hashedBytes += len(s.message)
	key, newHash := s.secrets[secret].text, digests[size].hash
	var h hash.Hash
	switch k.way {
	case hashed:
		h = newHash()
		if k.secretFirst {
			h.Write(key)
		}
		h.Write(s.message)
		if k.secretLast {
			h.Write(key)
		}
		return h.Sum(s.sum[:0])
	case swapped:
		h = hmac.New(newHash, s.message)
		h.Write(key)
		return h.Sum(s.sum[:0])
	}
	id := macKey{secret, size}
	if h = s.macs[id]; h == nil {
		h = hmac.New(newHash, key)
		s.macs[id] = h
	}
	h.Reset()
	h.Write(s.message)
	s.sum = h.Sum(s.sum[:0])
	return s.sum
}

// digests are the hash functions of signatures, by their sizes in bytes, with the mistake of having used one. It is read-only.
var digests = map[int]struct {
	hash    func() hash.Hash
	mistake string
}{
	sha1.Size: {sha1.New, "sha1"}, sha256.Size: {sha256.New, ""}, sha512.Size384: {sha512.New384, "sha384"}, sha512.Size: {sha512.New, "sha512"},
}

// keying is a way to compute a digest of secret and message.
type keying struct {
	way                     way
	secretFirst, secretLast bool
	unkeyed                 bool // without the secret
	findings                []finding
}

type way int

const (
	keyedHash way = iota // HMAC
	hashed               // no HMAC at all
	swapped              // HMAC with key and message swapped
)

// keyings returns the ways to compute a digest of that size. The size identifies the hash.
func keyings(size int) []keying {
	var algorithm []finding
	if mistake := digests[size].mistake; mistake != "" {
		algorithm = []finding{{mistake, ""}}
	}
	with := func(mistake, detail string) []finding { return append([]finding{{mistake, detail}}, algorithm...) }
	return []keying{
		{way: keyedHash, findings: algorithm},
		{way: swapped, findings: with("key-and-message-swapped", "")},
		{way: hashed, secretFirst: true, findings: with("no-hmac", "the secret and the message")},
		{way: hashed, secretLast: true, findings: with("no-hmac", "the message and the secret")},
		{way: hashed, unkeyed: true, findings: with("no-hmac", "the message without the secret")},
	}
}

// formula is a way to combine time (T) and body (B) into the signed message.
type formula struct {
	pattern          string
	hasTime, hasBody bool
	findings         []finding
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

// formulas lists the right formula, then the usual wrong ones, the likeliest first. It is read-only.
var formulas = []formula{
	{"T.B", true, true, nil},
	{"B", false, true, []finding{{"body-only", ""}}},
	{"TB", true, true, []finding{{"separator", "nothing"}}},
	{"T:B", true, true, []finding{{"separator", "a colon"}}},
	{"T,B", true, true, []finding{{"separator", "a comma"}}},
	{"T-B", true, true, []finding{{"separator", "a hyphen"}}},
	{"T_B", true, true, []finding{{"separator", "an underscore"}}},
	{"T|B", true, true, []finding{{"separator", "a vertical bar"}}},
	{"T B", true, true, []finding{{"separator", "a space"}}},
	{"T\nB", true, true, []finding{{"separator", "a line end"}}},
	{"T\r\nB", true, true, []finding{{"separator", "a line end"}}},
	{"T;B", true, true, []finding{{"separator", "a semicolon"}}},
	{"T/B", true, true, []finding{{"separator", "a slash"}}},
	{"T+B", true, true, []finding{{"separator", "a plus sign"}}},
	{"T&B", true, true, []finding{{"separator", "an ampersand"}}},
	{"T=B", true, true, []finding{{"separator", "an equals sign"}}},
	{"T..B", true, true, []finding{{"separator", "two dots"}}},
	{"T. B", true, true, []finding{{"separator", "a dot and a space"}}},
	{"B.T", true, true, []finding{{"body-first", ""}}},
	{"BT", true, true, []finding{{"body-first", ""}, {"separator", "nothing"}}},
	{"T", true, false, []finding{{"timestamp-only", ""}}},
	{"t=T.B", true, true, []finding{{"key-signed", "t="}}},
	{"t=T,B", true, true, []finding{{"key-signed", "t="}, {"separator", "a comma"}}},
	{"v1.T.B", true, true, []finding{{"key-signed", "v1."}}},
	{"v1:T:B", true, true, []finding{{"key-signed", "v1:"}, {"separator", "a colon"}}},
	{"v0:T:B", true, true, []finding{{"key-signed", "v0:"}, {"separator", "a colon"}}},
}

// timeVariants returns the texts that may have been signed as the time. everyMillisecond adds each millisecond of the
// second.
func timeVariants(t, timestampHeader string, everyMillisecond bool) []variant {
	var variants variantList
	add := func(text string, findings ...finding) { variants.add([]byte(text), findings...) }
	add(t)
	milliseconds := finding{"milliseconds", ""}
	seconds, fraction, fractional := strings.Cut(t, ".")
	n, ok := parseTimestamp(seconds)
	switch {
	case ok && fractional: // from Python's time.time(); the form is a finding already, and either text may have been signed
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
		add(other, finding{"timestamp-header", ""})
	}
	for _, unset := range []string{"undefined", "null", "None", "NaN", ""} {
		add(unset, finding{"unset-time", human.Quoted(unset)})
	}
	if everyMillisecond && ok && !fractional && n > 0 && !inMilliseconds(n) {
		for ms := 1001; ms < 2000; ms++ { // the leading 1 keeps the zeros after it
			text := strconv.AppendInt([]byte(seconds), int64(ms), 10)
			variants.add(slices.Delete(text, len(seconds), len(seconds)+1), milliseconds)
		}
	}
	return variants.list
}
