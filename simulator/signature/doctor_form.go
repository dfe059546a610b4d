package signature

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"html"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"semblance/schemas/lazy"

	"semblance/schemas/human"
)

// A form is what a body became that is no longer the event as it was sent. It is recognized without the secret.
type form struct {
	finding finding
	event   []byte // the event's bytes, if the form still has them; they are tried
}

// prefixForms recognizes texts by their beginning: what programs print for an object that is not text.
var prefixForms = []struct{ prefix, mistake, detail string }{
	{"[object ", "text-of-javascript", "an object turned into text (String(req.body))"},
	{"<Buffer ", "text-of-javascript", "a Buffer printed by util.inspect"},
	{"Uint8Array(", "text-of-javascript", "a typed array printed by util.inspect"},
	{"undefined", "text-of-javascript", "undefined turned into text"},
	{"Promise {", "text-of-javascript", "a promise that was not awaited"},
	{"<coroutine ", "text-of-python", "a coroutine that was not awaited"},
	{"<bound method ", "text-of-python", "a method that was not called"},
	{"<memory at ", "text-of-python", "a memoryview turned into text"},
	{"<_io.", "text-of-python", "a stream turned into text"},
	{"<Request ", "text-of-python", "a request turned into text"},
	{"bytearray(b", "text-of-python", "a bytearray turned into text"},
	{"None", "text-of-python", "None turned into text"},
	{"map[", "text-of-go", "a map printed by fmt"},
	{"&{", "text-of-go", "a struct printed by fmt"},
	{"&map[", "text-of-go", "a map printed by fmt"},
	{"[B@", "text-of-java", "a byte array turned into text"},
	{"java.", "text-of-java", "an object turned into text"},
	{"org.springframework.", "text-of-java", "an object turned into text"},
	{"jakarta.", "text-of-java", "an object turned into text"},
	{"System.", "text-of-csharp", "an object turned into text (ToString)"},
	{"Microsoft.", "text-of-csharp", "an object turned into text (ToString)"},
	{"Array\n", "text-of-php", "an array printed by print_r"},
	{"Array", "text-of-php", "an array turned into text"},
	{"array(", "text-of-php", "an array printed by var_dump or var_export"},
	{"array (", "text-of-php", "an array printed by var_dump or var_export"},
	{"stdClass Object", "text-of-php", "an object printed by print_r"},
	{"#<", "text-of-ruby", "an object turned into text (inspect)"},
	{"%{", "text-of-other", "a map of Elixir turned into text"},
	{"%!", "text-of-go", "a value printed by fmt with a wrong verb"},
	{"HASH(0x", "text-of-other", "a hash of Perl turned into text"},
	{"Some(", "text-of-other", "an Option of Rust turned into text"},
	{"Ok(", "text-of-other", "a Result of Rust turned into text"},
	{"Optional(", "text-of-other", "an optional of Swift turned into text"},
}

// shapeForms recognizes texts by the way in which a language writes the keys of an object.
var shapeForms = []struct {
	shape           func() *regexp.Regexp
	mistake, detail string
}{
	{lazy.Regexp(`^\{\s*'\w+': `), "text-of-python", "a dict turned into text (str or repr)"},
	{lazy.Regexp(`^\w+\(\w+=['"\w]`), "text-of-python", "an object turned into text (a dataclass, a model, or a Kotlin data class)"},
	{lazy.Regexp(`^\{\s*:\w+\s*=>|^\{\s*"\w+"\s*=>|^\{\w+: "`), "text-of-ruby", "a Hash turned into text (to_s or inspect)"},
	{lazy.Regexp(`^\{\w+=[^=]`), "text-of-java", "a Map turned into text (toString)"},
	{lazy.Regexp(`^\w+[\[{]\w+=`), "text-of-java", "a record or object turned into text (toString)"},
	{lazy.Regexp(`^\[\s*"\w+"\s*:`), "text-of-other", "a dictionary of Swift turned into text"},
	{lazy.Regexp(`^\{\s*\w+: ['{]`), "text-of-javascript", "an object printed by util.inspect"},
	{lazy.Regexp(`^\{\w+:?\w* [\w{]|^\{[0-9a-f]{24} [0-9a-f]{24} `), "text-of-go", "a struct printed by fmt"},
	{lazy.Regexp(`^<\?xml|^<\w+>`), "other-format", "XML"},
	{lazy.Regexp(`^---\s|^\w+: .*\n\w+: `), "other-format", "YAML"},
	{lazy.Regexp(`^0{4,8}:? [0-9a-f]{2,4} `), "other-format", "a dump in hexadecimal digits"},
	{lazy.Regexp(`^--[\w-]+\r?\nContent-Disposition:`), "other-format", "multipart form data"},
}

// headLine is a line of the head of a message.
var headLine = lazy.Regexp(`(?m)^[\w-]+: `)

// formsOf returns the forms that a body may have, the most certain first. An event as it was sent has none.
func formsOf(body []byte) []form {
	text := strings.TrimSpace(string(body))
	switch {
	case len(text) == 0:
		return []form{{finding{"no-body", ""}, nil}}
	case len(body) > maxRewritten && !json.Valid(body):
		return []form{{finding{"cut-short", human.Count(len(body), "byte")}, nil}}
	}
	if name, event := decompress(body); name != "" {
		return []form{{finding{"compressed", name}, event}}
	}
	if name, event := otherEncoding(body); name != "" {
		return []form{{finding{"other-encoding", name}, event}}
	}
	if json.Valid([]byte(text)) {
		return jsonForms([]byte(text))
	}
	forms := slices.Concat(encodedForms(text), replacedForms(text), printedForms(text))
	if len(forms) > 0 {
		return forms
	}
	if start, end := strings.IndexByte(text, '{'), strings.LastIndexByte(text, '}'); start >= 0 && end > start {
		if inner := text[start : end+1]; inner != text && json.Valid([]byte(inner)) {
			return []form{{finding{"surrounded", "text around it: " + human.Quoted(text[:start]+"…"+text[end+1:])}, []byte(inner)}}
		}
	}
	if strings.HasPrefix(text, "{") {
		return []form{{finding{"cut-short", human.Count(len(body), "byte")}, nil}}
	}
	return []form{{finding{"other-format", "text that is not JSON"}, nil}}
}

// encodedForms recognizes texts that still have the bytes of the event.
func encodedForms(text string) (forms []form) {
	add := func(mistake, detail string, event []byte) {
		forms = append(forms, form{finding{mistake, detail}, event})
	}
	if event, ok := pythonBytes(text); ok {
		add("text-of-python", "bytes turned into text (b'…')", event)
	}
	if event, ok := numberList(text); ok {
		if strings.HasPrefix(text, "[") && !strings.Contains(text, ",") {
			add("text-of-go", "a []byte printed by fmt", event)
		} else {
			add("text-of-javascript", "a list of its bytes", event)
		}
	}
	if rest, ok := strings.CutPrefix(text, "<Buffer "); ok {
		event, _ := hex.DecodeString(strings.Trim(strings.ReplaceAll(rest, " ", ""), ">"))
		add("text-of-javascript", "a Buffer printed by util.inspect", event)
	}
	if decoded, ok := looksLikeEvent(hex.DecodeString(text)); ok {
		add("other-format", "hexadecimal digits", decoded)
	}
	if decoded, ok := looksLikeEvent(base64.StdEncoding.DecodeString(text)); ok {
		add("other-format", "base64", decoded)
	}
	values, err := url.ParseQuery(text)
	if err != nil || !strings.ContainsAny(text, "=%") || strings.ContainsAny(text, "{\n") {
		return forms
	}
	for key, list := range values {
		for _, candidate := range append(slices.Clone(list), key) {
			if event, ok := looksLikeEvent([]byte(candidate), nil); ok {
				add("form-encoded", "", event)
			}
		}
	}
	return forms
}

// replacedForms recognizes the event with other characters in some places, or with text before it.
func replacedForms(text string) (forms []form) {
	for _, r := range []struct{ detail, text string }{
		{"quotation marks written as entities of HTML", html.UnescapeString(text)},
		{"backslashes before its quotation marks", strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(text)},
		{"typographic quotation marks or spaces", strings.NewReplacer("“", `"`, "”", `"`, "„", `"`, "\u00a0", " ").Replace(text)},
	} {
		if r.text != text && json.Valid([]byte(r.text)) {
			forms = append(forms, form{finding{"replaced", r.detail}, []byte(r.text)})
		}
	}
	if strings.Contains(text, "\uFFFD") {
		forms = append(forms, form{finding{"replaced", "characters that could not be read replaced by U+FFFD"}, nil})
	}
	head, rest, ok := strings.Cut(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n")
	if ok && headLine().MatchString(head) && strings.HasPrefix(rest, "{") && !strings.HasPrefix(text, "--") {
		forms = append(forms, form{finding{"surrounded", "the head of the HTTP request before it"}, []byte(rest)})
	}
	return forms
}

// printedForms recognizes what programs print for an object.
func printedForms(text string) (forms []form) {
	for _, f := range prefixForms {
		if strings.HasPrefix(text, f.prefix) {
			return []form{{finding{f.mistake, f.detail}, nil}}
		}
	}
	for _, f := range shapeForms {
		if f.shape().MatchString(text) {
			return []form{{finding{f.mistake, f.detail}, nil}}
		}
	}
	return nil
}

// decompress recognizes compressed bytes.
func decompress(body []byte) (name string, event []byte) {
	var r io.Reader
	var err error
	switch {
	case bytes.HasPrefix(body, []byte{0x1f, 0x8b}):
		name = "gzip"
		r, err = gzip.NewReader(bytes.NewReader(body))
	case len(body) > 2 && body[0] == 0x78 && binary.BigEndian.Uint16(body)%31 == 0:
		name = "deflate"
		r, err = zlib.NewReader(bytes.NewReader(body))
	case bytes.HasPrefix(body, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return "zstd", nil
	default:
		return "", nil
	}
	if err == nil {
		event, _ = io.ReadAll(io.LimitReader(r, maxRewritten)) // what was read is tried
	}
	return name, event
}

// otherEncoding recognizes text that is not UTF-8.
func otherEncoding(body []byte) (name string, event []byte) {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(body, []byte{0xff, 0xfe}):
		order, body = binary.LittleEndian, body[2:]
	case bytes.HasPrefix(body, []byte{0xfe, 0xff}):
		order, body = binary.BigEndian, body[2:]
	case len(body) > 3 && body[1] == 0 && body[3] == 0:
		order = binary.LittleEndian
	case len(body) > 3 && body[0] == 0 && body[2] == 0:
		order = binary.BigEndian
	case !utf8.Valid(withoutPartial(body)) && bytes.HasPrefix(body, []byte("{")):
		return "bytes that are not UTF-8, such as Latin-1", nil
	default:
		return "", nil
	}
	units := make([]uint16, len(body)/2)
	for i := range units {
		units[i] = order.Uint16(body[2*i:])
	}
	return "UTF-16", []byte(string(utf16.Decode(units)))
}

// withoutPartial returns text without a character that is cut at its end.
func withoutPartial(text []byte) []byte {
	for i := 1; i < utf8.UTFMax && i <= len(text); i++ {
		if start := len(text) - i; utf8.RuneStart(text[start]) {
			if !utf8.FullRune(text[start:]) {
				return text[:start]
			}
			break
		}
	}
	return text
}

// pythonBytes reads the text of a bytes object: b'…'.
func pythonBytes(text string) ([]byte, bool) {
	for _, quote := range []string{"'", `"`} {
		if inner, ok := strings.CutPrefix(text, "b"+quote); ok && strings.HasSuffix(inner, quote) {
			inner = strings.TrimSuffix(inner, quote)
			if quote == "'" {
				inner = strings.ReplaceAll(strings.ReplaceAll(inner, `\'`, "'"), `"`, `\"`)
			}
			if value, err := strconv.Unquote(`"` + inner + `"`); err == nil {
				return []byte(value), true
			}
			return nil, true
		}
	}
	return nil, false
}

// numberList reads a list of bytes as decimal numbers: "[123 34 …]" of Go, "123,34,…" of JavaScript.
func numberList(text string) ([]byte, bool) {
	words := strings.FieldsFunc(strings.Trim(text, "[]"), func(r rune) bool { return r == ' ' || r == ',' })
	list := make([]byte, 0, len(words))
	for _, word := range words {
		n, err := strconv.ParseUint(word, 10, 8)
		if err != nil {
			return nil, false
		}
		list = append(list, byte(n))
	}
	return list, len(list) > 2
}

// looksLikeEvent reports whether decoded bytes are a JSON object.
func looksLikeEvent(decoded []byte, err error) ([]byte, bool) {
	return decoded, err == nil && bytes.HasPrefix(decoded, []byte("{")) && json.Valid(decoded)
}
