// Package human prints counts, durations, sizes, lists and excerpts for people, each in one form everywhere.
//
//	human.Count(2409, "event")                     // 2,409 events
//	human.Duration(1320 * time.Microsecond)        // 1.3 ms
//	human.Size(20 << 10)                           // 20 KiB
//	human.And([]string{"ada", "bob", "visit"})     // ada, bob and visit
//	human.Excerpt("two\nlines", 20)                // two lines
//
// Output for programs (JSON, flags, file names) does not use it.
package human

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// An Integer is a number of things.
type Integer interface {
	~int | ~int32 | ~int64 | ~uint64
}

// Number returns n with a comma between groups of three digits.
func Number[N Integer](n N) string {
	digits := strconv.FormatInt(int64(n), 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Count returns a number with its noun, in the singular for one and the plural for all other numbers.
func Count[N Integer](n N, noun string) string {
	if n != 1 {
		noun = Plural(noun)
	}
	return Number(n) + " " + noun
}

// Plural returns the regular plural of an English noun.
func Plural(noun string) string {
	switch {
	case strings.HasSuffix(noun, "y") && !strings.HasSuffix(noun, "ay") && !strings.HasSuffix(noun, "ey"):
		return strings.TrimSuffix(noun, "y") + "ies"
	case strings.HasSuffix(noun, "s"), strings.HasSuffix(noun, "x"), strings.HasSuffix(noun, "ch"), strings.HasSuffix(noun, "sh"):
		return noun + "es"
	}
	return noun + "s"
}

// Duration returns a duration with two or three significant digits and its unit, such as "0.29 ms", "1.3 ms", "2.9 s"
// or "1 min 30 s".
func Duration(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + Duration(-d)
	case d == 0:
		return "0 s"
	case d < 9950*time.Microsecond && d >= time.Millisecond:
		return decimal(d.Seconds()*1e3, 1) + " ms"
	case d < time.Millisecond:
		return decimal(d.Seconds()*1e3, 2) + " ms"
	case d < 999500*time.Microsecond:
		return decimal(d.Seconds()*1e3, 0) + " ms"
	case d < 9950*time.Millisecond:
		return decimal(d.Seconds(), 1) + " s"
	}
	return units(d.Round(time.Second))
}

// units returns the two largest units of at least ten seconds.
func units(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= 10*day:
		return Number(int64(d/day)) + " d"
	case d >= 2*day:
		return two(d, day, " d", time.Hour, " h")
	case d >= time.Hour:
		return two(d, time.Hour, " h", time.Minute, " min")
	case d >= time.Minute:
		return two(d, time.Minute, " min", time.Second, " s")
	}
	return decimal(d.Seconds(), 0) + " s"
}

func two(d, large time.Duration, largeUnit string, small time.Duration, smallUnit string) string {
	text := Number(int64(d/large)) + largeUnit
	if rest := d % large / small; rest > 0 {
		text += " " + strconv.FormatInt(int64(rest), 10) + smallUnit
	}
	return text
}

// Size returns a number of bytes with its unit.
func Size[N Integer](n N) string {
	switch b := float64(n); {
	case b < 1<<10:
		return Count(n, "byte")
	case b < 1<<20:
		return decimal(b/(1<<10), 1) + " KiB"
	case b < 1<<30:
		return decimal(b/(1<<20), 1) + " MiB"
	default:
		return decimal(b/(1<<30), 1) + " GiB"
	}
}

// decimal returns x with at most the given number of decimals, without trailing zeros.
func decimal(x float64, decimals int) string {
	text := strconv.FormatFloat(x, 'f', decimals, 64)
	if decimals > 0 {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// And returns words joined for a sentence: "a, b and c".
func And(words []string) string { return list(words, "and") }

// Or returns words joined as alternatives: "a, b or c".
func Or(words []string) string { return list(words, "or") }

func list(words []string, conjunction string) string {
	switch n := len(words); n {
	case 0:
		return "none"
	case 1:
		return words[0]
	default:
		return strings.Join(words[:n-1], ", ") + " " + conjunction + " " + words[n-1]
	}
}

// Excerpt returns at most the given number of runes of a text on one line. Each run of white space becomes one space, and
// each byte or character that a terminal could interpret becomes a dot.
func Excerpt(text string, runes int) string {
	var b strings.Builder
	n, blank := 0, false
	for i, r := range text {
		if unicode.IsSpace(r) {
			blank = n > 0
			continue
		}
		if n >= runes {
			return b.String() + "…"
		}
		if blank {
			b.WriteByte(' ')
			n++
			blank = false
		}
		b.WriteRune(printable(text[i:], r))
		n++
	}
	return b.String()
}

// Cut is [Excerpt] for a text whose spacing matters: each character of white space becomes one blank.
func Cut(text string, runes int) string {
	if len(text) <= runes && strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) < 0 {
		return text
	}
	var b strings.Builder
	n := 0
	for i, r := range text {
		if n >= runes {
			return b.String() + "…"
		}
		if unicode.IsSpace(r) {
			r = ' '
		}
		b.WriteRune(printable(text[i:], r))
		n++
	}
	return b.String()
}

// printable returns the first rune r of a text, or a dot if it is an invalid byte or not printable.
func printable(text string, r rune) rune {
	if r == unicode.ReplacementChar && !strings.HasPrefix(text, "\uFFFD") || !unicode.IsPrint(r) {
		return '·'
	}
	return r
}

// Printable returns text with a dot for each byte or character that a terminal could interpret, except tabs and newlines.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) && r != unicode.ReplacementChar {
			return r
		}
		return '·'
	}, text)
}

// Line returns text on one line: [Printable], with a blank for each tab and newline. It is for text of others that must not
// start a line of its own.
func Line(text string) string { return Cut(text, len(text)) }

// Quoted returns text for a message: quoted, and cut to a length that fits on a line.
func Quoted(text string) string { return fmt.Sprintf("%q", Excerpt(text, 60)) }
