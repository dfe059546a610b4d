package receiver_test

import (
	"net"
	"net/http"
	"strings"
	"testing"

	"semblance/simulator/receiver"
)

func TestNewRefusesWhatCannotWork(t *testing.T) {
	for want, options := range map[string]receiver.Options{
		"no secret":                     {},
		"the secret is empty":           {Secrets: []string{"x", ""}},
		`did you mean "body-only"?`:     {Secrets: []string{"x"}, ActWrong: "body-olny"},
		"unknown mistake of a receiver": {Secrets: []string{"x"}, ActWrong: "zzzzzzzzzzzz"},
	} {
		if _, err := receiver.New(options); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New: %v, want %q in it", err, want)
		}
	}
	if _, err := receiver.Start("127.0.0.1:99999", receiver.Options{Secrets: []string{"x"}}); err == nil {
		t.Error("Start at an impossible address succeeds")
	}
}

func TestCloseWaitsForDeliveries(t *testing.T) {
	entered, leave := make(chan bool), make(chan bool)
	server, err := receiver.Start("127.0.0.1:0", receiver.Options{Secrets: []string{secret}, Observe: func(*receiver.Receipt) {
		close(entered)
		<-leave
	}})
	if err != nil {
		t.Fatal(err)
	}
	answered, closed := make(chan int), make(chan error)
	go func() {
		resp, err := http.Post(server.URL, "", strings.NewReader("{}"))
		if err != nil {
			t.Error(err)
			close(answered)
			return
		}
		resp.Body.Close()
		answered <- resp.StatusCode
	}()
	<-entered
	go func() { closed <- server.Close() }()
	for { // until the listener is closed, and so Close is under way
		conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://"))
		if err != nil {
			break
		}
		conn.Close()
	}
	close(leave)
	if status := <-answered; status != 401 {
		t.Errorf("the delivery in flight was answered with %d", status)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if err := server.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
}

func TestCloseDoesNotWaitForSilence(t *testing.T) {
	server, err := receiver.Start("127.0.0.1:0", receiver.Options{Secrets: []string{secret}})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if resp, err := http.Get(server.URL); err != nil { // by now the silent connection was accepted, too
		t.Fatal(err)
	} else {
		resp.Body.Close()
	}
	if err := server.Close(); err != nil {
		t.Errorf("with a connection that sent nothing: %v", err)
	}
}
