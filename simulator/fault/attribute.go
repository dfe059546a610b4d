package fault

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"semblance/schemas/human"
	"semblance/schemas/naming"
)

// Kind is the type of an attribute's value.
type Kind string

// The kinds of attributes.
const (
	Duration Kind = "duration" // such as 400s or 1m30s
	Size     Kind = "size"     // bytes, such as 512, 64KiB or 2MB
	Count    Kind = "count"    // an integer
	Share    Kind = "share"    // a percentage, such as 50%
	Choice   Kind = "choice"   // one of Attribute.Choices
	Text     Kind = "text"     // any single line of text
)

// Attribute describes one attribute of a fault.
type Attribute struct {
	Name    string
	Kind    Kind
	Default string
	Choices []string // for Choice
	Min     int64    // for numbers, in nanoseconds for a duration and bytes for a size
	Max     int64    // for numbers
	Summary string   // a phrase without a full stop
}

// value is the value of an attribute: text for Choice and Text, else a number.
type value struct {
	attribute *Attribute
	number    int64
	text      string
}

// values are the values of all attributes of a fault, in the table's order. Its methods panic if the row has no attribute of
// that name, which is a mistake in the table.
type values []value

func (v values) find(name string) value {
	return v[slices.IndexFunc(v, func(one value) bool { return one.attribute.Name == name })]
}

func (v values) text(name string) string            { return v.find(name).text }
func (v values) count(name string) int              { return int(v.find(name).number) }
func (v values) duration(name string) time.Duration { return time.Duration(v.find(name).number) }

// read checks the given attributes and adds the defaults of the others.
func (r *row) read(given map[string]string) (values, error) {
	names := naming.List(r.Attributes, func(a Attribute) string { return a.Name })
	for _, name := range slices.Sorted(maps.Keys(given)) {
		switch {
		case len(names) == 0:
			return nil, fmt.Errorf("the fault %s has no attributes; remove %s", r.Text(), human.Quoted(name))
		case !slices.Contains(names, name):
			return nil, fmt.Errorf("the fault %s: %s", r.Text(), naming.Unknown("attribute", name, names))
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

// format returns the fault with the values that differ from the default.
func (r *row) format(all values) string {
	text := r.Text()
	for i, v := range all {
		if def, _ := r.Attributes[i].read(r.Attributes[i].Default); v != def {
			text += "," + v.attribute.Name + "=" + v.String()
		}
	}
	return text
}

// read parses one value and checks its range.
func (a *Attribute) read(text string) (value, error) {
	v := value{attribute: a}
	switch {
	case a.Kind == Text && (text == "" || strings.ContainsFunc(text, func(r rune) bool { return r < 0x20 || r == 0x7f })):
		return v, fmt.Errorf("%s must be one line of text", human.Quoted(text))
	case a.Kind == Choice && !slices.Contains(a.Choices, text):
		return v, errors.New(naming.Unknown("value", text, a.Choices))
	case a.Kind == Text || a.Kind == Choice:
		v.text = text
		return v, nil
	}
	n, err := a.Kind.number(text)
	if err == nil && (n < a.Min || n > a.Max) {
		low, high := value{attribute: a, number: a.Min}, value{attribute: a, number: a.Max}
		err = fmt.Errorf("%s is out of range; use %s to %s", text, low, high)
	}
	v.number = n
	return v, err
}

// number parses a duration, size, share or count.
func (k Kind) number(text string) (int64, error) {
	switch k {
	case Duration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return 0, fmt.Errorf("invalid duration %s; write it as 400s or 1m30s", human.Quoted(text))
		}
		return int64(d), nil
	case Size:
		return ParseSize(text)
	}
	digits, percent := strings.CutSuffix(text, "%")
	n, err := strconv.ParseInt(digits, 10, 64)
	switch {
	case k == Share && (err != nil || !percent):
		return 0, fmt.Errorf("invalid percentage %s; write it as 50%%", human.Quoted(text))
	case k == Count && (err != nil || percent):
		return 0, fmt.Errorf("invalid integer %s", human.Quoted(text))
	}
	return n, nil
}

// units are the units of sizes. The canonical form uses only the binary ones.
var units = []struct {
	name   string
	size   int64
	binary bool
}{
	{"GiB", 1 << 30, true}, {"MiB", 1 << 20, true}, {"KiB", 1 << 10, true},
	{"GB", 1e9, false}, {"MB", 1e6, false}, {"KB", 1e3, false}, {"kB", 1e3, false}, {"B", 1, false},
}

// ParseSize parses a number of bytes, such as 512, 64KiB or 2MB.
func ParseSize(text string) (int64, error) {
	digits, unit := text, int64(1)
	for _, u := range units {
		if cut, ok := strings.CutSuffix(text, u.name); ok {
			digits, unit = cut, u.size
			break
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n > (1<<62)/unit || n < 0 {
		return 0, fmt.Errorf("invalid size %s; write it as 512, 64KiB or 2MB", human.Quoted(text))
	}
	return n * unit, nil
}

// String returns the value in the form that read parses.
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
	case Share:
		return strconv.FormatInt(v.number, 10) + "%"
	case Text, Choice:
		if strings.ContainsAny(v.text, `,"`) || strings.TrimSpace(v.text) != v.text {
			return strconv.Quote(v.text)
		}
		return v.text
	}
	return strconv.FormatInt(v.number, 10)
}

// shortDuration is Duration.String without trailing zero units: 7m, not 7m0s.
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

// split splits text into NAME=VALUE pairs at its commas. Only the first pair may lack "=": New reports it as an unknown
// family.
func split(text string) ([]pair, error) {
	var pairs []pair
	for rest := text; ; {
		name, after, hasValue := cutName(rest)
		if name = strings.TrimSpace(name); !hasValue && len(pairs) > 0 {
			return nil, fmt.Errorf("%s has no value; write %[1]s=VALUE", human.Excerpt(name, 60))
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

// cutName splits text after its first name. If the name has no value, after starts at the next comma.
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

// cutValue splits text after its first value, quoted or plain. The tail starts at the comma.
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
		return "", "", errors.New("a double quote is missing after a value")
	}
	if value, err = strconv.Unquote(quoted); err != nil {
		return "", "", fmt.Errorf("invalid quoted value %s", human.Excerpt(quoted, 60))
	}
	tail = strings.TrimLeft(text[len(quoted):], " ")
	if tail != "" && tail[0] != ',' {
		return "", "", fmt.Errorf("a comma is missing after %s", human.Excerpt(quoted, 60))
	}
	return value, tail, nil
}
