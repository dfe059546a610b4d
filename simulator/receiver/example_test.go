package receiver_test

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"semblance/simulator/receiver"
	"semblance/simulator/signature"
)

// A delivery is made by hand here; `semblance send` makes them with less ado.
func Example() {
	server, err := receiver.Start("127.0.0.1:0", receiver.Options{Secrets: []string{"whsec_example"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	const body = `{"subscriptionId":"692597070fe21cfa5e6a010f","eventId":"692597070fe21cfa5e6a010a",` +
		`"eventType":"booking.created","identifiers":{"bookingId":"507f1f77bcf86cd799439011"}}`
	for range 2 { // deliveries come at least once
		req, err := http.NewRequest(http.MethodPost, server.URL+"/webhooks", strings.NewReader(body))
		if err != nil {
			fmt.Println(err)
			return
		}
		req.Header.Set(signature.HeaderName, signature.Sign("whsec_example", time.Now(), []byte(body)))
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			fmt.Println(err)
			return
		}
		resp.Body.Close()
		fmt.Println(resp.Status)
	}
	event, _ := server.Receiver.Event("692597070fe21cfa5e6a010a")
	record, _ := server.Receiver.Record("507f1f77bcf86cd799439011")
	fmt.Printf("%s was delivered %d times; the %s is %s, after %d change\n",
		event.EventType, event.Deliveries, record.Kind, record.State, record.Changes)
	// Output:
	// 200 OK
	// 200 OK
	// booking.created was delivered 2 times; the booking is created, after 1 change
}
