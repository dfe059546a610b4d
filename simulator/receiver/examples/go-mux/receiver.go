// Command go-mux is a receiver of the provider's webhooks with gorilla/mux: Verify and Signed are yours to copy, Desk
// stands for your application.
package main

import (
	"bytes"
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

	"github.com/gorilla/mux"
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

// Signed lets only signed requests through. It reads the raw body, which is what was signed, and hands it on.
func Signed(check Check) mux.MiddlewareFunc {
	return func(next http.Handler) http.Handler {
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
			r.Body = io.NopCloser(bytes.NewReader(body))
			next.ServeHTTP(w, r)
		})
	}
}

// Routes are the application's: the webhooks, which must be signed, and what else it serves, which is not.
func Routes(desk *Desk, check Check) http.Handler {
	router := mux.NewRouter()
	webhooks := router.Path("/webhooks").Methods(http.MethodPost).Subrouter()
	webhooks.Use(Signed(check))
	webhooks.NewRoute().HandlerFunc(desk.webhook)
	router.HandleFunc("/visits/{booking}", desk.visit).Methods(http.MethodGet)
	router.HandleFunc("/receipts", desk.sent).Methods(http.MethodGet)
	return router
}

// Desk is the application: a front desk that follows each visit and sends one receipt for each invoice paid. Events come
// at least once and in any order, and a retry may have a new eventId. So nothing here counts events: a stage is reached
// or it is not, and an invoice has its receipt or it has not. The zero value is ready.
type Desk struct {
	mu       sync.Mutex
	visits   map[string][]string // by bookingId, the stages that were reached
	receipts []string            // the ids of the invoices whose receipt was sent
}

// webhook takes an event whose signature holds.
func (d *Desk) webhook(w http.ResponseWriter, r *http.Request) {
	var event struct {
		EventType   string
		Identifiers map[string]string
	}
	if err := json.NewDecoder(r.Body).Decode(&event); err != nil {
		http.Error(w, "the body is not an event", http.StatusBadRequest)
		return
	}
	d.take(event.EventType, event.Identifiers) // a type that it does not know is answered like the others: an error would only bring retries
	fmt.Fprintln(w, `{"received":true}`)
}

// take does what an event asks for.
func (d *Desk) take(eventType string, identifiers map[string]string) {
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

// visit shows which stages a visit has reached.
func (d *Desk) visit(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	stages, known := d.visits[mux.Vars(r)["booking"]]
	if !known {
		http.NotFound(w, r)
		return
	}
	answer(w, map[string]any{"stages": stages})
}

// sent shows the receipts that were sent.
func (d *Desk) sent(w http.ResponseWriter, _ *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	answer(w, map[string]any{"receipts": d.receipts})
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

func main() {
	secret := os.Getenv("WEBHOOK_SECRET")
	if secret == "" {
		log.Fatal("WEBHOOK_SECRET is not set: it is the secret of the subscription")
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:3000", Routes(&Desk{}, SignedWith(secret))))
}
