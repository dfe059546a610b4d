package signature

import (
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"

	"semblance/schemas/naming"
)

// addPrinted adds what programs make of a body when they turn it into text: the receiver may have computed its digest over
// one of them.
func (b *variantList) addPrinted(body []byte) {
	add := func(mistake, detail, text string) {
		b.addVariant(variant{text: []byte(text), findings: []finding{{mistake, detail}}, alone: true})
	}
	quoted := strconv.QuoteToASCII(string(body))
	add("text-of-python", "bytes turned into text (b'…')", "b'"+strings.ReplaceAll(strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`), "'", `\'`)+"'")
	numbers := naming.List(body, func(c byte) string { return strconv.Itoa(int(c)) })
	add("text-of-go", "a []byte printed by fmt", "["+strings.Join(numbers, " ")+"]")
	add("text-of-javascript", "a list of its bytes", strings.Join(numbers, ","))
	add("text-of-javascript", "a Buffer written as JSON", `{"type":"Buffer","data":[`+strings.Join(numbers, ",")+`]}`)
	add("other-format", "hexadecimal digits", hex.EncodeToString(body))
	if n, ok := parseJSON(body); ok && n.kind == '{' {
		add("text-of-python", "a dict turned into text (str or repr)", n.text("'", ": ", ", ", "None", "True", "False"))
		add("text-of-java", "a Map turned into text (toString)", n.text("", "=", ", ", "null", "true", "false"))
		add("text-of-ruby", "a Hash turned into text (to_s or inspect)", n.text(`"`, "=>", ", ", "nil", "true", "false"))
		add("text-of-ruby", "a Hash turned into text (to_s or inspect)", n.text(`"`, " => ", ", ", "nil", "true", "false"))
	}
}

// text returns the value as a language prints it.
func (n *node) text(quote, colon, comma, null, yes, no string) string {
	if n.kind == 0 {
		var s string
		switch {
		case json.Unmarshal(n.literal, &s) == nil && n.literal[0] == '"':
			return quote + s + quote
		case string(n.literal) == "null":
			return null
		case string(n.literal) == "true":
			return yes
		case string(n.literal) == "false":
			return no
		}
		return string(n.literal)
	}
	parts := make([]string, len(n.items))
	for i, m := range n.items {
		parts[i] = m.value.text(quote, colon, comma, null, yes, no)
		if m.key != nil {
			parts[i] = quote + m.name() + quote + colon + parts[i]
		}
	}
	return string(n.kind) + strings.Join(parts, comma) + string(n.kind+2)
}
