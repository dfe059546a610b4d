package guard

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"semblance/schemas/naming"
)

// Nulls says whether a body may contain null.
type Nulls bool

// Null means the same as an absent key to many clients. The control API refuses it, because it could also mean "remove".
const (
	RefuseNull Nulls = false
	AllowNull  Nulls = true
)

// ReadJSON reads the body of a request into v, a pointer to a struct with JSON keys. It refuses what encoding/json accepts
// silently: unknown keys, keys in another letter case and duplicate keys. Errors are of type *[Refusal].
//
// If the body is empty, n is 0 and v is unchanged.
func ReadJSON(r *http.Request, v any, nulls Nulls) (n int, err error) {
	data, err := io.ReadAll(r.Body)
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return 0, refuse(http.StatusRequestEntityTooLarge, "body-too-large", "the body is larger than %d bytes", large.Limit)
	}
	if err != nil { // the client was too slow or closed the connection
		return 0, refuse(http.StatusBadRequest, "body", "reading the body: %s", err)
	}
	if len(data) == 0 {
		return 0, nil
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return 0, refuse(http.StatusUnsupportedMediaType, "content-type", "the body must be JSON, with Content-Type: application/json")
	}
	return len(data), decode(data, v, nulls)
}

// decode decodes one JSON value strictly.
func decode(data []byte, v any, nulls Nulls) error {
	if json.Valid(data) { // this also bounds the depth
		c := keyChecker{json.NewDecoder(bytes.NewReader(data)), nulls}
		c.UseNumber()
		if err := c.checkValue(reflect.TypeOf(v), ""); err != nil {
			return err
		}
	}
	err := json.Unmarshal(data, v)
	if err == nil {
		return nil
	}
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if kind.Field == "" {
			return refuse(http.StatusBadRequest, "json", "expected a JSON object, got %s", kind.Value)
		}
		refusal := refuse(http.StatusBadRequest, "json", "%s: unexpected %s", kind.Field, kind.Value)
		refusal.Field = kind.Field
		return refusal
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return refuse(http.StatusBadRequest, "json", "malformed JSON at byte %d: %s", syntax.Offset, syntax)
	}
	return refuse(http.StatusBadRequest, "json", "malformed JSON: %s", strings.TrimPrefix(err.Error(), "json: "))
}

// A keyChecker checks the keys of valid JSON against a Go type.
type keyChecker struct {
	*json.Decoder
	nulls Nulls
}

// checkValue checks the next value, which is to be decoded into t. A nil t is any type. field is its name for errors.
func (c keyChecker) checkValue(t reflect.Type, field string) error {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	token, err := c.Token()
	if err != nil {
		return err
	}
	switch token {
	case nil:
		if !c.nulls {
			return wrongKey(field, "null is not allowed; leave the key out")
		}
	case json.Delim('['):
		for c.More() {
			if err := c.checkValue(elem(t), field); err != nil {
				return err
			}
		}
		_, err = c.Token()
	case json.Delim('{'):
		if err := c.checkObject(t, field); err != nil {
			return err
		}
		_, err = c.Token()
	}
	return err
}

// checkObject checks the keys of an object up to its closing brace.
func (c keyChecker) checkObject(t reflect.Type, field string) error {
	known, isStruct := keys(t)
	seen := map[string]bool{}
	for c.More() {
		token, err := c.Token()
		if err != nil {
			return err
		}
		key := token.(string)
		inner := strings.TrimPrefix(field+"."+key, ".")
		if seen[key] {
			return wrongKey(inner, "duplicate key")
		}
		seen[key] = true
		valueType := elem(t)
		if isStruct {
			i := slices.Index(known, key)
			if i < 0 {
				refusal := refuse(http.StatusBadRequest, "json", "%s", naming.Unknown("key", inner, known))
				refusal.Field = inner
				return refusal
			}
			valueType = t.Field(i).Type
		}
		if err := c.checkValue(valueType, inner); err != nil {
			return err
		}
	}
	return nil
}

func wrongKey(field, what string) error {
	if field == "" {
		field = "body"
	}
	refusal := refuse(http.StatusBadRequest, "json", "%s: %s", field, what)
	refusal.Field = field
	return refusal
}

// keys returns the JSON key of each field of a struct type, in the order of its fields.
func keys(t reflect.Type) (names []string, isStruct bool) {
	if t == nil || t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() {
		return nil, false
	}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names, true
}

// elem returns the type of the elements of a slice or map, or nil for any.
func elem(t reflect.Type) reflect.Type {
	if t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Map) {
		return t.Elem()
	}
	return nil
}
