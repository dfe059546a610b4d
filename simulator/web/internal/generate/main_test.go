package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestDocumentIsCurrent(t *testing.T) {
	t.Parallel()
	const dir = "../.."
	want, err := document(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("openapi.json is not current; run `go generate ./...`")
	}
}
