package signature

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"unicode/utf8"
)

// maxRewritten is the size of the largest body that is parsed and encoded again, which gives many variants.
const maxRewritten = 32 << 10

// bodyVariants returns the body and the bytes that may have been signed instead. Equal bytes appear once, under the
// simplest explanation.
func bodyVariants(body []byte) []variant {
	var b variantList
	b.add(body)
	b.addText(body)
	if len(body) <= maxRewritten {
		b.addEncoded(body)
		b.addReencoded(body)
		for _, f := range formsOf(body) {
			if len(f.event) > 0 {
				b.add(f.event, f.finding)
			}
		}
		b.addPrinted(body)
	}
	b.add([]byte("[object Object]"), finding{"object-object", ""})
	b.add(nil, finding{"empty-body", ""})
	return b.list
}

var utf8BOM = []byte("\xef\xbb\xbf")

// addText adds the changes that editors, shells and file transfers make.
func (b *variantList) addText(body []byte) {
	after := func(end string) []byte { return append(bytes.Clone(body), end...) }
	b.add(after("\n"), finding{"newline", "with a line end after it"})
	b.add(after("\r\n"), finding{"newline", "with a line end after it"})
	b.add(bytes.TrimSuffix(bytes.TrimSuffix(body, []byte("\n")), []byte("\r")), finding{"newline", "without the line end after it"})
	unix := bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n"))
	b.add(unix, finding{"line-endings", "LF line ends instead of CRLF"})
	b.add(bytes.ReplaceAll(unix, []byte("\n"), []byte("\r\n")), finding{"line-endings", "CRLF line ends instead of LF"})
	if rest, ok := bytes.CutPrefix(body, utf8BOM); ok {
		b.add(rest, finding{"bom", "without"})
	} else {
		b.add(append(bytes.Clone(utf8BOM), body...), finding{"bom", "after"})
	}
	b.add(bytes.TrimSpace(body), finding{"trimmed", ""})
}

// addEncoded adds the results of a wrong text encoding.
func (b *variantList) addEncoded(body []byte) {
	b.add(bytes.ToValidUTF8(body, []byte("\uFFFD")), finding{"lossy-text", ""})
	runes := make([]rune, len(body))
	for i, c := range body {
		runes[i] = rune(c)
	}
	b.add([]byte(string(runes)), finding{"latin-1", "read"})
	if narrow, ok := toLatin1(body); ok {
		b.add(narrow, finding{"latin-1", "written"})
	}
	if quoted, err := json.Marshal(string(body)); err == nil {
		b.add(appendLiteral(nil, quoted, escapePlain), finding{"json-string", "written as"})
	}
	var text string
	if json.Unmarshal(body, &text) == nil {
		b.add([]byte(text), finding{"json-string", "read from"})
	}
	b.add([]byte(base64.StdEncoding.EncodeToString(body)), finding{"base64-body", "in"})
	if decoded, err := base64.StdEncoding.DecodeString(string(body)); err == nil {
		b.add(decoded, finding{"base64-body", "decoded from"})
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

// addReencoded adds the body parsed and encoded again, in the way of each common library.
func (b *variantList) addReencoded(body []byte) {
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
					continue // of the many orders, only the provider's own layout
				}
				var findings []finding
				if i > 0 {
					findings = append(findings, finding{"keys-sorted", ""})
				}
				if l != given {
					findings = append(findings, finding{l.name, ""})
				}
				if e.how != escapeUnchanged {
					findings = append(findings, finding{"escapes", e.detail})
				}
				text := ordered.append(nil, l, e.how, 0)
				b.add(text, findings...)
				if i <= 1 {
					b.add(append(bytes.Clone(text), '\n'), append(findings[:len(findings):len(findings)], finding{"newline", "with a line end after it"})...)
				}
			}
		}
	}
}
