// Command generate writes the files that derive from schemas/catalogue.yaml: the Go table of package schemas and the JSON
// Schema of each event type's payload. Run it with `go generate ./...`; a test fails if its output is not current.
package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// run writes the files that derive from dir/catalogue.yaml to dir, and removes schemas of types that are not in it.
func run(dir string) error {
	files, err := derive(dir)
	if err != nil {
		return err
	}
	orphans, err := filepath.Glob(filepath.Join(dir, "payload", "*"))
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, files[name], 0o644); err != nil {
			return err
		}
		orphans = slices.DeleteFunc(orphans, func(orphan string) bool { return orphan == path })
	}
	for _, orphan := range orphans {
		if err := os.Remove(orphan); err != nil {
			return err
		}
	}
	return nil
}

// derive returns the contents of the generated files by their slash-separated path in dir.
func derive(dir string) (map[string][]byte, error) {
	c, err := readCatalogue(filepath.Join(dir, "catalogue.yaml"))
	if err != nil {
		return nil, err
	}
	table, err := goTable(c)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{"table.go": table}
	for _, e := range c.Events {
		schema, err := payloadSchema(e)
		if err != nil {
			return nil, err
		}
		files["payload/"+e.Name+".schema.json"] = schema
	}
	return files, nil
}
