package simtest_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"semblance/scenarios/simtest"
	"semblance/simulator"
)

func TestSendOptions(t *testing.T) {
	t.Parallel()
	app := &application{secret: simtest.DefaultSecret}
	sim := simtest.Start(t, app)
	for range 5 { // without the option, some have the identifier and some do not
		sim.Send("questionnaire.response.received", simtest.With("consultationId"))
	}
	invalid := sim.Send("booking.created", simtest.Set("patientId", "none"), simtest.Invalid())
	if !strings.Contains(string(invalid.Request.Body), `"patientId":"none"`) {
		t.Errorf("the invalid payload was sent as %s", invalid.Request.Body)
	}
	for i, e := range app.events()[:5] {
		if e.Identifiers["consultationId"] == "" {
			t.Errorf("event %d has no consultationId: %v", i, e.Identifiers)
		}
	}
}

func TestOlderAppointments(t *testing.T) {
	t.Parallel()
	app := &application{secret: simtest.DefaultSecret}
	sim := simtest.Start(t, app, simtest.OlderAppointments(), simtest.Types("availability.*", "resourceAvailability.*"))
	sim.Do("add-recurring")
	sim.Accepted(1, "availability.*", simtest.Within(10*time.Second))
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	done := make(chan bool)
	hangs := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-done })
	sim := simtest.Start(t, hangs, simtest.Timeout(20*time.Millisecond))
	t.Cleanup(func() { close(done) }) // before the server is closed
	if response := sim.Send("booking.created").Response; response.Failure != simulator.FailureTimeout {
		t.Errorf("a hanging receiver: got failure %q: %s", response.Failure, response.Detail)
	}
}

func TestRecords(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, &application{secret: simtest.DefaultSecret})
	before := sim.Clinic().Records("patient")
	ada := sim.Clinic().Add("patient")
	after := sim.Clinic().Records("patient")
	if len(after) != len(before)+1 || !slices.ContainsFunc(after, func(r simtest.Record) bool { return r.ID == ada.ID && r.Values["firstName"] != "" }) {
		t.Errorf("after adding one to %d patients there are %d, or the new one is missing", len(before), len(after))
	}
	if none := sim.Clinic().Records("unicorn"); none != nil {
		t.Errorf("records of an unknown kind: %v", none)
	}
}

func TestEnv(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "scenario.yaml")
	if err := os.WriteFile(file, []byte("name: A value\nsteps:\n  - send: booking.created\n    identifiers: {patientId: \"${env.PATIENT}\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	app := &application{secret: simtest.DefaultSecret}
	const ada = "507f191e810c19729de860ea"
	sim := simtest.Start(t, app, simtest.Env(func(name string) (string, bool) { return ada, name == "PATIENT" }))
	sim.Play(t, file)
	if got := app.events()[0].Identifiers["patientId"]; got != ada {
		t.Errorf("the scenario sent the patientId %q, want %q", got, ada)
	}
}
