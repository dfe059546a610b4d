package main

import (
	"bytes"
	"fmt"
	"go/format"
	"slices"
	"strings"
)

// goTable returns the source of the Go table of package schemas.
func goTable(c *catalogue) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("// Code generated from catalogue.yaml by internal/generate. DO NOT EDIT.\n\npackage schemas\n\n")
	b.WriteString("// JSONStringsPattern is the pattern of a [ValueJSONArray]: a JSON array of at least one string.\n")
	fmt.Fprintf(&b, "const JSONStringsPattern = `%s`\n\nvar groups = []Group{\n", jsonStringsPattern)
	for _, g := range c.Groups {
		fmt.Fprintf(&b, "{Key: %q, Title: %q, Summary: %q},\n", g.Key, g.Title, g.Summary)
	}
	b.WriteString("}\n\nvar table = [...]EventType{\n")
	for _, e := range c.Events {
		if err := writeRow(&b, e); err != nil {
			return nil, fmt.Errorf("event type %s: %w", e.Name, err)
		}
	}
	b.WriteString("}\n\n// byName contains the indices of table in the order of the names.\nvar byName = [...]uint8{")
	for _, i := range namesInOrder(c.Events) {
		fmt.Fprintf(&b, "%d,", i)
	}
	b.WriteString("}\n")
	return format.Source(b.Bytes())
}

func namesInOrder(events []eventType) []int {
	order := make([]int, len(events))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(events[a].Name, events[b].Name) })
	return order
}

// keys returns the identifiers of an event type in the order of the payload; see EventType.Keys.
func keys(e eventType) []string {
	keys := slices.Clone(e.Required)
	for _, one := range e.OneOf {
		keys = append(append(keys, one), e.OptionalWith[one]...)
	}
	return append(keys, e.Optional...)
}

func writeRow(b *bytes.Buffer, e eventType) error {
	fmt.Fprintf(b, "{\nName: %q, Group: %q, Evidence: %q,\nSummary: %q,\n", e.Name, e.Group, e.Evidence, e.Summary)
	for _, f := range []struct {
		name  string
		value []string
	}{{"Required", e.Required}, {"Optional", e.Optional}, {"OneOf", e.OneOf}, {"keys", keys(e)}} {
		if len(f.value) > 0 {
			fmt.Fprintf(b, "%s: %#v,\n", f.name, f.value)
		}
	}
	if len(e.OptionalWith) > 0 {
		b.WriteString("OptionalWith: []Conditional{")
		for _, one := range e.OneOf {
			if optional := e.OptionalWith[one]; len(optional) > 0 {
				fmt.Fprintf(b, "{With: %q, Optional: %#v},", one, optional)
			}
		}
		b.WriteString("},\n")
	}
	if err := writeValues(b, e.Values); err != nil {
		return err
	}
	if len(e.Metadata) > 0 {
		b.WriteString("Metadata: []Field{")
		for _, m := range e.Metadata {
			fmt.Fprintf(b, "{Name: %q, Type: %q, Optional: %v},", m.key, m.value.Type, m.value.Optional)
		}
		b.WriteString("},\n")
	}
	if e.FormerEnum != "" {
		fmt.Fprintf(b, "FormerEnum: %q,\n", e.FormerEnum)
	}
	b.WriteString("},\n")
	return nil
}

func writeValues(b *bytes.Buffer, values ordered[value]) error {
	if len(values) == 0 {
		return nil
	}
	b.WriteString("Values: []Value{\n")
	for _, v := range values {
		switch {
		case len(v.value.Enum) > 0:
			fmt.Fprintf(b, "{Name: %q, Kind: ValueEnum, Enum: %#v},\n", v.key, v.value.Enum)
		case slices.Contains([]string{"objectId", "date-time"}, v.value.Format):
			fmt.Fprintf(b, "{Name: %q, Kind: %q},\n", v.key, v.value.Format)
		case v.value.JSONArrayOf == "string":
			fmt.Fprintf(b, "{Name: %q, Kind: ValueJSONArray},\n", v.key)
		default:
			return fmt.Errorf("value %s has neither enum nor a known format", v.key)
		}
	}
	b.WriteString("},\n")
	return nil
}
