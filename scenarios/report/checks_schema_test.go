package report_test

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"semblance/scenarios/report"
	"semblance/schemas/validate"
)

// The schema accepts the report of the golden file, describes each of its keys, and refuses a wrong one.
func TestChecksSchema(t *testing.T) {
	t.Parallel()
	s, err := validate.Compile(validate.Source{Name: "checks", JSON: report.ChecksSchema()})
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("testdata/checks.json")
	if err != nil {
		t.Fatal(err)
	}
	if v := s.Validate(data); len(v) > 0 {
		t.Errorf("%v", v)
	}
	for _, change := range [][2]string{{`"verdict": "failed"`, `"verdict": "good"`}, {`"outcome": "warned"`, `"outcome": "bad"`}, {`"expected":`, `"wanted":`}} {
		wrong := strings.Replace(string(data), change[0], change[1], 1)
		if wrong == string(data) || len(s.Validate([]byte(wrong))) == 0 {
			t.Errorf("%s is accepted", change[1])
		}
	}
	var document struct {
		Properties map[string]any
		Defs       map[string]struct{ Properties map[string]any } `json:"$defs"`
	}
	var written struct {
		Checks []map[string]any
	}
	var top map[string]any
	for _, err := range []error{json.Unmarshal(report.ChecksSchema(), &document), json.Unmarshal(data, &written), json.Unmarshal(data, &top)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	described := func(known map[string]any, object map[string]any) {
		for key := range object {
			if reflect.ValueOf(known[key]).Kind() != reflect.Map {
				t.Errorf("the schema does not describe %s", key)
			}
		}
	}
	described(document.Properties, top)
	for _, c := range written.Checks {
		described(document.Defs["check"].Properties, c)
	}
}
