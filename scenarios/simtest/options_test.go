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

func TestWhatASendMaySay(t *testing.T) {
	app := &application{secret: simtest.DefaultSecret}
	sim := simtest.Start(t, app)
	for range 5 { // of those that vary
		sim.Send("questionnaire.response.received", simtest.With("consultationId"))
	}
	broken := sim.Send("booking.created", simtest.Set("patientId", "none"), simtest.Invalid())
	if !strings.Contains(string(broken.Request.Body), `"patientId":"none"`) {
		t.Errorf("what breaks its schema on purpose is sent as %s", broken.Request.Body)
	}
	for i, e := range app.events()[:5] {
		if e.Identifiers["consultationId"] == "" {
			t.Errorf("event %d has %v, and no consultationId", i, e.Identifiers)
		}
	}
}

func TestTheOlderAppointmentSystem(t *testing.T) {
	app := &application{secret: simtest.DefaultSecret}
	sim := simtest.Start(t, app, simtest.OlderAppointments(), simtest.Types("availability.*", "resourceAvailability.*"))
	sim.Do("add-recurring")
	sim.Accepted(1, "availability.*", 10*time.Second)
}

func TestTimeoutBoundsAnAttempt(t *testing.T) {
	over := make(chan bool)
	hangs := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-over })
	sim := simtest.Start(t, hangs, simtest.Timeout(20*time.Millisecond))
	t.Cleanup(func() { close(over) }) // before the receiver is closed
	if response := sim.Send("booking.created").Response; response.Failure != simulator.FailureTimeout {
		t.Errorf("a receiver that hangs comes to %q: %s", response.Failure, response.Detail)
	}
}

func TestRecordsListsWhatExists(t *testing.T) {
	sim := simtest.Start(t, &application{secret: simtest.DefaultSecret})
	before := sim.Clinic().Records("patient")
	ada := sim.Clinic().Add("patient")
	after := sim.Clinic().Records("patient")
	if len(after) != len(before)+1 || !slices.ContainsFunc(after, func(r simtest.Record) bool { return r.ID == ada.ID && r.Values["firstName"] != "" }) {
		t.Errorf("of %d patients there are %d when one has come, and she is among them: want one more", len(before), len(after))
	}
	if none := sim.Clinic().Records("unicorn"); none != nil {
		t.Errorf("of an unknown kind there are %v", none)
	}
}

func TestAScenarioReadsTheGivenEnvironment(t *testing.T) {
	file := filepath.Join(t.TempDir(), "scenario.yaml")
	if err := os.WriteFile(file, []byte("name: A value\nsteps:\n  - send: booking.created\n    identifiers: {patientId: \"${env.PATIENT}\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	app := &application{secret: simtest.DefaultSecret}
	const ada = "507f191e810c19729de860ea"
	sim := simtest.Start(t, app, simtest.Env(func(name string) (string, bool) { return ada, name == "PATIENT" }))
	sim.Play(t, file)
	if got := app.events()[0].Identifiers["patientId"]; got != ada {
		t.Errorf("the scenario sent %q", got)
	}
}
