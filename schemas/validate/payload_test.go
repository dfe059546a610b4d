package validate

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"semblance/schemas"
)

// sample returns a payload of the type with the given identifiers.
func sample(e *schemas.EventType, keys []string) string {
	var members []string
	for _, key := range keys {
		value := id
		if v, ok := e.Value(key); ok {
			switch v.Kind {
			case schemas.ValueEnum:
				value = fmt.Sprintf("%q", v.Enum[0])
			case schemas.ValueDateTime:
				value = `"2026-01-31T09:30:00.000Z"`
			case schemas.ValueJSONArray:
				value = `"[\"stage\",\"owner\"]"`
			}
		}
		members = append(members, fmt.Sprintf("%q:%s", key, value))
	}
	more := ""
	for _, f := range e.Metadata {
		value := map[string]string{"string": `"booking.created"`, "integer": "503", "boolean": "true"}[f.Type]
		more += fmt.Sprintf(",%q:%s", f.Name, value)
	}
	if more != "" {
		more = `,"metadata":{` + more[1:] + "}"
	}
	return envelope(e.Name, strings.Join(members, ","), more)
}

// combinations returns each set of identifiers that the catalogue allows for a type.
func combinations(e *schemas.EventType) [][]string {
	type choice struct{ always, optional []string }
	choices := []choice{{e.Required, e.Optional}}
	if len(e.OneOf) > 0 {
		choices = nil
		for _, one := range e.OneOf {
			c := choice{append(slices.Clone(e.Required), one), slices.Clone(e.Optional)}
			for _, with := range e.OptionalWith {
				if with.With == one {
					c.optional = append(c.optional, with.Optional...)
				}
			}
			choices = append(choices, c)
		}
	}
	var all [][]string
	for _, c := range choices {
		for bits := range 1 << len(c.optional) {
			keys := slices.Clone(c.always)
			for i, key := range c.optional {
				if bits&(1<<i) != 0 {
					keys = append(keys, key)
				}
			}
			all = append(all, keys)
		}
	}
	return all
}

// TestPayloadSchemasAreExact tries, for each type, every set of its identifiers and of one foreign to it: just those
// that the catalogue allows are valid.
func TestPayloadSchemasAreExact(t *testing.T) {
	for _, e := range schemas.AllWithRetired() {
		s, err := Payload(e)
		if err != nil {
			t.Fatal(err)
		}
		allowed := map[string]bool{}
		for _, keys := range combinations(e) {
			allowed[sorted(keys)] = true
		}
		universe := append(slices.Clone(e.Keys()), "teapotId")
		for bits := range 1 << len(universe) {
			var keys []string
			for i, key := range universe {
				if bits&(1<<i) != 0 {
					keys = append(keys, key)
				}
			}
			violations := s.Validate([]byte(sample(e, keys)))
			if valid := violations == nil; valid != allowed[sorted(keys)] {
				t.Errorf("%s with the identifiers %v: valid %v; %v", e.Name, keys, valid, violations)
			}
		}
	}
}

func sorted(keys []string) string {
	keys = slices.Clone(keys)
	slices.Sort(keys)
	return strings.Join(keys, " ")
}

// TestPayloadSchemasAreStrict spoils each part of a valid payload of each type in turn.
func TestPayloadSchemasAreStrict(t *testing.T) {
	for _, e := range schemas.AllWithRetired() {
		s, err := Payload(e)
		if err != nil {
			t.Fatal(err)
		}
		var good map[string]any
		if err := json.Unmarshal([]byte(sample(e, combinations(e)[0])), &good); err != nil {
			t.Fatal(err)
		}
		if v := s.ValidateValue(good); v != nil {
			t.Fatalf("%s: the sample is not valid: %v", e.Name, v)
		}
		spoil(good, "", func(pointer, how string) {
			if s.ValidateValue(good) == nil {
				t.Errorf("%s: valid though %s is %s", e.Name, pointer, how)
			}
		})
		if e.Metadata == nil {
			good["metadata"] = map[string]any{}
			if s.ValidateValue(good) == nil {
				t.Errorf("%s: metadata is accepted", e.Name)
			}
		}
	}
}

// spoil changes one member of the object at a time, calls report, and puts it back.
func spoil(object map[string]any, at string, report func(pointer, how string)) {
	for key, value := range object {
		for how, bad := range map[string]any{"null": nil, "empty": "", "an array": []any{}, "in upper case": "692597070FE21CFA5E6A010F"} {
			if key == "failedEventType" && how != "null" && how != "an array" {
				continue // any string
			}
			object[key] = bad
			report(at+"/"+key, how)
		}
		object[key] = value
		if below, ok := value.(map[string]any); ok {
			spoil(below, at+"/"+key, report)
		}
	}
	object["surplus"] = "x"
	report(at+"/surplus", "there")
	delete(object, "surplus")
}

func TestPayloadIsCompiledOnce(t *testing.T) {
	e, err := schemas.Lookup("contact.updated")
	if err != nil {
		t.Fatal(err)
	}
	got := make([]*Schema, 16)
	var wait sync.WaitGroup
	for i := range got {
		wait.Go(func() { got[i], _ = Payload(e) })
	}
	wait.Wait()
	for _, s := range got {
		if s == nil || s != got[0] {
			t.Fatalf("not one schema for all: %v", got)
		}
	}
	if got[0].Name() != "semblance:payload/contact.updated" {
		t.Errorf("it is called %s", got[0].Name())
	}
}
