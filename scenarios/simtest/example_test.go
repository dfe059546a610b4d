package simtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"semblance/scenarios/simtest"
	"semblance/simulator/provider"
)

// exampleT replaces the t of a test function, which an example does not have.
type exampleT struct {
	testing.TB
	cleanups []func()
}

func (t *exampleT) Helper()                   {}
func (t *exampleT) Name() string              { return "Example" }
func (t *exampleT) Failed() bool              { return false }
func (t *exampleT) Context() context.Context  { return context.Background() }
func (t *exampleT) Cleanup(f func())          { t.cleanups = append(t.cleanups, f) }
func (t *exampleT) Logf(f string, a ...any)   { fmt.Printf(f+"\n", a...) }
func (t *exampleT) Errorf(f string, a ...any) { fmt.Printf(f+"\n", a...) }
func (t *exampleT) Fatalf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }
func (t *exampleT) end() {
	for i := len(t.cleanups) - 1; i >= 0; i-- {
		t.cleanups[i]()
	}
}

// receiverOf is the receiver under test in these examples.
func receiverOf(secret string) http.Handler { return &application{secret: secret} }

// A test in three lines: start, send, check the response.
func Example() {
	t := &exampleT{}
	defer t.end()

	sim := simtest.Start(t, receiverOf(simtest.DefaultSecret))
	attempt := sim.Send("booking.created", simtest.Omit("patientId"))
	fmt.Println(attempt.Response.Status, string(attempt.Response.Body))
	// Output: 200 {"ok":true}
}

// A receiver with its own secret and path.
func ExampleStart() {
	t := &exampleT{}
	defer t.end()

	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/semble", receiverOf("whsec_from_my_configuration"))
	sim := simtest.Start(t, mux, simtest.Secret("whsec_from_my_configuration"), simtest.Path("/webhooks/semble"))
	fmt.Println(sim.Send("invoice.paid").Response.Status)
	// Output: 200
}

// Optional identifiers are left out if the record has no such relation.
func ExampleOmit() {
	t := &exampleT{}
	defer t.end()

	sim := simtest.Start(t, receiverOf(simtest.DefaultSecret))
	attempt := sim.Send("booking.created", simtest.Omit("all"))
	fmt.Println(strings.Count(string(attempt.Request.Body), "Id\":"), "ids, and a null:", strings.Contains(string(attempt.Request.Body), "null"))
	// Output: 3 ids, and a null: false
}

// An event about a record that the test creates.
func ExampleAbout() {
	t := &exampleT{}
	defer t.end()

	sim := simtest.Start(t, receiverOf(simtest.DefaultSecret))
	ada := sim.Clinic().Add("patient")
	visit := sim.Clinic().Add("booking", simtest.Relation{Role: "patient", To: ada})
	attempt := sim.Send("booking.patientJourney.arrived", simtest.About(visit))
	fmt.Println(strings.Contains(string(attempt.Request.Body), `"patientId":"`+ada.ID+`"`))
	// Output: true
}

// A receiver must refuse forgeries.
func ExampleFault() {
	t := &exampleT{}
	defer t.end()

	sim := simtest.Start(t, receiverOf(simtest.DefaultSecret))
	for _, fault := range []string{"signature=tampered", "signature=stale", "signature=wrong-secret"} {
		fmt.Println(fault, sim.Send("invoice.paid", simtest.Fault(fault)).Response.Status)
	}
	// Output:
	// signature=tampered 401
	// signature=stale 401
	// signature=wrong-secret 401
}

// The same bytes twice: an idempotent receiver accepts both and handles the event once.
func ExampleSim_Resend() {
	t := &exampleT{}
	defer t.end()

	sim := simtest.Start(t, receiverOf(simtest.DefaultSecret))
	first := sim.Send("invoice.paid")
	second := sim.Resend(first)
	fmt.Println(first.Response.Status, second.Response.Status, first.Request.EventID == second.Request.EventID)
	// Output: 200 200 true
}

// An event from the provider's outbox. The connection is reset once, and the delivery is retried.
func ExampleSim_Emit() {
	t := &exampleT{}
	defer t.end()

	sim := simtest.Start(t, receiverOf(simtest.DefaultSecret))
	sim.Fault("transport=reset", 1)
	sim.Emit("booking.created")
	sim.Accepted(1, "booking.created")
	fmt.Println(len(sim.Attempts("booking.created")), "attempts")
	// Output: 2 attempts
}

// An action of the clinic emits every event that the provider would send.
func ExampleSim_Do() {
	t := &exampleT{}
	defer t.end()

	sim := simtest.Start(t, receiverOf(simtest.DefaultSecret))
	for _, event := range sim.Do("change-metadata") {
		fmt.Println(event.Type.Name)
	}
	sim.Settled(simtest.Within(5 * time.Second))
	// Output:
	// pathway.updated
	// pathway.metadata.updated
}

// The five attempts of the default retry policy take 15 minutes. The test moves the clock instead of waiting.
func ExampleSim_Advance() {
	t := &exampleT{}
	defer t.end()

	down := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	sim := simtest.Start(t, down, simtest.Manual(noon))
	sim.Emit("lab.results.added")
	sim.Advance(24 * time.Hour)
	attempts := sim.Attempts("lab.*")
	fmt.Println(len(attempts), "attempts, the last at about", attempts[4].StartedAt.Sub(noon).Round(5*time.Minute))
	// Output: 5 attempts, the last at about 15m0s
}

// A fake of the provider's API, from which the code under test reads the records.
func ExampleSim_Clinic() {
	t := &exampleT{}
	defer t.end()

	var sim *simtest.Sim
	mux := http.NewServeMux()
	mux.HandleFunc("GET /patients/{id}", func(w http.ResponseWriter, r *http.Request) {
		patient, ok := sim.Clinic().Record(r.PathValue("id"))
		if !ok {
			http.NotFound(w, r)
			return
		}
		json.NewEncoder(w).Encode(patient.Values)
	})
	api := httptest.NewServer(mux)
	defer api.Close()

	firstName := make(chan string, 1)
	receiver := func(w http.ResponseWriter, r *http.Request) { // the code under test, configured with the URL of the fake
		var event struct{ Identifiers struct{ PatientID string } }
		json.NewDecoder(r.Body).Decode(&event)
		response, err := http.Get(api.URL + "/patients/" + event.Identifiers.PatientID)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer response.Body.Close()
		var patient struct{ FirstName string }
		json.NewDecoder(response.Body).Decode(&patient)
		firstName <- patient.FirstName
	}
	sim = simtest.Start(t, receiver)
	ada := sim.Clinic().Add("patient")
	sim.Emit("patient.created", simtest.About(ada))
	fmt.Println(<-firstName == ada.Values["firstName"])
	// Output: true
}

// A scenario of the library; each step is a subtest.
func ExampleSim_Play() {
	visit := func(t *testing.T) {
		sim := simtest.Start(t, receiverOf(simtest.DefaultSecret))
		sim.Play(t, "first-visit")
	}
	_ = visit
}

// Other options of the provider: here the circuit breaker pauses the subscription after one failed delivery.
func ExampleConfigure() {
	t := &exampleT{}
	defer t.end()

	down := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	sim := simtest.Start(t, down, simtest.Types("booking.*"), simtest.Configure(func(o *provider.Options) {
		o.Breaker.Threshold, o.Retry.Attempts = 1, 2
	}))
	sim.Emit("booking.created")
	if _, err := sim.Provider().Wait(context.Background(), provider.Condition{AllFinished: true}); err != nil {
		fmt.Println(err)
	}
	subscription, _ := sim.Provider().Subscription(sim.SubscriptionID)
	fmt.Println("paused:", subscription.DeliveryPaused)
	// Output: paused: true
}
