package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"semblance/simulator"
	"semblance/simulator/delivery"
	"semblance/simulator/signature"
)

// redirector redirects from /1 to /5 in four steps; /5 returns the body of the request.
func redirector(t *testing.T, status int) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	for i := 1; i < 5; i++ {
		mux.HandleFunc(fmt.Sprintf("POST /%d", i), func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", fmt.Sprintf("/%d", i+1))
			w.WriteHeader(status)
		})
	}
	mux.HandleFunc("POST /5", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Signed", r.Header.Get("X-Webhook-Signature"))
		w.Write(body)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

func TestRedirectsOption(t *testing.T) {
	for _, test := range []struct {
		status, follow int
		want           int
		followed       string
	}{
		{307, 0, 307, ""},
		{307, 4, 200, "/5"},
		{302, 4, 200, "/5"},
		{308, 2, 308, "/3"},
		{304, 4, 304, ""},
	} {
		server := redirector(t, test.status)
		s := newSender(t, delivery.Options{Redirects: test.follow})
		request := prepare(t, s, newMessage(t, server.URL+"/1"))
		response := s.Send(t.Context(), request)
		want := test.followed
		if want != "" {
			want = server.URL + want
		}
		if response.Status != test.want || response.FinalURL != want || response.Failure != "" {
			t.Errorf("%d, %d followed: %d from %q (%s), want %d from %q", test.status, test.follow, response.Status, response.FinalURL, response.Detail, test.want, want)
		}
		if test.want == 200 && (string(response.Body) != string(request.Body) || response.Header("Signed") != request.Header("X-Webhook-Signature")) {
			t.Errorf("%d: the last request differs from the first", test.status)
		}
	}
}

// Credentials, and all other headers of the subscription, do not follow a redirect to another scheme, host or port.
func TestRedirectsDropCredentials(t *testing.T) {
	t.Parallel()
	got := make(chan http.Header, 1)
	final := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.Header }))
	defer final.Close()
	other := strings.Replace(final.URL, "127.0.0.1", "localhost", 1)
	for _, test := range []struct {
		location string
		kept     bool
	}{
		{"/final", true},
		{"http://127.0.0.1:PORT/final", true},
		{other, false},
		{final.URL, false}, // another port
	} {
		var first *httptest.Server
		first = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/final" {
				got <- r.Header
				return
			}
			http.Redirect(w, r, strings.Replace(test.location, "http://127.0.0.1:PORT", first.URL, 1), http.StatusTemporaryRedirect)
		}))
		s := newSender(t, delivery.Options{Redirects: 1})
		m := newMessage(t, strings.Replace(first.URL, "http://", "http://user:password@", 1))
		m.Headers = []simulator.Header{{Name: "Cookie", Value: "session=1"}, {Name: "X-Api-Key", Value: "key"}, {Name: "x-team-secret", Value: "s"}}
		request := prepare(t, s, m)
		if response := s.Send(t.Context(), request); !response.OK() {
			t.Fatal(response.Failure, response.Detail)
		}
		headers := <-got
		for _, name := range []string{"Authorization", "Cookie", "X-Api-Key", "X-Team-Secret"} {
			if kept := headers.Get(name) != ""; kept != test.kept {
				t.Errorf("redirect to %s: %s sent: %t, want %t", test.location, name, kept, test.kept)
			}
		}
		for _, name := range []string{"User-Agent", "Content-Type", signature.HeaderName, signature.TimestampName} {
			if headers.Get(name) != request.Header(name) {
				t.Errorf("redirect to %s: %s is %q, want %q", test.location, name, headers.Get(name), request.Header(name))
			}
		}
		first.Close()
	}
}

func TestRedirectLoop(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	s := newSender(t, delivery.Options{Redirects: 20})
	if response := s.Send(t.Context(), prepare(t, s, newMessage(t, server.URL))); response.Status != 307 {
		t.Errorf("got %d %s", response.Status, response.Detail)
	}
}

func TestRedirectLimits(t *testing.T) {
	hang := make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/slow", func(http.ResponseWriter, *http.Request) { <-hang })
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusTemporaryRedirect)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	defer close(hang)
	s := newSender(t, delivery.Options{Redirects: 5, Timeout: 200 * time.Millisecond, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		if address != server.Listener.Addr().String() {
			t.Errorf("connected to %s", address)
			return nil, errors.New("not in a test")
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}})
	for to, want := range map[string]simulator.Failure{"/slow": simulator.FailureTimeout, "http://192.0.2.1/": simulator.FailureBlocked} {
		m := newMessage(t, server.URL+"/?to="+to)
		m.Kind = simulator.KindTraffic
		if response := s.Send(t.Context(), prepare(t, s, m)); response.Failure != want {
			t.Errorf("redirect to %s: got %q (%s), want %q", to, response.Failure, response.Detail, want)
		}
	}
}

func TestSuccessOption(t *testing.T) {
	for _, test := range []struct {
		status  int
		success func(int) bool
		want    bool
	}{
		{200, nil, true},
		{202, nil, true},
		{302, nil, false},
		{202, func(status int) bool { return status == 200 }, false},
		{200, func(status int) bool { return status == 200 }, true},
		{302, func(status int) bool { return status < 400 }, true},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(test.status) }))
		s := newSender(t, delivery.Options{Success: test.success})
		if response := s.Send(t.Context(), prepare(t, s, newMessage(t, server.URL))); response.OK() != test.want {
			t.Errorf("%d counts as success: %v, want %v", test.status, response.OK(), test.want)
		}
		server.Close()
	}
}
