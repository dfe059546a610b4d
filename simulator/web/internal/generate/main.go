// Generate writes the OpenAPI document of the control API, simulator/web/openapi.json, from the route table and the Go
// types. Run it with `go generate ./...`; a test fails if the document is not current.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"semblance/simulator/web"
	"semblance/simulator/web/internal/openapi"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// run writes the document into dir, the folder of package web.
func run(dir string) error {
	data, err := document(dir)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "openapi.json"), data, 0o644)
}

// document returns the document. dir is the folder of package web.
func document(dir string) ([]byte, error) {
	source, err := openapi.ReadSource("semblance", filepath.Join(dir, "..", ".."), "simulator/web", "simulator", "simulator/journal", "schemas", "fixtures")
	if err != nil {
		return nil, err
	}
	return openapi.Document(web.Describe(), source)
}
