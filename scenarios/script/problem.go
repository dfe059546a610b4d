package script

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Pos is a place in a file. Lines and columns count from 1; a column counts characters.
type Pos struct {
	File   string
	Line   int
	Column int
}

// String returns the place as editors and terminals link it: file:line:column.
func (p Pos) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Severity says whether a problem stops a scenario from being played.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning" // said, and played all the same
)

// Problem is one thing that is wrong with a scenario: where, what, and the mend.
type Problem struct {
	Pos
	Severity Severity
	Message  string
	Line     string // the text of the line, for [Problem.Excerpt]
	Width    int    // how many characters from the column on are meant
}

// String returns the problem in one line, without the text of the file.
func (p Problem) String() string {
	if p.Severity == Warning {
		return p.Pos.String() + ": warning: " + p.Message
	}
	return p.Pos.String() + ": " + p.Message
}

// excerptWidth bounds the characters of a line that an excerpt shows.
const excerptWidth = 120

// Excerpt returns the line of the file with a caret under the place, as compilers show it, or "" where the problem has
// no line:
//
//	12 |   - send: booking.craeted
//	   |           ^^^^^^^^^^^^^^^
func (p Problem) Excerpt() string {
	if p.Line == "" || p.Pos.Line == 0 {
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
	}, p.Line))
	column := min(p.Column, len(line)+1)
	from := 0
	if column > excerptWidth*2/3 {
		from = column - excerptWidth*2/3
	}
	line = line[from:]
	more := ""
	if len(line) > excerptWidth {
		line, more = line[:excerptWidth], "…"
	}
	start := column - 1 - from
	width := max(1, cells(line[start:start+max(0, min(p.Width, len(line)-start))]))
	number := strconv.Itoa(p.Pos.Line)
	margin := strings.Repeat(" ", len(number))
	return fmt.Sprintf("  %s | %s%s\n  %s | %s%s\n",
		number, string(line), more, margin, strings.Repeat(" ", cells(line[:start])), strings.Repeat("^", width))
}

// cells returns how many columns a terminal gives to the text: two for each character of the scripts of East Asia and each
// emoji, none for a mark that is set upon the character before it.
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

// Problems is all that is wrong with a scenario and the files that it names, in the order of the places. As an error it
// prints them as [Problems.String] does.
type Problems []Problem

// Err returns the problems as an error if one of them is more than a warning, and nil otherwise.
func (ps Problems) Err() error {
	if slices.ContainsFunc(ps, func(p Problem) bool { return p.Severity == Error }) {
		return ps
	}
	return nil
}

// Error returns the problems, one after the other.
func (ps Problems) Error() string { return strings.TrimSuffix(ps.String(), "\n") }

// String returns all problems as people read them: each in a line, then its place in the file with a caret.
func (ps Problems) String() string {
	var b strings.Builder
	for _, p := range ps {
		b.WriteString(p.String())
		b.WriteByte('\n')
		b.WriteString(p.Excerpt())
	}
	return b.String()
}

// Count returns how many errors and how many warnings there are.
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

// sorted returns the problems in the order of the files, lines and columns, each once.
func (ps Problems) sorted() Problems {
	order := map[string]int{} // files in the order in which they were read
	for _, p := range ps {
		if _, ok := order[p.File]; !ok {
			order[p.File] = len(order)
		}
	}
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(order[a.File], order[b.File]), cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.CompactFunc(ps, func(a, b Problem) bool { return a.Pos == b.Pos && a.Message == b.Message })
}
