package main

import (
	"testing"
	"time"

	"semblance/scenarios/simtest"
)

func start(t *testing.T) (*simtest.Sim, *simtest.API, *Bookings) {
	b := &Bookings{Secret: simtest.DefaultSecret}
	sim := simtest.Start(t, b, simtest.Path("/webhooks"), simtest.Types("booking.*"))
	api := sim.API()
	b.URL, b.Token = api.URL, api.Token
	return sim, api, b
}

func TestTheBookingIsStored(t *testing.T) {
	for _, fault := range []string{"", "stale=1h,next=1", "slow=1200ms,next=1", "too-often,next=2", "status=500,next=1", "edge,next=1"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			sim, api, b := start(t)
			if fault != "" {
				api.Fault(fault)
			}
			visit := sim.Clinic().Add("booking")
			sim.Do("arrive", simtest.About(visit))
			sim.Accepted(1, "booking.patientJourney.arrived")
			api.Queried(visit)
			if row := b.Row(visit.ID); row.Start == "" || row.BookingJourney.Arrived == "" {
				t.Errorf("stored %+v", row)
			}
		})
	}
}

func TestNothingIsFetchedForAForgery(t *testing.T) {
	sim, api, _ := start(t)
	visit := sim.Clinic().Add("booking")
	sim.Send("booking.created", simtest.About(visit), simtest.Fault("signature=tampered"))
	api.NotQueried(visit, 50*time.Millisecond)
}
