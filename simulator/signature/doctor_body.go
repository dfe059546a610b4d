package signature

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"unicode/utf8"
)

// maxRewritten bounds the bodies that are parsed and written anew, of which there are many variants.
const maxRewritten = 32 << 10

// bodyVariants are the body as it is and what may have been signed in its place. What is equal to an earlier one is
// left out, so that the plainest explanation of the same bytes wins.
func bodyVariants(body []byte) []variant {
	b := bodyList{seen: map[[sha256.Size]byte]bool{}}
	b.add(body)
	b.addText(body)
	if len(body) <= maxRewritten {
		b.addEncoded(body)
		b.addJSON(body)
	}
	b.add([]byte("[object Object]"), slip{"object-object", ""})
	b.add(nil, slip{"empty-body", ""})
	return b.list
}

type bodyList struct {
	list []variant
	seen map[[sha256.Size]byte]bool // by their hash: a large body is not kept twice
}

func (b *bodyList) add(text []byte, slips ...slip) {
	if sum := sha256.Sum256(text); !b.seen[sum] {
		b.seen[sum] = true
		b.list = append(b.list, variant{text, slips})
	}
}

var utf8BOM = []byte("\xef\xbb\xbf")

// addText adds what editors, shells and file transfers do to a text.
func (b *bodyList) addText(body []byte) {
	after := func(end string) []byte { return append(bytes.Clone(body), end...) }
	b.add(after("\n"), slip{"newline", "with a line end after it"})
	b.add(after("\r\n"), slip{"newline", "with a line end after it"})
	b.add(bytes.TrimSuffix(bytes.TrimSuffix(body, []byte("\n")), []byte("\r")), slip{"newline", "without the line end after it"})
	unix := bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n"))
	b.add(unix, slip{"line-endings", "LF line ends instead of CRLF"})
	b.add(bytes.ReplaceAll(unix, []byte("\n"), []byte("\r\n")), slip{"line-endings", "CRLF line ends instead of LF"})
	if rest, ok := bytes.CutPrefix(body, utf8BOM); ok {
		b.add(rest, slip{"bom", "without"})
	} else {
		b.add(append(bytes.Clone(utf8BOM), body...), slip{"bom", "after"})
	}
	b.add(bytes.TrimSpace(body), slip{"trimmed", ""})
}

// addEncoded adds what happens to a body that is taken for another encoding.
func (b *bodyList) addEncoded(body []byte) {
	b.add(bytes.ToValidUTF8(body, []byte("\uFFFD")), slip{"lossy-text", ""})
	runes := make([]rune, len(body))
	for i, c := range body {
		runes[i] = rune(c)
	}
	b.add([]byte(string(runes)), slip{"latin-1", "read"})
	if narrow, ok := toLatin1(body); ok {
		b.add(narrow, slip{"latin-1", "written"})
	}
	if quoted, err := json.Marshal(string(body)); err == nil {
		b.add(appendLiteral(nil, quoted, escapePlain), slip{"json-string", "written as"})
	}
	var text string
	if json.Unmarshal(body, &text) == nil {
		b.add([]byte(text), slip{"json-string", "read from"})
	}
	b.add([]byte(base64.StdEncoding.EncodeToString(body)), slip{"base64-body", "in"})
	if decoded, err := base64.StdEncoding.DecodeString(string(body)); err == nil {
		b.add(decoded, slip{"base64-body", "decoded from"})
	}
}

func toLatin1(body []byte) ([]byte, bool) {
	if !utf8.Valid(body) {
		return nil, false
	}
	var narrow []byte
	for _, r := range string(body) {
		if r > 0xff {
			return nil, false
		}
		narrow = append(narrow, byte(r))
	}
	return narrow, true
}

// addJSON adds the body parsed and written anew, in every way that a common library does it.
func (b *bodyList) addJSON(body []byte) {
	document, ok := parseJSON(bytes.TrimPrefix(body, utf8BOM))
	if !ok {
		return
	}
	given := layoutOf(document, body)
	orders := document.orders()
	for i, ordered := range orders {
		for _, l := range layouts {
			for _, e := range escapings {
				if i > 1 && (l.name != layoutCompact || e.how > escapePlain) {
					continue // of the many orders that may have been sorted away, only the way that the provider writes
				}
				var slips []slip
				if i > 0 {
					slips = append(slips, slip{"keys-sorted", ""})
				}
				if l != given {
					slips = append(slips, slip{string(l.name), ""})
				}
				if e.how != escapeKept {
					slips = append(slips, slip{"escapes", e.detail})
				}
				text := ordered.append(nil, l, e.how, 0)
				b.add(text, slips...)
				if i <= 1 {
					b.add(append(bytes.Clone(text), '\n'), append(slips[:len(slips):len(slips)], slip{"newline", "with a line end after it"})...)
				}
			}
		}
	}
}
