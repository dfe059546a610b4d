package script_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"semblance/scenarios/script"
	"semblance/schemas/human"
)

// known resolves every reference to the same value.
type known struct{ value any }

func (k known) Value(*script.Ref) (any, error) { return k.value, nil }

// Parse returns a tree whose values all resolve, or problems with positions in the file.
func FuzzParse(f *testing.F) {
	for _, folder := range []string{"valid", "invalid"} {
		for _, file := range examples(f, folder) {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data, filepath.Ext(file) == ".json")
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, isJSON bool) {
		name := "fuzz.yaml"
		if isJSON {
			name = "fuzz.json"
		}
		start := time.Now()
		scenario, err := script.Parse(name, data)
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("took %s", took)
		}
		if err != nil {
			var problems script.Problems
			if !errors.As(err, &problems) || len(problems) == 0 {
				t.Fatalf("an error without problems: %#v", err)
			}
			for _, p := range problems {
				if p.Message == "" || p.Pos.Line < 0 || p.Pos.Line > strings.Count(string(data), "\n")+strings.Count(string(data), "\r")+2 {
					t.Errorf("a problem without a valid position: %#v", p)
				}
				if text := p.String(); text != human.Printable(text) || strings.Contains(text, "\n") {
					t.Errorf("a problem that is not one printable line: %q", text)
				}
			}
			_ = problems.String()
			return
		}
		for step := range scenario.All() {
			info := script.Info(step)
			if info.Path == "" || info.Title == "" || info.Line == 0 {
				t.Errorf("an incomplete step: %#v", info)
			}
			if info.Title != human.Printable(info.Title) || strings.Contains(info.Title, "\n") {
				t.Errorf("a title that is not one printable line: %q", info.Title)
			}
			if found, err := scenario.Find(info.Path); err != nil || found != step {
				t.Errorf("%s is not found by its path: %v", info.Path, err)
			}
			if send, ok := step.(*script.Send); ok {
				if _, err := send.Expect.Resolve(known{json.Number("1")}, known{json.Number("1")}); err != nil {
					t.Error(err)
				}
			}
		}
	})
}
