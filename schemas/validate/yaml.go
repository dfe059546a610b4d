package validate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxNodes bounds a YAML document after its aliases are resolved.
const maxNodes = 100_000

// isYAML reports whether a file is YAML by its name.
func isYAML(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == ".yaml" || ext == ".yml"
}

// fromYAML returns a YAML document as JSON. A value means what it means in JSON Schema: a date stays text, and a number is
// written as in the file.
func fromYAML(data []byte) ([]byte, error) {
	var document yaml.Node
	if strings.TrimSpace(string(data)) == "" {
		return nil, errors.New("the file is empty")
	}
	if err := yaml.Load(data, &document); err != nil {
		if at, ok := errors.AsType[*yaml.LoadError](err); ok {
			return nil, fmt.Errorf("line %d: invalid YAML: %s", max(at.Mark.Line, 1), at.Message)
		}
		return nil, fmt.Errorf("invalid YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(document.Content) == 0 {
		return nil, errors.New("the file is empty")
	}
	c := yamlConverter{}
	if err := c.value(document.Content[0], 0); err != nil {
		return nil, err
	}
	return c.out.Bytes(), nil
}

type yamlConverter struct {
	out   bytes.Buffer
	nodes int
}

func (c *yamlConverter) value(n *yaml.Node, depth int) error {
	if c.nodes++; c.nodes > maxNodes || depth > MaxDepth {
		return fmt.Errorf("line %d: the document is too large or too deep", n.Line)
	}
	switch n.Kind {
	case yaml.AliasNode:
		return c.value(n.Alias, depth+1)
	case yaml.MappingNode:
		return c.mapping(n, depth)
	case yaml.SequenceNode:
		c.out.WriteByte('[')
		for i, item := range n.Content {
			if i > 0 {
				c.out.WriteByte(',')
			}
			if err := c.value(item, depth+1); err != nil {
				return err
			}
		}
		c.out.WriteByte(']')
		return nil
	}
	return c.scalar(n)
}

func (c *yamlConverter) mapping(n *yaml.Node, depth int) error {
	seen := map[string]bool{}
	c.out.WriteByte('{')
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		switch {
		case key.Kind != yaml.ScalarNode || key.Tag == "!!merge":
			return fmt.Errorf("line %d: a key must be text", key.Line)
		case seen[key.Value]:
			return fmt.Errorf("line %d: the key %q stands there twice", key.Line, key.Value)
		}
		seen[key.Value] = true
		if i > 0 {
			c.out.WriteByte(',')
		}
		c.text(key.Value)
		c.out.WriteByte(':')
		if err := c.value(n.Content[i+1], depth+1); err != nil {
			return err
		}
	}
	c.out.WriteByte('}')
	return nil
}

func (c *yamlConverter) scalar(n *yaml.Node) error {
	switch n.ShortTag() {
	case "!!null":
		c.out.WriteString("null")
	case "!!bool":
		c.out.WriteString(strings.ToLower(n.Value))
	case "!!int", "!!float":
		text := n.Value
		if !json.Valid([]byte(text)) { // 0x1f, 1_000 or .5
			var v float64
			if err := n.Decode(&v); err != nil {
				return fmt.Errorf("line %d: %q is not a number of JSON", n.Line, n.Value)
			}
			text = strconv.FormatFloat(v, 'g', -1, 64)
			if !json.Valid([]byte(text)) { // .inf
				return fmt.Errorf("line %d: %q is not a number of JSON", n.Line, n.Value)
			}
		}
		c.out.WriteString(text)
	default:
		c.text(n.Value)
	}
	return nil
}

func (c *yamlConverter) text(s string) {
	encoded, _ := json.Marshal(s) // a string has a JSON form
	c.out.Write(encoded)
}
