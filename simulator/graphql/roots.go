package graphql

import "strings"

// root is a root field of a document, with the key that it has in the data.
type root struct{ key, field string }

// rootsOf returns the root fields of all operations of a document, without those in fragments. It is for faults, which are
// chosen before the document is executed, so it accepts invalid documents.
func rootsOf(document string) []root {
	s := scanner{text: document}
	var roots []root
	braces, alias, spread := 0, "", false
	for {
		token := s.next()
		switch {
		case token == "":
			return roots
		case token == "{":
			braces++
		case token == "}":
			braces--
		case token == "(":
			s.skipArguments()
		case braces == 0 && token == "fragment":
			s.skipSelection()
		case braces != 1:
		case token == "..." || token == "@":
			spread = true // a name follows that is no field
		case !isName(token):
		case spread && token == "on": // a type follows
		case spread:
			spread = false
		case s.colonFollows():
			alias = token
		default:
			key := token
			if alias != "" {
				key, alias = alias, ""
			}
			roots = append(roots, root{key, token})
		}
	}
}

// scanner splits a document into names and punctuators. Strings, comments, numbers and commas are skipped.
type scanner struct {
	text string
}

func isName(token string) bool { return nameLength(token) > 0 }

// nameLength returns the length of the name at the start of a text.
func nameLength(text string) int {
	for i := range len(text) {
		c := text[i]
		if c != '_' && !('a' <= c && c <= 'z') && !('A' <= c && c <= 'Z') && !(i > 0 && '0' <= c && c <= '9') {
			return i
		}
	}
	return len(text)
}

// next returns the next token, or "" at the end.
func (s *scanner) next() string {
	for s.text != "" {
		n := nameLength(s.text)
		switch {
		case n > 0:
		case strings.HasPrefix(s.text, "..."):
			n = 3
		case strings.HasPrefix(s.text, `"`):
			s.skipString()
			continue
		case s.text[0] == '#':
			line := strings.IndexAny(s.text, "\r\n")
			if line < 0 {
				line = len(s.text)
			}
			s.text = s.text[line:]
			continue
		case strings.IndexByte("{}()[]:@$!=|&", s.text[0]) >= 0:
			n = 1
		default:
			s.text = s.text[1:]
			continue
		}
		token := s.text[:n]
		s.text = s.text[n:]
		return token
	}
	return ""
}

func (s *scanner) skipString() {
	quote := `"`
	if strings.HasPrefix(s.text, `"""`) {
		quote = `"""`
	}
	for s.text = s.text[len(quote):]; s.text != "" && !strings.HasPrefix(s.text, quote); s.text = s.text[1:] {
		if s.text[0] == '\\' && len(s.text) > 1 {
			s.text = s.text[1:]
		}
	}
	s.text = strings.TrimPrefix(s.text, quote)
}

// skipArguments skips to the parenthesis that closes an open one.
func (s *scanner) skipArguments() { s.skipTo("(", ")") }

// skipSelection skips the next selection set.
func (s *scanner) skipSelection() {
	for token := s.next(); token != ""; token = s.next() {
		if token == "{" {
			s.skipTo("{", "}")
			return
		}
	}
}

func (s *scanner) skipTo(open, end string) {
	for depth := 1; depth > 0; {
		switch s.next() {
		case "":
			return
		case open:
			depth++
		case end:
			depth--
		}
	}
}

// colonFollows reports whether the next token is a colon, and consumes it if so.
func (s *scanner) colonFollows() bool {
	rest := *s
	if rest.next() != ":" {
		return false
	}
	*s = rest
	return true
}
