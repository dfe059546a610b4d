// Generate writes the Go types of the provider's records, simulator/graphql/types_gen.go, and the tables of README.md from
// the schema records.graphql.
// Run it with `go generate ./...`; a test fails if a file is not current.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// run writes the files into dir, the folder of package graphql.
func run(dir string) error {
	files, err := generate(dir)
	if err != nil {
		return err
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generate returns the generated files by name.
func generate(dir string) (map[string][]byte, error) {
	s, err := readSchema(dir)
	if err != nil {
		return nil, err
	}
	types, err := s.goTypes()
	if err != nil {
		return nil, err
	}
	readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		return nil, err
	}
	if readme, err = s.fillIn(readme); err != nil {
		return nil, err
	}
	return map[string][]byte{"types_gen.go": types, "README.md": readme}, nil
}
