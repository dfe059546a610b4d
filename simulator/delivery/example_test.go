package delivery_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"semblance/schemas"
	"semblance/simulator"
	"semblance/simulator/delivery"
)

// Prepare builds and signs a request without network; Send sends it.
func Example() {
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
	}))
	defer receiver.Close()

	sender, err := delivery.New(delivery.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sender.Close()

	created, err := schemas.Lookup("patient.created")
	if err != nil {
		fmt.Println(err)
		return
	}
	request, err := sender.Prepare(delivery.Message{
		URL:            receiver.URL + "/webhooks",
		SubscriptionID: "692597070fe21cfa5e6a010f",
		EventID:        "692597070fe21cfa5e6a010a",
		Event:          &schemas.Event{Type: created, Identifiers: []schemas.Identifier{{Name: "patientId", Value: "507f191e810c19729de860ea"}}},
		Secrets:        []simulator.Secret{simulator.DefaultSecret},
		At:             time.Unix(1764000000, 0),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(request.Body))
	fmt.Println(request.Header("X-Webhook-Signature"))

	response := sender.Send(context.Background(), request)
	fmt.Println(response.Status, response.OK())
	// Output:
	// {"subscriptionId":"692597070fe21cfa5e6a010f","eventId":"692597070fe21cfa5e6a010a","eventType":"patient.created","identifiers":{"patientId":"507f191e810c19729de860ea"}}
	// t=1764000000,v1=1bc9598a5eb543f83bc1af15f98aa53f6e7f83959aa99e4e7fb1900ad84797a2
	// 202 true
}
