package script

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// jsonReader reads a JSON file into nodes. It asks encoding/json for the tokens and finds out where each began.
type jsonReader struct {
	src     *file
	data    []byte
	decoder *json.Decoder
	nodes   int
	line    int // of offset
	start   int // where the line begins
	offset  int
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
		p := src.problem(r.place(int(r.decoder.InputOffset())), 1, "there is more after the first JSON value; a file holds one scenario")
		return nil, &p
	}
	return root, nil
}

// next returns the next token and where it begins.
func (r *jsonReader) next() (json.Token, Pos, *Problem) {
	from := int(r.decoder.InputOffset())
	for from < len(r.data) && strings.IndexByte(" \t\r\n,:", r.data[from]) >= 0 {
		from++
	}
	token, err := r.decoder.Token()
	pos := r.place(from)
	if err == nil {
		return token, pos, nil
	}
	var syntax *json.SyntaxError
	message := "the JSON ends too early"
	if errors.As(err, &syntax) && !strings.Contains(err.Error(), "unexpected end") {
		pos = r.place(max(int(syntax.Offset)-1, 0))
		message = "this is not JSON: " + strings.TrimPrefix(syntax.Error(), "json: ")
	}
	p := r.src.problem(pos, 1, "%s", message)
	return nil, pos, &p
}

// place turns an offset into a line and column. Offsets only grow, so the file is walked once.
func (r *jsonReader) place(offset int) Pos {
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
		key, pos, problem := r.next()
		if problem != nil || key == json.Delim('}') {
			return problem
		}
		text, _ := key.(string) // the decoder lets nothing else be a key
		k := &node{kind: scalar, text: text, quoted: true, pos: pos}
		k.width = utf8.RuneCount(r.data[r.offset:r.decoder.InputOffset()])
		token, pos, problem := r.next()
		if problem != nil {
			return problem
		}
		v, problem := r.value(token, pos, depth+1)
		if problem != nil {
			return problem
		}
		n.keys, n.items = append(n.keys, k), append(n.items, v)
	}
}

func (r *jsonReader) list(n *node, depth int) *Problem {
	n.kind, n.width = list, 1
	for {
		token, pos, problem := r.next()
		if problem != nil || token == json.Delim(']') {
			return problem
		}
		v, problem := r.value(token, pos, depth+1)
		if problem != nil {
			return problem
		}
		n.items = append(n.items, v)
	}
}

// bounded refuses a file with too many values or too deep a nesting.
func bounded(src *file, pos Pos, nodes, depth int) *Problem {
	var p Problem
	switch {
	case depth > MaxDepth:
		p = src.problem(pos, 1, "this is nested more than %d deep", MaxDepth)
	case nodes > MaxNodes:
		p = src.problem(pos, 1, "the file has more than %d values, those behind aliases counted each time", MaxNodes)
	default:
		return nil
	}
	return &p
}
