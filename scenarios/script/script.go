// Package script reads scenario files. It turns a file into a tree of steps with positions, and reports everything that is
// wrong with it before any request is sent. Package player plays the tree.
//
//	scenario, err := script.Load(script.Files{Scenarios: library}, "first.yaml")
//	if err != nil {
//		fmt.Print(err)                       // every problem, with its line and a caret
//	}
//	for step := range scenario.All() {
//		fmt.Println(script.Info(step).Title)  // send booking.created about visit
//	}
//
// A file contains one scenario, in YAML, or in JSON if its extension is .json. Unknown keys are errors:
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
// The language is documented in scenarios/README.md.
//
// # Checks
//
// Event types, actions, faults and files exist. Records are in the cast and have a suitable kind. Payloads are valid unless
// the step says invalid: on-purpose. References exist and were captured earlier. Schemas compile and do not accept every
// body. A step with a fault has an expectation. The package owning a fact checks it: the records, events and actions of a
// scenario are created in a scratch clinic (package fixtures), and package validate compiles the schemas.
//
// # References
//
// A [Text] may contain references: ${visit.id}, ${visit.patient.id}, a capture such as ${job}, ${request.eventId},
// ${env.NAME}, ${target.url}, ${target.origin}, ${target.slash}, ${run.id}, ${run.seed}, ${run.round}, and in a request ${sign.t} and
// ${sign.v1}. Other expressions do not exist; $${ is a literal ${. References are allowed in identifiers, expected values,
// headers, URLs, bodies and the arguments of a command, but not in keys, names, files, schemas, faults and numbers.
//
// # Constructs
//
// Each map of the language is described by one table of its keys, a construct. The parser reads the map with it, and
// [Schema] generates the JSON Schema for editors from it.
package script
