package provider_test

import (
	"slices"
	"testing"

	"semblance/simulator/provider"
)

// Tokens last as long as no others are given.
func TestOtherTokensTakeThePlaceOfThoseOfTheJournal(t *testing.T) {
	for kind, open := range journals {
		t.Run(kind, func(t *testing.T) {
			j := open(t)
			run := func(tokens ...provider.Token) *provider.Provider {
				p, err := provider.Start(t.Context(), provider.Options{Journal: j, Tokens: tokens})
				if err != nil {
					t.Fatal(err)
				}
				return p
			}
			old, kept, fresh := provider.Token{Text: "old"}, provider.Token{Text: "kept"}, provider.Token{Text: "new"}
			known := func(p *provider.Provider, want ...string) {
				t.Helper()
				var got []string
				for _, token := range p.Tokens() {
					if p.Authorise(token.Text, "") == nil {
						got = append(got, token.Text)
					}
				}
				slices.Sort(got)
				if !slices.Equal(got, want) {
					t.Errorf("the tokens are %q, want %q", got, want)
				}
			}
			p := run(old, kept)
			known(p, "kept", "old")
			stop(t, p)
			p = run()
			known(p, "kept", "old")
			stop(t, p)
			p = run(fresh, kept)
			known(p, "kept", "new")
			if err := p.Authorise("old", ""); provider.CodeOf(err) != provider.CodeToken {
				t.Errorf("the token that is given no more: %v", err)
			}
			stop(t, p)
			p = run()
			known(p, "kept", "new")
			stop(t, p)
		})
	}
}
