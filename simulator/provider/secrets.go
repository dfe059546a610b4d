package provider

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"semblance/simulator"
	"semblance/simulator/journal"
)

// The form of a subscription's secret. The provider does not publish its own: this is the one of other services that
// sign in the same way.
const (
	DefaultSecretPrefix = "whsec_"
	DefaultSecretLength = 32 // characters of base64url after the prefix: 192 bits
)

// SecretForm is the form of the secrets that are drawn. The zero value is the default form.
type SecretForm struct {
	Prefix string // "" is DefaultSecretPrefix
	Length int    // characters after the prefix; 0 is DefaultSecretLength
}

func (f SecretForm) withDefaults() SecretForm {
	if f.Prefix == "" {
		f.Prefix = DefaultSecretPrefix
	}
	if f.Length == 0 {
		f.Length = DefaultSecretLength
	}
	return f
}

func (f SecretForm) check() error {
	const least, most = 16, 256
	if f.Length != 0 && (f.Length < least || f.Length > most) {
		return refuse(CodeSetting, "secret", "a secret cannot have %d characters after its prefix; between %d and %d are possible", f.Length, least, most)
	}
	return nil
}

// drawSecret returns a new secret.
func (p *Provider) drawSecret() simulator.Secret {
	form := p.options.Secrets.withDefaults()
	return simulator.Secret(form.Prefix + p.drawText(form.Length))
}

// drawText returns so many characters of base64url that nobody can guess, or that follow from the seed.
func (p *Provider) drawText(length int) string {
	bytes := make([]byte, 0, length+8)
	for len(bytes) < length { // a byte is more than a character
		bytes = binary.BigEndian.AppendUint64(bytes, p.entropy())
	}
	return base64.RawURLEncoding.EncodeToString(bytes)[:length]
}

// former is a secret that was replaced, and until when it signs beside the new one.
type former struct {
	Secret string    `json:"secret"`
	Until  time.Time `json:"until"`
}

const formerKey = "former-secret/"

// RotateSecret gives a subscription a new secret and returns it. For as long as overlap says, by the simulated clock, each
// attempt carries two v1 signatures, the new secret's first: a receiver that knows either accepts it. Without an overlap
// the new secret alone signs at once.
func (p *Provider) RotateSecret(ctx context.Context, id string, overlap time.Duration) (simulator.Subscription, error) {
	if overlap < 0 {
		return simulator.Subscription{}, refuse(CodeSetting, "overlap", "two secrets cannot sign for %v; the overlap must not be negative", overlap)
	}
	return p.alter(ctx, id, func(c *commit, s *subscriber) error { return p.rotate(c, s, overlap) })
}

func (p *Provider) rotate(c *commit, s *subscriber, overlap time.Duration) error {
	now := p.clock.Now()
	f := former{Secret: s.sub.Secret.Reveal(), Until: now.Add(overlap)}
	data, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("writing down the former secret: %w", err)
	}
	s.former = f
	c.records = append(c.records, &journal.Setting{At: now, Key: formerKey + s.sub.ID, Value: data, Removed: overlap == 0})
	next := *s.sub
	next.Secret, next.UpdatedAt = p.drawSecret(), now
	p.put(c, s, &next, "secret rotated")
	return nil
}

// secrets returns what signs an attempt: one secret, or two while they overlap.
func (s *subscriber) secrets(at time.Time) []simulator.Secret {
	if at.Before(s.former.Until) {
		return []simulator.Secret{s.sub.Secret, simulator.Secret(s.former.Secret)}
	}
	return []simulator.Secret{s.sub.Secret}
}

// restoreFormer brings back a secret that was replaced.
func (p *Provider) restoreFormer(r *journal.Setting) error {
	id, ok := strings.CutPrefix(r.Key, formerKey)
	s := p.subscribers[id]
	if !ok || s == nil {
		return nil
	}
	if err := json.Unmarshal(r.Value, &s.former); err != nil {
		return fmt.Errorf("setting %s: %w", r.Key, err)
	}
	return nil
}
