// Command go-fetch is a receiver that reads the booking of each event from the provider's GraphQL API and stores it. An
// event has ids only, and the API may be behind it, slow or limited. Then the receiver responds 503, and the provider sends
// the event again. Copy Bookings; for another web framework see the receivers beside this one.
package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
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

// Booking is a stored row.
type Booking struct {
	ID, Start      string
	Deleted        bool
	BookingJourney struct{ Arrived string }
}

// Bookings receives events and stores their bookings. URL and Token are those of the provider's API, Secret is that of the
// subscription.
type Bookings struct {
	URL, Token, Secret string

	mu   sync.Mutex
	rows map[string]Booking // by id; a database in a real application
}

// Row returns the stored booking with an id.
func (b *Bookings) Row(id string) Booking {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rows[id]
}

// ServeHTTP handles an event.
func (b *Bookings) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, "the body is incomplete", http.StatusBadRequest)
		return
	}
	if !Verify(body, r.Header.Get("X-Webhook-Signature"), b.Secret, time.Now(), 5*time.Minute) {
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
	if id := event.Identifiers["bookingId"]; id != "" {
		if err := b.store(r.Context(), event.EventType, id); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
	}
	fmt.Fprintln(w, `{"received":true}`)
}

// store reads a booking and stores it. An arrival without a time means that the API does not show the event yet.
func (b *Bookings) store(ctx context.Context, eventType, id string) error {
	row, err := b.fetch(ctx, id)
	if err != nil {
		return err
	}
	if row == nil || strings.HasSuffix(eventType, ".arrived") && row.BookingJourney.Arrived == "" {
		return errors.New("the API does not show the event yet")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rows == nil {
		b.rows = map[string]Booking{}
	}
	b.rows[id] = *row
	return nil
}

// fetch returns the booking, or nil if the API does not know it. The API reports errors with status 200 too.
func (b *Bookings) fetch(ctx context.Context, id string) (*Booking, error) {
	const document = `query Visit($id: ID!) { booking(id: $id) { id start deleted bookingJourney { arrived } } }`
	body, err := json.Marshal(map[string]any{"query": document, "variables": map[string]any{"id": id}})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second) // the provider waits ten seconds for the response to the event
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, b.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("x-token", b.Token)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var out struct {
		Data   struct{ Booking *Booking }
		Errors []struct{ Message string }
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&out); err != nil {
		return nil, fmt.Errorf("the API responds %s: %w", response.Status, err)
	}
	if len(out.Errors) > 0 {
		return nil, errors.New(out.Errors[0].Message)
	}
	return out.Data.Booking, nil
}

func main() {
	b := &Bookings{URL: os.Getenv("PROVIDER_URL"), Token: os.Getenv("PROVIDER_TOKEN"), Secret: os.Getenv("WEBHOOK_SECRET")}
	if b.URL == "" || b.Secret == "" {
		log.Fatal("PROVIDER_URL, PROVIDER_TOKEN and WEBHOOK_SECRET must be set: semblance serve prints them")
	}
	http.Handle("POST /webhooks", b)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+cmp.Or(os.Getenv("PORT"), "3000"), nil))
}
