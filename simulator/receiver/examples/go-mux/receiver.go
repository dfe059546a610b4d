// Command go-mux is a receiver of the provider's webhooks with gorilla/mux. Copy Verify and Signed; Desk stands for your
// application.
package main

import (
	"bytes"
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

	"github.com/gorilla/mux"
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

// Signed accepts signed requests only. It verifies the raw body and passes it on.
func Signed(check Check) mux.MiddlewareFunc {
	return func(next http.Handler) http.Handler {
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
			r.Body = io.NopCloser(bytes.NewReader(body))
			next.ServeHTTP(w, r)
		})
	}
}

// Routes returns the routes of the application: the webhooks, which must be signed, and its own pages, which are not.
func Routes(desk *Desk, check Check) http.Handler {
	router := mux.NewRouter()
	webhooks := router.Path("/webhooks").Methods(http.MethodPost).Subrouter()
	webhooks.Use(Signed(check))
	webhooks.NewRoute().HandlerFunc(desk.webhook)
	router.HandleFunc("/visits/{booking}", desk.visit).Methods(http.MethodGet)
	router.HandleFunc("/receipts", desk.listReceipts).Methods(http.MethodGet)
	return router
}

// Desk is the application: a front desk that follows each visit and sends one receipt for each paid invoice. Events arrive
// at least once and in any order, and a retry may have a new eventId. Therefore nothing counts events: Desk stores which
// stages a visit has reached and which invoices have a receipt. The zero value is ready to use.
type Desk struct {
	mu       sync.Mutex
	visits   map[string][]string // the reached stages by bookingId
	receipts []string            // ids of the invoices with a receipt
}

// webhook handles a signed event.
func (d *Desk) webhook(w http.ResponseWriter, r *http.Request) {
	var event struct {
		EventType   string
		Identifiers map[string]string
	}
	if err := json.NewDecoder(r.Body).Decode(&event); err != nil {
		http.Error(w, "the body is not an event", http.StatusBadRequest)
		return
	}
	d.handle(event.EventType, event.Identifiers) // also acknowledge unknown types: an error would cause retries
	fmt.Fprintln(w, `{"received":true}`)
}

// handle applies an event.
func (d *Desk) handle(eventType string, identifiers map[string]string) {
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

// visit shows the reached stages of a visit.
func (d *Desk) visit(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	stages, known := d.visits[mux.Vars(r)["booking"]]
	if !known {
		http.NotFound(w, r)
		return
	}
	writeJSON(w, map[string]any{"stages": stages})
}

// listReceipts shows the receipts.
func (d *Desk) listReceipts(w http.ResponseWriter, _ *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	writeJSON(w, map[string]any{"receipts": d.receipts})
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

func main() {
	secret := os.Getenv("WEBHOOK_SECRET")
	if secret == "" {
		log.Fatal("WEBHOOK_SECRET is not set: set it to the secret of the subscription")
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:"+cmp.Or(os.Getenv("PORT"), "3000"), Routes(&Desk{}, SignedWith(secret))))
}
