package script

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Schema returns the JSON Schema of the language for editors: schemas/scenario.schema.json. It is generated from the
// constructs that the parser reads with. It describes the form of a file only, not the meaning of names.
func Schema() ([]byte, error) {
	p := &parser{load: &load{kinds: stepKinds()}}
	root := scenarioConstruct(p, &Scenario{}).schema()
	root["$schema"] = "http://json-schema.org/draft-07/schema#" // supported by YAML editors
	root["$id"] = "semblance:scenario"
	root["title"] = "A scenario of Semblance"
	definitions := map[string]any{
		"steps":       shape{"type": "array", "minItems": 1, "items": ref("step")},
		"step":        stepShape(p),
		"fault":       faultShape(),
		"wants":       wantsShape(),
		"requirement": anyOf(ref("wants"), ref("level")),
	}
	for _, c := range []construct{
		expectConstruct(&Expect{}), levelConstruct(&Level{}), examinationConstruct(&Level{}), changeConstruct(&Change{}), wireConstruct(&Wire{}), compareConstruct(&Common{}), untilConstruct(&Probe{}), againConstruct(&Again{}), trafficConstruct(&Traffic{}), repeatConstruct(&Repeat{}),
		playConstruct(&Play{}, nil), probeConstruct(&Probe{}), queriedConstruct(&Queried{}), requestConstruct(&Request{}), signConstruct(&Sign{}),
	} {
		definitions[c.name] = c.schema()
	}
	root["definitions"] = definitions
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(root); err != nil {
		return nil, fmt.Errorf("encoding the JSON Schema of scenarios: %w", err)
	}
	return out.Bytes(), nil
}

// schema returns the JSON Schema of a construct.
func (c construct) schema() shape {
	properties := map[string]any{}
	s := shape{"type": "object", "description": c.about, "properties": properties, "additionalProperties": false}
	var required []string
	for _, k := range c.keys {
		properties[k.name] = described(k.value.shape(), k.about)
		if k.required {
			required = append(required, k.name)
		}
	}
	if required != nil {
		s["required"] = required
	}
	return s
}

// described adds a description to a shape. Editors ignore a description beside a $ref.
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

func stepShape(p *parser) shape {
	var kinds []shape
	for _, k := range p.load.kinds {
		_, c := k.new(p, Common{})
		kinds = append(kinds, c.schema())
	}
	return anyOf(kinds...)
}
