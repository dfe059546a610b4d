package script

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Schema returns the JSON Schema of the language, for editors: schemas/scenario.schema.json. It is generated from the
// tables that the parser reads by. It knows the form of a file alone; what names mean is the parser's.
func Schema() ([]byte, error) {
	root := objectShape(infos(scenarioTable())(), "")
	root["$schema"] = "http://json-schema.org/draft-07/schema#" // what editors of YAML understand
	root["$id"] = "semblance:scenario"
	root["title"] = "A scenario of Semblance"
	root["description"] = scenarioTable().about
	root["definitions"] = map[string]any{
		"steps":   shape{"type": "array", "minItems": 1, "items": ref("step")},
		"step":    stepShape(),
		"fault":   faults(),
		"expect":  objectShape(infos(expectTable())(), expectTable().about),
		"until":   objectShape(infos(untilTable())(), untilTable().about),
		"again":   objectShape(infos(againTable())(), againTable().about),
		"traffic": objectShape(infos(volumeTable())(), volumeTable().about),
		"repeat":  objectShape(infos(roundsTable())(), roundsTable().about),
		"play":    objectShape(infos(playFileTable())(), playFileTable().about),
		"probe":   objectShape(infos(questionTable())(), questionTable().about),
		"request": objectShape(infos(messageTable())(), messageTable().about),
		"sign":    objectShape(infos(signTable())(), signTable().about),
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(root); err != nil {
		return nil, fmt.Errorf("encode the schema of the language: %w", err)
	}
	return out.Bytes(), nil
}

// objectShape is the schema of a map with the keys of a table.
func objectShape(keys []keyInfo, about string) shape {
	properties := map[string]any{}
	var must []string
	for _, k := range keys {
		properties[k.name] = described(k.shape, k.about)
		if k.must {
			must = append(must, k.name)
		}
	}
	s := shape{"type": "object", "properties": properties, "additionalProperties": false}
	if about != "" {
		s["description"] = about
	}
	if must != nil {
		s["required"] = must
	}
	return s
}

// described adds a description to a shape. Beside a $ref it would be ignored.
func described(s shape, about string) shape {
	if s["$ref"] != nil {
		return shape{"allOf": []shape{s}, "description": about}
	}
	out := shape{"description": about}
	for k, v := range s {
		out[k] = v
	}
	return out
}

func stepShape() shape {
	var kinds []shape
	for _, w := range stepWords() {
		kinds = append(kinds, objectShape(w.keys(), w.about))
	}
	return anyOf(kinds...)
}
