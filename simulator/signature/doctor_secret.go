package signature

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// secretVariants returns the right secret and the usual wrong ones.
func secretVariants(secret string, others []string) []variant {
	const prefix = "whsec_"
	variants := []variant{{text: []byte(secret)}}
	add := func(text []byte, findings ...finding) {
		for _, v := range variants {
			if bytes.Equal(v.text, text) {
				return
			}
		}
		variants = append(variants, variant{text, findings})
	}
	bare, prefixed := strings.CutPrefix(secret, prefix)
	if prefixed {
		add([]byte(bare), finding{"secret-prefix", "without"})
	} else {
		add([]byte(prefix+secret), finding{"secret-prefix", "with"})
	}
	for _, text := range []string{bare, secret} {
		raw := strings.TrimRight(text, "=")
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			if decoded, err := encoding.DecodeString(raw); err == nil && len(decoded) > 0 {
				add(decoded, finding{"secret-decoded", "base64"})
			}
		}
		if decoded, err := hex.DecodeString(text); err == nil && len(decoded) > 0 {
			add(decoded, finding{"secret-decoded", "hexadecimal"})
		}
	}
	for _, other := range others[:min(len(others), maxClaims)] {
		if other != "" {
			add([]byte(other), finding{"other-secret", lastCharacters(other)})
		}
	}
	if trimmed := strings.TrimSpace(secret); trimmed != "" {
		add([]byte(trimmed), finding{"secret-trimmed", ""})
	}
	add([]byte(secret+"\n"), finding{"secret-newline", ""})
	add([]byte(secret+"\r\n"), finding{"secret-newline", ""})
	add([]byte(`"`+secret+`"`), finding{"secret-quotes", "and"})
	add([]byte(`'`+secret+`'`), finding{"secret-quotes", "and"})
	if unquoted := strings.Trim(secret, `"'`); unquoted != "" {
		add([]byte(unquoted), finding{"secret-quotes", "without"})
	}
	add(nil, finding{"unset-secret", "an empty secret"})
	for _, unset := range []string{"undefined", "null", "None"} {
		add([]byte(unset), finding{"unset-secret", "the word " + unset + " as the secret"})
	}
	return variants
}

// lastCharacters identifies a secret by its last characters.
func lastCharacters(secret string) string {
	if len(secret) < 12 {
		return "…"
	}
	return "…" + secret[len(secret)-4:]
}
