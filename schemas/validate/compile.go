package validate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Source is a schema of the user's.
type Source struct {
	Name  string // what messages call it: a file, or a place such as first.yaml:12:9
	JSON  []byte
	Files fs.FS  // what a relative $ref may reach: the folder of the scenario; nil for nothing. (*os.Root).FS keeps symbolic links inside
	Path  string // where in Files the schema is, with slashes, if a $ref shall be relative to it; "" for the top
}

// SchemaError says what is wrong with a schema: every problem that was found, in the order of the places.
type SchemaError struct {
	Name     string
	Problems []Problem
}

// Problem is one mistake in a schema.
type Problem struct {
	Pointer string // into the schema, "" for the whole or an unknown place
	Message string
}

// Error names the schema and lists the problems, one after the other.
func (e *SchemaError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "schema %s: ", e.Name)
	for i, p := range e.Problems {
		if i > 0 {
			b.WriteString("; ")
		}
		if p.Pointer != "" {
			fmt.Fprintf(&b, "%s: ", p.Pointer)
		}
		b.WriteString(p.Message)
	}
	return b.String()
}

// folder is the base of the URLs of users' schemas. It is absolute, so that no path of this machine gets into one, and
// it is not file:, so that a file: written by the user is seen and refused.
const folder = "folder:///"

// Compile compiles a schema of the user's. The error is a [*SchemaError].
func Compile(source Source) (*Schema, error) {
	base := folder + (&url.URL{Path: source.Path}).EscapedPath()
	if source.Path == "" || source.Path == "." {
		base = folder + "-" // no file is called so; a relative reference is relative to the top
	}
	c := newCompilation(source.Name, source.Files)
	if err := c.add(base, source.Name, source.JSON); err != nil {
		return nil, err
	}
	return c.compile(base)
}

// File compiles the schema in a file of the user's, for `--expect-body`. Its folder is what a $ref may reach.
func File(name string) (*Schema, error) {
	root, err := os.OpenRoot(filepath.Dir(name))
	if err != nil {
		return nil, fmt.Errorf("schema %s: %w", name, plain(err))
	}
	defer root.Close()
	data, err := readNamed(name)
	if err != nil {
		return nil, fmt.Errorf("schema %s: %w", name, err)
	}
	base := filepath.Base(name)
	return Compile(Source{Name: name, JSON: data, Files: root.FS(), Path: base})
}

// compileShipped compiles a schema that comes with Semblance. Content (a JSON array encoded in a string) is asserted
// there and nowhere else.
func compileShipped(id string) (*Schema, error) {
	data, err := readShipped(id)
	if err != nil {
		return nil, err
	}
	c := newCompilation(id, nil)
	c.compiler.AssertContent = true
	if err := c.add(id, id, data); err != nil {
		return nil, err
	}
	return c.compile(id)
}

// documents are the parsed schemas that a compiled one consists of, by their URL.
type documents map[string]any

// compilation gathers what one schema refers to.
type compilation struct {
	name      string
	files     fs.FS
	compiler  *jsonschema.Compiler
	documents documents
	budget    *budget
}

func newCompilation(name string, files fs.FS) *compilation {
	c := &compilation{name: name, files: files, compiler: jsonschema.NewCompiler(), documents: documents{}, budget: &budget{}}
	c.compiler.AssertFormat = true
	c.compiler.RegisterExtension("budget", nil, c.budget)
	c.compiler.LoadURL = func(address string) (io.ReadCloser, error) {
		data, err := c.read(address)
		if err != nil {
			return nil, err
		}
		if data, err = c.prepare(address, strings.TrimPrefix(address, folder), data); err != nil {
			return nil, err
		}
		return io.NopCloser(bytes.NewReader(data)), nil
	}
	return c
}

func (c *compilation) add(address, name string, data []byte) error {
	data, err := c.prepare(address, name, data)
	if err != nil {
		return err
	}
	if err := c.compiler.AddResource(address, bytes.NewReader(data)); err != nil {
		return c.problem(err)
	}
	return nil
}

// prepare checks a schema before the library sees it, remembers it, and sets $schema.
func (c *compilation) prepare(address, name string, data []byte) ([]byte, error) {
	v, err := Parse(data)
	if err != nil {
		return nil, &SchemaError{name, []Problem{{"", err.Error()}}}
	}
	if problems := checkSchema(v); len(problems) > 0 {
		return nil, &SchemaError{name, problems}
	}
	c.documents[address] = v
	schema, ok := v.(map[string]any)
	if !ok {
		return data, nil
	}
	if id, ok := schema["$id"].(string); ok {
		if absolute, err := resolve(address, id); err == nil {
			c.documents[absolute] = v
		}
	}
	if _, ok := schema["$schema"]; !ok {
		schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	}
	return json.Marshal(schema)
}

func resolve(base, reference string) (string, error) {
	b, err := url.Parse(base)
	if err != nil {
		return "", err
	}
	u, err := b.Parse(reference)
	if err != nil {
		return "", err
	}
	u.Fragment = ""
	return u.String(), nil
}

// read returns what a reference leads to.
func (c *compilation) read(address string) ([]byte, error) {
	if strings.HasPrefix(address, "semblance:") {
		return readShipped(address)
	}
	name, ok := strings.CutPrefix(address, folder)
	if !ok {
		return nil, fmt.Errorf("$ref %q: a reference reaches files of the same folder and semblance:payload/… or semblance:response/…, nothing else", address)
	}
	if unescaped, err := url.PathUnescape(name); err == nil {
		name = unescaped
	}
	if c.files == nil {
		return nil, fmt.Errorf("$ref %q: there is no folder to look for it", name)
	}
	data, err := readFile(c.files, path.Clean(name))
	if err != nil {
		return nil, fmt.Errorf("$ref %q: %w", name, err)
	}
	return data, nil
}

// readNamed reads the file that the user has named. It may be a symbolic link to anywhere: what is bounded to a folder is
// what a schema may refer to, not what its user may ask for.
func readNamed(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, plain(err)
	}
	defer f.Close()
	return readBounded(f)
}

// readFile reads a file that a schema refers to.
func readFile(files fs.FS, name string) ([]byte, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, plain(err)
	}
	defer f.Close()
	return readBounded(f)
}

// readBounded reads a document that is not too large to parse.
func readBounded(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err == nil && len(data) > MaxSize {
		err = fmt.Errorf("larger than %d bytes, which no schema needs", MaxSize)
	}
	return data, plain(err)
}

// plain takes the operation and the path off an error of the file system: the message names the file already.
func plain(err error) error {
	var pathError *fs.PathError
	if !errors.As(err, &pathError) {
		return err
	}
	if pathError.Err.Error() == "path escapes from parent" { // os.Root has no name for it
		return errors.New("it leads out of the folder")
	}
	return pathError.Err
}

func (c *compilation) compile(address string) (schema *Schema, err error) {
	defer func() {
		if r := recover(); r != nil { // the library is not made for every schema that its meta-schema lets through
			schema, err = nil, c.problem(fmt.Errorf("it cannot be compiled (%v)", r))
		}
	}()
	compiled, err := c.compiler.Compile(address)
	if err != nil {
		return nil, c.problem(err)
	}
	c.budget.on = isRecursive(compiled)
	return &Schema{name: c.name, compiled: compiled, documents: c.documents, budget: c.budget}, nil
}

// problem says an error of the compiler in our words.
func (c *compilation) problem(err error) error {
	var ours *SchemaError
	if errors.As(err, &ours) {
		if ours.Name != c.name { // of a file that the schema refers to
			return &SchemaError{c.name, []Problem{{"", "$ref leads to " + strings.TrimPrefix(ours.Error(), "schema ")}}}
		}
		return ours
	}
	var theirs *jsonschema.SchemaError
	if errors.As(err, &theirs) {
		err = theirs.Err
	}
	var loop jsonschema.InfiniteLoopError
	var invalid *jsonschema.ValidationError
	switch {
	case errors.As(err, &loop):
		return &SchemaError{c.name, []Problem{{"", "a $ref leads back to itself"}}}
	case errors.As(err, &invalid):
		for len(invalid.Causes) > 0 {
			invalid = invalid.Causes[0]
		}
		return &SchemaError{c.name, []Problem{{pointerOf(invalid.InstanceLocation).String(), "not allowed by the draft that $schema names"}}}
	}
	text := strings.TrimPrefix(err.Error(), "jsonschema: ")
	if missing, ok := strings.CutSuffix(text, " not found"); ok {
		text = fmt.Sprintf("$ref %q leads to nothing", strings.TrimPrefix(strings.TrimPrefix(missing, folder+"-"), folder))
	}
	return &SchemaError{c.name, []Problem{{"", text}}}
}
