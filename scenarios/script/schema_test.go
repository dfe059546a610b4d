package script

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"semblance/schemas"
	"semblance/schemas/validate"
)

const schemaFile = "../../schemas/scenario.schema.json"

// The file for editors agrees with the constructs of the parser.
func TestSchemaIsCurrent(t *testing.T) {
	t.Parallel()
	want, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(schemaFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got := schemas.ScenarioSchema(); string(got) != string(want) {
		t.Errorf("%s is not current; `go test ./scenarios/script -update` updates it", schemaFile)
	}
}

// The schema accepts the valid examples, the scenarios of the library and the scenario that init writes. It refuses the examples with an invalid form
// (form-….yaml), and accepts those with an invalid meaning.
func TestSchemaOnExamples(t *testing.T) {
	t.Parallel()
	data, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	schema, err := validate.Compile(validate.Source{Name: "scenario.schema.json", JSON: data})
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{"testdata/valid/*.yaml", "testdata/valid/*.json", "../library/*.yaml", "../../cmd/semblance/first.semblance.yaml", "testdata/invalid/form-*.yaml", "testdata/invalid/meaning-*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %d files", pattern, err, len(files))
		}
		for _, file := range files {
			violations := schema.Validate(documentOf(t, file))
			refuse := strings.Contains(file, "/form-")
			switch {
			case refuse && len(violations) == 0:
				t.Errorf("%s: the schema accepts it", file)
			case !refuse && len(violations) > 0:
				t.Errorf("%s: the schema refuses it: %v", file, violations)
			}
		}
	}
}

// documentOf returns an example as JSON.
func documentOf(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, root, problem := readFile(&Source{Name: file, Data: data})
	if problem != nil {
		t.Fatal(problem)
	}
	encoded, err := json.Marshal(root.encoded())
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}
