package simulator

import "log/slog"

// DefaultSecret is the published secret that every command uses unless it is given another, so that a sender and a
// receiver in two terminals agree. It protects nothing.
const DefaultSecret Secret = "whsec_semblance_local_only"

// Secret is the key of a subscription's signatures, used as text. It prints as its last four characters, in logs and in
// JSON too, so that it cannot leak by accident; [Secret.Reveal] gives it whole.
type Secret string

// Reveal returns the whole secret.
func (s Secret) Reveal() string { return string(s) }

// String returns the secret redacted to its last four characters. The published default is shown in full.
func (s Secret) String() string {
	switch {
	case s == "" || s == DefaultSecret:
		return string(s)
	case len(s) < 12: // four characters would be too much of it
		return "…"
	default:
		return "…" + string(s[len(s)-4:])
	}
}

// MarshalText redacts the secret in JSON and other encodings.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue redacts the secret in logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// GoString redacts the secret under %#v.
func (s Secret) GoString() string { return s.String() }
