// Package script is the scenario language: it reads a file into a tree of steps, each with its place, and says everything
// that is wrong with it before anything is sent. It runs nothing; the player does.
//
//	scenario, err := script.Load(script.Files{Scenarios: library}, "first.yaml")
//	if err != nil {
//		fmt.Print(err)                       // every problem, with its line and a caret
//	}
//	for step := range scenario.All() {
//		fmt.Println(script.Info(step).What)  // send booking.created about visit
//	}
//
// A file is YAML, or JSON if it is called .json, and strict: an unknown key is an error with its place and the nearest
// known one. One scenario is one scenario:
//
//	name: A first visit
//	cast:
//	  ada:   {kind: patient}
//	  visit: {kind: booking, patient: ada}
//	steps:
//	  - send: booking.created
//	    about: visit
//	    expect: {status: [200, 202]}
//	    capture: {job: /job/id}
//	  - probe:
//	      get: "${target.origin}/jobs/${job}"
//	      until: {equals: {/done: true}}
//
// # What is checked
//
// Event types, actions and faults exist; who a step is about is in the cast and of a kind that the event knows; a payload
// fits its schema unless the step says invalid: on-purpose; what ${…} names exists, and was captured before; schemas
// compile and ask for something; files are there; a step with a fault says what it expects. Each check is made by the
// room that owns the fact: the clinic (package fixtures) makes the cast and states each event once, the validator
// compiles each schema, the fault table reads each fault.
//
// # Values
//
// A [Text] may hold ${…}: ${visit.id}, ${visit.patient.id}, a capture such as ${job}, ${request.eventId}, ${env.NAME},
// ${target.url}, ${target.origin}, ${run.id}, ${run.seed}, ${run.round}, and in a request ${sign.t} and ${sign.v1}.
// Nothing else is an expression, and $${ is a literal ${. Identifiers, the texts of an expect and an until, headers, URLs,
// bodies and the arguments of a command are such texts; keys, names, files, schemas, faults and numbers are not.
//
// # The tables
//
// Each construct of the language is a table of its keys. The parser reads a map by it, and [Schema] generates the JSON
// Schema for editors from it, so that the two cannot differ.
package script
