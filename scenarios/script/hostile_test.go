package script_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"semblance/scenarios/script"
	"semblance/schemas/human"
)

// Any hostile file is refused quickly and with a short message.
func TestHostileFiles(t *testing.T) {
	t.Parallel()
	step := "steps: [{wait: 1s}]\n"
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 30; i++ {
		bomb += fmt.Sprintf("a%d: &a%d [%s*a%d]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 8), i-1)
	}
	for name, test := range map[string]struct {
		file, data, want string
	}{
		"lists within lists":        {"x.yaml", strings.Repeat("[", 200_000), "more than 64 levels of nesting"},
		"maps within maps":          {"x.yaml", strings.Repeat("{a: ", 200_000), "more than 64 levels of nesting"},
		"blocks within blocks":      {"x.yaml", blocks(200), "more than 64 levels of nesting"},
		"steps within steps":        {"x.yaml", "name: x\nsteps: " + strings.Repeat("[{shuffle: ", 100) + "[]" + strings.Repeat("}]", 100), "more than 64 levels of nesting"},
		"JSON within JSON":          {"x.json", strings.Repeat(`{"a":[`, 100_000), "more than 64 levels of nesting"},
		"dashes":                    {"x.yaml", strings.Repeat("- ", 400_000), "more than 64 levels of nesting"},
		"an alias bomb":             {"x.yaml", bomb, "more than 100,000 values"},
		"an alias bomb in a step":   {"x.yaml", "name: x\n" + bomb + "steps: [{send: booking.created, expect: {equals: {/a: *a29}}}]", "more than 100,000 values"},
		"an alias of itself":        {"x.yaml", "name: x\nsteps: &s [*s]\n", "refers to a value that contains it"},
		"many values":               {"x.yaml", "name: x\nsteps:\n" + strings.Repeat("- {}\n", 110_000), "more than 100,000 values"},
		"many steps":                {"x.yaml", "name: x\nsteps:\n" + strings.Repeat("- {wait: 1s}\n", 11_000), "more than 10,000 steps"},
		"many mistakes":             {"x.yaml", "name: x\nsteps:\n" + strings.Repeat("- {wit: 1s}\n", 5_000), "more than 100 errors"},
		"many unknown keys":         {"x.yaml", step + unknownKeys(5_000), "more than 100 errors"},
		"many large texts":          {"x.yaml", "name: x\nsteps:\n- {request: {raw: \"" + strings.Repeat("${fill.1MiB}", 900) + "\"}}\n", "fills more than 16 MiB"},
		"many large changes":        {"x.yaml", "name: x\nsteps:\n- &s {send: booking.created, body: {nest: 1000000, raw: '" + strings.Repeat("[", 300_000) + "'}}\n" + strings.Repeat("- *s\n", 300) + "- {wit: 1s}\n", "more than 100"},
		"too many bytes":            {"x.yaml", strings.Repeat("# x\n", 1<<19), "larger than 1 MiB"},
		"a huge seed":               {"x.yaml", "name: x\nseed: 1e10000000\n" + step, "seed must be a whole number"},
		"a huge number":             {"x.yaml", "name: x\nsteps: [{traffic: {events: " + strings.Repeat("9", 500_000) + "}}]\n", "events must be a whole number"},
		"a huge rate":               {"x.yaml", "name: x\nsteps: [{traffic: {events: 5, rate: 1e400/s}}]\n", "rate must be a number per unit of time"},
		"a rate of nothing":         {"x.yaml", "name: x\nsteps: [{traffic: {events: 5, rate: NaN/s}}]\n", "rate must be a number per unit of time"},
		"a huge duration":           {"x.yaml", "name: x\nsteps: [{wait: 99999999999999h}]\n", "must be a duration"},
		"a huge number in a schema": {"x.yaml", "name: x\nsteps: [{send: booking.created, expect: {body: {minimum: 1e10000000}}}]\n", "does not compile"},
		"a huge pattern":            {"x.yaml", "name: x\nsteps: [{send: booking.created, expect: {body: {pattern: '(a{1000}){1000}'}}}]\n", "does not compile"},
		"a long line":               {"x.yaml", "name: " + strings.Repeat("ä", 300_000) + "\nsteps: x\n", "steps must be a list"},
		"a long word":               {"x.yaml", "name: x\nsteps: [{send: " + strings.Repeat("b", 400_000) + "}]\n", "unknown event type"},
		"a long reference":          {"x.yaml", "name: x\nsteps: [{probe: {get: '" + strings.Repeat("${a.b.id}", 3_000) + "'}}]\n", "more than 100 errors"},
		"many stars":                {"x.yaml", "name: x\nsteps: [{traffic: {events: 1, types: '" + strings.Repeat("*", 100_000) + "x'}}]\n", "no event type matches"},
		"many bad relations":        {"x.yaml", step + "name: x\ncast:\n" + numbered(3_000, "  c%d: {kind: booking, patient: nobody%d}\n"), "more than 100 errors"},
		"many that disagree":        {"x.yaml", step + "name: x\ncast:\n  a: {kind: patient}\n  b: {kind: patient}\n  e: {kind: episode, patient: b}\n" + numbered(2_000, "  c%d: {kind: pathway, patient: a, episode: e} #%d\n"), "more than 100 errors"},
		"many bad names":            {"x.yaml", "name: x\ncast:\n" + numbered(2_000, "  c%d: {kind: patient} #%d\n") + "steps:\n" + numbered(2_000, "- {send: booking.created, about: nobody%d} #%d\n"), "more than 100 errors"},
		"many bad captures":         {"x.yaml", "name: x\nsteps:\n" + numbered(1_500, "- {send: booking.created, capture: {c%d: /a}, identifiers: {doctorId: '${nobody%d}'}}\n"), "more than 100 errors"},
		"a line of relations":       {"x.yaml", step + "name: x\ncast:\n  c0: {kind: episode}\n" + numbered(2_000, "  c%d: {kind: pathway, episode: d%d}\n"), "more than 100 errors"},
		"many faults":               {"x.yaml", "name: x\nsteps: [{send: booking.created, fault: {signature: {name: stale, " + unknownKeysInline(2_000) + "}}}]\n", "unknown attribute"},
		"a NUL":                     {"x.yaml", "name: a\x00b\n" + step, "x.yaml:1:8: the file is not a text file: it contains a NUL byte"},
		"a program":                 {"x.yaml", "\x7fELF\x02\x01\x01\x00\x00", "the file is not a text file"},
		"a picture":                 {"x.json", "\x89PNG\r\n\x1a\n", "the file is not a text file"},
		"UTF-16":                    {"x.yaml", "\xff\xfen\x00a\x00", "the file is UTF-16; save it as UTF-8"},
		"Latin-1":                   {"x.yaml", "name: caf\xe9\n" + step, "x.yaml:1:10: the file is not a text file: it contains a byte (0xe9) that is not UTF-8"},
		"an escape":                 {"x.yaml", "name: \x1b[31mred\n" + step, "a control character (0x1b)"},
		"an escaped escape":         {"x.json", `{"name": "x", "steps": [{"sen\u001b[31md": "x"}]}`, "a step needs one of the keys"},
		"an escape in a name":       {"x.yaml", `name: "\e[31mred"` + "\n" + step, "name contains a character that is not printable"},
		"a C1 control in a name":    {"x.json", `{"name": "\u009b31mred", "steps": [{"wait": "1s"}]}`, "name contains a character that is not printable"},
		"a bidi override in a name": {"x.yaml", "name: gpj\u202eexe\n" + step, "name contains a character that is not printable"},
		"two lines in a name":       {"x.json", `{"name": "red\nx.yaml:1:1: ok", "steps": [{"wait": "1s"}]}`, "name must be a single line"},
		"an escape in a text":       {"x.yaml", `name: x` + "\n" + `description: "\x9b31mred"` + "\n" + step, "description contains a character that is not printable"},
		"an escape in a file name":  {"x.yaml", `name: x` + "\n" + `steps: [{play: "\e[31mred\nx.yaml:1:1: ok"}]`, "cannot play another"},
		"an escape in a record":     {"x.yaml", `name: x` + "\n" + `steps: [{send: booking.created, about: "\u202egpj"}]`, "is not in the cast"},
		"an escape in a header":     {"x.yaml", `name: x` + "\n" + `steps: [{request: {raw: "", headers: {A: "${\e[31m}"}}}]`, "is not a name"},
		"nothing":                   {"x.yaml", "", "the file is empty"},
		"nothing of JSON":           {"x.json", "", "invalid JSON: unexpected end of file"},
		"white space":               {"x.yaml", "\n\n  \n", "the file is empty"},
		"a question mark":           {"x.yaml", strings.Repeat("? ", 300_000), "more than 64 levels of nesting"},
		"an open quote":             {"x.yaml", `name: "` + strings.Repeat("a\n", 300_000), "the quote is not closed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			_, err := script.Parse(test.file, []byte(test.data))
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %s", took)
			}
			switch {
			case err == nil:
				t.Fatal("accepted")
			case !strings.Contains(err.Error(), test.want):
				t.Errorf("got  %.500s\nwant %s", err, test.want)
			case len(err.Error()) > 100_000:
				t.Errorf("the message has %d bytes", len(err.Error()))
			case err.Error() != human.Printable(err.Error()):
				t.Errorf("the message is not printable: %.200q", err)
			}
		})
	}
}

func blocks(depth int) string {
	var b strings.Builder
	for i := range depth {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func unknownKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "key%d: 1\n", i)
	}
	return b.String()
}

// numbered repeats a line with two numbers.
func numbered(n int, line string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, line, i, i)
	}
	return b.String()
}

func unknownKeysInline(n int) string {
	return strings.TrimSuffix(strings.ReplaceAll(unknownKeys(n), "\n", ", "), ", ")
}

// A file of 100 MiB is not read to its end.
func TestHugeFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "huge.yaml")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Truncate(100 << 20); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	before := allocated()
	_, err = script.Load(script.Files{}, name)
	after := allocated()
	if err == nil || !strings.Contains(err.Error(), "larger than 1 MiB") {
		t.Errorf("got %v", err)
	}
	if after-before > 16<<20 {
		t.Errorf("allocated %d bytes", after-before)
	}
}

// The depth and the number of played scenarios are bounded.
func TestEndlessPlays(t *testing.T) {
	t.Parallel()
	many := "name: x\nsteps:\n" + strings.Repeat("- play: NEXT\n", 30)
	library := fstest.MapFS{"last.yaml": {Data: []byte("name: x\nsteps: [{wait: 1s}]\n")}}
	for i := range 12 {
		next := fmt.Sprintf("deep-%d", i+1)
		wide := fmt.Sprintf("wide-%d", i+1)
		if i == 11 {
			next, wide = "last", "last"
		}
		library[fmt.Sprintf("deep-%d.yaml", i)] = &fstest.MapFile{Data: []byte("name: x\nsteps: [{play: " + next + "}]\n")}
		library[fmt.Sprintf("wide-%d.yaml", i)] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(many, "NEXT", wide))}
	}
	library["wide-3.yaml"] = library["last.yaml"]
	library["itself.yaml"] = &fstest.MapFile{Data: []byte("name: x\nsteps: [{play: itself}]\n")}
	for name, want := range map[string]string{
		"deep-0": "more than 8 levels deep",
		"wide-0": "more than 10,000 steps",
		"itself": "cannot play each other: itself.yaml plays itself.yaml",
		"itslf":  `did you mean "itself"?`,
	} {
		start := time.Now()
		_, err := script.Load(script.Files{Scenarios: library}, name)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %.300v, want %s", name, err, want)
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
}

// The description of a step in reports is one printable line of bounded length.
func TestInfoIsPrintable(t *testing.T) {
	t.Parallel()
	scenario, err := script.Parse("x.yaml", []byte(`
name: x
steps:
  - probe: {get: "http://localhost/\e[31m\u202e\nx.yaml:1:1: ok"}
  - probe: {exec: ["\u009b31m`+strings.Repeat("a", 10_000)+`"]}
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range scenario.Info() {
		if step.Title != human.Excerpt(step.Title, 400) {
			t.Errorf("step %s: %.500q", step.Path, step.Title)
		}
	}
}
