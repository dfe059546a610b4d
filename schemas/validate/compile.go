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

	"semblance/schemas/human"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Source is a user's schema.
type Source struct {
	Name  string // its name in messages: a file, or a place such as first.yaml:12:9
	JSON  []byte
	Files fs.FS  // the files that a relative $ref may reach, such as the folder of the scenario; nil for none. (*os.Root).FS keeps symbolic links inside
	Path  string // the path of the schema in Files, with slashes, as the base of a $ref; "" for the top
}

// SchemaError lists all problems of a schema, ordered by place.
type SchemaError struct {
	Name     string
	Problems []Problem
}

// Problem is one mistake in a schema.
type Problem struct {
	Pointer string // into the schema; "" for the whole schema or an unknown place
	Message string
}

// Error returns the name of the schema and its problems.
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

// folder is the base of the URLs of users' schemas. It is absolute, so that no path of the machine gets into a message, and
// it is not file:, so that a user's file: URL is recognised and refused.
const folder = "folder:///"

// Compile compiles a user's schema. The error is a [*SchemaError].
func Compile(source Source) (*Schema, error) {
	base := folder + (&url.URL{Path: source.Path}).EscapedPath()
	if source.Path == "" || source.Path == "." {
		base = folder + "-" // no file has this name; a relative reference is relative to the top
	}
	c := newCompilation(source.Name, source.Files)
	if err := c.add(base, source.Name, source.JSON); err != nil {
		return nil, err
	}
	return c.compile(base)
}

// File compiles the schema in a user's file, JSON or YAML, for `--expect-body`. A $ref may reach the folder of the file. A
// pointer after # names a schema inside the file, such as openapi.yaml#/components/schemas/Ack.
func File(name string) (*Schema, error) {
	whole := name
	name, fragment, _ := strings.Cut(name, "#")
	root, err := os.OpenRoot(filepath.Dir(name))
	if err != nil {
		return nil, fmt.Errorf("schema %s: %w", name, plain(err))
	}
	defer root.Close()
	data, err := readAll(os.Open(name)) // it may be a symbolic link to any place: only references are restricted to the folder
	if err != nil {
		return nil, fmt.Errorf("schema %s: %w", name, err)
	}
	address := folder + (&url.URL{Path: filepath.Base(name)}).EscapedPath()
	c := newCompilation(whole, root.FS())
	if err := c.add(address, name, data); err != nil {
		return nil, err
	}
	if fragment == "" && openAPIVersion(c.documents[address]) != "" {
		return nil, &SchemaError{whole, []Problem{{"", "this is an OpenAPI document; name a schema in it, such as " + name + "#/components/schemas/NAME"}}}
	}
	if fragment != "" {
		address += "#" + fragment
	}
	return c.compile(address)
}

// compileShipped compiles a schema of Semblance. Only there is content asserted (a JSON array encoded in a string).
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

// documents are the parsed schemas of a compiled one, by URL.
type documents map[string]any

// compilation collects the schemas that one schema refers to.
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

// prepare checks a schema before the library reads it, stores it, and sets $schema.
func (c *compilation) prepare(address, name string, data []byte) ([]byte, error) {
	var err error
	if isYAML(name) {
		if data, err = fromYAML(data); err != nil {
			return nil, &SchemaError{name, []Problem{{"", err.Error()}}}
		}
	}
	v, err := Parse(data)
	if err != nil {
		return nil, &SchemaError{name, []Problem{{"", err.Error()}}}
	}
	problems := c.check(v)
	if len(problems) > 0 {
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

// check returns the problems of a schema, or of the schemas of an OpenAPI document.
func (c *compilation) check(v any) []Problem {
	if version := openAPIVersion(v); version != "" {
		return checkOpenAPI(v, version)
	}
	return checkSchema(v)
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

// read returns the target of a reference.
func (c *compilation) read(address string) ([]byte, error) {
	if strings.HasPrefix(address, "semblance:") {
		return readShipped(address)
	}
	name, ok := strings.CutPrefix(address, folder)
	if !ok {
		return nil, fmt.Errorf("$ref %q: a reference may reach files of the same folder, semblance:payload/… and semblance:response/… only", address)
	}
	if unescaped, err := url.PathUnescape(name); err == nil {
		name = unescaped
	}
	if c.files == nil {
		return nil, fmt.Errorf("$ref %q: a relative reference needs a folder, and this schema has none", name)
	}
	data, err := readAll(c.files.Open(path.Clean(name)))
	if err == nil {
		return data, nil
	}
	if written := c.leaving(address); written != "" {
		return nil, fmt.Errorf("$ref %q: a reference may reach files of the same folder and below only", written)
	}
	return nil, fmt.Errorf("$ref %q: %w", name, err)
}

// leaving returns the reference to an address, as it is written, if it leads out of the folder, or "". The resolved address
// does not show it, because a URL has nothing above its top.
func (c *compilation) leaving(address string) string {
	for base, document := range c.documents {
		name := strings.TrimPrefix(base, folder)
		for _, reference := range references(document) {
			to, err := resolve(base, reference)
			if err == nil && to == address && strings.HasPrefix(path.Join(path.Dir(name), reference), "../") {
				return reference
			}
		}
	}
	return ""
}

// references returns the $refs in a document.
func references(v any) (all []string) {
	switch v := v.(type) {
	case map[string]any:
		if reference, ok := v["$ref"].(string); ok {
			all = append(all, reference)
		}
		for _, item := range v {
			all = append(all, references(item)...)
		}
	case []any:
		for _, item := range v {
			all = append(all, references(item)...)
		}
	}
	return all
}

// readAll reads a document of at most MaxSize from a file that was opened, and closes it.
func readAll(f fs.File, err error) ([]byte, error) {
	if err != nil {
		return nil, plain(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err == nil && len(data) > MaxSize {
		err = fmt.Errorf("larger than %s", human.Size(MaxSize))
	}
	return data, plain(err)
}

// plain removes operation and path from a file system error, because the message names the file already.
func plain(err error) error {
	var pathError *fs.PathError
	if !errors.As(err, &pathError) {
		return err
	}
	if pathError.Err.Error() == "path escapes from parent" { // os.Root has no variable for this error
		return errors.New("it leaves the folder")
	}
	return pathError.Err
}

func (c *compilation) compile(address string) (schema *Schema, err error) {
	defer func() {
		if r := recover(); r != nil { // the library panics at some schemas that its meta-schema allows
			schema, err = nil, c.problem(fmt.Errorf("compilation failed (%v)", r))
		}
	}()
	compiled, err := c.compiler.Compile(address)
	if err != nil {
		return nil, c.problem(err)
	}
	c.budget.set(complexityOf(compiled))
	return &Schema{name: c.name, compiled: compiled, documents: c.documents, budget: c.budget}, nil
}

// problem explains an error of the compiler.
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
		return &SchemaError{c.name, []Problem{{pointerOf(invalid.InstanceLocation).String(), "not allowed by the draft in $schema"}}}
	}
	text := strings.TrimPrefix(err.Error(), "jsonschema: ")
	if missing, ok := strings.CutSuffix(text, " not found"); ok {
		text = fmt.Sprintf("$ref %q has no target", strings.TrimPrefix(strings.TrimPrefix(missing, folder+"-"), folder))
	}
	return &SchemaError{c.name, []Problem{{"", text}}}
}
