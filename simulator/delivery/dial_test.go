package delivery_test

import (
	"net"
	"net/http"
	"net/netip"
	"testing"

	"semblance/simulator/delivery"
)

// localhost is this machine, over IPv4 and IPv6.
func TestLocalhost(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Skipf("no %s here: %v", address, err)
		}
		server := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}
		go func() { _ = server.Serve(listener) }()
		_, port, _ := net.SplitHostPort(listener.Addr().String())
		s := newSender(t, delivery.Options{})
		for _, host := range []string{"localhost", "LocalHost.", "hooks.localhost"} {
			if response := s.Send(t.Context(), prepare(t, s, newMessage(t, "http://"+host+":"+port+"/"))); !response.OK() {
				t.Errorf("%s at %s: %s: %s", host, address, response.Failure, response.Detail)
			}
		}
		_ = server.Close()
	}
}

func TestIsLocal(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1": true, "127.9.9.9": true, "::1": true, "10.0.0.1": true, "172.17.0.2": true, "192.168.1.1": true, "fd00::1": true,
		"169.254.1.1": true, "fe80::1": true, "0.0.0.0": true, "::ffff:127.0.0.1": true,
		"8.8.8.8": false, "172.32.0.1": false, "2001:db8::1": false, "::ffff:8.8.8.8": false, "100.64.0.1": false,
	} {
		if got := delivery.IsLocal(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %t", address, got)
		}
	}
}

// The Host header is the URL's host without an IPv6 zone.
func TestHostHeader(t *testing.T) {
	s := newSender(t, delivery.Options{})
	for rawURL, want := range map[string]string{
		"http://localhost:3000/x":       "localhost:3000",
		"http://localhost":              "localhost",
		"http://localhost:/":            "localhost",
		"https://me:pass@host.example/": "host.example",
		"http://[::1]:8080/":            "[::1]:8080",
		"http://[fe80::1%25eth0]:80/":   "[fe80::1]:80",
	} {
		if request := prepare(t, s, newMessage(t, rawURL)); request.Header("Host") != want {
			t.Errorf("%s: Host %q, want %q", rawURL, request.Header("Host"), want)
		}
	}
}
