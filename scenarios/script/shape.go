package script

import (
	"slices"

	"semblance/fixtures"
	"semblance/schemas"
	"semblance/simulator/fault"
)

// shape is a piece of the JSON Schema for editors: what a key may hold.
type shape map[string]any

func ref(name string) shape { return shape{"$ref": "#/definitions/" + name} }

// text is a text, which YAML lets people write without quotes even where it looks like a number.
func text() shape { return shape{"type": []string{"string", "number", "boolean"}} }

func truth() shape { return shape{"type": "boolean"} }

func count(low, high int) shape { return shape{"type": "integer", "minimum": low, "maximum": high} }

func words(known []string) shape { return shape{"type": "string", "enum": known} }

func listOf(item shape) shape { return shape{"type": "array", "items": item} }

func mapOf(item shape) shape { return shape{"type": "object", "additionalProperties": item} }

func anyOf(shapes ...shape) shape { return shape{"anyOf": shapes} }

func called() shape { return shape{"type": "string", "pattern": name.String()} }

func duration() shape {
	return shape{"type": "string", "pattern": `^(0|([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h))+$`, "examples": []string{"300ms", "5s", "1m30s"}}
}

func rate() shape {
	return shape{"type": "string", "pattern": `^[0-9.]+ */ *(s|m|h)$`, "examples": []string{"5/s", "100/m"}}
}

func pointer() shape {
	return shape{"type": "string", "pattern": `^(/([^~]|~[01])*)*$`, "examples": []string{"/job/id"}}
}

func eventTypes() shape {
	return words(typeNames(schemas.AllWithRetired()))
}

func typeNames(types []*schemas.EventType) []string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = t.Name
	}
	return names
}

func actionNames() []string {
	var names []string
	for _, a := range fixtures.Actions() {
		names = append(names, a.Name)
	}
	return names
}

// faults is the long and the short form of every fault, one alternative a family.
func faults() shape {
	var families []string
	names := map[string][]string{}
	long := map[string][]shape{}
	for _, info := range fault.All() {
		family := string(info.Family)
		if !slices.Contains(families, family) {
			families = append(families, family)
		}
		names[family] = append(names[family], info.Name)
		properties := map[string]any{"name": shape{"const": info.Name, "description": info.Summary}}
		for _, a := range info.Attributes {
			about := a.Summary + " (" + a.Default + " unless told otherwise)"
			if a.Default == "" {
				about = a.Summary
			}
			properties[a.Name] = shape{"type": []string{"string", "number"}, "description": about}
		}
		long[family] = append(long[family], shape{"type": "object", "required": []string{"name"}, "properties": properties, "additionalProperties": false})
	}
	properties := map[string]any{}
	for _, family := range families {
		properties[family] = anyOf(append([]shape{words(names[family])}, long[family]...)...)
	}
	return shape{"type": "object", "properties": properties, "additionalProperties": false, "minProperties": 1, "maxProperties": 1}
}

func statusShape() shape {
	one := anyOf(count(100, 599), shape{"type": "string", "pattern": "^([1-5][xX][xX]|[1-5][0-9][0-9]|any)$"})
	return anyOf(one, listOf(one))
}
