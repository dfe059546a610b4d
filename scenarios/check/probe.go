package check

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"semblance/scenarios/player"
	"semblance/schemas/human"
	"semblance/schemas/pointer"
	"semblance/schemas/validate"
	"semblance/simulator"
)

// Probe counts how often an event about a record took effect.
type Probe struct {
	url     string   // with ${id}
	command []string // in place of the URL, with ${id}
	pointer string   // RFC 6901, into the response
	counter func(ctx context.Context, id string) (int, error)
}

// CountWith returns a probe that calls a function, from several goroutines.
func CountWith(count func(ctx context.Context, id string) (int, error)) *Probe {
	return &Probe{counter: count}
}

// placeholder stands for the id of the record in a probe.
const placeholder = "${id}"

// ParseProbe reads the value of --probe: a URL, or exec:COMMAND, each with ${id}, and perhaps a pointer to the number after a
// space and a #, such as "http://localhost:3000/effects/${id} #/changes".
func ParseProbe(text string) (*Probe, error) {
	p := &Probe{}
	text, p.pointer, _ = strings.Cut(strings.TrimSpace(text), " #")
	if _, err := pointer.Parse(p.pointer); err != nil {
		return nil, fmt.Errorf("the pointer after #: %w", err)
	}
	if !strings.Contains(text, placeholder) {
		return nil, fmt.Errorf("%s has no ${id}, which stands for the id of the record; `semblance check --explain probe` shows an example", human.Quoted(text))
	}
	if command, ok := strings.CutPrefix(text, "exec:"); ok {
		p.command = strings.Fields(command)
		return p, nil
	}
	if u, err := url.Parse(text); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%s is neither an http or https URL nor exec:COMMAND", human.Quoted(text))
	}
	p.url = text
	return p, nil
}

// ownProbe reads the effects from the queries of the reference receiver.
func ownProbe(target string) *Probe {
	u, err := url.Parse(target)
	if err != nil {
		return nil
	}
	return &Probe{url: u.Scheme + "://" + u.Host + "/records/" + placeholder, pointer: "/changes"}
}

// count asks for the number of effects on a record.
func (p *Probe) count(ctx context.Context, asker *player.Player, id string) (int, error) {
	if p.counter != nil {
		return p.counter(ctx, id)
	}
	var response simulator.Response
	if len(p.command) > 0 {
		words := make([]string, len(p.command))
		for i, word := range p.command {
			words[i] = strings.ReplaceAll(word, placeholder, id)
		}
		response = asker.Execute(ctx, words)
		if response.Failure == "" && response.Status != 0 {
			return 0, fmt.Errorf("%s: exit code %d: %s", p.command[0], response.Status, human.Excerpt(string(response.Body), 100))
		}
		response.Status = http.StatusOK
	} else {
		response = asker.Ask(ctx, strings.ReplaceAll(p.url, placeholder, id))
	}
	switch {
	case response.Failure != "":
		return 0, fmt.Errorf("asking the probe: %s", response.Detail)
	case response.Status == http.StatusNotFound:
		return 0, nil
	case response.Status/100 != 2:
		return 0, fmt.Errorf("the probe responded %d: %s", response.Status, human.Excerpt(string(response.Body), 100))
	}
	document, err := validate.Parse(response.Body)
	if err != nil {
		return 0, fmt.Errorf("the probe responded %s, which is no JSON", human.Excerpt(string(response.Body), 100))
	}
	if p.pointer != "" {
		if document, err = pointer.Lookup(document, p.pointer); err != nil {
			return 0, fmt.Errorf("the probe's response has no %s: %w", p.pointer, err)
		}
	}
	return number(document)
}

// number reads a number, the length of a list, or the count of an object.
func number(document any) (int, error) {
	if object, ok := document.(map[string]any); ok && object["count"] != nil {
		document = object["count"]
	}
	switch value := document.(type) {
	case json.Number:
		if n, err := value.Int64(); err == nil && n >= 0 {
			return int(n), nil
		}
	case []any:
		return len(value), nil
	case nil:
		return 0, nil
	}
	return 0, fmt.Errorf("the probe responded %s; expected a number, a list, or an object with count", human.Excerpt(fmt.Sprint(document), 100))
}
