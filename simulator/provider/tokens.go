package provider

import (
	"crypto/sha256"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"semblance/schemas/naming"
)

// Permission is what a token allows, by the provider's names.
type Permission string

// The four permissions of the provider's webhook API.
const (
	SeeWebhooks    Permission = "seeWebhooks"
	CreateWebhooks Permission = "createWebhooks"
	EditWebhooks   Permission = "editWebhooks"
	DeleteWebhooks Permission = "deleteWebhooks"
)

// AllPermissions returns the four.
func AllPermissions() []Permission {
	return []Permission{SeeWebhooks, CreateWebhooks, EditWebhooks, DeleteWebhooks}
}

// Token is what a client sends in the x-token header. It prints redacted; Text gives it whole.
type Token struct {
	Text        string
	Permissions []Permission
}

// ParseToken reads TEXT=PERMISSION,PERMISSION, as on the command line. Without the permissions a token has all four.
func ParseToken(s string) (Token, error) {
	text, list, given := strings.Cut(s, "=")
	if strings.TrimSpace(text) == "" {
		return Token{}, refuse(CodeToken, "token", "a token is written as TEXT=permission,permission")
	}
	if !given {
		return Token{Text: text, Permissions: AllPermissions()}, nil
	}
	t := Token{Text: text}
	for name := range strings.SplitSeq(list, ",") {
		p, err := parsePermission(strings.TrimSpace(name))
		if err != nil {
			return Token{}, err
		}
		if !slices.Contains(t.Permissions, p) {
			t.Permissions = append(t.Permissions, p)
		}
	}
	return t, nil
}

// parsePermission reads one of the four names.
func parsePermission(name string) (Permission, error) {
	known := make([]string, 0, 4)
	for _, p := range AllPermissions() {
		if string(p) == name {
			return p, nil
		}
		known = append(known, string(p))
	}
	if near := naming.Nearest(name, known); near != "" {
		return "", refuse(CodePermission, "token", "unknown permission %q; did you mean %q?", name, near)
	}
	return "", refuse(CodePermission, "token", "unknown permission %q; the permissions are %s", name, strings.Join(known, ", "))
}

// May reports whether the token has the permission.
func (t Token) May(p Permission) bool { return slices.Contains(t.Permissions, p) }

// String returns the token redacted to its last four characters, with its permissions.
func (t Token) String() string {
	text := "…"
	if len(t.Text) >= 12 {
		text += t.Text[len(t.Text)-4:]
	}
	return fmt.Sprintf("%s%v", text, t.Permissions)
}

// LogValue redacts the token in logs.
func (t Token) LogValue() slog.Value { return slog.StringValue(t.String()) }

// Authorise finds the token of that text and checks that it has the permission; an empty permission asks for a known
// token alone. Tokens are compared by their hashes, so that the time it takes tells nothing of them.
func (p *Provider) Authorise(text string, permission Permission) error {
	if text == "" {
		return refuse(CodeToken, "x-token", "a token is required in the x-token header")
	}
	p.mu.Lock()
	t, ok := p.tokens[sha256.Sum256([]byte(text))]
	p.mu.Unlock()
	switch {
	case !ok:
		return refuse(CodeToken, "x-token", "the token in the x-token header is unknown")
	case permission != "" && !t.May(permission):
		return refuse(CodePermission, "x-token", "the token lacks the permission %s", permission)
	}
	return nil
}

// Tokens returns the tokens that are accepted, in the order in which they were added.
func (p *Provider) Tokens() []Token {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]Token, 0, len(p.tokens))
	for _, hash := range p.tokenOrder {
		all = append(all, p.tokens[hash])
	}
	return all
}
