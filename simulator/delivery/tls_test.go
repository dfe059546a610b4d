package delivery_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"semblance/simulator"
	"semblance/simulator/delivery"
)

func TestTLS(t *testing.T) {
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	plain := httptest.NewServer(ok)
	defer plain.Close()
	secure := startTLS(t, ok, nil)
	caFile := writePEM(t, secure.Certificate().Raw)
	otherName := startTLS(t, ok, selfSigned(t, "elsewhere.example", time.Now().Add(time.Hour)))
	otherCA := writePEM(t, otherName.Certificate().Raw)
	expired := startTLS(t, ok, selfSigned(t, "localhost", time.Now().Add(-time.Minute)))
	expiredCA := writePEM(t, expired.Certificate().Raw)
	mutual := startTLS(t, ok, &tls.Config{ClientAuth: tls.RequireAnyClientCert})
	cut := serveRaw(t, func(*peer, int) {})
	hangs := serveRaw(t, func(p *peer, _ int) { p.rest() })

	for _, test := range []struct {
		name    string
		url     string
		options delivery.Options
		failure simulator.Failure
		detail  string // its beginning, with ADDR for the address
	}{
		{"not trusted", secure.URL, delivery.Options{}, simulator.FailureTLS, "the certificate of ADDR is not signed by a trusted authority; trust its CA file or accept self-signed certificates"},
		{"trusted by its file", secure.URL, delivery.Options{CAFile: caFile}, "", ""},
		{"any certificate", secure.URL, delivery.Options{Insecure: true}, "", ""},
		{"another host's", otherName.URL, delivery.Options{CAFile: otherCA}, simulator.FailureTLS, "the certificate of ADDR belongs to another host: "},
		{"another host's, accepted", otherName.URL, delivery.Options{Insecure: true}, "", ""},
		{"expired", strings.Replace(expired.URL, "127.0.0.1", "localhost", 1), delivery.Options{CAFile: expiredCA}, simulator.FailureTLS, "the certificate of ADDR is not valid: certificate has expired"},
		{"client certificate required", mutual.URL, delivery.Options{Insecure: true}, simulator.FailureTLS, "the TLS connection to ADDR failed: tls: certificate required"},
		{"receiver without TLS", strings.Replace(plain.URL, "http:", "https:", 1), delivery.Options{}, simulator.FailureTLS, "ADDR does not speak TLS; use http:// for a receiver without TLS"},
		{"cut", strings.Replace(cut.URL, "http:", "https:", 1), delivery.Options{}, simulator.FailureTLS, "ADDR closed the connection during the TLS handshake"},
		{"hangs", strings.Replace(hangs.URL, "http:", "https:", 1), delivery.Options{Timeout: 100 * time.Millisecond}, simulator.FailureTimeout, "the TLS handshake with ADDR took longer than 100 ms"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSender(t, test.options)
			u, err := url.Parse(test.url)
			if err != nil {
				t.Fatal(err)
			}
			request := prepare(t, s, newMessage(t, test.url))
			response := s.Send(t.Context(), request)
			if want := strings.ReplaceAll(test.detail, "ADDR", u.Host); response.Failure != test.failure || !strings.HasPrefix(response.Detail, want) {
				t.Errorf("got  %s: %s\nwant %s: %s", response.Failure, response.Detail, test.failure, want)
			}
			if test.failure == "" && (response.Timings.TLS == 0 || string(response.Body) != "ok") {
				t.Errorf("%+v", response)
			}
			if second := s.Send(t.Context(), request); test.failure == "" && (!second.OK() || second.Timings.TLS != 0) {
				t.Errorf("second attempt: %+v", second)
			}
		})
	}
}

// The faults on the connection act in the same way with TLS.
func TestFaultsOverTLS(t *testing.T) {
	results := make(chan error, 1)
	server := startTLS(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		results <- err
	}), nil)
	s := newSender(t, delivery.Options{Insecure: true})
	for _, test := range []struct {
		fault   string
		failure simulator.Failure
		reads   string // the error when the receiver reads the body
	}{
		{"transport=cut-body", simulator.FailureCut, "unexpected EOF"},
		{"transport=reset", simulator.FailureCut, "connection reset by peer"},
		{"transport=lost-response", simulator.FailureLost, ""},
		{"transport=slow-body,over=5ms", "", ""},
		{"transport=chunked", "", ""},
	} {
		_, response := send(t, s, server.URL, test.fault)
		if response.Failure != test.failure {
			t.Errorf("%s: %s: %s", test.fault, response.Failure, response.Detail)
		}
		switch err := <-results; {
		case test.reads == "" && err != nil, test.reads != "" && (err == nil || !strings.Contains(err.Error(), test.reads)):
			t.Errorf("%s: the receiver read the body with error %v, want %q", test.fault, err, test.reads)
		}
	}
}

// A context ends an attempt at once, also if the receiver does not read and TLS close_notify would block.
func TestCancellationOfAFullConnection(t *testing.T) {
	received, done := make(chan bool), make(chan bool)
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		received <- true
		<-done // with the body unread
	}))
	defer server.Close()
	defer close(done)
	s := newSender(t, delivery.Options{Insecure: true, Timeout: time.Minute})
	r := newMessage(t, server.URL)
	r.Fault = mustFault(t, "transport=oversized,size=16MiB")
	request := prepare(t, s, r)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-received
		cancel()
	}()
	start := time.Now()
	response := s.Send(ctx, request)
	if took := time.Since(start); response.Failure != simulator.FailureCanceled || took > 4*time.Second {
		t.Errorf("after %s: %s: %s", took, response.Failure, response.Detail)
	}
}

// startTLS starts a receiver that does not log failed handshakes.
func startTLS(t *testing.T, handler http.Handler, config *tls.Config) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = config
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// selfSigned returns a server configuration with a new self-signed certificate for one host.
func selfSigned(t *testing.T, host string, until time.Time) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: until.Add(-2 * time.Hour), NotAfter: until, IsCA: true, BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}}
}

func writePEM(t *testing.T, raw []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
