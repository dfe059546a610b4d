package report

import "strings"

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
