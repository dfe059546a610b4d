package receiver_test

import (
	"net/http"
	"strings"
	"testing"

	"semblance/simulator/receiver"
)

func TestProbes(t *testing.T) {
	r := start(t, receiver.Options{})
	for i := range 5 {
		r.deliver(event(i, "booking.created", "bookingId", eventID(100+i), "patientId", patientID))
	}
	r.deliver(event(5, "invoice.paid", "invoiceId", bookingID))
	type list struct {
		Count  int
		Events []struct{ EventID string }
		Totals receiver.Totals
	}
	for query, want := range map[string][2]int{
		"":                           {6, 6},
		"?type=booking.*":            {5, 5},
		"?type=booking.*&limit=2":    {5, 2},
		"?limit=0":                   {6, 0},
		"?type=invoice.paid":         {1, 1},
		"?id=" + patientID:           {5, 5},
		"?id=" + eventID(103):        {1, 1},
		"?type=lab.*":                {0, 0},
		"?type=%5B":                  {0, 0}, // * alone is special
		"?type=*&id=" + bookingID:    {1, 1},
		"?type=lab.*&id=" + doctorID: {0, 0},
	} {
		var got list
		if status := r.get("/events"+query, &got); status != 200 || got.Count != want[0] || len(got.Events) != want[1] || got.Totals.Accepted != 6 {
			t.Errorf("GET /events%s: %d %+v, want %v", query, status, got, want)
		}
	}
	var last list
	if r.get("/events?limit=1", &last); last.Events[0].EventID != eventID(5) {
		t.Errorf("the last event is %+v", last)
	}
	for path, want := range map[string]int{
		"/events?limit=x":         400,
		"/events/" + eventID(99):  404,
		"/records/" + eventID(99): 404,
		"/":                       404,
	} {
		var problem struct {
			Status int
			Detail string
		}
		if status := r.get(path, &problem); status != want || problem.Status != want || problem.Detail == "" {
			t.Errorf("GET %s: %d %+v, want %d", path, status, problem, want)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, r.URL+"/webhooks", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 405 || resp.Header.Get("Allow") == "" {
		t.Errorf("PUT: %s, Allow %q", resp.Status, resp.Header.Get("Allow"))
	}
}

// Queries are refused to web pages and under foreign host names. Deliveries are not: their signature protects them.
func TestForeignQueries(t *testing.T) {
	t.Parallel()
	r := start(t, receiver.Options{Hosts: []string{"receiver.test"}})
	for _, test := range []struct {
		method, path, host, header string
		status                     int
	}{
		{"GET", "/events", "receiver.test:4701", "", 200},
		{"GET", "/events", "192.168.1.7:4701", "", 200},
		{"GET", "/events", "localhost", "Sec-Fetch-Site: none", 200},
		{"GET", "/events", "evil.example", "", 421},
		{"GET", "/records/507f1f77bcf86cd799439011", "evil.example:4701", "", 421},
		{"HEAD", "/events", "evil.example", "", 421},
		{"GET", "/events", "localhost", "Origin: https://evil.example", 403},
		{"GET", "/events/507f1f77bcf86cd799439011", "127.0.0.1", "Sec-Fetch-Site: cross-site", 403},
		{"POST", "/", "evil.example", "", 401},
	} {
		req, err := http.NewRequestWithContext(t.Context(), test.method, r.URL+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = test.host
		if name, value, ok := strings.Cut(test.header, ": "); ok {
			req.Header.Set(name, value)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != test.status {
			t.Errorf("%+v: %s", test, resp.Status)
		}
	}
}
