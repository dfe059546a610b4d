package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every shell line of scenarios/README.md runs in a folder with the files of the page.
func TestScenariosReadmeCommands(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join("..", "..", "scenarios", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	place := newReadmePlace(t)
	for _, m := range regexp.MustCompile("(?ms)^<!-- (\\S+) -->\n```(?:yaml|json)[^\n]*\n(.*?)^```$").FindAllStringSubmatch(string(data), -1) {
		if err := os.WriteFile(filepath.Join(place.dir, m[1]), []byte(m[2]), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	blocks := regexp.MustCompile("(?ms)^```sh\n(.*?)^```$").FindAllStringSubmatch(string(data), -1)
	if len(blocks) == 0 {
		t.Fatal("no commands")
	}
	for _, block := range blocks {
		for line := range strings.Lines(block[1]) {
			if out, err := place.shell(strings.TrimSpace(line)); err != nil {
				t.Errorf("%s: %v\n%s", line, err, out)
			}
		}
	}
}
