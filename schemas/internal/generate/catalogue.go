package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"

	"go.yaml.in/yaml/v4"
)

// catalogue is the content of catalogue.yaml.
type catalogue struct {
	Groups []group     `yaml:"groups"`
	Events []eventType `yaml:"events"`
}

type group struct {
	Key     string `yaml:"key"`
	Title   string `yaml:"title"`
	Seed    bool   `yaml:"seed"`
	Summary string `yaml:"summary"`
}

type eventType struct {
	Name         string                `yaml:"name"`
	Group        string                `yaml:"group"`
	Summary      string                `yaml:"summary"`
	Required     []string              `yaml:"required"`
	Optional     []string              `yaml:"optional"`
	OneOf        []string              `yaml:"oneOf"`
	OptionalWith map[string][]string   `yaml:"optionalWith"`
	Values       ordered[value]        `yaml:"values"`
	Metadata     ordered[metadataType] `yaml:"metadata"`
	FormerEnum   string                `yaml:"formerEnum"`
	Evidence     string                `yaml:"evidence"`
}

type value struct {
	Enum        []string `yaml:"enum"`
	Format      string   `yaml:"format"`
	JSONArrayOf string   `yaml:"jsonArrayOf"`
}

type metadataType struct {
	Type     string `yaml:"type"`
	Optional bool   `yaml:"optional"`
}

// ordered is a YAML mapping in the order of the file, which is the order of the payload.
type ordered[T any] []entry[T]

type entry[T any] struct {
	key   string
	value T
}

func (o *ordered[T]) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: expected a mapping", node.Line)
	}
	for i := 0; i < len(node.Content); i += 2 {
		e := entry[T]{key: node.Content[i].Value}
		if err := node.Content[i+1].Decode(&e.value); err != nil {
			return err
		}
		*o = append(*o, e)
	}
	return nil
}

func readCatalogue(file string) (*catalogue, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var c catalogue
	if err := yaml.Load(bytes.TrimSpace(data), &c, yaml.WithKnownFields()); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for _, e := range c.Events {
		if err := e.check(); err != nil {
			return nil, fmt.Errorf("%s: event type %s: %w", file, e.Name, err)
		}
	}
	return &c, nil
}

// check rejects a row that refers to an identifier which it does not list.
func (e eventType) check() error {
	for one := range e.OptionalWith {
		if !slices.Contains(e.OneOf, one) {
			return fmt.Errorf("optionalWith contains %s, which is not one of oneOf", one)
		}
	}
	for _, v := range e.Values {
		if !slices.Contains(keys(e), v.key) {
			return fmt.Errorf("values contains %s, which is not one of its identifiers", v.key)
		}
	}
	return nil
}
