package main

import (
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"slices"
	"testing"
)

// The entry for SchemaStore, the catalogue of schemas that editors read, matches the scenarios that init writes and names the
// file of the schema.
func TestSchemaStoreEntryMatchesInit(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join("..", "..", "schemas", "schemastore.json"))
	if err != nil {
		t.Fatal(err)
	}
	var entry struct {
		Name, Description, URL string
		FileMatch              []string
	}
	if err := json.Unmarshal(data, &entry); err != nil {
		t.Fatal(err)
	}
	if entry.Name == "" || entry.Description == "" {
		t.Errorf("the entry has no name or no description: %s", data)
	}
	if path.Base(entry.URL) != schemaName {
		t.Errorf("the entry's URL is %s, want one of %s", entry.URL, schemaName)
	}
	if _, err := os.Stat(filepath.Join("..", "..", "schemas", path.Base(entry.URL))); err != nil {
		t.Error(err)
	}
	if !slices.ContainsFunc(entry.FileMatch, func(pattern string) bool {
		matched, err := path.Match(pattern, firstName)
		return err == nil && matched
	}) {
		t.Errorf("none of %q matches %s", entry.FileMatch, firstName)
	}
}
