package provider

import (
	"crypto/sha256"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"semblance/schemas/naming"
	"semblance/simulator/journal"
)

// Permission is something that a token allows, by the provider's name.
type Permission string

// The permissions whose names are known: four of the webhook API, and the one that Booking.doctor needs.
const (
	SeeWebhooks    Permission = "seeWebhooks"
	CreateWebhooks Permission = "createWebhooks"
	EditWebhooks   Permission = "editWebhooks"
	DeleteWebhooks Permission = "deleteWebhooks"
	SeeUsers       Permission = "settingsSeeUsers"
)

// AllPermissions returns all permissions.
func AllPermissions() []Permission {
	return []Permission{SeeWebhooks, CreateWebhooks, EditWebhooks, DeleteWebhooks, SeeUsers}
}

// Token is the value of the x-token header of a client. It prints redacted; Text is the whole token.
type Token struct {
	Text        string
	Permissions []Permission
}

// ParseToken parses TEXT=PERMISSION,PERMISSION, as on the command line. A token without permissions has all of them.
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

// parsePermission parses the name of a permission.
func parsePermission(name string) (Permission, error) {
	var known []string
	for _, p := range AllPermissions() {
		if string(p) == name {
			return p, nil
		}
		known = append(known, string(p))
	}
	return "", refuse(CodePermission, "token", "%s", naming.Unknown("permission", name, known))
}

// May reports whether the token has the permission.
func (t Token) May(p Permission) bool { return slices.Contains(t.Permissions, p) }

// Redacted returns the last four characters of the token.
func (t Token) Redacted() string {
	if len(t.Text) < 12 {
		return "…"
	}
	return "…" + t.Text[len(t.Text)-4:]
}

// String returns the token redacted to its last four characters, with its permissions.
func (t Token) String() string { return fmt.Sprintf("%s%v", t.Redacted(), t.Permissions) }

// LogValue redacts the token in logs.
func (t Token) LogValue() slog.Value { return slog.StringValue(t.String()) }

// tokens holds the accepted tokens by their hashes, so that a comparison takes the same time for each.
type tokens struct {
	byHash map[[sha256.Size]byte]Token
	order  [][sha256.Size]byte // of their last records
}

func newTokens() tokens { return tokens{byHash: map[[sha256.Size]byte]Token{}} }

// apply accepts or revokes a token.
func (t *tokens) apply(r *journal.Token) {
	hash := sha256.Sum256([]byte(r.Token))
	t.order = slices.DeleteFunc(t.order, func(other [sha256.Size]byte) bool { return other == hash })
	if r.Revoked {
		delete(t.byHash, hash)
		return
	}
	t.order = append(t.order, hash)
	token := Token{Text: r.Token}
	for _, permission := range r.Permissions {
		token.Permissions = append(token.Permissions, Permission(permission))
	}
	t.byHash[hash] = token
}

// all returns the tokens in the order in which they were added.
func (t *tokens) all() []Token {
	all := make([]Token, 0, len(t.order))
	for _, hash := range t.order {
		all = append(all, t.byHash[hash])
	}
	return all
}

// record returns the record that accepts the token, or revokes it.
func (t Token) record(at time.Time, revoked bool) *journal.Token {
	r := &journal.Token{At: at, Token: t.Text, Revoked: revoked}
	for _, permission := range t.Permissions {
		r.Permissions = append(r.Permissions, string(permission))
	}
	return r
}

// Authorise checks that the token with that text exists and has the permission. An empty permission asks only for a known
// token.
func (p *Provider) Authorise(text string, permission Permission) error {
	if text == "" {
		return refuse(CodeToken, "x-token", "a token is required in the x-token header")
	}
	hash := sha256.Sum256([]byte(text))
	p.mu.Lock()
	t, ok := p.state.tokens.byHash[hash]
	p.mu.Unlock()
	switch {
	case !ok:
		return refuse(CodeToken, "x-token", "the token in the x-token header is unknown")
	case permission != "" && !t.May(permission):
		return refuse(CodePermission, "x-token", "the token lacks the permission %s", permission)
	}
	return nil
}

// Tokens returns the accepted tokens in the order in which they were added.
func (p *Provider) Tokens() []Token {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state.tokens.all()
}
