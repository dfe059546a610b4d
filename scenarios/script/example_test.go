package script_test

import (
	"fmt"

	"semblance/scenarios/script"
)

func ExampleParse() {
	scenario, err := script.Parse("first.yaml", []byte(`
name: A first visit
cast:
  ada:   {kind: patient}
  visit: {kind: booking, patient: ada}
steps:
  - {send: booking.created, about: visit}
  - shuffle:
      - {do: arrive, about: visit}
      - {wait: 300ms}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for step := range scenario.All() {
		info := script.Info(step)
		fmt.Printf("%-4s line %d  %s\n", info.Path, info.Line, info.Title)
	}
	// Output:
	// 1    line 7  send booking.created about visit
	// 2    line 8  shuffle 2 steps
	// 2.1  line 9  do arrive about visit
	// 2.2  line 10  wait 300 ms
}

// All problems are reported at once, each with its line and carets.
func ExampleProblems() {
	_, err := script.Parse("first.yaml", []byte(`name: A first visit
cast: {ada: {kind: patient}}
steps:
  - send: booking.craeted
    about: ava
`))
	fmt.Println(err)
	// Output:
	// first.yaml:4:11: unknown event type "booking.craeted"; did you mean "booking.created"?
	//   4 |   - send: booking.craeted
	//     |           ^^^^^^^^^^^^^^^
	// first.yaml:5:12: "ava" is not in the cast; did you mean "ada"?
	//   5 |     about: ava
	//     |            ^^^
}
