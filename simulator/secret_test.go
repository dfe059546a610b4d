package simulator_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"semblance/simulator"
)

// A secret prints as its last four characters, alone or within a subscription, in every format.
func TestSecretIsRedactedEverywhere(t *testing.T) {
	t.Parallel()
	const hidden = "whsec_0123456789abcdef"
	secret := simulator.Secret(hidden)
	subscription := simulator.Subscription{Secret: secret, Label: "clinic"}
	printed := map[string]string{
		"String": secret.String(),
		"%v":     fmt.Sprintf("%v %v", secret, subscription),
		"%+v":    fmt.Sprintf("%+v %+v", secret, &subscription),
		"%#v":    fmt.Sprintf("%#v %#v", secret, subscription),
		"%s":     fmt.Sprint(secret, " ", &secret),
		"%q":     fmt.Sprintf("%q", secret),
		"errors": fmt.Errorf("sign with %s: nothing", secret).Error(),
	}
	var text, structured bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("signed", "secret", secret, "subscription", subscription)
	slog.New(slog.NewJSONHandler(&structured, nil)).Info("signed", "secret", secret, "subscription", subscription)
	printed["slog text"], printed["slog JSON"] = text.String(), structured.String()
	asJSON, err := json.Marshal([]any{secret, subscription})
	if err != nil {
		t.Fatal(err)
	}
	printed["JSON"] = string(asJSON)
	asXML, err := xml.Marshal(subscription)
	if err != nil {
		t.Fatal(err)
	}
	printed["XML"] = string(asXML)
	for format, text := range printed {
		if strings.Contains(text, "0123456789ab") || !strings.Contains(text, "…cdef") && format != "%q" {
			t.Errorf("%s: %s", format, text)
		}
	}
	if secret.Reveal() != hidden {
		t.Errorf("Reveal gives %q", secret.Reveal())
	}
}

func TestSecretString(t *testing.T) {
	t.Parallel()
	for secret, want := range map[simulator.Secret]string{
		"":                       "",
		"short":                  "…",
		"12345678901":            "…",
		"123456789012":           "…9012",
		simulator.DefaultSecret:  "whsec_semblance_local_only",
		"whsec_semblance_local1": "…cal1",
	} {
		if got := secret.String(); got != want {
			t.Errorf("%q is shown as %q, want %q", secret.Reveal(), got, want)
		}
	}
}

func TestWants(t *testing.T) {
	t.Parallel()
	s := simulator.Subscription{EventTypes: []string{"booking.created", "patient.created"}}
	for eventType, want := range map[string]bool{"booking.created": true, "patient.created": true, "booking.*": false, "Booking.created": false, "": false} {
		if got := s.Wants(eventType); got != want {
			t.Errorf("wants %q: %t", eventType, got)
		}
	}
	s.Deleted = true
	if s.Wants("booking.created") {
		t.Error("a deleted subscription wants something")
	}
}

func TestHeaderIgnoresCase(t *testing.T) {
	t.Parallel()
	headers := []simulator.Header{{Name: "X-A", Value: "1"}, {Name: "x-a", Value: "2"}}
	request, response := simulator.Request{Headers: headers}, simulator.Response{Headers: headers}
	if request.Header("x-A") != "1" || response.Header("X-a") != "1" || request.Header("X-B") != "" {
		t.Errorf("got %q, %q, %q", request.Header("x-A"), response.Header("X-a"), request.Header("X-B"))
	}
}

func TestOK(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		came simulator.Response
		want bool
	}{
		{simulator.Response{Status: 200}, true},
		{simulator.Response{Status: 299}, true},
		{simulator.Response{Status: 301}, false},
		{simulator.Response{Status: 500}, false},
		{simulator.Response{}, false},
		{simulator.Response{Status: 200, Failure: simulator.FailureClosed}, false},
	} {
		if got := test.came.OK(); got != test.want {
			t.Errorf("%+v is OK: %t", test.came, got)
		}
	}
}
