package receiver_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"semblance/simulator/receiver"
)

// post sends a body without a signature, which the receiver refuses.
func post(t *testing.T, url, body string) {
	t.Helper()
	response, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
}

// GET /deliveries lists the last deliveries with the reason that Observe found, and hides credentials.
func TestDeliveries(t *testing.T) {
	t.Parallel()
	r, err := receiver.New(receiver.Options{
		Secrets: []string{secret, "whsec_published_nowhere"}, Deliveries: 2,
		Observe: func(r *receiver.Receipt) { r.Why, r.Fix = "because", "do this" },
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(r)
	defer server.Close()
	for _, body := range []string{"a", "b", strings.Repeat("c", 70<<10)} {
		post(t, server.URL+"/hooks?token=geheim", body)
	}
	var got struct {
		Totals     receiver.Totals
		Secrets    []string
		Deliveries []receiver.Delivery
	}
	for query, want := range map[string]int{"": 2, "?limit=1": 1, "?after=2": 1, "?after=3": 0, "?limit=0": 0} {
		response, err := http.Get(server.URL + "/deliveries" + query)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.NewDecoder(response.Body).Decode(&got); err != nil || len(got.Deliveries) != want {
			t.Errorf("%q: %d deliveries, want %d; %v", query, len(got.Deliveries), want, err)
		}
		response.Body.Close()
		if want == 2 {
			first, second := got.Deliveries[0], got.Deliveries[1]
			if first.ID != 2 || first.Detail != "because" || first.Fix != "do this" || first.Status != 401 || string(first.Request.Body) != "b" ||
				strings.Contains(first.Request.URL, "geheim") || second.Bytes != 70<<10 || len(second.Request.Body) != 64<<10 {
				t.Errorf("got %+v and %d bytes", first, len(second.Request.Body))
			}
		}
	}
	if got.Totals.Refused != 3 || got.Secrets[1] != "…here" {
		t.Errorf("totals %+v, secrets %v", got.Totals, got.Secrets)
	}
	for _, query := range []string{"?limit=x", "?after=-1"} {
		response, err := http.Get(server.URL + "/deliveries" + query)
		if err != nil || response.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %v %v", query, response.Status, err)
		}
		response.Body.Close()
	}
}

// A stream has the deliveries after the last one that its client knows, then new ones. It ends with the server.
func TestStream(t *testing.T) {
	t.Parallel()
	server, err := receiver.Start("127.0.0.1:0", receiver.Options{Secrets: []string{secret}})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	post(t, server.URL, "a")
	post(t, server.URL, "b")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Last-Event-ID", "1")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewReader(response.Body)
	read := func(want string) {
		t.Helper()
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				t.Fatalf("%v before %q", err, want)
			}
			if strings.HasPrefix(line, want) {
				return
			}
		}
	}
	read("id: 2\n")
	read("event: delivery\n")
	read(`data: {"id":2,`)
	post(t, server.URL, "c")
	read("id: 3\n")
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if rest, err := io.ReadAll(lines); strings.Contains(string(rest), "id: 4") {
		t.Errorf("%q %v", rest, err)
	}
}

// A page of another site may read neither.
func TestDeliveriesAreGuarded(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, 10)
	for _, path := range []string{"/deliveries", "/stream"} {
		request := httptest.NewRequest(http.MethodGet, path, nil)
		request.Host = "127.0.0.1:4701"
		request.Header.Set("Origin", "https://evil.example")
		w := httptest.NewRecorder()
		if r.ServeHTTP(w, request); w.Code != http.StatusForbidden {
			t.Errorf("%s: status %d, want 403", path, w.Code)
		}
	}
}
