package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"go.yaml.in/yaml/v4"

	"semblance/schemas"
	"semblance/schemas/naming"
	"semblance/simulator"
	"semblance/simulator/delivery"
	"semblance/simulator/provider"
)

// maxSubscribeFile bounds a file of subscriptions.
const maxSubscribeFile = 1 << 20

// readSubscriptions reads a file of subscriptions:
//
//	subscriptions:
//	  - url: 3000/webhooks
//	    label: billing
//	    eventTypes: ["invoice.*", patient.merged]
//	    headers: {X-Tenant: demo}
//	    secret: whsec_of_billing
//
// A label, headers and a secret may be left out. Everything that is wrong with the file is said, each with its place.
func readSubscriptions(name string, secret simulator.Secret) ([]provider.NewSubscription, error) {
	data, err := readBounded(name)
	if err != nil {
		return nil, fmt.Errorf("cannot read the subscriptions of %s: %w", name, withoutPath(err))
	}
	r := &subscribeReader{file: name, secret: secret}
	list := r.read(data)
	if len(r.errs) > 0 {
		return nil, errors.Join(r.errs...)
	}
	return list, nil
}

func readBounded(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxSubscribeFile+1))
	if err == nil && len(data) > maxSubscribeFile {
		err = fmt.Errorf("it is larger than %d bytes", maxSubscribeFile)
	}
	return data, err
}

// subscribeReader reads a file, and collects what is wrong with it.
type subscribeReader struct {
	file   string
	secret simulator.Secret
	errs   []error
}

func (r *subscribeReader) wrong(at *yaml.Node, format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf("%s:%d:%d: %s", r.file, at.Line, at.Column, fmt.Sprintf(format, args...)))
}

func (r *subscribeReader) read(data []byte) []provider.NewSubscription {
	var document yaml.Node
	if err := yaml.Load(data, &document); err != nil {
		r.notYAML(err)
		return nil
	}
	var list []provider.NewSubscription
	root := document.Content[0]
	r.mapping(root, map[string]func(*yaml.Node){
		"subscriptions": func(n *yaml.Node) {
			r.each(n, func(item *yaml.Node) { list = append(list, r.subscription(item)) })
		},
	}, "subscriptions")
	if len(list) == 0 && len(r.errs) == 0 {
		r.wrong(root, "there is no subscription in the list")
	}
	return list
}

// notYAML says where the file ends to be YAML.
func (r *subscribeReader) notYAML(err error) {
	one, ok := errors.AsType[*yaml.LoadError](err)
	switch {
	case !ok:
		r.errs = append(r.errs, fmt.Errorf("%s:1:1: this is no YAML: %w", r.file, err))
	case strings.Contains(one.Message, "no documents in stream"):
		r.errs = append(r.errs, fmt.Errorf("%s:1:1: the file is empty; it lists subscriptions under the key subscriptions", r.file))
	case strings.Contains(one.Message, "unknown anchor"):
		r.wrong(&yaml.Node{Line: one.Mark.Line, Column: one.Mark.Column},
			`what begins with * is an alias to YAML; a pattern is written in quotes, such as "*.created"`)
	default:
		r.wrong(&yaml.Node{Line: max(one.Mark.Line, 1), Column: max(one.Mark.Column, 1)}, "this is no YAML: %s", one.Message)
	}
}

// subscription reads one.
func (r *subscribeReader) subscription(n *yaml.Node) provider.NewSubscription {
	s := provider.NewSubscription{Label: "of " + r.file, Secret: r.secret, Local: true}
	r.mapping(n, map[string]func(*yaml.Node){
		"url": func(n *yaml.Node) {
			url, err := parseTarget(r.text(n))
			if err != nil {
				r.wrong(n, "%s", err)
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

func (r *subscribeReader) eventTypes(n *yaml.Node) []string {
	if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
		r.wrong(n, "at least one event type is needed, or a pattern such as \"invoice.*\"")
	}
	var names []string
	seen := map[string]bool{}
	r.each(n, func(item *yaml.Node) {
		types, err := schemas.Match(r.text(item))
		if err != nil {
			r.wrong(item, "%s", err)
		}
		for _, t := range types {
			if !seen[t.Name] {
				seen[t.Name] = true
				names = append(names, t.Name)
			}
		}
	})
	return names
}

func (r *subscribeReader) headers(n *yaml.Node) []simulator.Header {
	if n.Kind != yaml.MappingNode {
		r.wrong(n, "expected headers as NAME: VALUE")
		return nil
	}
	var headers []simulator.Header
	for i := 0; i+1 < len(n.Content); i += 2 {
		h := simulator.Header{Name: r.text(n.Content[i]), Value: r.text(n.Content[i+1])}
		if err := delivery.CheckHeader(h); err != nil {
			r.wrong(n.Content[i], "%s", err)
		}
		headers = append(headers, h)
	}
	return headers
}

// mapping gives the value of each key to the one who reads it. An unknown key is wrong, as is one that is missing.
func (r *subscribeReader) mapping(n *yaml.Node, read map[string]func(*yaml.Node), required ...string) {
	if n.Kind != yaml.MappingNode {
		r.wrong(n, "expected keys with values, such as %s", required[0]+":")
		return
	}
	var known []string
	for key := range read {
		known = append(known, key)
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		value, ok := read[key.Value]
		near := naming.Nearest(key.Value, known)
		switch {
		case seen[key.Value]:
			r.wrong(key, "the key %q is there twice", key.Value)
		case ok:
			value(n.Content[i+1])
		case near != "":
			r.wrong(key, "unknown key %q; did you mean %q?", key.Value, near)
		default:
			r.wrong(key, "unknown key %q", key.Value)
		}
		seen[key.Value] = true
	}
	for _, key := range required {
		if !seen[key] {
			r.wrong(n, "the key %q is missing", key)
		}
	}
}

// each reads the items of a list.
func (r *subscribeReader) each(n *yaml.Node, read func(*yaml.Node)) {
	if n.Kind != yaml.SequenceNode {
		r.wrong(n, "expected a list")
		return
	}
	for _, item := range n.Content {
		read(item)
	}
}

// text reads a scalar as it is written, whatever YAML would make of it: 0123 stays 0123.
func (r *subscribeReader) text(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || strings.TrimSpace(n.Value) == "" {
		r.wrong(n, "expected a text")
		return ""
	}
	return n.Value
}
