package script_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"semblance/scenarios/script"
)

// A file can play files of its folder and scenarios of the library. A scenario of the library can only play others of it.
func TestFiles(t *testing.T) {
	t.Parallel()
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
	write("burst.yaml", "nme: an invalid file, which differs from the scenario\n")
	library := fstest.MapFS{
		"first-visit.yaml": {Data: []byte("name: x\nsteps: [{play: burst}, {play: burst.yaml}]\n")},
		"burst.yaml":       {Data: []byte(wait)},
		"outside.yaml":     {Data: []byte("name: x\nsteps: [{play: " + filepath.Join(dir, "parts/wait.yaml") + "}]\n")},
	}
	for name, test := range map[string]struct{ load, want string }{
		"a file":                  {write("a.yaml", wait), ""},
		"a scenario":              {"first-visit", ""},
		"a scenario by its file":  {"first-visit.yaml", ""},
		"a file plays a file":     {write("b.yaml", "name: x\nsteps: [{play: parts/wait.yaml}, {play: a.yaml}]\n"), ""},
		"a file plays a scenario": {write("c.yaml", "name: x\nsteps: [{play: first-visit}]\n"), ""},
		"a file over a scenario":  {write("d.yaml", "name: x\nsteps: [{play: burst.yaml}]\n"), `unknown key "nme"`},
		"a schema beside it":      {write("e.yaml", schema("ack.schema.json")), ""},
		"a schema of Semblance":   {write("f.yaml", schema("semblance:response/ack")), ""},
		"a schema above it":       {write("parts/g.yaml", schema("../ack.schema.json")), "does not compile"},
		"a file above it":         {write("parts/j.yaml", "name: x\nsteps: [{play: {file: ../a.yaml}}]\n"), "can only play files in its own folder"},
		"an absolute file":        {write("k.yaml", "name: x\nsteps: [{play: "+filepath.Join(dir, "a.yaml")+"}]\n"), "can only play files in its own folder"},
		"a file around a folder":  {write("l.yaml", "name: x\nsteps: [{play: parts/../a.yaml}]\n"), ""},
		"a schema of the disk":    {write("h.yaml", schema("file:///etc/passwd")), "does not compile"},
		"a misspelt scenario":     {"frist-visit", `file not found; did you mean "first-visit"?`},
		"an unknown name":         {"nothing-at-all", "file not found; use burst, first-visit or outside"},
		"no file":                 {filepath.Join(dir, "no.yaml"), "file not found"},
		"a folder":                {dir, "this is a folder"},
		"a scenario plays a file": {"outside", "unknown scenario of the library"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
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
			t.Errorf("a link to a schema outside the folder: %v", err)
		}
	}
	if err := os.Symlink(filepath.Join(dir, "a.yaml"), filepath.Join(dir, "parts/out.yaml")); err == nil {
		if _, err := script.Load(script.Files{}, write("parts/m.yaml", "name: x\nsteps: [{play: out.yaml}]\n")); err == nil || !strings.Contains(err.Error(), "can only play files in its own folder") {
			t.Errorf("a link to a file outside the folder: %v", err)
		}
	}
	if err := os.Symlink("ring.yaml", filepath.Join(dir, "link.yaml")); err == nil {
		if _, err := script.Load(script.Files{}, write("ring.yaml", "name: x\nsteps: [{play: link.yaml}]\n")); err == nil || !strings.Contains(err.Error(), "cannot play each other") {
			t.Errorf("a file that plays itself under another name: %v", err)
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
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
	for word, want := range map[string]string{"the-secnd": `did you mean "the-second"?`, "3": "the-second", "": "the-second"} {
		if _, err := scenario.Find(word); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", word, err)
		}
	}
}
