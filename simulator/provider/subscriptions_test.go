package provider_test

import (
	"regexp"
	"testing"

	"semblance/simulator"
	"semblance/simulator/provider"
)

func TestSubscriptionsFromCreationToDeletion(t *testing.T) {
	p := start(t, provider.Options{})
	watch := receive(t, nil)
	subscribe(t, p, watch.URL, "webhook.subscription.updated")
	s, err := p.CreateSubscription(t.Context(), provider.NewSubscription{
		URL: "https://example.com/a", Label: "first", EventTypes: []string{"booking.created", "booking.updated"},
		Headers: []simulator.Header{{Name: "X-Tenant", Value: "7"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^whsec_[A-Za-z0-9_-]{32}$`).MatchString(s.Secret.Reveal()) || s.ID == "" || s.Version == "" || s.CreatedAt.IsZero() {
		t.Errorf("made %+v with the secret %s", s, s.Secret.Reveal())
	}
	create := func(url string, types ...string) error {
		_, err := p.CreateSubscription(t.Context(), provider.NewSubscription{URL: url, Label: "second", EventTypes: types})
		return err
	}
	if err := create("https://EXAMPLE.com:443/a", "patient.created", "booking.updated"); provider.CodeOf(err) != provider.CodeDuplicate {
		t.Errorf("the same URL with the same event type twice: %v", err)
	}
	if err := create("https://example.com/a", "patient.created"); err != nil {
		t.Errorf("the same URL with another event type: %v", err)
	}

	update := func(c provider.SubscriptionUpdate) (simulator.Subscription, error) {
		t.Helper()
		return p.UpdateSubscription(t.Context(), s.ID, c)
	}
	types, label, none, bad := []string{"patient.created"}, "renamed", []simulator.Header{}, []string{"patient.craeted"}
	if _, err := update(provider.SubscriptionUpdate{EventTypes: &types}); provider.CodeOf(err) != provider.CodeDuplicate {
		t.Errorf("a duplicate by update: %v", err)
	}
	if _, err := update(provider.SubscriptionUpdate{EventTypes: &bad}); provider.CodeOf(err) != provider.CodeEventType {
		t.Errorf("an unknown type by update: %v", err)
	}
	now, err := update(provider.SubscriptionUpdate{Label: &label})
	if err != nil || now.Label != "renamed" || now.URL != s.URL || len(now.EventTypes) != 2 || len(now.Headers) != 1 || now.Secret != s.Secret {
		t.Errorf("a partial update gave %+v, %v", now, err)
	}
	if now, err = update(provider.SubscriptionUpdate{}); err != nil || now.Label != "renamed" {
		t.Errorf("an update of nothing gave %+v, %v", now, err)
	}
	if now, err = update(provider.SubscriptionUpdate{Headers: &none}); err != nil || len(now.Headers) != 0 {
		t.Errorf("clearing the headers gave %+v, %v", now, err)
	}
	wait(t, p, provider.Condition{Accepted: 2, AllFinished: true})
	for _, r := range watch.requests() {
		if r.Identifiers["subscriptionId"] != s.ID || r.Metadata["deliveryPaused"] != false {
			t.Errorf("told %s", r.Body)
		}
	}
	if n := len(watch.requests()); n != 2 {
		t.Errorf("%d updates were told, want 2: one that changes nothing is none", n)
	}
	if _, err := p.DeleteSubscription(t.Context(), s.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := update(provider.SubscriptionUpdate{Label: &label}); provider.CodeOf(err) != provider.CodeDeleted {
		t.Errorf("updating a deleted one: %v", err)
	}
	if err := create(s.URL, s.EventTypes...); err != nil {
		t.Errorf("its URL and types are free again, and yet: %v", err)
	}
	if _, err := p.UpdateSubscription(t.Context(), "none", provider.SubscriptionUpdate{}); provider.CodeOf(err) != provider.CodeNotFound {
		t.Errorf("updating none: %v", err)
	}
}

func TestASeedAndATimeFixIDsSecretsAndTokens(t *testing.T) {
	made := func(fixed bool) (string, string, string) {
		p := start(t, provider.Options{Seed: 3, Fixed: fixed, Clock: fixedClock()})
		s := subscribe(t, p, "https://example.com", "booking.created")
		return s.ID, s.Secret.Reveal(), p.Tokens()[0].Text
	}
	id, secret, token := made(true)
	if id2, secret2, token2 := made(true); id2 != id || secret2 != secret || token2 != token {
		t.Error("two runs of one seed differ")
	}
	if id3, secret3, token3 := made(false); id3 == id || secret3 == secret || token3 == token {
		t.Error("ids, secret or token are not fresh")
	}
}

func TestHeadersOfASubscriptionAreSent(t *testing.T) {
	p := start(t, provider.Options{})
	r := receive(t, nil)
	_, err := p.CreateSubscription(t.Context(), provider.NewSubscription{
		URL: r.URL, Label: "l", EventTypes: []string{"booking.created"}, Headers: []simulator.Header{{Name: "X-Tenant", Value: "7"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	emit(t, p, "booking.created")
	wait(t, p, provider.Condition{Accepted: 1})
	if got := r.requests()[0].Header.Get("X-Tenant"); got != "7" {
		t.Errorf("X-Tenant is %q", got)
	}
}

func TestAuthorise(t *testing.T) {
	see, err := provider.ParseToken("only-for-looking=seeWebhooks")
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, provider.Options{Tokens: []provider.Token{see}})
	for name, test := range map[string]struct {
		text       string
		permission provider.Permission
		want       provider.Code
	}{
		"granted":     {"only-for-looking", provider.SeeWebhooks, ""},
		"known":       {"only-for-looking", "", ""},
		"not granted": {"only-for-looking", provider.EditWebhooks, provider.CodePermission},
		"unknown":     {"another", provider.SeeWebhooks, provider.CodeToken},
		"none":        {"", "", provider.CodeToken},
	} {
		if err := p.Authorise(test.text, test.permission); provider.CodeOf(err) != test.want {
			t.Errorf("%s: %v, want the code %q", name, err, test.want)
		}
	}
}

func TestWithoutTokensOneForDevelopmentIsMade(t *testing.T) {
	p := start(t, provider.Options{})
	tokens := p.Tokens()
	if len(tokens) != 1 || len(tokens[0].Permissions) != len(provider.AllPermissions()) {
		t.Fatalf("made %v", tokens)
	}
	if err := p.Authorise(tokens[0].Text, provider.DeleteWebhooks); err != nil {
		t.Error(err)
	}
}
