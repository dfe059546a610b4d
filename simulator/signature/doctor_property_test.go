package signature_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"semblance/simulator/signature"
)

// choice is one way to do one part of signing; "" is the right way.
type choice[T any] struct {
	mistake string
	do      T
}

// Up to three mistakes are made in a delivery that is drawn at random. The doctor must name just those, or a simpler
// explanation of the same bytes.
func TestExplainFindsWhatWasMade(t *testing.T) {
	messages := []choice[func(t, body string) string]{
		{"", func(t, body string) string { return t + "." + body }},
		{"body-only", func(_, body string) string { return body }},
		{"separator", func(t, body string) string { return t + body }},
		{"separator", func(t, body string) string { return t + "|" + body }},
		{"body-first", func(t, body string) string { return body + "." + t }},
	}
	bodies := []choice[func(body string) string]{
		{"", func(body string) string { return body }},
		{"newline", func(body string) string { return body + "\n" }},
		{"bom", func(body string) string { return "\ufeff" + body }},
		{"indented", func(body string) string { return rewritten(body, "  ") }},
		{"base64-body", func(body string) string { return base64.StdEncoding.EncodeToString([]byte(body)) }},
	}
	keys := []choice[func(secret string) string]{
		{"", func(secret string) string { return secret }},
		{"secret-prefix", func(secret string) string { return strings.TrimPrefix(secret, "whsec_") }},
		{"secret-newline", func(secret string) string { return secret + "\n" }},
	}
	hashes := []choice[func() hash.Hash]{{"", sha256.New}, {"sha1", sha1.New}, {"sha512", sha512.New}}
	encodings := []choice[func([]byte) string]{
		{"", hex.EncodeToString},
		{"upper-case", func(sum []byte) string { return strings.ToUpper(hex.EncodeToString(sum)) }},
		{"base64", base64.StdEncoding.EncodeToString},
	}
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.MapOfN(rapid.StringMatching(`[a-z]{1,8}Id`), rapid.String(), 0, 4).Draw(t, "identifiers")
		body := rewritten(map[string]any{"eventType": "booking.created", "identifiers": values}, "")
		secret := "whsec_" + rapid.StringMatching(`[A-Za-z0-9_-]{32}`).Draw(t, "secret")
		message := rapid.SampledFrom(messages).Draw(t, "message")
		signed := rapid.SampledFrom(bodies).Draw(t, "body")
		key := rapid.SampledFrom(keys).Draw(t, "key")
		algorithm := rapid.SampledFrom(hashes).Draw(t, "hash")
		encoding := rapid.SampledFrom(encodings).Draw(t, "encoding")

		var made []string
		for _, mistake := range []string{message.mistake, signed.mistake, key.mistake, algorithm.mistake, encoding.mistake} {
			if mistake != "" {
				made = append(made, mistake)
			}
		}
		if len(made) > 3 {
			t.Skip("more mistakes than are looked for together")
		}
		mac := hmac.New(algorithm.do, []byte(key.do(secret)))
		mac.Write([]byte(message.do("1764000000", signed.do(body))))
		d := signature.Explain(signature.Case{
			Body: []byte(body), Header: "t=1764000000,v1=" + encoding.do(mac.Sum(nil)), Secret: secret, Now: at,
		})
		if d.Valid != (len(made) == 0) {
			t.Fatalf("made %v, and the doctor says %+v", made, d)
		}
		if d.Valid {
			return
		}
		named := strings.Split(d.Mistake, "+")
		if len(named) > len(made) || d.Mistake == "" || strings.Contains(d.Sentence, "explains it") {
			t.Fatalf("made %v, and the doctor says %+v", made, d)
		}
		if len(named) == len(made) {
			for _, mistake := range made {
				if !strings.Contains("+"+d.Mistake+"+", "+"+mistake+"+") {
					t.Fatalf("made %v, and the doctor says %s", made, d.Mistake)
				}
			}
		}
	})
}

// rewritten writes a value, or a text of JSON, as encoding/json does without escaping for HTML.
func rewritten(v any, indent string) string {
	var out bytes.Buffer
	if text, ok := v.(string); ok {
		if err := json.Indent(&out, []byte(text), "", indent); err != nil {
			panic(fmt.Sprintf("%v in %s", err, text))
		}
		return out.String()
	}
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(out.String(), "\n")
}
