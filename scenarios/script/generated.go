package script

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"semblance/schemas/lazy"
	"semblance/schemas/naming"

	"semblance/schemas/human"
	"semblance/simulator/fault"
)

// Bounds of ${fill.SIZE}, in bytes.
const (
	MaxFill  = 1 << 20  // of one text
	maxFills = 16 << 20 // of all texts of a scenario and the files that it plays
)

var slicePattern = lazy.Regexp(`^(.*)\[([0-9]{0,9}):([0-9]{0,9})\]$`)

// slice reads the part at the end of a reference, and returns the text before it.
func (r *Ref) slice(text string) (name string, ok bool) {
	if !strings.HasSuffix(text, "]") {
		return text, true
	}
	m := slicePattern().FindStringSubmatch(text)
	if m == nil {
		return text, false
	}
	s := Slice{To: -1}
	if m[2] != "" {
		s.From, _ = strconv.Atoi(m[2]) // digits
	}
	if m[3] != "" {
		s.To, _ = strconv.Atoi(m[3])
	}
	r.Slice = &s
	return m[1], s.To < 0 || s.From <= s.To
}

// fixedNames returns the names of the values that the language defines, by the word before the dot.
func fixedNames() map[RefKind][]string {
	return map[RefKind][]string{
		RefRequest: {"eventId"},
		RefTarget:  {"url", "origin", "slash"},
		RefAPI:     {"url", "token"},
		RefRun:     {"id", "seed", "round"},
		RefSign:    {"t", "v1"},
		RefNew:     {"id", "secret", "hex64"},
		RefSecret:  {"bare", "hex", "base64", "decoded"},
	}
}

// defined reads a reference to a value that the language defines, and reports whether it is one. The problem is "" if it is
// valid.
func (r *Ref) defined(text string) (done bool, problem string) {
	first, rest, dotted := strings.Cut(text, ".")
	names, named := fixedNames()[RefKind(first)]
	switch {
	case text == "stale":
		r.Kind = RefStale
	case text == "secret":
		r.Kind = RefSecret
	case text == "right.v1": // a record may be called right, but has only an id
		r.Kind, r.Name = RefRight, "v1"
	case text == "now" || strings.HasPrefix(text, "now-") || strings.HasPrefix(text, "now+"):
		r.Kind = RefNow
		if text != "now" {
			var err error
			if r.Offset, err = time.ParseDuration(text[len("now"):]); err != nil || r.Offset.Abs() > maxOffset {
				return true, "${" + excerpt(text) + "} is not a time; write ${now}, ${now-1h} or ${now+30s}"
			}
		}
	case named && dotted && slices.Contains(names, rest):
		r.Kind, r.Name = RefKind(first), rest
	case named:
		known := naming.List(names, func(name string) string { return "${" + first + "." + name + "}" })
		return true, "unknown value ${" + excerpt(text) + "}; use " + human.Or(known)
	case first == "bytes" && dotted:
		data, err := hex.DecodeString(rest)
		if err != nil || len(data) == 0 {
			return true, "${" + excerpt(text) + "} needs bytes as hexadecimal digits, such as ${bytes.e9e9}"
		}
		r.Kind, r.Const = RefConst, string(data)
	case first == "fill" && dotted:
		n, err := fault.ParseSize(rest)
		if err != nil || n < 1 || n > MaxFill {
			return true, "${" + excerpt(text) + "} needs a size of at most 1MiB, such as ${fill.100KiB}"
		}
		r.Kind, r.Const = RefConst, strings.Repeat("a", int(n))
	default:
		return false, ""
	}
	return true, ""
}

// maxOffset is the largest distance of a time of a signature from the present.
const maxOffset = 100 * 365 * 24 * time.Hour
