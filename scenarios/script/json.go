package script

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"semblance/schemas/human"
)

// jsonReader reads a JSON file into nodes. The tokens come from encoding/json; the reader adds their positions.
type jsonReader struct {
	src     *file
	data    []byte
	decoder *json.Decoder
	nodes   int
	offset  int // of the position computed last
	line    int // of offset
	start   int // offset of the beginning of the line
}

func readJSON(src *file, data []byte) (*node, *Problem) {
	r := &jsonReader{src: src, data: data, decoder: json.NewDecoder(bytes.NewReader(data)), line: 1}
	r.decoder.UseNumber()
	token, pos, problem := r.next()
	if problem != nil {
		return nil, problem
	}
	root, problem := r.value(token, pos, 0)
	if problem != nil {
		return nil, problem
	}
	if _, err := r.decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, src.problem(r.position(int(r.decoder.InputOffset())), 1, "unexpected text after the JSON value; a file contains one scenario")
	}
	return root, nil
}

// next returns the next token and its position.
func (r *jsonReader) next() (json.Token, Pos, *Problem) {
	from := int(r.decoder.InputOffset())
	for from < len(r.data) && strings.IndexByte(" \t\r\n,:", r.data[from]) >= 0 {
		from++
	}
	token, err := r.decoder.Token()
	pos := r.position(from)
	if err == nil {
		return token, pos, nil
	}
	var syntax *json.SyntaxError
	message := "invalid JSON: unexpected end of file"
	if errors.As(err, &syntax) && !strings.Contains(err.Error(), "unexpected end") {
		pos = r.position(max(int(syntax.Offset)-1, 0))
		message = "invalid JSON: " + strings.TrimPrefix(syntax.Error(), "json: ")
	}
	return nil, pos, r.src.problem(pos, 1, "%s", message)
}

// position converts an offset into a position. Offsets mostly grow, so it continues from the last one.
func (r *jsonReader) position(offset int) Pos {
	offset = min(offset, len(r.data))
	if offset < r.offset {
		r.line, r.start, r.offset = 1, 0, 0
	}
	for ; r.offset < offset; r.offset++ {
		if r.data[r.offset] == '\n' {
			r.line++
			r.start = r.offset + 1
		}
	}
	return r.src.at(r.line, utf8.RuneCount(r.data[r.start:offset])+1)
}

func (r *jsonReader) value(token json.Token, pos Pos, depth int) (*node, *Problem) {
	r.nodes++
	if p := bounded(r.src, pos, r.nodes, depth); p != nil {
		return nil, p
	}
	n := &node{kind: scalar, pos: pos}
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			return n, r.object(n, depth)
		}
		return n, r.list(n, depth)
	case string:
		n.text, n.quoted = t, true
	case nil:
		n.text = "null"
	default:
		n.text = fmt.Sprint(t)
	}
	n.width = utf8.RuneCount(r.data[r.offset:r.decoder.InputOffset()])
	return n, nil
}

func (r *jsonReader) object(n *node, depth int) *Problem {
	n.kind, n.width = object, 1
	for {
		token, pos, problem := r.next()
		if problem != nil || token == json.Delim('}') {
			return problem
		}
		if n.keys, problem = r.append(n.keys, token, pos, depth); problem != nil { // the decoder accepts strings only
			return problem
		}
		if token, pos, problem = r.next(); problem != nil {
			return problem
		}
		if n.items, problem = r.append(n.items, token, pos, depth); problem != nil {
			return problem
		}
	}
}

func (r *jsonReader) list(n *node, depth int) *Problem {
	n.kind, n.width = list, 1
	for {
		token, pos, problem := r.next()
		if problem != nil || token == json.Delim(']') {
			return problem
		}
		if n.items, problem = r.append(n.items, token, pos, depth); problem != nil {
			return problem
		}
	}
}

// append reads the value that begins with a token, and appends it to the keys or the items of a node.
func (r *jsonReader) append(nodes []*node, token json.Token, pos Pos, depth int) ([]*node, *Problem) {
	v, problem := r.value(token, pos, depth+1)
	return append(nodes, v), problem
}

// bounded reports a file with too many values or too many levels.
func bounded(src *file, pos Pos, nodes, depth int) *Problem {
	switch {
	case depth > MaxDepth:
		return src.problem(pos, 1, "more than %d levels of nesting", MaxDepth)
	case nodes > MaxNodes:
		return src.problem(pos, 1, "the file has more than %s, including those of aliases", human.Count(MaxNodes, "value"))
	}
	return nil
}
