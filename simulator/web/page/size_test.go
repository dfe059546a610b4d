package page_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"semblance/simulator/web/page"
)

// The page is small: nobody waits for it, and it can be read. The files are compressed together as they are served, without
// comments and indentation.
func TestSize(t *testing.T) {
	t.Parallel()
	const maxRaw, maxCompressed, maxLines, maxModule = 60_000, 20_000, 1500, 400
	var all bytes.Buffer
	raw, lines := 0, 0
	names, err := filepath.Glob("*.*")
	if err != nil {
		t.Fatal(err)
	}
	files := page.New("/")
	for _, name := range names {
		if !files.Has("/" + name) {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		raw += len(data)
		all.Write(page.Slim(name, data))
		n := bytes.Count(data, []byte("\n"))
		lines += n
		if n > maxModule {
			t.Errorf("%s has %d lines; at most %d", name, n, maxModule)
		}
	}
	compressed := len(page.Compress(all.Bytes()))
	t.Logf("%d bytes, %d compressed, %d lines", raw, compressed, lines)
	if raw > maxRaw || compressed > maxCompressed || lines > maxLines {
		t.Errorf("%d bytes, %d compressed, %d lines; at most %d, %d and %d", raw, compressed, lines, maxRaw, maxCompressed, maxLines)
	}
}
