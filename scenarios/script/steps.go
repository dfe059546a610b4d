package script

import (
	"slices"
	"strconv"

	"semblance/schemas/human"
	"semblance/schemas/naming"
)

// Bounds of steps.
const (
	MaxTimes    = 1_000_000_000 // rounds of a repeat
	MaxCopies   = 1000          // `again: {copies: …}`
	MaxEvents   = 1_000_000_000 // events of a traffic step
	MaxInFlight = 1000          // events of a traffic step without a response
)

// stepKind is a kind of step, named after the key that identifies it.
type stepKind struct {
	name string
	new  func(p *parser, common Common) (Step, construct)
}

// kindOf returns the kind of step that a construct describes.
func kindOf[T any, S interface {
	*T
	Step
}](name, about string, describe func(p *parser, s S) construct) stepKind {
	return stepKind{name: name, new: func(p *parser, common Common) (Step, construct) {
		s := S(new(T))
		*s.common() = common
		c := describe(p, s)
		c.name, c.about = "a "+name+" step", about
		c.keys = append(c.keys, commonKeys(s.common())...)
		return s, c
	}}
}

// stepKinds lists the kinds of steps.
func stepKinds() []stepKind {
	return []stepKind{
		kindOf("send", "Sends one event, whatever the state of the clinic.", sendStep),
		kindOf("resend", "Sends the event of an earlier step again.", resendStep),
		kindOf("do", "Performs an action of the clinic and sends the resulting events.", doStep),
		kindOf("await", "Waits for an event that a mutation of the application causes, and sends it.", awaitStep),
		kindOf("wait", "Pauses the scenario.", waitStep),
		kindOf("probe", "Queries the receiver's application, or runs a command, until the result is as expected.", probeStep),
		kindOf("queried", "Checks what was asked of the provider's API.", queriedStep),
		kindOf("api-fault", "Injects a fault into the following calls of the provider's API.", apiFaultStep),
		kindOf("shuffle", "Runs its steps one by one in an order drawn from the seed.", shuffleStep),
		kindOf("repeat", "Runs its steps several times.", repeatStep),
		kindOf("parallel", "Runs its steps at once and ends when all have ended.", parallelStep),
		kindOf("traffic", "Sends the events of a clinic's day.", trafficStep),
		kindOf("play", "Plays another scenario inside this one.", playStep),
		kindOf("responses", "Examines the responses of the run so far, and sends nothing.", responsesStep),
		kindOf("request", "Sends any bytes with any signature.", requestStep),
	}
}

// commonKeys returns the keys of all kinds of steps.
func commonKeys(c *Common) []key {
	return []key{
		{"name", "A name for --until and --only, unique in the file.", false, name(&c.Name, "a step")},
		{"description", "What happens, in a sentence that reports print before the step.", false, prose(&c.Description, false)},
		{"tags", "Tags for --tag.", false, names(&c.Tags, "a tag")},
		{"fix", "What to change in the receiver if the step fails, in one imperative sentence for reports.", false, fix(&c.Fix)},
		{"needs", "reference-receiver: skip the step at other receivers; probe, hook, read-back or timing: only in a run of checks with it.", false,
			oneOf(&c.Needs, append([]Need{NeedReference}, runNeeds()...)...)},
	}
}

// steps reads a list of steps, whose paths begin with prefix.
func (p *parser) steps(n *node, prefix string) []Step {
	var steps []Step
	items := p.items(n, "steps", false)
	if n.kind == list && len(items) == 0 {
		p.fail(n, "steps is an empty list; add a step")
	}
	for i, item := range items {
		p.load.steps++
		if p.load.steps > MaxSteps {
			p.fail(item, "the scenario and the files that it plays have more than %s; use repeat or traffic", human.Count(MaxSteps, "step"))
			return steps
		}
		if s := p.step(item, prefix+strconv.Itoa(i+1)); s != nil {
			steps = append(steps, s)
		}
	}
	return steps
}

func (p *parser) step(n *node, path string) Step {
	names := naming.List(p.load.kinds, func(k stepKind) string { return k.name })
	if n.kind != object {
		p.fail(n, "a step must be a map with one of the keys %s; got %s", human.Or(names), n.describe())
		return nil
	}
	kinds := slices.DeleteFunc(slices.Clone(p.load.kinds), func(k stepKind) bool { return n.get(k.name) == nil })
	switch {
	case len(kinds) == 1:
		s, c := kinds[0].new(p, Common{Pos: n.pos, Path: path, Kind: kinds[0].name})
		c.read(p, n)
		return s
	case len(kinds) > 1:
		p.fail(n, "a step cannot have both %s and %s; write two steps", kinds[0].name, kinds[1].name)
	case len(n.keys) > 0 && naming.Nearest(n.keys[0].text, names) != "":
		p.fail(n.keys[0], "%s", naming.Unknown("step", n.keys[0].text, names))
	default:
		p.fail(n, "a step needs one of the keys %s", human.Or(names))
	}
	return nil
}

func waitStep(_ *parser, s *Wait) construct {
	return construct{keys: []key{{"wait", "How long to wait.", true, duration(&s.For, 0)}}}
}

func shuffleStep(_ *parser, s *Shuffle) construct {
	return construct{keys: []key{{"shuffle", "The steps.", true, steps(&s.Steps, s.Path+".")}}}
}

func parallelStep(_ *parser, s *Parallel) construct {
	return construct{keys: []key{{"parallel", "The steps.", true, steps(&s.Steps, s.Path+".")}}}
}

func repeatStep(_ *parser, s *Repeat) construct {
	return construct{check: func(p *parser, _ *node) { p.checkRepeat(s) }, keys: append([]key{
		{"repeat", "The number of rounds and the steps.", true, nested(repeatConstruct(s))},
	}, levelKeys(&s.Common)...)}
}

func repeatConstruct(s *Repeat) construct {
	return construct{name: "repeat", about: "Runs its steps several times, one round after the other.", keys: []key{
		{"times", "The number of rounds.", true, count(&s.Times, 1, MaxTimes)},
		{"steps", "The steps of a round.", true, steps(&s.Steps, s.Path+".")},
	}}
}
