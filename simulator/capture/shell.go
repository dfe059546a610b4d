package capture

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"semblance/schemas/naming"
	"semblance/simulator"
)

// Shell quotes a word for a POSIX shell, if it needs quotes.
func Shell(word string) string {
	plain := word != "" && strings.IndexFunc(word, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_./:=,@%+", r))
	}) < 0
	if plain {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// Command returns the shell command that runs Semblance with these arguments. An argument such as $NAME is the value of
// an environment variable, for values that must not be shown. [HeaderArgument] returns another such argument.
func Command(arguments []string) string {
	quoted := naming.List(arguments, expandable)
	return "semblance " + strings.Join(quoted, " ")
}

// expandable quotes a word so that the shell replaces a variable in it that stands for a credential.
func expandable(word string) string {
	before, name, ok := strings.Cut(word, "$")
	switch {
	case !ok || name == "" || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") != "":
	case before == "", strings.HasSuffix(before, ": ") && strings.HasPrefix(name, headerVariable) && !strings.ContainsAny(before, "\"\\`!"):
		return `"` + word + `"`
	}
	return Shell(word)
}

// headerVariable starts the names of variables for the values of headers.
const headerVariable = "SEMBLANCE_HEADER_"

// HeaderArgument returns a header as an argument of [Command] that does not show a credential: its value is a variable, such
// as $SEMBLANCE_HEADER_AUTHORIZATION.
func HeaderArgument(h simulator.Header) string {
	if simulator.RedactHeader(h) == h.Value {
		return h.Name + ": " + h.Value
	}
	name := strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToUpper(h.Name))
	return h.Name + ": $" + headerVariable + name
}

// Curl returns a command that sends the same bytes, with these options of curl. It leaves out the headers that curl writes
// itself. Unless secrets is set, variables stand for the credentials.
func Curl(r *simulator.Request, secrets bool, options ...string) string {
	words := append([]string{"curl -sS -i"}, options...)
	if strings.ContainsAny(r.URL, "[]{}") { // curl expands these
		words = append(words, "--globoff")
	}
	if secrets {
		words = append(words, Shell(r.URL))
	} else {
		words = append(words, expandable(simulator.TargetArgument(r.URL)))
	}
	for _, h := range r.Headers {
		switch strings.ToLower(h.Name) {
		case "host", "content-length":
			continue
		}
		switch {
		case h.Value == "": // curl drops a header with a colon and no value
			words = append(words, "-H", Shell(h.Name+";"))
		case secrets:
			words = append(words, "-H", Shell(h.Name+": "+h.Value))
		default:
			words = append(words, "-H", expandable(HeaderArgument(h)))
		}
	}
	if utf8.Valid(r.Body) && bytes.IndexByte(r.Body, 0) < 0 {
		return strings.Join(append(words, "--data-raw", Shell(string(r.Body))), " ")
	}
	encoded := base64.StdEncoding.EncodeToString(r.Body)
	return "echo " + encoded + " | base64 -d | " + strings.Join(append(words, "--data-binary", "@-"), " ")
}
