package config

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"semblance/cmd/semblance/internal/files"
	"semblance/cmd/semblance/internal/server"
	"semblance/schemas"
	"semblance/schemas/human"
	"semblance/schemas/naming"
	"semblance/simulator"
	"semblance/simulator/delivery"
	"semblance/simulator/provider"
)

// maxFile bounds a configuration file.
const maxFile = 1 << 20

// Read reads a configuration file into the options of a server:
//
//	provider:
//	  attempts: 3
//	subscriptions:
//	  - url: 3000/webhooks
//	    label: billing
//	    eventTypes: ["invoice.*", patient.merged]
//	    headers: {X-Tenant: demo}
//	    secret: whsec_billing
//
// Both sections are optional; so are label, headers and secret, whose default is the given secret. The error lists every
// problem of the file with its position.
func Read(o *server.Options, name string, secret simulator.Secret) error {
	data, err := readFile(name)
	if err != nil {
		return fmt.Errorf("cannot read the configuration %s: %w", name, files.WithoutPath(err))
	}
	r := &reader{file: name, secret: secret, options: o}
	r.read(data)
	return errors.Join(r.errs...)
}

func readFile(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("it is larger than %s", human.Size(maxFile))
	}
	return data, err
}

// reader reads a file and collects its problems.
type reader struct {
	file    string
	secret  simulator.Secret
	options *server.Options
	errs    []error
}

func (r *reader) fail(at *yaml.Node, format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf("%s:%d:%d: %s", r.file, at.Line, at.Column, fmt.Sprintf(format, args...)))
}

func (r *reader) read(data []byte) {
	var document yaml.Node
	if err := yaml.Load(data, &document); err != nil {
		r.notYAML(err)
		return
	}
	root := document.Content[0]
	if root.Kind == yaml.MappingNode && len(root.Content) == 0 {
		r.fail(root, "expected the sections provider or subscriptions")
	}
	r.mapping(root, map[string]func(*yaml.Node){
		"provider": r.settings,
		"subscriptions": func(n *yaml.Node) {
			if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
				r.fail(n, "the list of subscriptions is empty")
			}
			r.each(n, func(item *yaml.Node) {
				r.options.Provider.Subscriptions = append(r.options.Provider.Subscriptions, r.subscription(item))
			})
		},
	})
}

// settings reads the section provider.
func (r *reader) settings(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		r.fail(n, "expected settings as KEY: VALUE, such as attempts: 3")
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i+1].Kind != yaml.ScalarNode {
			r.fail(n.Content[i+1], "expected one value")
		} else if err := Set(r.options, n.Content[i].Value, n.Content[i+1].Value); err != nil {
			r.fail(n.Content[i], "%s", err)
		}
	}
}

// notYAML reports a file that is not YAML.
func (r *reader) notYAML(err error) {
	one, ok := errors.AsType[*yaml.LoadError](err)
	switch {
	case !ok:
		r.errs = append(r.errs, fmt.Errorf("%s:1:1: not YAML: %w", r.file, err))
	case strings.Contains(one.Message, "no documents in stream"):
		r.errs = append(r.errs, fmt.Errorf("%s:1:1: the file is empty; expected the sections provider or subscriptions", r.file))
	case strings.Contains(one.Message, "unknown anchor"):
		r.fail(&yaml.Node{Line: one.Mark.Line, Column: one.Mark.Column},
			`a word that starts with * is a YAML alias; write a pattern in quotes, such as "*.created"`)
	default:
		r.fail(&yaml.Node{Line: max(one.Mark.Line, 1), Column: max(one.Mark.Column, 1)}, "not YAML: %s", one.Message)
	}
}

func (r *reader) subscription(n *yaml.Node) provider.NewSubscription {
	s := provider.NewSubscription{Label: "from " + r.file, Secret: r.secret, Local: true}
	r.mapping(n, map[string]func(*yaml.Node){
		"url": func(n *yaml.Node) {
			url, err := delivery.TargetURL(r.text(n))
			if err != nil {
				r.fail(n, "%s", err)
			}
			s.URL = url
		},
		"label":      func(n *yaml.Node) { s.Label = r.text(n) },
		"secret":     func(n *yaml.Node) { s.Secret = simulator.Secret(r.text(n)) },
		"eventTypes": func(n *yaml.Node) { s.EventTypes = r.eventTypes(n) },
		"headers":    func(n *yaml.Node) { s.Headers = r.headers(n) },
	}, "url", "eventTypes")
	return s
}

func (r *reader) eventTypes(n *yaml.Node) []string {
	if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
		r.fail(n, "no event type; name one, or a pattern such as \"invoice.*\"")
	}
	var names []string
	r.each(n, func(item *yaml.Node) {
		types, err := schemas.Match(r.text(item))
		if err != nil {
			r.fail(item, "%s", err)
		}
		for _, t := range types {
			if !slices.Contains(names, t.Name) {
				names = append(names, t.Name)
			}
		}
	})
	return names
}

func (r *reader) headers(n *yaml.Node) []simulator.Header {
	if n.Kind != yaml.MappingNode {
		r.fail(n, "expected headers as NAME: VALUE")
		return nil
	}
	var headers []simulator.Header
	for i := 0; i+1 < len(n.Content); i += 2 {
		h := simulator.Header{Name: r.text(n.Content[i]), Value: r.text(n.Content[i+1])}
		if err := delivery.CheckHeader(h); err != nil {
			r.fail(n.Content[i], "%s", err)
		}
		headers = append(headers, h)
	}
	return headers
}

// mapping passes the value of each key to its function. Unknown, repeated and missing keys are errors.
func (r *reader) mapping(n *yaml.Node, read map[string]func(*yaml.Node), required ...string) {
	known := slices.Sorted(maps.Keys(read))
	if n.Kind != yaml.MappingNode {
		r.fail(n, "expected the keys %s", human.And(known))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if seen[key.Value] {
			r.fail(key, "the key %q is repeated", key.Value)
		} else if value, ok := read[key.Value]; ok {
			value(n.Content[i+1])
		} else {
			r.fail(key, "%s", naming.Unknown("key", key.Value, known))
		}
		seen[key.Value] = true
	}
	for _, key := range required {
		if !seen[key] {
			r.fail(n, "the key %q is missing", key)
		}
	}
}

// each reads the items of a list.
func (r *reader) each(n *yaml.Node, read func(*yaml.Node)) {
	if n.Kind != yaml.SequenceNode {
		r.fail(n, "expected a list")
		return
	}
	for _, item := range n.Content {
		read(item)
	}
}

// text returns the text of a scalar of any YAML type: 0123 stays 0123.
func (r *reader) text(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || strings.TrimSpace(n.Value) == "" {
		r.fail(n, "expected a text")
		return ""
	}
	return n.Value
}
