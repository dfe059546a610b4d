package script

import (
	"semblance/fixtures"
	"semblance/schemas"
	"semblance/simulator/fault"
)

// shape is a part of the JSON Schema for editors.
type shape map[string]any

func ref(name string) shape { return shape{"$ref": "#/definitions/" + name} }

// textShape is a string. YAML reads an unquoted one as a number or a boolean if it looks like one.
func textShape() shape { return shape{"type": []string{"string", "number", "boolean"}} }

func countShape(low, high int) shape {
	return shape{"type": "integer", "minimum": low, "maximum": high}
}

func enum(words []string) shape { return shape{"type": "string", "enum": words} }

func listOf(item shape) shape { return shape{"type": "array", "items": item} }

func mapOf(item shape) shape { return shape{"type": "object", "additionalProperties": item} }

func anyOf(shapes ...shape) shape { return shape{"anyOf": shapes} }

func nameShape() shape { return shape{"type": "string", "pattern": namePattern().String()} }

func durationShape() shape {
	return shape{"type": "string", "pattern": `^(0|([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h))+$`, "examples": []string{"300ms", "5s", "1m30s"}}
}

func rateShape() shape {
	return shape{"type": "string", "pattern": `^[0-9.]+ */ *(s|m|h)$`, "examples": []string{"5/s", "100/m"}}
}

func pointerShape() shape {
	return shape{"type": "string", "pattern": `^(/([^~]|~[01])*)*$`, "examples": []string{"/job/id"}}
}

func statusShape() shape {
	one := anyOf(countShape(100, 599), enum(statusWords()), shape{"type": "string", "pattern": "^([1-5][xX][xX]|[1-5][0-9][0-9]|any)$"})
	return anyOf(one, listOf(one))
}

func eventTypeShape() shape {
	names := schemas.Names(schemas.AllWithRetired())
	return enum(names)
}

func castShape() shape {
	properties := map[string]any{"kind": enum(schemas.Kinds())}
	for _, kind := range schemas.Kinds() {
		for _, r := range fixtures.Relations(kind) {
			properties[r.Role] = nameShape()
		}
	}
	return mapOf(shape{"type": "object", "required": []string{"kind"}, "properties": properties, "additionalProperties": false})
}

// faultShape is the short form of every fault, by name, and the long form with attributes.
func faultShape() shape {
	names := map[string][]string{} // by family
	long := map[string][]shape{}
	for _, info := range fault.All() {
		family := string(info.Family)
		names[family] = append(names[family], info.Name)
		properties := map[string]any{"name": shape{"const": info.Name, "description": info.Summary}}
		for _, a := range info.Attributes {
			about := a.Summary
			if a.Default != "" {
				about += "; default " + a.Default
			}
			properties[a.Name] = shape{"type": []string{"string", "number"}, "description": about}
		}
		long[family] = append(long[family], shape{"type": "object", "required": []string{"name"}, "properties": properties, "additionalProperties": false})
	}
	properties := map[string]any{}
	for family := range names {
		properties[family] = anyOf(append([]shape{enum(names[family])}, long[family]...)...)
	}
	return shape{"type": "object", "properties": properties, "additionalProperties": false, "minProperties": 1, "maxProperties": 1}
}
