package script_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"semblance/scenarios/script"
)

// A file plays what stands beside it, and else a scenario of the library; a scenario of the library plays others of it alone.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return file
	}
	wait := "name: A wait\nsteps: [{wait: 1s}]\n"
	schema := func(ref string) string {
		return "name: x\nsteps: [{send: invoice.paid, expect: {body: {$ref: \"" + ref + "\"}}}]\n"
	}
	write("ack.schema.json", `{"type": "object", "properties": {"job": {"$ref": "parts/job.schema.json"}}}`)
	write("parts/job.schema.json", `{"type": "string"}`)
	write("parts/wait.yaml", wait)
	write("burst.yaml", "nme: a file that is wrong, to be told from the scenario\n")
	library := fstest.MapFS{
		"first-visit.yaml": {Data: []byte("name: x\nsteps: [{play: burst}, {play: burst.yaml}]\n")},
		"burst.yaml":       {Data: []byte(wait)},
		"outside.yaml":     {Data: []byte("name: x\nsteps: [{play: " + filepath.Join(dir, "parts/wait.yaml") + "}]\n")},
	}
	for name, test := range map[string]struct{ load, want string }{
		"a file":                    {write("a.yaml", wait), ""},
		"a scenario":                {"first-visit", ""},
		"a scenario by its file":    {"first-visit.yaml", ""},
		"a file plays a file":       {write("b.yaml", "name: x\nsteps: [{play: parts/wait.yaml}, {play: a.yaml}]\n"), ""},
		"a file plays a scenario":   {write("c.yaml", "name: x\nsteps: [{play: first-visit}]\n"), ""},
		"a file over a scenario":    {write("d.yaml", "name: x\nsteps: [{play: burst.yaml}]\n"), `unknown key "nme"`},
		"a schema beside it":        {write("e.yaml", schema("ack.schema.json")), ""},
		"a schema that comes along": {write("f.yaml", schema("semblance:response/ack")), ""},
		"a schema above it":         {write("parts/g.yaml", schema("../ack.schema.json")), "does not compile"},
		"a schema of the disk":      {write("h.yaml", schema("file:///etc/passwd")), "does not compile"},
		"nothing":                   {"frist-visit", `there is no such file; the library has "first-visit"`},
		"nothing at all":            {"nothing-at-all", "no scenario of that name in the library"},
		"no file":                   {filepath.Join(dir, "no.yaml"), "there is no such file"},
		"a folder":                  {dir, "this is a folder"},
		"a scenario plays a file":   {"outside", "the library has no such scenario"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := script.Load(script.Files{Scenarios: library}, test.load)
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
	if err := os.Symlink(filepath.Join(dir, "ack.schema.json"), filepath.Join(dir, "parts/out.schema.json")); err == nil {
		if _, err := script.Load(script.Files{}, write("parts/i.yaml", schema("out.schema.json"))); err == nil || !strings.Contains(err.Error(), "does not compile") {
			t.Errorf("a link out of the folder: %v", err)
		}
	}
	if err := os.Symlink(filepath.Join(dir, "ring.yaml"), filepath.Join(dir, "link.yaml")); err == nil {
		if _, err := script.Load(script.Files{}, write("ring.yaml", "name: x\nsteps: [{play: link.yaml}]\n")); err == nil || !strings.Contains(err.Error(), "never end") {
			t.Errorf("a file that plays itself under another name: %v", err)
		}
	}
}

func TestFind(t *testing.T) {
	scenario, err := script.Parse("x.yaml", []byte("name: x\nsteps: [{wait: 1s}, {shuffle: [{wait: 1s, name: the-second}]}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	for word, want := range map[string]string{"1": "1", "2.1": "2.1", "the-second": "2.1"} {
		if step, err := scenario.Find(word); err != nil || script.Of(step).Path != want {
			t.Errorf("%s: %v", word, err)
		}
	}
	outer, err := script.Read(script.Files{Scenarios: fstest.MapFS{"inner.yaml": {Data: []byte("name: x\nsteps: [{wait: 1s, name: twice}, {wait: 1s, name: inside}]\n")}}},
		&script.Source{Name: "x.yaml", ID: "x.yaml", Data: []byte("name: x\nsteps: [{play: inner}, {wait: 1s, name: twice}]\n")})
	if err != nil {
		t.Fatal(err)
	}
	for word, want := range map[string]string{"twice": "2", "inside": "1.2", "1.1": "1.1"} {
		if step, err := outer.Find(word); err != nil || script.Of(step).Path != want {
			t.Errorf("%s: %v", word, err)
		}
	}
	for word, want := range map[string]string{"the-secnd": `did you mean "the-second"?`, "3": "by its path", "": "by its path"} {
		if _, err := scenario.Find(word); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", word, err)
		}
	}
}
