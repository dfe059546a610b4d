package graphql

import (
	"cmp"
	"slices"

	"semblance/schemas/lazy"
)

// root is a root field of a document, with the key that it has in the data.
type root struct{ key, field string }

// token matches the parts of a document that rootsOf looks at, and strings and comments, which can contain the like.
var token = lazy.Regexp(`(?s)"""(?:\\"""|.)*?"""|"(?:\\.|[^"\\])*"|#[^\r\n]*|\.\.\.|[_A-Za-z]\w*|[{}():@]`)

// rootsOf returns the root fields of all operations of a document, without those in fragments. It is for faults, which are
// chosen before the document is executed, so it accepts invalid documents.
func rootsOf(document string) (roots []root) {
	tokens := slices.DeleteFunc(token().FindAllString(document, -1), func(t string) bool { return t[0] == '"' || t[0] == '#' })
	braces, parentheses, alias, spread, fragment := 0, 0, "", false, false
	for i, t := range tokens {
		switch {
		case t == "(":
			parentheses++
		case t == ")":
			parentheses--
		case parentheses > 0:
		case t == "{":
			braces++
			spread = false
		case t == "}":
			braces--
			fragment = fragment && braces > 0
		case braces == 0:
			fragment = fragment || t == "fragment"
		case braces != 1 || fragment || t == ":":
		case t == "..." || t == "@":
			spread = true // a name follows that is no field
		case spread:
			spread = t == "on" // a type follows
		case i+1 < len(tokens) && tokens[i+1] == ":":
			alias = t
		default:
			roots = append(roots, root{cmp.Or(alias, t), t})
			alias = ""
		}
	}
	return roots
}
