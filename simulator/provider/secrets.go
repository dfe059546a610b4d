package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"semblance/simulator"
	"semblance/simulator/journal"
)

// The form of a subscription's secret. The provider does not publish its form; this is the one of other services that sign
// in the same way.
const (
	DefaultSecretPrefix = "whsec_"
	DefaultSecretLength = 32 // characters of base64url after the prefix: 192 bits
)

// SecretForm is the form of random secrets. The zero value is the default form.
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
		return refuse(CodeSetting, "secret", "a secret of %d characters after the prefix is not possible; use %d to %d", f.Length, least, most)
	}
	return nil
}

// formerSecret is a secret that was replaced, and the end of the time in which it still signs.
type formerSecret struct {
	Secret string    `json:"secret"`
	Until  time.Time `json:"until"`
}

// secrets returns the secrets that sign an attempt: one, or two during a rotation.
func (s *subscription) secrets(at time.Time) []simulator.Secret {
	if at.Before(s.former.Until) {
		return []simulator.Secret{s.Secret, simulator.Secret(s.former.Secret)}
	}
	return []simulator.Secret{s.Secret}
}

// RotateSecret gives a subscription a new secret and returns it. During overlap, in simulated time, each attempt carries
// two v1 signatures, the one of the new secret first, so a receiver that knows either accepts it. Without an overlap only
// the new secret signs.
func (p *Provider) RotateSecret(ctx context.Context, id string, overlap time.Duration) (simulator.Subscription, error) {
	if overlap < 0 {
		return simulator.Subscription{}, refuse(CodeSetting, "overlap", "an overlap of %v is not possible; it must not be negative", overlap)
	}
	return p.change(ctx, &id, func(c *commit) error {
		s, err := p.state.living(id)
		if err != nil {
			return err
		}
		now := p.Now()
		former, err := json.Marshal(formerSecret{Secret: s.Secret.Reveal(), Until: now.Add(overlap)})
		if err != nil {
			return fmt.Errorf("encoding the former secret: %w", err)
		}
		next := *s.Subscription
		next.Secret, next.UpdatedAt = p.random.secret(p.options.Secrets), now
		c.add(&journal.Setting{At: now, Key: formerKey + id, Value: former, Removed: overlap == 0})
		p.addVersion(c, &next, "secret rotated")
		return nil
	})
}
