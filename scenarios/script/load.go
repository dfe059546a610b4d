package script

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"unicode/utf8"

	"semblance/fixtures"
	"semblance/schemas/human"
)

// Source is a scenario file that a [Loader] found.
type Source struct {
	Name  string // for messages and reports
	ID    string // equal for equal files, whatever their names, so that cycles are found
	Data  []byte
	Files fs.FS // files for a $ref, from the folder of the scenario; nil: only semblance: references
}

// Loader finds scenarios by name.
type Loader interface {
	// Load returns the scenario that from refers to as name. from is nil for the command line. The error must not
	// repeat the name.
	Load(from *Source, name string) (*Source, error)
}

// Load reads a scenario and the files that it plays. It makes all checks that are possible before the first request. The
// error is of type [Problems] and lists everything that is wrong; mere warnings are in Scenario.Warnings.
func Load(loader Loader, name string) (*Scenario, error) {
	source, err := loader.Load(nil, name)
	if err != nil {
		return nil, Problems{{Pos: Pos{File: name}, Severity: Error, Message: err.Error()}}
	}
	return Read(loader, source)
}

// Parse is like [Load] for a scenario in memory. The extension of name (.json or other) selects JSON or YAML. The scenario
// cannot play other files, and its schemas can only refer to semblance: schemas.
func Parse(name string, data []byte) (*Scenario, error) {
	return Read(nil, &Source{Name: name, ID: name, Data: data})
}

// Read is like [Load] for a source. Without a loader the scenario cannot play others.
func Read(loader Loader, source *Source) (*Scenario, error) {
	l := &load{loader: loader, kinds: stepKinds(), clinic: fixtures.New(fixtures.Options{Seed: DefaultSeed})}
	scenario := l.read(source, "", nil)
	problems := l.problems.sorted()
	if err := problems.Err(); err != nil {
		return nil, err
	}
	scenario.Warnings = problems
	return scenario, nil
}

// load is the state of reading a scenario and the files that it plays.
type load struct {
	loader   Loader
	problems Problems
	kinds    []stepKind
	clinic   *fixtures.Clinic // the scratch clinic, in which the checks create records and events
	errors   int              // so far
	warnings int
	steps    int       // so far, in all files
	filled   int       // bytes of ${fill.…} so far
	changed  int       // bytes of changed payloads that were checked so far
	open     []*Source // files being read; each plays the next
}

// add notes a problem, up to the limit of its severity.
func (l *load) add(p Problem) {
	p.Message = human.Excerpt(p.Message, maxMessage) // it may quote the file
	count := &l.warnings
	if p.Severity == Error {
		count = &l.errors
	}
	switch *count++; {
	case *count <= MaxProblems:
		l.problems = append(l.problems, p)
	case *count == MaxProblems+1:
		p.Message, p.Width = fmt.Sprintf("more than %d %ss; the rest is not listed", MaxProblems, p.Severity), 1
		l.problems = append(l.problems, p)
	}
}

// full reports whether further errors will not be listed, so that expensive checks can be omitted.
func (l *load) full() bool { return l.errors > MaxProblems }

// read reads one file. prefix is the path of the play step that plays it, with a dot; substitutes are the records that the
// step passes. It returns nil if the file cannot be parsed.
func (l *load) read(source *Source, prefix string, substitutes map[string]substitute) *Scenario {
	l.open = append(l.open, source)
	defer func() { l.open = l.open[:len(l.open)-1] }()
	src, root, problem := readFile(source)
	if problem != nil {
		l.add(*problem)
		return nil
	}
	p := &parser{src: src, load: l, path: prefix, source: source, cast: map[string]member{}, substitutes: substitutes}
	scenario := p.scenario(root)
	scenario.Library = strings.HasPrefix(source.ID, libraryID)
	p.check(scenario)
	return scenario
}

// readFile parses a file into nodes. It refuses files that are not text.
func readFile(source *Source) (*file, *node, *Problem) {
	data := source.Data
	refuse := func(line, column int, message string) (*file, *node, *Problem) {
		return nil, nil, &Problem{Pos: Pos{File: source.Name, Line: line, Column: column}, Severity: Error, Message: message, Width: 1}
	}
	if len(data) > MaxFileBytes {
		return refuse(0, 0, "the file is larger than "+human.Size(MaxFileBytes)+"; split it into several scenarios")
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return refuse(0, 0, "the file is UTF-16; save it as UTF-8")
	}
	if line, column, found := notText(data); found != "" {
		return refuse(line, column, "the file is not a text file: it contains "+found)
	}
	src := newFile(source.Name, data)
	if strings.EqualFold(path.Ext(source.Name), ".json") {
		root, problem := readJSON(src, data)
		return src, root, problem
	}
	root, problem := readYAML(src, data)
	return src, root, problem
}

// notText finds the first byte or character that a text file cannot contain, and describes it.
func notText(data []byte) (line, column int, found string) {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		switch {
		case r == 0:
			found = "a NUL byte"
		case r == utf8.RuneError && size == 1:
			found = fmt.Sprintf("a byte (0x%02x) that is not UTF-8", data[i])
		case r < ' ' && r != '\n' && r != '\r' && r != '\t', r == 0x7f:
			found = fmt.Sprintf("a control character (0x%02x)", r)
		}
		if found != "" {
			start := bytes.LastIndexByte(data[:i], '\n') + 1
			return bytes.Count(data[:i], []byte("\n")) + 1, utf8.RuneCount(data[start:i]) + 1, found
		}
		i += size
	}
	return 0, 0, ""
}
