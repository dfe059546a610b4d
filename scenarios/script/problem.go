package script

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"semblance/schemas/human"
)

// Pos is a position in a file. Lines and columns count from 1; a column counts characters. Line 0 is the whole file.
type Pos struct {
	File   string
	Line   int
	Column int
}

// String returns the position as file:line:column, which editors and terminals link.
func (p Pos) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Severity says whether a problem prevents a play.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning" // the scenario can be played
)

// Problem is an error or a warning about a scenario.
type Problem struct {
	Pos
	Severity Severity
	Message  string // with the fix
	Text     string // the line of the file, for [Problem.Excerpt]
	Width    int    // the number of characters concerned
}

// String returns the problem as one line, without an excerpt of the file.
func (p Problem) String() string {
	if p.Severity == Warning {
		return human.Printable(p.Pos.String() + ": warning: " + p.Message)
	}
	return human.Printable(p.Pos.String() + ": " + p.Message)
}

// excerptWidth is the largest number of characters of a line in an excerpt.
const excerptWidth = 120

// Excerpt returns the line of the file with carets under the position, or "" if the problem has no line:
//
//	12 |   - send: booking.craeted
//	   |           ^^^^^^^^^^^^^^^
func (p Problem) Excerpt() string {
	if p.Text == "" || p.Line == 0 {
		return ""
	}
	line := []rune(strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case !unicode.IsPrint(r):
			return '·'
		}
		return r
	}, p.Text))
	column := min(p.Column, len(line)+1)
	from := max(0, column-excerptWidth*2/3)
	line = line[from:]
	more := ""
	if len(line) > excerptWidth {
		line, more = line[:excerptWidth], "…"
	}
	start := column - 1 - from
	width := max(1, cells(line[start:start+max(0, min(p.Width, len(line)-start))]))
	number := strconv.Itoa(p.Line)
	margin := strings.Repeat(" ", len(number))
	return fmt.Sprintf("  %s | %s%s\n  %s | %s%s\n",
		number, string(line), more, margin, strings.Repeat(" ", cells(line[:start])), strings.Repeat("^", width))
}

// cells returns the width of the text on a terminal: two columns for an East Asian character or an emoji, none for a
// combining mark.
func cells(text []rune) int {
	n := 0
	for _, r := range text {
		switch {
		case unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana), r >= 0xff01 && r <= 0xff60, r >= 0x1f300 && r <= 0x1faff:
			n += 2
		case !unicode.In(r, unicode.Mn, unicode.Me):
			n++
		}
	}
	return n
}

// Problems lists the problems of a scenario and the files that it plays, in the order of their positions.
type Problems []Problem

// Err returns the problems as an error if there is one that is not a warning, and nil otherwise.
func (ps Problems) Err() error {
	if slices.ContainsFunc(ps, func(p Problem) bool { return p.Severity == Error }) {
		return ps
	}
	return nil
}

// Error returns the problems with their excerpts.
func (ps Problems) Error() string { return strings.TrimSuffix(ps.String(), "\n") }

// String returns the problems for people: each on one line, followed by its excerpt.
func (ps Problems) String() string {
	var b strings.Builder
	for _, p := range ps {
		b.WriteString(p.String())
		b.WriteByte('\n')
		b.WriteString(p.Excerpt())
	}
	return b.String()
}

// Count returns the numbers of errors and warnings.
func (ps Problems) Count() (errors, warnings int) {
	for _, p := range ps {
		if p.Severity == Warning {
			warnings++
		} else {
			errors++
		}
	}
	return errors, warnings
}

// sorted returns the problems by file, line and column, without duplicates.
func (ps Problems) sorted() Problems {
	order := map[string]int{} // of the files: as they were read
	for _, p := range ps {
		if _, ok := order[p.File]; !ok {
			order[p.File] = len(order)
		}
	}
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(order[a.File], order[b.File]), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.CompactFunc(ps, func(a, b Problem) bool { return a.Pos == b.Pos && a.Message == b.Message })
}
