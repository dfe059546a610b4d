package signature

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"semblance/schemas/lazy"
)

// secretVariants returns the right secret and the usual wrong ones.
func secretVariants(secret string, others []string) []variant {
	const prefix = "whsec_"
	var variants variantList
	add := variants.add
	add([]byte(secret))
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
	for _, v := range slices.Concat(mended(secret), damage(secret), severalIn(secret)) {
		if len(v.text) > 0 {
			variants.addVariant(v)
		}
	}
	for _, other := range others[:min(len(others), maxClaims)] {
		if other != "" {
			add([]byte(other), finding{"other-secret", lastCharacters(other)})
		}
	}
	for _, unset := range []string{"undefined", "null", "None"} {
		add([]byte(unset), finding{"unset-secret", "the word " + unset + " as the secret"})
	}
	return variants.list
}

// lastCharacters identifies a secret by its last characters.
func lastCharacters(secret string) string {
	if len(secret) < 12 {
		return "…"
	}
	return "…" + secret[len(secret)-4:]
}

// changed returns a secret that was changed, with the mistake.
func changed(text, mistake, detail string) variant {
	return variant{text: []byte(text), findings: []finding{{mistake, detail}}, alone: true}
}

var (
	assignment  = lazy.Regexp(`^\s*(?:export\s+|set\s+|\$env:)?([A-Za-z_][A-Za-z0-9_]*)\s*[=:]\s*(.+?)\s*$`)
	schemes     = lazy.Regexp(`^(?i:(bearer |basic |v1,|v1=|sha256=|hmac ))(.+)$`)
	variable    = lazy.Regexp(`\$\w+`)
	placeholder = lazy.Regexp(`^(\$\{?\w+\}?|%\w+%|\{\{ ?[\w.]+ ?\}\}|<[\w -]+>|\$\{\{[^}]*\}\}|process\.env\.\w+|os\.environ.*|your[-_ ].*|changeme|\*{3,}|…\w{0,4}|xxx+)$`)
)

// mended returns the secrets that a damaged one may have been.
func mended(secret string) []variant {
	var out []variant
	add := func(text, mistake, detail string) {
		if text != secret {
			out = append(out, changed(strings.Trim(text, "\"'`"), mistake, detail))
		}
	}
	if m := assignment().FindStringSubmatch(secret); m != nil && !schemes().MatchString(secret) {
		add(m[2], "secret-line", m[1]+"=…")
		if value, _, ok := strings.Cut(m[2], " #"); ok {
			add(strings.TrimSpace(value), "secret-line", m[1]+"=…")
		}
	}
	if value, _, ok := strings.Cut(secret, " #"); ok {
		add(strings.TrimSpace(value), "secret-comment", "a comment")
	}
	for _, end := range []struct{ text, name string }{{";", "a semicolon"}, {",", "a comma"}, {`\n`, "the characters \\n"}, {`\r\n`, "the characters \\r\\n"}, {"%", "the % that zsh prints"}, {"\\", "a backslash"}, {".", "a full stop"}} {
		if value, ok := strings.CutSuffix(secret, end.text); ok {
			add(value, "secret-comment", end.name)
		}
	}
	if m := schemes().FindStringSubmatch(secret); m != nil {
		add(m[2], "secret-scheme", strings.TrimSpace(m[1]))
	}
	if value, ok := strings.CutPrefix(secret, "whsec_whsec_"); ok {
		add("whsec_"+value, "secret-twice", "")
	}
	if half := len(secret) / 2; len(secret)%2 == 0 && half > 0 && secret[:half] == secret[half:] {
		add(secret[:half], "secret-twice", "")
	}
	if value, err := url.QueryUnescape(secret); err == nil {
		add(value, "secret-escaped", "escaped for a URL")
	}
	if value, err := url.PathUnescape(secret); err == nil {
		add(value, "secret-escaped", "escaped for a URL")
	}
	add(html.UnescapeString(secret), "secret-escaped", "escaped for HTML")
	add(strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\$`, `$`, `\/`, `/`).Replace(secret), "secret-escaped", "escaped with backslashes")
	add(strings.ReplaceAll(secret, "$$", "$"), "secret-escaped", "written with $$ for $, as in a Compose file")
	if value := strings.Map(visible, secret); value != secret {
		add(strings.TrimSpace(value), "secret-invisible", invisibleIn(secret))
	}
	add(strings.Trim(secret, "<>[](){}"), "secret-comment", "brackets around it, or one")
	return out
}

// severalIn returns the secrets of a list.
func severalIn(secret string) []variant {
	var out []variant
	for _, separator := range []string{",", ";", " ", "|", "\n"} {
		if parts := strings.Split(secret, separator); len(parts) > 1 && len(parts) <= 4 {
			for i, part := range parts {
				if part = strings.TrimSpace(part); len(part) >= 12 {
					out = append(out, changed(part, "secret-several", fmt.Sprintf("the right one is number %d", i+1)))
				}
			}
		}
	}
	return out
}

// damage returns what environment files, shells and programs make of a right secret.
func damage(secret string) []variant {
	var out []variant
	add := func(text, mistake, detail string) {
		if text != secret {
			out = append(out, changed(text, mistake, detail))
		}
	}
	for _, cut := range []struct{ at, why string }{{"$", "at a $, which a shell or a file expanded"}, {"#", "at a #, which began a comment"}, {" ", "at a space"}, {"=", "at an equals sign"}, {"!", "at an exclamation mark"}, {"&", "at an ampersand"}, {"+", "at a plus sign"}} {
		if before, _, ok := strings.Cut(secret, cut.at); ok && before != "" {
			add(before, "secret-cut", cut.why)
		}
	}
	add(variable().ReplaceAllString(secret, ""), "secret-cut", "at a $, which a shell or a file expanded")
	for _, n := range []int{8, 16, 20, 24, 32, 36, 40, 64} {
		if len(secret) > n {
			add(secret[:n], "secret-cut", fmt.Sprintf("after %d characters", n))
		}
	}
	if len(secret) > 12 {
		add(secret[:len(secret)-1], "secret-cut", "before its last character")
		add(secret[1:], "secret-cut", "after its first character")
	}
	add(strings.ToLower(secret), "secret-case", "lower case")
	add(strings.ToUpper(secret), "secret-case", "upper case")
	add(secret+secret, "secret-twice", "")
	add(secret+" ", "secret-newline", "")
	add(secret+`\n`, "secret-comment", "the characters \\n")
	add(secret+"\r", "secret-newline", "")
	add("\ufeff"+secret, "secret-invisible", "a byte order mark")
	add(base64.StdEncoding.EncodeToString([]byte(secret)), "secret-encoded", "base64")
	add(base64.StdEncoding.EncodeToString([]byte(secret+"\n")), "secret-encoded", "base64")
	add(hex.EncodeToString([]byte(secret)), "secret-encoded", "hexadecimal digits")
	add(url.QueryEscape(secret), "secret-escaped", "escaped for a URL")
	add(strings.ReplaceAll(secret, "+", " "), "secret-escaped", "read from a URL, in which a plus sign is a space")
	add(html.EscapeString(secret), "secret-escaped", "escaped for HTML")
	add(strings.NewReplacer("-", "+", "_", "/").Replace(secret), "secret-escaped", "changed from base64url to base64")
	return out
}

// visible drops a character that is not seen.
func visible(r rune) rune {
	if r == '\u00a0' || r == '\ufeff' || unicode.Is(unicode.Cf, r) || unicode.IsControl(r) {
		return -1
	}
	return r
}

// invisibleIn names the first invisible character of a secret.
func invisibleIn(secret string) string {
	i := strings.IndexFunc(secret, func(r rune) bool { return visible(r) < 0 })
	r, _ := utf8.DecodeRuneInString(secret[i:])
	return fmt.Sprintf("%U", r)
}

// damagedSecret returns the mistakes that a secret shows by itself.
func damagedSecret(secret string) []finding {
	if placeholder().MatchString(strings.TrimSpace(secret)) {
		return []finding{{"secret-placeholder", strings.TrimSpace(secret)}}
	}
	for _, v := range mended(secret) {
		switch v.findings[0].mistake {
		case "secret-line", "secret-scheme", "secret-invisible", "secret-twice":
			return v.findings
		}
	}
	if strings.TrimSpace(secret) != secret {
		return []finding{{"secret-trimmed", ""}}
	}
	if n := len(secret); n > 1 && strings.ContainsRune("\"'`", rune(secret[0])) && secret[0] == secret[n-1] {
		return []finding{{"secret-quotes", "without"}}
	}
	return nil
}
