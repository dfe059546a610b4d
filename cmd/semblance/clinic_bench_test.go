package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"
)

// The size of the practice of BenchmarkPollingClient.
const (
	benchPatients = 10_000
	benchBookings = 100_000
)

// BenchmarkPollingClient measures the queries of the public client for n8n over sockets: at a process of `serve` with its
// journal in a file, 10,000 patients and 100,000 bookings. It reports the median and the 99th percentile of each document,
// the time of the first list, which builds an index, and the largest memory of the process.
//
//	go test ./cmd/semblance -run '^$' -bench PollingClient -benchtime 2000x
func BenchmarkPollingClient(b *testing.B) {
	s := startPractice(b)
	var patients, bookings []string
	for range benchPatients / 50 { // the clinic books for the patients that it has in memory
		some := s.emit(b, "patient.created", "patientId", 50, map[string]string{})
		for _, id := range some {
			bookings = append(bookings, s.emit(b, "booking.created", "bookingId", benchBookings/benchPatients, map[string]string{"patient": id})...)
		}
		patients = append(patients, some...)
	}
	lists := func(n int) map[string]any {
		period := map[string]any{"start": "2000-01-01", "end": "2100-01-01"}
		return map[string]any{"pagination": map[string]any{"page": n%10 + 1, "pageSize": 100}, "options": map[string]any{"updatedAt": period}}
	}
	products := func(int) map[string]any {
		return map[string]any{"pagination": map[string]any{"page": 1, "pageSize": 100}} // they do not change
	}
	first, _ := s.query(b, "bookings", lists(0))
	for n := range 1000 { // until the server has settled
		s.query(b, "patient", map[string]any{"id": patients[n]})
	}
	for _, test := range []struct {
		document  string
		variables func(n int) map[string]any
	}{
		{"patient", func(n int) map[string]any { return map[string]any{"id": patients[n*7919%len(patients)]} }},
		{"booking", func(n int) map[string]any { return map[string]any{"id": bookings[n*7919%len(bookings)]} }},
		{"booking-with-doctor", func(n int) map[string]any { return map[string]any{"id": bookings[n*7919%len(bookings)]} }},
		{"bookings", lists}, {"patients", lists}, {"products", products},
	} {
		b.Run(test.document, func(b *testing.B) {
			var times []time.Duration
			for n := 0; b.Loop(); n++ {
				took, body := s.query(b, test.document, test.variables(n))
				if bytes.Contains(body, []byte(`"errors"`)) || !bytes.Contains(body, []byte(`"id":"`)) {
					b.Fatalf("%.500s", body)
				}
				times = append(times, took)
			}
			slices.Sort(times)
			b.ReportMetric(milliseconds(times[len(times)/2]), "p50-ms")
			b.ReportMetric(milliseconds(times[len(times)*99/100]), "p99-ms")
			b.ReportMetric(0, "ns/op")
			if test.document == "bookings" {
				b.ReportMetric(milliseconds(first), "first-ms")
			}
			s.reportMemory(b)
		})
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// servedProcess is a process of serve with its journal in a file.
type servedProcess struct {
	URL   string
	Token string
	pid   int
}

func startPractice(b *testing.B) *servedProcess {
	c := exec.Command("semblance", "serve", "--data", filepath.Join(b.TempDir(), "clinic.db"), "--addr", "127.0.0.1:0", "--format", "json", "--seed", "1", "--quiet")
	out, err := c.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = c.Process.Signal(os.Interrupt)
		if err := c.Wait(); err != nil {
			b.Error(err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	s := &servedProcess{pid: c.Process.Pid}
	if err == nil {
		err = json.Unmarshal([]byte(line), s)
	}
	if err != nil {
		b.Fatalf("%v: %s", err, line)
	}
	return s
}

// post posts JSON and returns the body of the response, and the time until it was read.
func (s *servedProcess) post(b *testing.B, path string, in any) (time.Duration, []byte) {
	b.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		b.Fatal(err)
	}
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, s.URL+path, bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Token", s.Token)
	began := time.Now()
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	all, err := io.ReadAll(response.Body)
	took := time.Since(began)
	if err != nil || response.StatusCode >= 300 {
		b.Fatalf("%s: %d %.500s %v", path, response.StatusCode, all, err)
	}
	return took, all
}

// emit makes events of a type happen, and returns the records that an identifier names.
func (s *servedProcess) emit(b *testing.B, eventType, identifier string, count int, about map[string]string) (ids []string) {
	b.Helper()
	_, body := s.post(b, "/api/v1/events", map[string]any{"eventType": eventType, "count": count, "about": about})
	for _, m := range regexp.MustCompile(fmt.Sprintf(`"%s":"([0-9a-f]{24})"`, identifier)).FindAllSubmatch(body, -1) {
		ids = append(ids, string(m[1]))
	}
	if len(ids) != count {
		b.Fatalf("%d ids: %.500s", len(ids), body)
	}
	return ids
}

// query sends a document with variables.
func (s *servedProcess) query(b *testing.B, document string, variables map[string]any) (time.Duration, []byte) {
	b.Helper()
	text, err := os.ReadFile("../../simulator/graphql/testdata/n8n/" + document + ".graphql")
	if err != nil {
		b.Fatal(err)
	}
	return s.post(b, "/graphql", map[string]any{"query": string(text), "variables": variables})
}

// reportMemory reports the memory of the process, where the system tells it: the present one and the highest.
func (s *servedProcess) reportMemory(b *testing.B) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid))
	if err != nil {
		return
	}
	for _, line := range [][2]string{{"VmRSS", "RSS-MiB"}, {"VmHWM", "peak-RSS-MiB"}} {
		if m := regexp.MustCompile(line[0] + `:\s+(\d+) kB`).FindSubmatch(status); m != nil {
			kib, _ := strconv.Atoi(string(m[1]))
			b.ReportMetric(float64(kib)/1024, line[1])
		}
	}
}
