package simulator

import "log/slog"

// DefaultSecret is the public secret that every command uses by default, so that a sender and a receiver in two terminals
// agree. It protects nothing.
const DefaultSecret Secret = "whsec_semblance_local_only"

// Secret is the key that signs a subscription's requests, used as text. It prints as its last four characters, also in
// logs and JSON, so that it cannot leak by accident. [Secret.Reveal] returns all of it.
type Secret string

// Reveal returns the secret unredacted.
func (s Secret) Reveal() string { return string(s) }

// String returns the last four characters after an ellipsis. [DefaultSecret] is shown in full.
func (s Secret) String() string {
	switch {
	case s == "" || s == DefaultSecret:
		return string(s)
	case len(s) < 12: // four characters would reveal too much
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
