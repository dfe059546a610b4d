package provider_test

import (
	"regexp"
	"testing"
	"time"

	"semblance/simulator/clock"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
	"semblance/simulator/signature"
)

func TestTheFormOfSecretsIsASetting(t *testing.T) {
	for form, want := range map[provider.SecretForm]string{
		{}:                         `^whsec_[A-Za-z0-9_-]{32}$`,
		{Prefix: "sk_"}:            `^sk_[A-Za-z0-9_-]{32}$`,
		{Prefix: "x", Length: 201}: `^x[A-Za-z0-9_-]{201}$`,
	} {
		p := start(t, provider.Options{Secrets: form})
		s := subscribe(t, p, "https://example.com", "booking.created")
		if !regexp.MustCompile(want).MatchString(s.Secret.Reveal()) {
			t.Errorf("%+v gave %s", form, s.Secret.Reveal())
		}
	}
	if _, err := provider.Start(t.Context(), provider.Options{Secrets: provider.SecretForm{Length: 3}}); provider.CodeOf(err) != provider.CodeSetting {
		t.Errorf("a secret that anybody guesses: %v", err)
	}
}

// While secrets overlap, receivers with either are served; the overlap survives a restart.
func TestRotation(t *testing.T) {
	j := journal.NewMemory(journal.Options{})
	defer j.Close()
	c := clock.Manual(noon)
	options := provider.Options{Journal: j, Clock: c}
	r := receive(t, c)
	p, err := provider.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	old := subscribe(t, p, r.URL, "booking.created")
	rotated, err := p.RotateSecret(t.Context(), old.ID, time.Hour)
	if err != nil || rotated.Secret == old.Secret {
		t.Fatalf("rotated to %+v, %v", rotated, err)
	}
	stop(t, p)
	p = start(t, options)
	emit(t, p, "booking.created")
	advance(t, p, time.Hour)
	emit(t, p, "booking.created")
	wait(t, p, provider.Condition{Accepted: 2})
	got := r.requests()
	for i, want := range []struct{ signatures, old int }{{2, 1}, {1, 0}} {
		header := got[i].Header.Get(signature.HeaderName)
		parsed, err := signature.Parse(header)
		if err != nil || len(parsed.V1) != want.signatures {
			t.Errorf("%s has %d signatures (%v), want %d", header, len(parsed.V1), err, want.signatures)
		}
		got[i].verify(t, rotated, got[i].At)
		known := signature.Verify(got[i].Body, header, old.Secret.Reveal(), got[i].At, signature.DefaultTolerance) == nil
		if known != (want.old == 1) {
			t.Errorf("the old secret verifies attempt %d: %v", i+1, known)
		}
	}
	if again, err := p.RotateSecret(t.Context(), old.ID, 0); err != nil || again.Secret == rotated.Secret {
		t.Errorf("rotated to %+v, %v", again, err)
	}
	if _, err := p.RotateSecret(t.Context(), old.ID, -1); provider.CodeOf(err) != provider.CodeSetting {
		t.Errorf("a negative overlap: %v", err)
	}
}
