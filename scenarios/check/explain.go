package check

import (
	"fmt"
	"io"
	"io/fs"
	"strings"

	"semblance/scenarios/conformance"
	"semblance/schemas/human"
)

// List writes a line for each check, under its group.
func List(w io.Writer, all []*Case) error {
	var b strings.Builder
	group := ""
	for _, c := range all {
		if c.Group != group {
			group = c.Group
			fmt.Fprintf(&b, "%s\n", group)
		}
		fmt.Fprintf(&b, "  %-7s %-6s %s\n", c.ID, strings.ToUpper(string(c.Level)), c.Name)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Explain writes the level, reason, fix, sources and file of a check, or the text of another topic. The error names an unknown
// topic.
func Explain(w io.Writer, all []*Case, topic string) error {
	if text, ok := explanations[topic]; ok {
		_, err := io.WriteString(w, text)
		return err
	}
	c, err := Find(all, topic)
	if err != nil {
		return fmt.Errorf("%w; other topics: %s", err, human.And(Topics()))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n\n", c.ID, c.Name)
	line := func(label, text string) {
		for _, part := range human.Wrap(text, 68) {
			fmt.Fprintf(&b, "  %-9s %s\n", label, part)
			label = ""
		}
	}
	line("level", strings.ToUpper(string(c.Level)))
	line("why", c.Why)
	line("fix", c.Fix)
	if len(c.After) > 0 {
		line("after", human.And(c.After)+": if one failed, this check is not judged")
	}
	for i, source := range c.Sources {
		label := ""
		if i == 0 {
			label = "sources"
		}
		fmt.Fprintf(&b, "  %-9s %s\n", label, sourceText(source)) // in one line, because it may be a URL
	}
	data, err := fs.ReadFile(conformance.Files(), c.File)
	if err != nil {
		return err
	}
	fmt.Fprintf(&b, "\nscenarios/conformance/%s\n%s", c.File, data)
	_, err = io.WriteString(w, b.String())
	return err
}

// sourceText describes a source.
func sourceText(source string) string {
	switch source {
	case "contract":
		return "the provider's documentation"
	case "own":
		return "our own judgement"
	}
	return source
}

// Topics returns the topics of [Explain] beside the checks.
func Topics() []string { return []string{"api", "hook", "levels", "new", "probe"} }

// explanations are the texts of the topics.
var explanations = map[string]string{
	"levels": `MUST    a receiver that does otherwise loses events or accepts forged ones: the run fails
SHOULD  a receiver that does otherwise causes retries, alarms or a pause: a warning, with
        --strict a failure
MAY     correct receivers differ: a remark and never more

A request that has to be refused may get any 4xx except 408 and 429. It counts only if the same
event without the mistake is accepted directly afterwards. A 5xx refuses by accident: a warning.
`,
	"probe": `A probe tells how often the event about record ${id} took effect, for example how many rows it
left: 404 or 0 for none, a number, a list (its length counts) or an object with count.

  --probe 'http://localhost:3000/test/effects/${id}'
  --probe 'http://localhost:3000/records/${id} #/changes'    the number at this pointer
  --probe 'exec:./effects ${id}'                              a command that prints it

Express:
  app.get('/test/effects/:id', (req, res) => res.json(effects.filter(e => e.bookingId === req.params.id)))

Flask:
  @app.get("/test/effects/<id>")
  def effects_of(id): return jsonify([e for e in effects if e["bookingId"] == id])

net/http:
  http.HandleFunc("GET /test/effects/{id}", func(w http.ResponseWriter, r *http.Request) {
      json.NewEncoder(w).Encode(countEffects(r.PathValue("id")))
  })

${id} is the id of the event's record: the bookingId of a booking.created.

An object may also show what the application read: PAY-06 compares decoded.changedKeys with the keys that it sent, for the
pathwayId of a pathway.metadata.updated:

  {"count": 1, "decoded": {"changedKeys": ["weight", "height"]}}
`,
	"api": `With --api PORT, check serves the provider's GraphQL API beside the run, with the records of its events, and counts
effects by what the receiver asks there:

  semblance check --to 3000/webhooks --api 4000

The first line names the URL and the token (x-token) that the receiver needs in place of those of the provider.

A request with the id of a record that an event names is its effect. An event that must take effect once must lead to a query,
and to no second mutation; a second query changes nothing and is not counted. A forged event must lead to neither. Mutations
are counted and refused. DLV-05 needs the API: the second update of a record must lead to a query of its own.

With --probe, the probe counts effects, and the API only those of DLV-05.
`,
	"hook": `A hook makes the receiver's work on one record fail once, or wait once. Semblance sends a POST to it before the event:

  {"id": "507f1f77bcf86cd799439011", "fail": true}
  {"id": "507f1f77bcf86cd799439011", "delay": "15s"}

  --hook http://localhost:3000/test/hook

Express:
  const hooks = new Map();
  app.post('/test/hook', express.json(), (req, res) => { hooks.set(req.body.id, req.body); res.end(); });

In the work on an event:
  const hook = hooks.get(event.identifiers.bookingId);
  hooks.delete(event.identifiers.bookingId);
  if (hook?.fail) throw new Error('fails on purpose');

The id is that of the event's record: the bookingId of a booking.created.
`,
	"new": `A check is one file, scenarios/conformance/ID.yaml; nothing else has to change. Its steps send events,
right in every part that they do not change, and name the response that must, should or may come:

  check: TRN-14
  name: A Date header is ignored
  group: transport
  why: Proxies add headers.
  fix: Ignore headers that you do not know.
  sources: [own]
  steps:
    - send: booking.created
      headers: {Date: "Thu, 01 Jan 1970 00:00:00 GMT"}
      should: accepted

1. Write the file. ` + "`semblance scenario lint FILE`" + ` checks it, an editor completes it.
2. ` + "`go test ./scenarios/check`" + ` proves it: the reference receiver passes, and a receiver that gives the
   opposite response does not.
3. ` + "`go test ./scenarios/check -update`" + ` writes it into scenarios/conformance/README.md.
`,
}
