package receiver_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"semblance/simulator/receiver"
	"semblance/simulator/signature"
)

// Each wrong receiver is shown what a right one handles and it does not; told is what is observed of either.
func TestWrongReceivers(t *testing.T) {
	created := booking(1, "booking.created")
	spaced := strings.ReplaceAll(created, ",", ", ")
	v1 := func(body string) string {
		_, v1, _ := strings.Cut(signature.Sign(secret, at, []byte(body)), "v1=")
		return v1
	}
	// answers delivers each body, rightly signed, and tells the answers.
	answers := func(bodies ...string) func(running) string {
		return func(r running) string {
			var all []string
			for _, body := range bodies {
				status, verdict := r.deliver(body)
				all = append(all, fmt.Sprint(status, " ", verdict))
			}
			return strings.Join(all, ", ")
		}
	}
	signedBy := func(body, header string) func(running) string {
		return func(r running) string {
			status, verdict := r.post(body, map[string]string{signature.HeaderName: header, signature.TimestampName: fmt.Sprint(at.Unix())})
			return fmt.Sprint(status, " ", verdict)
		}
	}
	both := func(first, second func(running) string) func(running) string {
		return func(r running) string { return first(r) + "; " + second(r) }
	}
	changes := func(r running) string {
		record, _ := r.Receiver.Record(bookingID)
		return fmt.Sprint("changes ", record.Changes)
	}
	changedKeys := event(1, "pathway.metadata.updated", "pathwayId", bookingID, "patientId", patientID, "episodeId", doctorID, "changedKeys", `["weight","height"]`)
	tests := []struct {
		name         string
		told         func(running) string
		right, wrong string
	}{
		{"semble-header", answers(created), "200 accepted", "401 missing"},
		{"sha256-prefix", both(answers(created), signedBy(created, "sha256="+v1(created))), "200 accepted; 401 no-timestamp", "401 mismatch; 200 accepted"},
		{"body-only", answers(created), "200 accepted", "401 mismatch"},
		{"reserialise", both(answers(spaced), signedBy(spaced, signature.Sign(secret, at, []byte(created)))), "200 accepted; 401 mismatch", "401 mismatch; 200 accepted"},
		{"plain-comparison", both(signedBy(created, "t=1764000000,v1="+v1("")+",v1="+v1(created)), answers(created)), "200 accepted; 200 duplicate", "401 mismatch; 200 accepted"},
		{"other-fields", answers(created), "200 accepted", "400 unreadable"},
		{"changed-keys-text", both(answers(changedKeys), func(r running) string {
			e, _ := r.Receiver.Event(eventID(1))
			return fmt.Sprint(e.Decoded["changedKeys"])
		}), "200 accepted; [weight height]", "200 accepted; []"},
		{"unknown-type-error", answers(created, event(2, "booking.teleported", "bookingId", bookingID)), "200 accepted, 200 ignored", "200 accepted, 400 unknown-type"},
		{"record-fields", answers(created), "200 accepted", "500 internal"},
		{"all-identifiers", answers(created, event(2, "booking.created", "bookingId", bookingID)), "200 accepted, 200 accepted", "200 accepted, 500 internal"},
		{"known-identifiers", answers(created, event(2, "booking.created", "bookingId", bookingID, "roomId", doctorID)), "200 accepted, 200 accepted", "200 accepted, 422 invalid"},
		{"no-metadata", answers(created, strings.TrimSuffix(event(2, "webhook.subscription.updated", "subscriptionId", subscriptionID), "}")+`,"metadata":{"deliveryPaused":true}}`),
			"200 accepted, 200 accepted", "200 accepted, 422 invalid"},
		{"blocker-availability", answers(event(1, "availability.blocker.created", "availabilityId", bookingID), event(2, "availability.blocker.created", "bookingId", bookingID)),
			"200 accepted, 200 accepted", "200 accepted, 500 internal"},
		{"merged-patient", answers(created, event(2, "patient.merged", "sourcePatientId", patientID, "targetPatientId", doctorID)), "200 accepted, 200 accepted", "200 accepted, 500 internal"},
		{"seen-first", both(answers(created, created), changes), "200 accepted, 200 duplicate; changes 1", "503 unavailable, 200 duplicate; changes 0"},
		{"stable-event-id", both(answers(created, created, booking(2, "booking.created")), changes),
			"200 accepted, 200 duplicate, 200 unchanged; changes 1", "200 accepted, 200 duplicate, 200 accepted; changes 2"},
		{"slow", answersWithin(created, 500*time.Millisecond), "200", "no answer"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := test.told(start(t, receiver.Options{})); got != test.right {
				t.Errorf("the right receiver: %s, want %s", got, test.right)
			}
			if got := test.told(start(t, receiver.Options{ActWrong: test.name})); got != test.wrong {
				t.Errorf("the wrong receiver: %s, want %s", got, test.wrong)
			}
		})
	}
	for _, w := range receiver.Wrongs() {
		if !slices.ContainsFunc(tests, func(test struct {
			name         string
			told         func(running) string
			right, wrong string
		}) bool {
			return test.name == w.Name
		}) {
			t.Errorf("nothing shows that %s is wrong", w.Name)
		}
		if w.Summary == "" || strings.HasSuffix(w.Summary, ".") {
			t.Errorf("%s has the summary %q", w.Name, w.Summary)
		}
	}
}

// answersWithin delivers a body and waits so long for the answer.
func answersWithin(body string, limit time.Duration) func(running) string {
	return func(r running) string {
		ctx, cancel := context.WithTimeout(r.t.Context(), limit)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL, strings.NewReader(body))
		if err != nil {
			r.t.Fatal(err)
		}
		req.Header.Set(signature.HeaderName, signature.Sign(secret, at, []byte(body)))
		resp, err := http.DefaultClient.Do(req)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return "no answer"
		case err != nil:
			return err.Error()
		}
		defer resp.Body.Close()
		return fmt.Sprint(resp.StatusCode)
	}
}
