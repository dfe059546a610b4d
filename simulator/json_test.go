package simulator

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRequestAndResponseSurviveJSON(t *testing.T) {
	t.Parallel()
	for name, body := range map[string][]byte{
		"text": []byte(`{"a":"<é>"}`), "empty": {}, "binary": {0xff, 0x00, 0xfe},
	} {
		t.Run(name, func(t *testing.T) {
			request := Request{
				EventID: "692597070fe21cfa5e6a010a", EventType: "booking.created", Method: "POST", URL: "http://127.0.0.1:3000/",
				Proto: "1.1", Headers: []Header{{Name: "A", Value: "1"}, {Name: "a", Value: "2"}}, Body: body, Fault: "transport=reset",
			}
			response := Response{
				Status: 429, Proto: "HTTP/1.1", Headers: []Header{{Name: "Retry-After", Value: "2"}}, Body: body, Size: 5, Truncated: true,
				Timings: Timings{DNS: time.Millisecond, Connect: 2 * time.Microsecond, TLS: time.Second, FirstByte: 3100 * time.Microsecond, Total: time.Hour},
				Failure: FailureTimeout, Detail: "no complete response within 10 s", RetryAfter: 2 * time.Second, CountsAs: CountsAsFailure, FinalURL: "https://example.com/elsewhere",
			}
			var requestBack Request
			var responseBack Response
			roundTrip(t, request, &requestBack)
			roundTrip(t, response, &responseBack)
			if diff := cmp.Diff(request, requestBack); diff != "" {
				t.Error(diff)
			}
			if name == "empty" {
				response.Body = nil // JSON of a failed attempt does not distinguish an empty body from none
			}
			if diff := cmp.Diff(response, responseBack); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestJSONOfAnAttemptIsReadable(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(&Request{Method: "POST", URL: "http://127.0.0.1:3000/", Proto: "1.1", Body: []byte(`{"eventType":"booking.created"}`)})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"method":"POST","url":"http://127.0.0.1:3000/","proto":"1.1","headers":null,"body":"{\"eventType\":\"booking.created\"}"}`
	if string(data) != want {
		t.Errorf("got  %s\nwant %s", data, want)
	}
	data, err = json.Marshal(Response{Failure: FailureRefused, Detail: "nothing listens"})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(data), "body\"") {
		t.Errorf("a failed attempt has a body in JSON: %s", data)
	}
}

func roundTrip(t *testing.T, in, out any) {
	t.Helper()
	data, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, out); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
}
