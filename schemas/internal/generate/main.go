// Generate writes what derives from schemas/catalogue.yaml: the Go table of package schemas and the JSON Schema of each
// event type's payload. Run it through `go generate ./schemas`; a test fails while its output is not current.
package main

import (
	"fmt"
	"os"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// run reads dir/catalogue.yaml and writes the files that derive from it below dir.
func run(dir string) error {
	c, err := readCatalogue(dir + "/catalogue.yaml")
	if err != nil {
		return err
	}
	table, err := goTable(c)
	if err != nil {
		return err
	}
	return os.WriteFile(dir+"/table.go", table, 0o644)
}
