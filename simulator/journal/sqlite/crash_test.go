package sqlite

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"semblance/simulator"
	"semblance/simulator/journal"
	"semblance/simulator/journal/internal/journaltest"
)

var crashes = flag.Int("crashes", 12, "how often TestCrash kills a process")

// childEnv is the environment variable that makes the test binary run one of the children, with the file after its name.
const childEnv = "SEMBLANCE_JOURNAL_TEST_CHILD"

func TestMain(m *testing.M) {
	if name, path, ok := strings.Cut(os.Getenv(childEnv), " "); ok {
		if err := children[name](path, os.Stdout); err != nil {
			fmt.Println("error", err)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

var children = map[string]func(path string, acknowledged io.Writer) error{
	"append": appendUntilKilled,
	"open":   openOnce,
	"fill":   fillLimited,
}

// child starts another process and returns its output.
func child(t *testing.T, name, path string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), childEnv+"="+name+" "+path, "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(out)
}

// appendUntilKilled appends deliveries and attempts in several goroutines, and prints each after its commit.
func appendUntilKilled(path string, acknowledged io.Writer) error {
	j, err := Open(context.Background(), path, journal.Options{})
	if err != nil {
		return err
	}
	start, _ := j.Committed()
	var mu sync.Mutex
	report := func(line string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(acknowledged, line) // it is in the pipe when this returns, so a kill does not lose it
	}
	errs := make([]error, 6)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			m := journaltest.NewMaker(uint64(start)*64 + uint64(i))
			for errs[i] == nil {
				errs[i] = appendAndReport(j, m, report)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// appendAndReport appends a delivery and two attempts, and reports each after its commit.
func appendAndReport(j *Journal, m *journaltest.Maker, report func(string)) error {
	e := m.Event("booking.created")
	d := m.Delivery(e, "s")
	if err := j.Append(context.Background(), e, d); err != nil {
		return err
	}
	report("delivery " + d.ID)
	a := m.Attempt(d, 500, journal.DeliveryState{State: journal.Pending, Tries: 1})
	if err := j.Append(context.Background(), a); err != nil {
		return err
	}
	report("attempted " + d.ID)
	b := m.Attempt(d.AfterAttempt(a), 200, journal.DeliveryState{State: journal.Delivered, Tries: 2})
	if err := j.Append(context.Background(), b); err != nil {
		return err
	}
	report("delivered " + d.ID)
	return nil
}

// TestCrash kills a process that appends to a journal, at a random moment, several times. Everything that was acknowledged
// is in the journal, and the journal is consistent.
func TestCrash(t *testing.T) {
	t.Parallel()
	rounds := *crashes
	if testing.Short() {
		rounds = 3
	}
	path := filepath.Join(t.TempDir(), "journal")
	random := rand.New(rand.NewPCG(1, 2))
	all := map[string]string{} // the last report of each delivery
	for round := range rounds {
		cmd, out := child(t, "append", path)
		acknowledged := map[string]string{}
		for n := 1 + random.IntN(200); n > 0 && out.Scan(); n-- {
			acknowledge(t, acknowledged, out.Text())
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for out.Scan() { // what it printed before its end
			acknowledge(t, acknowledged, out.Text())
		}
		cmd.Wait() // returns an error, because it was killed
		if _, err := os.Stat(path); err != nil {
			continue // there was no journal yet
		}
		j := openAt(t, path, journal.Options{})
		maps.Copy(all, acknowledged)
		if round == rounds-1 {
			acknowledged = all // of all rounds
		}
		for id, last := range acknowledged {
			checkAcknowledged(t, j, id, last)
		}
		consistent(t, j)
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	t.Logf("%d deliveries acknowledged in %d rounds", len(all), rounds)
}

func acknowledge(t *testing.T, acknowledged map[string]string, line string) {
	t.Helper()
	report, id, ok := strings.Cut(line, " ")
	if !ok || report == "error" {
		t.Fatalf("output %q of the other process", line)
	}
	acknowledged[id] = report
}

func checkAcknowledged(t *testing.T, j *Journal, id, last string) {
	t.Helper()
	d, err := j.Delivery(context.Background(), id)
	if err != nil {
		t.Errorf("%s: %v", last, err)
		return
	}
	minimum := map[string]int{"delivery": 0, "attempted": 1, "delivered": 2}[last]
	if d.Attempts < minimum || (d.State == journal.Delivered) != (d.Attempts == 2) {
		t.Errorf("%s %s: state %s after %d attempts", last, id, d.State, d.Attempts)
	}
	page, err := j.Attempts(context.Background(), journal.Query{DeliveryID: id, Oldest: true, Full: true})
	if err != nil || len(page.Items) != d.Attempts {
		t.Errorf("%s %s: %d attempts of %d, error %v", last, id, len(page.Items), d.Attempts, err)
	}
	for _, a := range page.Items {
		if want := simulator.AppendPayload(nil, d.SubscriptionID, a.Request.EventID, &d.Event); !bytes.Equal(a.Request.Body, want) || len(a.Request.Headers) != 5 {
			t.Errorf("attempt %d of %s is incomplete: %s", a.Number, id, a.Request.Body)
		}
	}
}

// consistent checks the relations between the tables of a journal.
func consistent(t *testing.T, j *Journal) {
	t.Helper()
	for problem, query := range map[string]string{
		"attempts without their delivery": `SELECT count(*) FROM attempts WHERE delivery_seq <> 0 AND delivery_seq NOT IN (SELECT seq FROM deliveries)`,
		"deliveries without their event":  `SELECT count(*) FROM deliveries WHERE event_seq NOT IN (SELECT seq FROM events)`,
		"events with a wrong last_delivery": `SELECT count(*) FROM events e LEFT JOIN (SELECT event_seq, max(seq) AS newest FROM deliveries GROUP BY event_seq) d
			ON d.event_seq = e.seq WHERE e.last_delivery < ifnull(d.newest, 0)`,
		"deliveries with a wrong number of attempts": `SELECT count(*) FROM deliveries d
			LEFT JOIN (SELECT delivery_seq, count(*) AS n, max(seq) AS newest FROM attempts GROUP BY delivery_seq) a
			ON a.delivery_seq = d.seq WHERE (d.attempts, d.last_attempt) <> (ifnull(a.n, 0), ifnull(a.newest, 0))`,
		"deliveries with a wrong last attempt": `SELECT count(*) FROM deliveries d JOIN attempts a ON a.seq = d.last_attempt
			WHERE (d.last_at, d.seq) <> (a.at, a.delivery_seq)`,
		"attempts with a wrong previous attempt": `SELECT count(*) FROM
			(SELECT previous, lag(seq, 1, 0) OVER (PARTITION BY delivery_seq ORDER BY seq) AS before FROM attempts WHERE delivery_seq <> 0)
			WHERE previous <> before`,
	} {
		var n int
		if err := j.readers.QueryRow(query).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d %s, error %v", n, problem, err)
		}
	}
	var got totals
	err := j.readers.QueryRow(`SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM deliveries), (SELECT count(*) FROM attempts),
		(SELECT count(*) FROM deliveries WHERE state = 0), (SELECT count(*) FROM deliveries WHERE state = 1),
		(SELECT count(*) FROM attempts WHERE delivery_seq = 0), (SELECT count(*) FROM other_records)`).Scan(
		&got.Events, &got.Deliveries, &got.Attempts, &got.Pending, &got.Held, &got.unattached, &got.others)
	want := j.writer.totals
	got.last, got.pruned, got.finished = want.last, want.pruned, want.finished
	if err != nil || got != want || got.Stats != j.Stats() {
		t.Errorf("the file has %+v, the totals are %+v, the stats %+v, error %v", got, want, j.Stats(), err)
	}
}

func openOnce(path string, _ io.Writer) error {
	j, err := Open(context.Background(), path, journal.Options{})
	if err != nil {
		return err
	}
	return j.Close()
}

// TestOneProcess opens one journal in two processes. The second cannot open it until the first has ended.
func TestOneProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	first, out := child(t, "append", path)
	if !out.Scan() {
		t.Fatal("no output of the first process")
	}
	second, output := child(t, "open", path)
	if !output.Scan() || !strings.Contains(output.Text(), "another process has it open") {
		t.Errorf("output %q of the second process", output.Text())
	}
	if err := second.Wait(); err != nil {
		t.Error(err)
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	first.Wait() // returns an error, because it was killed
	openAt(t, path, journal.Options{})
}
