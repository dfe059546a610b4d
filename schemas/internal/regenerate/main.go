// Command generate runs every generator of the module, in the order in which their outputs depend on each other. Run
// it with `go generate ./...`: the one directive is in package schemas.
//
// A new generator needs a row in steps. Each step is a process of its own, because it compiles the code that the steps
// before it have written.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// steps are the arguments of the go command, run in the root of the module.
var steps = []string{
	"run -C schemas ./internal/generate",                            // catalogue.yaml: the table and the JSON Schemas
	"run -C fixtures ./internal/samples",                            // the table and the clinic: the samples
	"test ./scenarios/library -count=1 -run EveryEventType -update", // the table: the scenario that sends each type
	"test ./scenarios -count=1 -run ReadmeIsCurrent -update",        // the actions: the tables of README.md
	"test ./scenarios/script -count=1 -run SchemaIsCurrent -update", // the parser's tables: the schema of scenarios
	"run -C simulator/graphql ./internal/generate",                  // the schema of the provider's records: Go types and README.md
	"run -C simulator/web ./internal/generate",                      // the routes and types of the control API: the OpenAPI document
}

func main() {
	for _, step := range steps {
		c := exec.Command("go", strings.Fields(step)...)
		c.Stderr = os.Stderr
		if output, err := c.Output(); err != nil {
			fmt.Fprintf(os.Stderr, "generate: go %s: %v\n%s", step, err, output)
			os.Exit(1)
		}
	}
}
