package signature

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// secretVariants are the right secret and what people use in its place.
func secretVariants(secret string, others []string) []variant {
	const prefix = "whsec_"
	variants := []variant{{text: []byte(secret)}}
	add := func(text []byte, slips ...slip) {
		for _, v := range variants {
			if bytes.Equal(v.text, text) {
				return
			}
		}
		variants = append(variants, variant{text, slips})
	}
	bare, prefixed := strings.CutPrefix(secret, prefix)
	if prefixed {
		add([]byte(bare), slip{"secret-prefix", "without"})
	} else {
		add([]byte(prefix+secret), slip{"secret-prefix", "with"})
	}
	for _, text := range []string{bare, secret} {
		raw := strings.TrimRight(text, "=")
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			if decoded, err := encoding.DecodeString(raw); err == nil && len(decoded) > 0 {
				add(decoded, slip{"secret-decoded", "base64"})
			}
		}
		if decoded, err := hex.DecodeString(text); err == nil && len(decoded) > 0 {
			add(decoded, slip{"secret-decoded", "hexadecimal"})
		}
	}
	for _, other := range others[:min(len(others), maxClaims)] {
		if other != "" {
			add([]byte(other), slip{"other-secret", lastCharacters(other)})
		}
	}
	if trimmed := strings.TrimSpace(secret); trimmed != "" {
		add([]byte(trimmed), slip{"secret-trimmed", ""})
	}
	add([]byte(secret+"\n"), slip{"secret-newline", ""})
	add([]byte(secret+"\r\n"), slip{"secret-newline", ""})
	add([]byte(`"`+secret+`"`), slip{"secret-quotes", "and"})
	add([]byte(`'`+secret+`'`), slip{"secret-quotes", "and"})
	if unquoted := strings.Trim(secret, `"'`); unquoted != "" {
		add([]byte(unquoted), slip{"secret-quotes", "without"})
	}
	add(nil, slip{"unset-secret", "an empty secret"})
	for _, unset := range []string{"undefined", "null", "None"} {
		add([]byte(unset), slip{"unset-secret", "the word " + unset + " as the secret"})
	}
	return variants
}

// lastCharacters names a secret by as little of it as people need.
func lastCharacters(secret string) string {
	if len(secret) < 12 {
		return "…"
	}
	return "…" + secret[len(secret)-4:]
}
