package report

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode/utf8"

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
// an environment variable, for values that must not be shown.
func Command(arguments []string) string {
	quoted := make([]string, len(arguments))
	for i, argument := range arguments {
		quoted[i] = Shell(argument)
		if name, ok := strings.CutPrefix(argument, "$"); ok && isVariable(name) {
			quoted[i] = `"` + argument + `"`
		}
	}
	return "semblance " + strings.Join(quoted, " ")
}

// isVariable reports whether name is an environment variable in capitals.
func isVariable(name string) bool {
	return name != "" && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == ""
}

// Curl returns a command that sends the same bytes, with these options of curl. It leaves out the headers that curl writes
// itself.
func Curl(r *simulator.Request, options ...string) string {
	words := append([]string{"curl -sS -i"}, options...)
	if strings.ContainsAny(r.URL, "[]{}") { // curl expands these
		words = append(words, "--globoff")
	}
	words = append(words, Shell(r.URL))
	for _, h := range r.Headers {
		switch strings.ToLower(h.Name) {
		case "host", "content-length":
			continue
		}
		header := h.Name + ": " + h.Value
		if h.Value == "" { // curl drops a header with a colon and no value
			header = h.Name + ";"
		}
		words = append(words, "-H", Shell(header))
	}
	if utf8.Valid(r.Body) && bytes.IndexByte(r.Body, 0) < 0 {
		return strings.Join(append(words, "--data-raw", Shell(string(r.Body))), " ")
	}
	encoded := base64.StdEncoding.EncodeToString(r.Body)
	return "echo " + encoded + " | base64 -d | " + strings.Join(append(words, "--data-binary", "@-"), " ")
}
