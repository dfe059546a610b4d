package receiver_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"semblance/simulator/clock"
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
	posted := func(body, header, timestamp string) func(running) string {
		return func(r running) string {
			status, verdict := r.post(body, map[string]string{signature.HeaderName: header, signature.TimestampName: timestamp})
			return fmt.Sprint(status, " ", verdict)
		}
	}
	signedBy := func(body, header string) func(running) string { return posted(body, header, fmt.Sprint(at.Unix())) }
	both := func(first, second func(running) string) func(running) string {
		return func(r running) string { return first(r) + "; " + second(r) }
	}
	changes := func(r running) string {
		record, _ := r.Receiver.Record(bookingID)
		return fmt.Sprint("changes ", record.Changes)
	}
	old := at.Add(-time.Hour)
	mac := func(key, message string) string {
		sum := hmac.New(sha256.New, []byte(key))
		sum.Write([]byte(message))
		return hex.EncodeToString(sum.Sum(nil))
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
		{"unsigned", signedBy(created, ""), "401 missing", "200 accepted"},
		{"malformed-header", signedBy(created, "garbage"), "401 malformed", "200 accepted"},
		{"form-only", signedBy(created, "t=1764000000,v1="+v1("")), "401 mismatch", "200 accepted"},
		{"timestamp-header", posted(created, "t=1764000001,v1="+v1(created), "1764000000"), "401 mismatch", "200 accepted"},
		{"prefix-comparison", signedBy(created, "t=1764000000,v1="+v1(created)[:2]), "401 bad-signature", "200 accepted"},
		{"rotation-unchecked", signedBy(created, "t=1764000000,v1="+v1("")+",v1="+v1("")), "401 mismatch", "200 accepted"},
		{"any-scheme", signedBy(created, "t=1764000000,v0="+v1(created)), "401 no-signature", "200 accepted"},
		{"last-t", signedBy(created, signature.Sign(secret, old, []byte(created))+",t=1764000000"), "401 timestamp-twice", "200 accepted"},
		{"repeated-header", repeated(created), "401 mismatch", "200 accepted"},
		{"non-ascii-crash", signedBy(created, "t=1764000000,v1=\xe9"), "401 bad-signature", "500 internal"},
		{"old-scheme", signedBy(created, "t=1764000000,v1="+mac(secret, created)), "401 mismatch", "200 accepted"},
		{"unset-secret", signedBy(created, "t=1764000000,v1="+mac("", "1764000000."+created)), "401 mismatch", "200 accepted"},
		{"any-age", signedBy(created, signature.Sign(secret, old, []byte(created))), "401 stale", "200 accepted"},
		{"strict-age", signedBy(created, signature.Sign(secret, at.Add(-time.Minute), []byte(created))), "200 accepted", "401 stale"},
		{"zero-time", signedBy(created, signature.Sign(secret, time.Unix(0, 0), []byte(created))), "401 stale", "200 accepted"},
		{"header-age", signedBy(created, signature.Sign(secret, old, []byte(created))), "401 stale", "200 accepted"},
		{"exact-content-type", func(r running) string {
			status, verdict := r.post(created, map[string]string{signature.HeaderName: signature.Sign(secret, at, []byte(created)), "Content-Type": "application/json; charset=utf-8"})
			return fmt.Sprint(status, " ", verdict)
		}, "200 accepted", "415 content-type"},
		{"any-method", func(r running) string { return sent(r, http.MethodPut, created) }, "405", "200"},
		{"unknown-type-crash", answers(event(2, "booking.teleported", "bookingId", bookingID)), "200 ignored", "500 internal"},
		{"duplicate-conflict", answers(created, created), "200 accepted, 200 duplicate", "200 accepted, 409 duplicate"},
		{"no-memory", both(answers(created, created), changes), "200 accepted, 200 duplicate; changes 1", "200 accepted, 200 accepted; changes 2"},
		{"missing-field", answers(created, booking(2, "booking.updated")), "200 accepted, 200 accepted", "200 accepted, 200 duplicate"},
		{"does-nothing", both(answers(created), changes), "200 accepted; changes 1", "200 accepted; changes 0"},
		{"racing", func(r running) string { return raced(r.t.(*testing.T), r.wrong) }, "changes 1", "changes 2"},
		{"work-in-request", both(func(r running) string {
			ctx, cancel := context.WithCancel(r.t.Context())
			cancel() // the sender has gone
			r.Receiver.ServeHTTP(httptest.NewRecorder(), r.request(http.MethodPost, created).WithContext(ctx))
			return "gone"
		}, changes), "gone; changes 1", "gone; changes 0"},
		{"tells-secret", detail(created), "no v1 of the signature header matches this body and this secret", "no v1 of the signature header matches this body and this secret; the secret is " + secret},
		{"tells-signature", detail(created), "no v1 of the signature header matches this body and this secret", "no v1 of the signature header matches this body and this secret; expected v1=" + v1(created)},
		{"tells-stack", func(r running) string { return fmt.Sprint(strings.Contains(detail(created)(r), "node_modules")) }, "false", "true"},
		{"other-fields", answers(created), "200 accepted", "400 unreadable"},
		{"changed-keys-text", both(answers(changedKeys), func(r running) string {
			e, _ := r.Receiver.Event(eventID(1))
			return fmt.Sprint(e.Decoded["changedKeys"])
		}), "200 accepted; [weight height]", `200 accepted; ["weight","height"]`},
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

// repeated sends a body under two wrong signature headers.
func repeated(body string) func(running) string {
	wrong := signature.Sign("another", at, []byte(body))
	return func(r running) string {
		req := r.request(http.MethodPost, body)
		req.Header[signature.HeaderName] = []string{wrong, wrong}
		_, answer := r.do(req)
		return answer.text()
	}
}

// detail tells why a body under a wrong signature is refused.
func detail(body string) func(running) string {
	return func(r running) string {
		req := r.request(http.MethodPost, body)
		req.Header.Set(signature.HeaderName, signature.Sign("another", at, []byte(body)))
		_, answer := r.do(req)
		return answer.Detail
	}
}

// sent sends a rightly signed body by another method.
func sent(r running, method, body string) string {
	status, _ := r.do(r.request(method, body))
	return fmt.Sprint(status)
}

// raced delivers a body twice at once and counts the changes.
func raced(t *testing.T, mistake string) (told string) {
	synctest.Test(t, func(t *testing.T) {
		r, err := receiver.New(receiver.Options{Secrets: []string{secret}, Clock: clock.Fixed(at), ActWrong: mistake})
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range 2 {
			all.Go(func() {
				r.ServeHTTP(httptest.NewRecorder(), running{t: t, Server: &receiver.Server{}}.request(http.MethodPost, booking(1, "booking.created")))
			})
		}
		all.Wait()
		record, _ := r.Record(bookingID)
		told = fmt.Sprint("changes ", record.Changes)
	})
	return told
}

type answer struct {
	status                  int
	Outcome, Reason, Detail string
}

func (a answer) text() string { return fmt.Sprint(a.status, " ", a.Outcome+a.Reason) }

// request returns a rightly signed request.
func (r running) request(method, body string) *http.Request {
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.URL+"/webhooks", strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set(signature.HeaderName, signature.Sign(secret, at, []byte(body)))
	return req
}

func (r running) do(req *http.Request) (int, answer) {
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Error(err)
		return 0, answer{}
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode}
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		r.t.Errorf("the answer is no JSON: %v", err)
	}
	return resp.StatusCode, a
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
