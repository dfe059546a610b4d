package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const dir = "../.." // package schemas

// TestFilesAreCurrent compares the generated files with the catalogue.
func TestFilesAreCurrent(t *testing.T) {
	files, err := derive(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			t.Errorf("%v; run go generate ./schemas", err)
		} else if !bytes.Equal(got, want) {
			t.Errorf("schemas/%s is not current; run go generate ./schemas", name)
		}
	}
	payload, err := os.ReadDir(filepath.Join(dir, "payload"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range payload {
		if _, ok := files["payload/"+entry.Name()]; !ok {
			t.Errorf("schemas/payload/%s belongs to no event type; run go generate ./schemas", entry.Name())
		}
	}
}

func TestRunWritesAndTidies(t *testing.T) {
	tmp := t.TempDir()
	catalogue := `
groups: [{key: tea, title: Tea, summary: Brewing}]
events:
  - {name: tea.brewed, group: tea, summary: Tea was brewed, required: [teaId], evidence: page}
`
	orphan := filepath.Join(tmp, "payload", "tea.spilt.schema.json")
	if err := os.MkdirAll(filepath.Dir(orphan), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{orphan: "{}", filepath.Join(tmp, "catalogue.yaml"): catalogue} {
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := run(tmp); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(orphan); !os.IsNotExist(err) {
		t.Errorf("the schema of a removed type still exists (%v)", err)
	}
	schema, err := os.ReadFile(filepath.Join(tmp, "payload", "tea.brewed.schema.json"))
	if err != nil || !bytes.Contains(schema, []byte(`"$id": "semblance:payload/tea.brewed"`)) {
		t.Errorf("the schema of tea.brewed: %v\n%s", err, schema)
	}
}

func TestBadCatalogues(t *testing.T) {
	tests := []struct{ name, catalogue, want string }{
		{"unknown key", "groups: []\nevents: [{nmae: x}]", "nmae"},
		{"value of no kind", "events: [{name: tea.brewed, required: [strength], values: {strength: {}}}]", "event type tea.brewed: value strength has neither enum nor a known format"},
		{"companion of nothing", "events: [{name: tea.brewed, oneOf: [cupId, potId], optionalWith: {mugId: [teaId]}}]", "optionalWith contains mugId, which is not one of oneOf"},
		{"value of nothing", "events: [{name: tea.brewed, required: [teaId], values: {strength: {enum: [weak]}}}]", "values contains strength, which is not one of its identifiers"},
		{"values no mapping", "events: [{name: tea.brewed, values: [x]}]", "expected a mapping"},
	}
	for _, test := range tests {
		tmp := t.TempDir()
		if err := os.WriteFile(filepath.Join(tmp, "catalogue.yaml"), []byte(test.catalogue), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := derive(tmp); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: the error is %v, want %s", test.name, err, test.want)
		}
	}
	if _, err := derive(t.TempDir()); err == nil {
		t.Error("a missing catalogue is no error")
	}
}
