package fault

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"semblance/schemas/naming"
)

// Kind is what an attribute's value is.
type Kind string

// The kinds of attributes.
const (
	Duration Kind = "duration" // such as 400s or 1m30s
	Size     Kind = "size"     // bytes, such as 512, 64KiB or 2MB
	Count    Kind = "count"    // a whole number
	Share    Kind = "share"    // a percentage, such as 50%
	Choice   Kind = "choice"   // one of Attribute.Choices
	Text     Kind = "text"     // any text of one line
)

// Attribute describes one attribute of a fault.
type Attribute struct {
	Name    string
	Kind    Kind
	Default string
	Choices []string // for Choice
	Min     int64    // for numbers: nanoseconds, bytes, or the number itself
	Max     int64    // for numbers
	Summary string   // what it says, without a full stop
}

// value is an attribute's value: a number for the kinds that are one, else text.
type value struct {
	attribute *Attribute
	number    int64
	text      string
}

// values are those of all of a fault's attributes, in the table's order. To ask for one that the row does not have is a
// mistake in the table, and panics.
type values []value

func (v values) find(name string) value {
	for _, value := range v {
		if value.attribute.Name == name {
			return value
		}
	}
	panic("the fault's row has no attribute " + name)
}

func (v values) text(name string) string            { return v.find(name).text }
func (v values) number(name string) int64           { return v.find(name).number }
func (v values) count(name string) int              { return int(v.find(name).number) }
func (v values) duration(name string) time.Duration { return time.Duration(v.find(name).number) }

// read checks the attributes that are given and adds the defaults of the others.
func (r *row) read(given map[string]string) (values, error) {
	names := make([]string, len(r.Attributes))
	for i := range r.Attributes {
		names[i] = r.Attributes[i].Name
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if slices.Contains(names, name) {
			continue
		}
		switch near := naming.Nearest(name, names); {
		case len(names) == 0:
			return nil, fmt.Errorf("the fault %s has no attributes, so %q cannot be set", r.Text(), excerpt(name))
		case near != "":
			return nil, fmt.Errorf("the fault %s has no attribute %q; did you mean %q?", r.Text(), excerpt(name), near)
		default:
			return nil, fmt.Errorf("the fault %s has no attribute %q; it has %s", r.Text(), excerpt(name), strings.Join(names, ", "))
		}
	}
	all := make(values, len(r.Attributes))
	for i := range r.Attributes {
		a := &r.Attributes[i]
		text, ok := given[a.Name]
		if !ok {
			text = a.Default
		}
		v, err := a.read(text)
		if err != nil {
			return nil, fmt.Errorf("the fault %s, attribute %s: %w", r.Text(), a.Name, err)
		}
		all[i] = v
	}
	return all, nil
}

// format writes the fault with the values that are not the default.
func (r *row) format(all values) string {
	text := r.Text()
	for i, v := range all {
		if def, _ := r.Attributes[i].read(r.Attributes[i].Default); v != def {
			text += "," + v.attribute.Name + "=" + v.String()
		}
	}
	return text
}

// read parses and bounds one value.
func (a *Attribute) read(text string) (value, error) {
	v := value{attribute: a}
	switch a.Kind {
	case Text:
		if text == "" || strings.ContainsFunc(text, func(r rune) bool { return r < 0x20 || r == 0x7f }) {
			return v, fmt.Errorf("%q is not a text of one line", excerpt(text))
		}
		v.text = text
		return v, nil
	case Choice:
		if !slices.Contains(a.Choices, text) {
			if near := naming.Nearest(text, a.Choices); near != "" {
				return v, fmt.Errorf("unknown value %q; did you mean %q?", excerpt(text), near)
			}
			return v, fmt.Errorf("unknown value %q; it is one of %s", excerpt(text), strings.Join(a.Choices, ", "))
		}
		v.text = text
		return v, nil
	}
	n, err := a.Kind.number(text)
	if err != nil {
		return v, err
	}
	v.number = n
	if n < a.Min || n > a.Max {
		low, high := value{attribute: a, number: a.Min}, value{attribute: a, number: a.Max}
		return v, fmt.Errorf("%s is out of bounds; it is from %s to %s", text, low, high)
	}
	return v, nil
}

// number parses the kinds that are one.
func (k Kind) number(text string) (int64, error) {
	switch k {
	case Duration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return 0, fmt.Errorf("%q is no duration, such as 400s or 1m30s", excerpt(text))
		}
		return int64(d), nil
	case Size:
		return parseSize(text)
	case Share:
		digits, ok := strings.CutSuffix(text, "%")
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || !ok {
			return 0, fmt.Errorf("%q is no whole percentage, such as 50%%", excerpt(text))
		}
		return n, nil
	default:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%q is no whole number", excerpt(text))
		}
		return n, nil
	}
}

// units of sizes. The canonical form uses the binary ones alone.
var units = []struct {
	name   string
	size   int64
	binary bool
}{
	{"GiB", 1 << 30, true}, {"MiB", 1 << 20, true}, {"KiB", 1 << 10, true},
	{"GB", 1e9, false}, {"MB", 1e6, false}, {"KB", 1e3, false}, {"kB", 1e3, false}, {"B", 1, false},
}

func parseSize(text string) (int64, error) {
	digits, unit := text, int64(1)
	for _, u := range units {
		if cut, ok := strings.CutSuffix(text, u.name); ok {
			digits, unit = cut, u.size
			break
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n > (1<<62)/unit || n < 0 {
		return 0, fmt.Errorf("%q is no size, such as 512, 64KiB or 2MB", excerpt(text))
	}
	return n * unit, nil
}

// String writes the value so that it reads back the same.
func (v value) String() string {
	switch v.attribute.Kind {
	case Duration:
		return shortDuration(time.Duration(v.number))
	case Size:
		for _, u := range units {
			if u.binary && v.number >= u.size && v.number%u.size == 0 {
				return strconv.FormatInt(v.number/u.size, 10) + u.name
			}
		}
		return strconv.FormatInt(v.number, 10)
	case Share:
		return strconv.FormatInt(v.number, 10) + "%"
	case Count:
		return strconv.FormatInt(v.number, 10)
	default:
		if strings.ContainsAny(v.text, `,"`) || strings.TrimSpace(v.text) != v.text {
			return strconv.Quote(v.text)
		}
		return v.text
	}
}

// shortDuration is Duration.String without the zeros that nobody writes: 7m and not 7m0s.
func shortDuration(d time.Duration) string {
	text := d.String()
	if cut, ok := strings.CutSuffix(text, "m0s"); ok {
		text = cut + "m"
	}
	if cut, ok := strings.CutSuffix(text, "h0m"); ok {
		text = cut + "h"
	}
	return text
}

type pair struct{ name, value string }

// split cuts text into NAME=VALUE pairs at its commas. A name alone, without "=", is allowed in the first pair only, and
// is then wrong by name.
func split(text string) ([]pair, error) {
	var pairs []pair
	for rest := text; ; {
		name, after, hasValue := cutName(rest)
		if name = strings.TrimSpace(name); !hasValue && len(pairs) > 0 {
			return nil, fmt.Errorf("%q has no value; write %s=…", excerpt(name), excerpt(name))
		}
		value, tail, err := cutValue(after)
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, pair{name, value})
		if tail == "" {
			return pairs, nil
		}
		rest = tail[1:]
	}
}

// cutName cuts a name from the value behind it. Where the name has no value, after is what follows, from its comma on.
func cutName(text string) (name, after string, hasValue bool) {
	i := strings.IndexAny(text, "=,")
	switch {
	case i < 0:
		return text, "", false
	case text[i] == ',':
		return text[:i], text[i:], false
	default:
		return text[:i], text[i+1:], true
	}
}

// cutValue cuts a value, quoted or plain, from the comma behind it.
func cutValue(text string) (value, tail string, err error) {
	text = strings.TrimLeft(text, " ")
	if !strings.HasPrefix(text, `"`) {
		i := strings.IndexByte(text, ',')
		if i < 0 {
			i = len(text)
		}
		return strings.TrimRight(text[:i], " "), text[i:], nil
	}
	quoted, err := strconv.QuotedPrefix(text)
	if err != nil {
		return "", "", errors.New("a value in double quotes does not end")
	}
	if value, err = strconv.Unquote(quoted); err != nil {
		return "", "", fmt.Errorf("the value %s is badly quoted", excerpt(quoted))
	}
	tail = strings.TrimLeft(text[len(quoted):], " ")
	if tail != "" && tail[0] != ',' {
		return "", "", fmt.Errorf("a comma is missing after %s", excerpt(quoted))
	}
	return value, tail, nil
}

// excerpt keeps a stranger's text short enough for an error.
func excerpt(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
