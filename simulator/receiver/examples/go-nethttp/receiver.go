// Command go-nethttp is a receiver of the provider's webhooks with net/http: Verify and Webhooks are yours to copy, Desk
// stands for your application.
package main

import (
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

// Verify says whether header signs body: the bytes as they were read, before anything parsed them.
func Verify(body []byte, header, secret string, now time.Time, tolerance time.Duration) bool {
	values := map[string][]string{} // one t, and several v1 while a secret is changed
	for element := range strings.SplitSeq(header, ",") {
		key, value, _ := strings.Cut(element, "=")
		values[key] = append(values[key], value)
	}
	t, err := strconv.ParseInt(strings.Join(values["t"], ","), 10, 64) // t twice is no number
	if secret == "" || err != nil || now.Sub(time.Unix(t, 0)).Abs() > tolerance {
		return false
	}
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.%s", t, body)
	want := hex.EncodeToString(mac.Sum(nil))
	return slices.ContainsFunc(values["v1"], func(v1 string) bool { return hmac.Equal([]byte(v1), []byte(want)) })
}

// A Check says whether a header signs a body, now.
type Check func(body []byte, header string) bool

// SignedWith returns the check of a subscription with the secret.
func SignedWith(secret string) Check {
	return func(body []byte, header string) bool { return Verify(body, header, secret, time.Now(), 5*time.Minute) }
}

// Webhooks takes events for the desk. It reads the raw body: decoded and encoded again, it would not be what was signed.
func Webhooks(desk *Desk, check Check) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			http.Error(w, "the body did not come whole", http.StatusBadRequest)
			return
		}
		if !check(body, r.Header.Get("X-Webhook-Signature")) {
			http.Error(w, "the signature does not hold", http.StatusUnauthorized)
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
		desk.Take(event.EventType, event.Identifiers) // a type that it does not know is answered like the others: an error would only bring retries
		fmt.Fprintln(w, `{"received":true}`)
	})
}

// Desk is the application: a front desk that follows each visit and sends one receipt for each invoice paid. Events come
// at least once and in any order, and a retry may have a new eventId. So nothing here counts events: a stage is reached
// or it is not, and an invoice has its receipt or it has not. The zero value is ready.
type Desk struct {
	mu       sync.Mutex
	visits   map[string][]string // by bookingId, the stages that were reached
	receipts []string            // the ids of the invoices whose receipt was sent
}

// Take does what an event asks for.
func (d *Desk) Take(eventType string, identifiers map[string]string) {
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
		log.Fatal("WEBHOOK_SECRET is not set: it is the secret of the subscription")
	}
	http.Handle("POST /webhooks", Webhooks(&Desk{}, SignedWith(secret)))
	log.Fatal(http.ListenAndServe("127.0.0.1:3000", nil))
}
