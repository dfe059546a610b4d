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
	offset  int      // of the position computed last
	line    int      // of offset
	start   int      // offset of the beginning of the line
	problem *Problem // the first; nothing is read after it
}

func readJSON(src *file, data []byte) (*node, *Problem) {
	r := &jsonReader{src: src, data: data, decoder: json.NewDecoder(bytes.NewReader(data)), line: 1}
	r.decoder.UseNumber()
	root := r.value(0)
	if r.problem == nil {
		if _, err := r.decoder.Token(); !errors.Is(err, io.EOF) {
			r.problem = src.problem(r.position(int(r.decoder.InputOffset())), 1, "unexpected text after the JSON value; a file contains one scenario")
		}
	}
	return root, r.problem
}

// next returns the next token and its position.
func (r *jsonReader) next() (json.Token, Pos) {
	from := int(r.decoder.InputOffset())
	for from < len(r.data) && strings.IndexByte(" \t\r\n,:", r.data[from]) >= 0 {
		from++
	}
	token, err := r.decoder.Token()
	pos := r.position(from)
	if err == nil {
		return token, pos
	}
	message := "invalid JSON: unexpected end of file"
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok && !strings.Contains(err.Error(), "unexpected end") {
		pos = r.position(max(int(syntax.Offset)-1, 0))
		message = "invalid JSON: " + strings.TrimPrefix(syntax.Error(), "json: ")
	}
	if r.problem == nil {
		r.problem = r.src.problem(pos, 1, "%s", message)
	}
	return nil, pos
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

// value reads the next value.
func (r *jsonReader) value(depth int) *node {
	token, pos := r.next()
	return r.from(token, pos, depth)
}

// from reads the value that begins with a token.
func (r *jsonReader) from(token json.Token, pos Pos, depth int) *node {
	n := &node{kind: scalar, pos: pos}
	if r.nodes++; r.problem == nil {
		r.problem = bounded(r.src, pos, r.nodes, depth)
	}
	if r.problem != nil {
		return n
	}
	switch t := token.(type) {
	case json.Delim:
		n.kind, n.width = list, 1
		if t == '{' {
			n.kind = object
		}
		r.items(n, depth+1)
		return n
	case string:
		n.text, n.quoted = t, true
	case nil:
		n.text = "null"
	default:
		n.text = fmt.Sprint(t)
	}
	n.width = utf8.RuneCount(r.data[r.offset:r.decoder.InputOffset()])
	return n
}

// items reads the items of a list, or the keys and values of an object, up to its end.
func (r *jsonReader) items(n *node, depth int) {
	for {
		token, pos := r.next()
		if r.problem != nil || token == json.Delim(']') || token == json.Delim('}') {
			return
		}
		item := r.from(token, pos, depth)
		if n.kind == object { // the decoder accepts only strings as keys
			n.keys, item = append(n.keys, item), r.value(depth)
		}
		n.items = append(n.items, item)
	}
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
