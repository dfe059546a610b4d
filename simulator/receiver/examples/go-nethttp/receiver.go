// Command go-nethttp is a receiver of the provider's webhooks with net/http. Copy Verify and Webhooks; Desk stands for your
// application.
package main

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Verify reports whether header has a valid signature of body, the raw bytes of the request.
func Verify(body []byte, header, secret string, now time.Time, tolerance time.Duration) bool {
	values := map[string][]string{} // one t, and several v1 during a rotation of the secret
	for element := range strings.SplitSeq(header, ",") {
		key, value, _ := strings.Cut(element, "=")
		values[key] = append(values[key], value)
	}
	t, err := strconv.ParseInt(strings.Join(values["t"], ","), 10, 64) // two t do not parse as a number
	if secret == "" || err != nil || now.Sub(time.Unix(t, 0)).Abs() > tolerance {
		return false
	}
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.%s", t, body)
	want := hex.EncodeToString(mac.Sum(nil))
	return slices.ContainsFunc(values["v1"], func(v1 string) bool { return hmac.Equal([]byte(v1), []byte(want)) })
}

// A Check reports whether a header has a valid signature of a body.
type Check func(body []byte, header string) bool

// SignedWith returns the check for the secret of a subscription.
func SignedWith(secret string) Check {
	return func(body []byte, header string) bool { return Verify(body, header, secret, time.Now(), 5*time.Minute) }
}

// Webhooks handles events for the desk. It verifies the raw body, because decoding and encoding would change the bytes.
func Webhooks(desk *Desk, check Check) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			http.Error(w, "the body is incomplete", http.StatusBadRequest)
			return
		}
		if !check(body, r.Header.Get("X-Webhook-Signature")) {
			http.Error(w, "invalid signature", http.StatusUnauthorized)
			return
		}
		var event struct {
			EventType   string
			Identifiers map[string]string
		}
		if err := json.Unmarshal(body, &event); err != nil {
			http.Error(w, "the body is not an event", http.StatusBadRequest)
			return
		}
		desk.Handle(event.EventType, event.Identifiers) // also acknowledge unknown types: an error would cause retries
		fmt.Fprintln(w, `{"received":true}`)
	})
}

// Desk is the application: a front desk that follows each visit and sends one receipt for each paid invoice. Events arrive
// at least once and in any order, and a retry may have a new eventId. Therefore nothing counts events: Desk stores which
// stages a visit has reached and which invoices have a receipt. The zero value is ready to use.
type Desk struct {
	mu       sync.Mutex
	visits   map[string][]string // the reached stages by bookingId
	receipts []string            // ids of the invoices with a receipt
}

// Handle applies an event.
func (d *Desk) Handle(eventType string, identifiers map[string]string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch eventType {
	case "booking.created", "booking.patientJourney.arrived", "booking.patientJourney.inConsultation", "booking.patientJourney.completed":
		visit, stage := identifiers["bookingId"], eventType[strings.LastIndex(eventType, ".")+1:]
		if d.visits == nil {
			d.visits = map[string][]string{}
		}
		if !slices.Contains(d.visits[visit], stage) {
			d.visits[visit] = append(d.visits[visit], stage)
		}
	case "invoice.paid":
		if invoice := identifiers["invoiceId"]; !slices.Contains(d.receipts, invoice) {
			d.receipts = append(d.receipts, invoice)
		}
	}
}

func main() {
	secret := os.Getenv("WEBHOOK_SECRET")
	if secret == "" {
		log.Fatal("WEBHOOK_SECRET is not set: set it to the secret of the subscription")
	}
	http.Handle("POST /webhooks", Webhooks(&Desk{}, SignedWith(secret)))
	log.Fatal(http.ListenAndServe("127.0.0.1:"+cmp.Or(os.Getenv("PORT"), "3000"), nil))
}
