package capture_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"semblance/simulator"
	"semblance/simulator/capture"
)

func attempt() simulator.Attempt {
	return simulator.Attempt{
		StartedAt: time.Date(2026, 6, 8, 9, 0, 0, 0, time.UTC),
		Request: simulator.Request{
			Method: "POST", URL: "http://127.0.0.1:3000/hooks?a=1", Proto: "1.1", Body: []byte(`{"eventId":"x"}`),
			Headers: []simulator.Header{{Name: "Host", Value: "127.0.0.1:3000"}, {Name: "Content-Type", Value: "application/json"}},
		},
		Response: simulator.Response{
			Status: 401, Proto: "HTTP/1.1", Headers: []simulator.Header{{Name: "Content-Type", Value: "text/plain"}}, Body: []byte("no\xff"), Size: 3,
			Timings: simulator.Timings{Connect: time.Millisecond, FirstByte: 2 * time.Millisecond, Total: 3 * time.Millisecond},
		},
	}
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	a := attempt()
	want := "POST /hooks?a=1 HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nContent-Type: application/json\r\n\r\n{\"eventId\":\"x\"}\n" +
		"HTTP/1.1 401 Unauthorized\r\nContent-Type: text/plain\r\n\r\nno\xff\n"
	if got := string(capture.HTTP(&a)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	a.Response = simulator.Response{Failure: simulator.FailureRefused, Detail: "nothing listens"}
	if got := string(capture.HTTP(&a)); !strings.HasSuffix(got, "\n# no response: refused nothing listens\n") {
		t.Errorf("without a response: %s", got)
	}
}

func TestHAR(t *testing.T) {
	t.Parallel()
	a := attempt()
	data, err := capture.HAR(&a)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Log struct {
			Version string
			Entries []struct {
				StartedDateTime string
				Time            float64
				Request         struct {
					PostData struct{ Text string }
					Headers  []simulator.Header
				}
				Response struct {
					Status  int
					Content struct{ Text, Encoding string }
				}
				Timings map[string]float64
			}
		}
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if got.Log.Version != "1.2" || len(got.Log.Entries) != 1 {
		t.Fatalf("%s", data)
	}
	e := got.Log.Entries[0]
	if e.StartedDateTime != "2026-06-08T09:00:00Z" || e.Time != 4 || e.Request.PostData.Text != `{"eventId":"x"}` || len(e.Request.Headers) != 2 ||
		e.Response.Status != 401 || e.Response.Content.Encoding != "base64" || e.Response.Content.Text != "bm//" || e.Timings["dns"] != -1 || e.Timings["wait"] != 2 {
		t.Errorf("%s", data)
	}
}

func TestNDJSON(t *testing.T) {
	t.Parallel()
	got, err := capture.NDJSON([]any{"<a>", map[string]string{"line": "one\ntwo"}})
	if want := "\"<a>\"\n{\"line\":\"one\\ntwo\"}\n"; err != nil || string(got) != want {
		t.Errorf("%q (%v), want %q", got, err, want)
	}
}
