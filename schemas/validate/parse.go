package validate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The bounds of a document. They are far larger than a response to a webhook, and small enough that any document within
// them is validated quickly.
const (
	MaxSize   = 1 << 20 // bytes
	MaxDepth  = 64      // nested objects and arrays
	MaxNumber = 400     // characters of a number, and the largest exponent; exact arithmetic beyond it takes too long
)

// documentError explains why a document cannot be validated.
type documentError struct {
	expected string
	got      string
}

func (e *documentError) Error() string {
	return fmt.Sprintf("expected %s, got %s", e.expected, e.got)
}

// Parse parses one JSON document within the bounds [MaxSize], [MaxDepth] and [MaxNumber]. Numbers become json.Number,
// objects map[string]any, arrays []any. Use it for all JSON of other programs.
func Parse(data []byte) (any, error) {
	if len(data) > MaxSize {
		return nil, &documentError{fmt.Sprintf("a document of at most %d bytes", MaxSize), fmt.Sprintf("one of %d", len(data))}
	}
	if err := scan(data); err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, notJSON(data, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, &documentError{"one JSON document", fmt.Sprintf("more after its end, at byte %d", d.InputOffset())}
	}
	return v, nil
}

func isEmpty(data []byte) bool { return len(bytes.TrimSpace(data)) == 0 }

func notJSON(data []byte, err error) error {
	if isEmpty(data) {
		return &documentError{"JSON", "nothing (an empty body)"}
	}
	found := "text that begins " + quoted(string(bytes.TrimSpace(data)))
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) && syntax.Offset > 1 && syntax.Offset <= int64(len(data)) {
		found = fmt.Sprintf("a mistake at byte %d of %s", syntax.Offset, quoted(string(data)))
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		found = "a document that is cut off: " + quoted(string(data))
	}
	return &documentError{"JSON", found}
}

// scan checks depth and numbers of the document before anything recurses into it or computes with its numbers. It does not
// check the syntax.
func scan(data []byte) error {
	depth := 0
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case c == '"':
			for i++; i < len(data) && data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
		case c == '{' || c == '[':
			if depth++; depth > MaxDepth {
				return tooDeep()
			}
		case c == '}' || c == ']':
			depth--
		case c == '-' || c >= '0' && c <= '9':
			start := i
			for i+1 < len(data) && isNumeral(data[i+1]) {
				i++
			}
			if err := checkNumber(data[start : i+1]); err != nil {
				return err
			}
		}
	}
	return nil
}

func isNumeral(c byte) bool {
	return c >= '0' && c <= '9' || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-'
}

func tooDeep() error {
	return &documentError{fmt.Sprintf("at most %d nested objects and arrays", MaxDepth), "more"}
}

func checkNumber[T string | []byte](number T) error {
	text := string(number[:min(len(number), MaxNumber+1)])
	if len(number) > MaxNumber {
		return &documentError{fmt.Sprintf("numbers of at most %d characters", MaxNumber), fmt.Sprintf("one of %d, %s…", len(number), text[:20])}
	}
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		exponent, err := strconv.Atoi(text[i+1:])
		if errors.Is(err, strconv.ErrRange) || exponent > MaxNumber || exponent < -MaxNumber {
			return &documentError{fmt.Sprintf("numbers with exponents from -%d to %d", MaxNumber, MaxNumber), quoted(text)}
		}
	}
	return nil
}

// checkValue checks the same bounds for a parsed document. depth is the number of objects and arrays around it.
func checkValue(v any, depth int) error {
	switch v := v.(type) {
	case map[string]any:
		if depth == MaxDepth {
			return tooDeep()
		}
		for _, member := range v {
			if err := checkValue(member, depth+1); err != nil {
				return err
			}
		}
	case []any:
		if depth == MaxDepth {
			return tooDeep()
		}
		for _, item := range v {
			if err := checkValue(item, depth+1); err != nil {
				return err
			}
		}
	case json.Number:
		return checkNumber(string(v))
	case nil, bool, string, float64, float32, int, int8, int32, int64, uint, uint8, uint32, uint64:
	default:
		return &documentError{"a JSON value", fmt.Sprintf("a Go value of type %T", v)}
	}
	return nil
}
