package main

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	"semblance/scenarios/simtest"
)

// check is the receiver's. To prove that these tests would notice, BREAK_SIGNATURE breaks it in one of two ways that
// happen.
func check() Check {
	right := SignedWith(simtest.DefaultSecret)
	switch os.Getenv("BREAK_SIGNATURE") {
	case "skip":
		return func([]byte, string) bool { return true }
	case "reparse":
		return func(body []byte, header string) bool {
			var again bytes.Buffer
			return json.Compact(&again, body) == nil && right(again.Bytes(), header)
		}
	}
	return right
}

// start starts the provider in this process, with the receiver on a socket of its own.
func start(t *testing.T) (*simtest.Sim, *Desk) {
	desk := &Desk{}
	return simtest.Start(t, Webhooks(desk, check()), simtest.Path("/webhooks")), desk
}

func TestFirstVisitIsFollowedToItsEndAndGetsOneReceipt(t *testing.T) {
	sim, desk := start(t)
	sim.Play(t, "first-visit")
	desk.mu.Lock()
	defer desk.mu.Unlock()
	for _, stages := range desk.visits {
		if want := []string{"created", "arrived", "inConsultation", "completed"}; !slices.Equal(stages, want) {
			t.Errorf("the visit has reached %q, want %q", stages, want)
		}
	}
	if len(desk.visits) != 1 || len(desk.receipts) != 1 {
		t.Errorf("%d visits and %d receipts, want one each", len(desk.visits), len(desk.receipts))
	}
}

func TestWhatComesTwiceIsDoneOnce(t *testing.T) {
	sim, desk := start(t)
	sim.Play(t, "duplicates")
	desk.mu.Lock()
	defer desk.mu.Unlock()
	if len(desk.visits) != 1 || len(desk.receipts) != 1 {
		t.Errorf("%d visits and %d receipts, want one each", len(desk.visits), len(desk.receipts))
	}
}

func TestForgeriesAreRefused(t *testing.T) {
	sim, _ := start(t)
	sim.Play(t, "forgeries")
	sim.Play(t, "raw-bytes")
}

func TestLostResponseBringsARetryAndOneReceipt(t *testing.T) {
	sim, desk := start(t)
	sim.Fault("transport=lost-response", 1)
	paid := sim.Emit("invoice.paid")
	sim.Accepted(1, "invoice.paid", simtest.Within(10*time.Second))

	attempts := sim.Attempts("invoice.paid")
	if len(attempts) != 2 || attempts[0].Request.EventID == attempts[1].Request.EventID {
		t.Errorf("%d attempts, want two with an eventId each", len(attempts))
	}
	desk.mu.Lock()
	defer desk.mu.Unlock()
	if invoice, _ := paid.Get("invoiceId"); !slices.Equal(desk.receipts, []string{invoice}) {
		t.Errorf("receipts %q, want one of %s", desk.receipts, invoice)
	}
}
