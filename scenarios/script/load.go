package script

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"semblance/fixtures"
)

// Source is a scenario file as a [Loader] found it.
type Source struct {
	Name  string // how messages and reports call it
	ID    string // the same for the same file, however it was named: a file that plays itself is found by it
	Data  []byte
	Files fs.FS // what a $ref in it may reach, from the file's own folder; nil: nothing but semblance:
}

// Loader finds the scenarios that are played, and those that they play.
type Loader interface {
	// Load returns the scenario that is called name in the scenario from, or on the command line where from is nil.
	// The error says what is missing, in a sentence without the name.
	Load(from *Source, name string) (*Source, error)
}

// Load reads a scenario and all that it plays, and checks all that can be checked before the first send. It returns the
// tree, or nil and [Problems] that say everything that is wrong. What is merely worth saying is in Scenario.Warnings.
func Load(loader Loader, name string) (*Scenario, error) {
	source, err := loader.Load(nil, name)
	if err != nil {
		return nil, Problems{{Pos: Pos{File: name}, Severity: Error, Message: err.Error()}}
	}
	return Read(loader, source)
}

// Parse reads a scenario that is already in memory, as [Load] does; name is what messages call it, and says by its ending
// whether it is YAML or JSON. It can play no other file, and a $ref in it reaches semblance: alone.
func Parse(name string, data []byte) (*Scenario, error) {
	return Read(nil, &Source{Name: name, ID: name, Data: data})
}

// Read reads a scenario whose file was found, as [Load] does. Without a loader it can play no other.
func Read(loader Loader, source *Source) (*Scenario, error) {
	l := &load{loader: loader, root: scenarioTable(), words: stepWords(), clinic: fixtures.New(fixtures.Options{Seed: DefaultSeed})}
	scenario := l.read(source, "", nil)
	problems := l.problems.sorted()
	if err := problems.Err(); err != nil {
		return nil, err
	}
	scenario.Warnings = problems
	return scenario, nil
}

// load is one reading of a scenario with all the files that it plays.
type load struct {
	loader   Loader
	problems Problems
	root     *table[Scenario]
	words    []word           // the kinds of steps
	clinic   *fixtures.Clinic // where the scenario is rehearsed
	errors   int              // so far
	warnings int
	steps    int       // so far, in all files
	open     []*Source // the files that are being read, each playing the next
}

// add notes a problem, where there is room for another of its severity.
func (l *load) add(p Problem) {
	p.Message = cut(p.Message, maxMessage) // it may quote the file
	count := &l.warnings
	if p.Severity == Error {
		count = &l.errors
	}
	switch *count++; {
	case *count <= MaxProblems:
		l.problems = append(l.problems, p)
	case *count == MaxProblems+1:
		p.Message, p.Width = fmt.Sprintf("there are more than %d of these; the rest is not listed", MaxProblems), 1
		l.problems = append(l.problems, p)
	}
}

// full reports whether there are more errors than are listed: what else is wrong need not be found out.
func (l *load) full() bool { return l.errors > MaxProblems }

// read reads one file. prefix is the path of the play step that it is read for, with a dot at its end; guests are the
// records that the step gives it. The scenario is nil where the file could not be read at all.
func (l *load) read(source *Source, prefix string, guests map[string]guest) *Scenario {
	l.open = append(l.open, source)
	defer func() { l.open = l.open[:len(l.open)-1] }()
	src, root, problem := readFile(source)
	if problem != nil {
		l.add(*problem)
		return nil
	}
	p := &parser{src: src, load: l, path: prefix, source: source, guests: guests}
	scenario := p.scenario(root)
	p.check(scenario)
	return scenario
}

// readFile turns the bytes of a file into nodes, after refusing what is no text at all.
func readFile(source *Source) (*file, *node, *Problem) {
	data := source.Data
	refuse := func(line, column int, format string, arguments ...any) (*file, *node, *Problem) {
		p := Problem{Pos: Pos{File: source.Name, Line: line, Column: column}, Severity: Error, Message: fmt.Sprintf(format, arguments...), Width: 1}
		return nil, nil, &p
	}
	if len(data) > MaxFileBytes {
		return refuse(0, 0, "the file has more than %d bytes; a scenario that long is several", MaxFileBytes)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return refuse(0, 0, "the file is UTF-16; save it as UTF-8")
	}
	if line, column, what := notText(data); what != "" {
		return refuse(line, column, "the file is no text: it holds %s", what)
	}
	src := newFile(source.Name, data)
	if strings.EqualFold(path.Ext(source.Name), ".json") {
		root, problem := readJSON(src, data)
		return src, root, problem
	}
	root, problem := readYAML(src, data)
	return src, root, problem
}

// notText finds the first thing in the data that no text file holds.
func notText(data []byte) (line, column int, what string) {
	line, start := 1, 0
	for i := 0; i < len(data); {
		c := data[i]
		if c == '\n' {
			line++
			start = i + 1
		}
		r, size := rune(c), 1
		if c >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(data[i:])
		}
		switch {
		case c == 0:
			what = "a NUL byte"
		case r == utf8.RuneError && size == 1:
			what = fmt.Sprintf("a byte (0x%02x) that is not UTF-8", c)
		case c < ' ' && c != '\n' && c != '\r' && c != '\t', c == 0x7f:
			what = fmt.Sprintf("a control character (0x%02x)", c)
		}
		if what != "" {
			return line, utf8.RuneCount(data[start:i]) + 1, what
		}
		i += size
	}
	return 0, 0, ""
}

// play reads the file that a play step names.
func (p *parser) play(n *node, step *Play, list []with) {
	l := p.load
	if l.loader == nil {
		p.fail(n, "a scenario that comes from no file cannot play another")
		return
	}
	source, err := l.loader.Load(p.source, step.File)
	switch {
	case err != nil:
		p.fail(n, "%s: %s", shorten(step.File), err)
	case l.circle(source) != "":
		p.fail(n, "scenarios that play each other never end: %s", l.circle(source))
	case len(l.open) > MaxPlayDepth:
		p.fail(n, "scenarios play each other more than %d deep", MaxPlayDepth)
	default:
		step.Scenario = l.read(source, step.Path+".", p.guestsOf(list))
		if step.Scenario != nil {
			p.met(step.Scenario, list)
		}
	}
}

// circle says how a file that is to be played is being read already, or "" if it is not.
func (l *load) circle(again *Source) string {
	i := slices.IndexFunc(l.open, func(s *Source) bool { return s.ID == again.ID })
	if i < 0 {
		return ""
	}
	var names []string
	for _, s := range l.open[i:] {
		names = append(names, s.Name)
	}
	return strings.Join(append(names, names[0]), " plays ")
}
