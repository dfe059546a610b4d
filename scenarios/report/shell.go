package report

import "strings"

// Shell writes a word so that a shell reads it back as it is.
func Shell(word string) string {
	plain := word != "" && strings.IndexFunc(word, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_./:=,@%+", r))
	}) < 0
	if plain {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// command is what people type: the words after the program's name. A word such as $NAME stands for the variable that
// holds what must not be shown.
func command(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = Shell(word)
		if name, ok := strings.CutPrefix(word, "$"); ok && isVariable(name) {
			quoted[i] = `"` + word + `"`
		}
	}
	return "semblance " + strings.Join(quoted, " ")
}

// isVariable reports whether a name is one of an environment variable, in capitals.
func isVariable(name string) bool {
	return name != "" && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == ""
}
