package check_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"semblance/scenarios"
	"semblance/scenarios/check"
	"semblance/schemas/human"
)

// The README of the checks derives from their files and from the golden files of the proofs.
func TestREADME(t *testing.T) { testREADME(t) }

func testREADME(t *testing.T) {
	t.Helper()
	wrong, err := os.ReadFile("testdata/wrong.md")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	cases := load(t)
	fmt.Fprintf(&b, `# The checks

`+"`semblance check`"+` judges a webhook receiver by %s. Each is one file in this folder. This page is generated from the files:
`+"`go test ./scenarios/check -update`"+`.

A MUST that is not met fails the run, a SHOULD is a warning, a MAY a remark. A refusal is any 4xx except 408 and 429, and counts only if the
same event without the mistake is accepted directly afterwards. A check that would only repeat the finding of another one is not judged.

## Add a check

`, human.Count(len(cases), "check"))
	var topic strings.Builder
	if err := check.Explain(&topic, cases, "new"); err != nil {
		t.Fatal(err)
	}
	b.WriteString(indentExample(topic.String()))
	b.WriteString("\n## Proof: wrong receivers\n\nEach receiver makes one mistake (`semblance listen --act-wrong`), and the check of that mistake finds it. Effects are counted.\n\n")
	b.Write(wrong)
	fmt.Fprintf(&b, "\nNo wrong receiver makes the mistake of these MUST checks: %s.\n", human.And(withoutReceiver(cases, string(wrong))))
	contradictions, err := os.ReadFile("testdata/contradictions.md")
	if err != nil {
		t.Fatal(err)
	}
	b.WriteString("\n## Proof: other responses\n\nA right receiver gives another response to one request of a step, or every event takes effect twice. The table has the outcomes of the\n" +
		"check with this response to each of its steps in turn; – means that the response is right too.\n\n")
	b.Write(contradictions)
	examples, err := os.ReadFile("../../simulator/receiver/examples/checks.md")
	if err != nil {
		t.Fatal(err)
	}
	b.WriteString("\n## Proof: receivers that are right\n\nNo MUST fails at the [example receivers](../../simulator/receiver/examples/README.md). Everything else that a check says of them, with the reason:\n\n")
	b.Write(examples)
	group := ""
	for _, c := range cases {
		if c.Group != group {
			group = c.Group
			fmt.Fprintf(&b, "\n## %s%s\n", strings.ToUpper(group[:1]), group[1:])
		}
		describe(&b, c)
	}
	golden(t, "../conformance/README.md", b.String())
}

// indentExample makes the example of a topic a code block.
func indentExample(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "  ") {
			line = "  " + line
		}
		b.WriteString(line)
	}
	return b.String()
}

func describe(b *strings.Builder, c *check.Case) {
	fmt.Fprintf(b, "\n### %s\n\n**%s.** %s\n\n%s Fix: %s\n\n", c.ID, c.Name, strings.ToUpper(string(c.Level)), c.Why, c.Fix)
	var sources []string
	for _, s := range c.Sources {
		switch s {
		case "contract":
			s = "the provider's documentation"
		case "own":
			s = "our own judgement"
		default:
			s = "<" + s + ">"
		}
		sources = append(sources, s)
	}
	fmt.Fprintf(b, "Sources: %s. File: [%s](%s).", strings.Join(sources, ", "), c.File, c.File)
	if len(c.After) > 0 {
		var links []string
		for _, id := range c.After {
			links = append(links, fmt.Sprintf("[%s](#%s)", id, strings.ToLower(id)))
		}
		fmt.Fprintf(b, " Not judged if %s failed.", human.Or(links))
	}
	b.WriteString("\n")
}

// withoutReceiver returns the MUST checks that no wrong receiver fails as a root.
func withoutReceiver(cases []*check.Case, wrong string) []string {
	var ids []string
	for _, c := range cases {
		if c.Level == scenarios.Must && !strings.Contains(wrong, "**"+c.ID+"**") {
			ids = append(ids, c.ID)
		}
	}
	slices.Sort(ids)
	return ids
}
