package sqlite

import (
	"bufio"
	"bytes"
	"context"
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

// childEnv makes the test's binary another process: what it says is what that does, and to which file.
const childEnv = "SEMBLANCE_JOURNAL_TEST_CHILD"

func TestMain(m *testing.M) {
	if what, path, ok := strings.Cut(os.Getenv(childEnv), " "); ok {
		if err := children[what](path, os.Stdout); err != nil {
			fmt.Println("error", err)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

var children = map[string]func(path string, acknowledged io.Writer) error{
	"append": appendForEver,
	"open":   openOnce,
	"fill":   fillLimited,
}

// child starts another process, and returns what it prints.
func child(t *testing.T, what, path string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), childEnv+"="+what+" "+path, "GORACE=atexit_sleep_ms=0")
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

// appendForEver appends deliveries and attempts from several goroutines, and says which after each commit.
func appendForEver(path string, acknowledged io.Writer) error {
	j, err := Open(context.Background(), path, journal.Options{})
	if err != nil {
		return err
	}
	start, _ := j.Committed()
	var mu sync.Mutex
	say := func(line string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(acknowledged, line) // the pipe holds it when this returns: a kill cannot take it back
	}
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			m := journaltest.NewMaker(uint64(start)*64 + uint64(i))
			for {
				c := m.Event("booking.created")
				d := m.Delivery(c, "s")
				if err = j.Append(context.Background(), c, d); err != nil {
					return
				}
				say("delivery " + d.ID)
				a := m.Attempt(d, 500, journal.DeliveryState{State: journal.Pending, Tries: 1})
				if err = j.Append(context.Background(), a); err != nil {
					return
				}
				say("attempted " + d.ID)
				b := m.Attempt(d.AfterAttempt(a), 200, journal.DeliveryState{State: journal.Delivered, Tries: 2})
				if err = j.Append(context.Background(), b); err != nil {
					return
				}
				say("delivered " + d.ID)
			}
		})
	}
	wg.Wait()
	return err
}

// TestCrash kills a process that appends, at a random moment, again and again over the same file: everything that was
// acknowledged is there, and nothing is half written.
func TestCrash(t *testing.T) {
	rounds := *crashes
	if testing.Short() {
		rounds = 3
	}
	path := filepath.Join(t.TempDir(), "journal")
	random := rand.New(rand.NewPCG(1, 2))
	all := map[string]string{} // by delivery, the last that was said of it
	for round := range rounds {
		cmd, out := child(t, "append", path)
		acknowledged := map[string]string{}
		for most := 1 + random.IntN(200); most > 0 && out.Scan(); most-- {
			acknowledge(t, acknowledged, out.Text())
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for out.Scan() { // what it said before it died
			acknowledge(t, acknowledged, out.Text())
		}
		cmd.Wait() // it was killed, and says so
		if _, err := os.Stat(path); err != nil {
			continue // so early that there was no journal yet
		}
		j := openAt(t, path, journal.Options{})
		maps.Copy(all, acknowledged)
		if round == rounds-1 {
			acknowledged = all // what earlier rounds acknowledged outlived the later ones
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
	what, id, ok := strings.Cut(line, " ")
	if !ok || what == "error" {
		t.Fatalf("the other process says %q", line)
	}
	acknowledged[id] = what
}

func checkAcknowledged(t *testing.T, j *Journal, id, last string) {
	t.Helper()
	d, err := j.Delivery(context.Background(), id)
	if err != nil {
		t.Errorf("%s: %v", last, err)
		return
	}
	least := map[string]int{"delivery": 0, "attempted": 1, "delivered": 2}[last]
	if d.Attempts < least || (d.State == journal.Delivered) != (d.Attempts == 2) {
		t.Errorf("%s %s: state %s after %d attempts", last, id, d.State, d.Attempts)
	}
	page, err := j.Attempts(context.Background(), journal.Query{DeliveryID: id, Oldest: true, Full: true})
	if err != nil || len(page.Items) != d.Attempts {
		t.Errorf("%s %s: %d attempts of %d, error %v", last, id, len(page.Items), d.Attempts, err)
	}
	for _, a := range page.Items {
		if want := simulator.AppendPayload(nil, d.SubscriptionID, a.Request.EventID, &d.Event); !bytes.Equal(a.Request.Body, want) || len(a.Request.Headers) != 5 {
			t.Errorf("attempt %d of %s is not whole: %s", a.Number, id, a.Request.Body)
		}
	}
}

// consistent checks what must hold of any file.
func consistent(t *testing.T, j *Journal) {
	t.Helper()
	for what, query := range map[string]string{
		"attempts without their wire": `SELECT count(*) FROM attempts WHERE seq NOT IN (SELECT seq FROM wires)`,
		"wires without their attempt": `SELECT count(*) FROM wires WHERE seq NOT IN (SELECT seq FROM attempts)`,
		"attempts of no delivery":     `SELECT count(*) FROM attempts WHERE delivery <> 0 AND delivery NOT IN (SELECT seq FROM deliveries)`,
		"deliveries of no change":     `SELECT count(*) FROM deliveries WHERE change NOT IN (SELECT seq FROM changes)`,
		"deliveries that miscount": `SELECT count(*) FROM deliveries d LEFT JOIN (SELECT delivery, count(*) AS n, max(seq) AS newest FROM attempts GROUP BY delivery) a
			ON a.delivery = d.seq WHERE (d.attempts, d.last) <> (ifnull(a.n, 0), ifnull(a.newest, 0))`,
		"deliveries that do not know the last": `SELECT count(*) FROM deliveries d JOIN attempts a ON a.seq = d.last WHERE (d.last_at, d.seq) <> (a.at, a.delivery)`,
		"attempts out of their chain": `SELECT count(*) FROM (SELECT previous, lag(seq, 1, 0) OVER (PARTITION BY delivery ORDER BY seq) AS before FROM attempts WHERE delivery <> 0)
			WHERE previous <> before`,
	} {
		var n int
		if err := j.readers.QueryRow(query).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d %s, error %v", n, what, err)
		}
	}
	var pending int
	if err := j.readers.QueryRow(`SELECT count(*) FROM deliveries WHERE state = 0`).Scan(&pending); err != nil || pending != j.Stats().Pending {
		t.Errorf("%d pending, %d by the tally, error %v", pending, j.Stats().Pending, err)
	}
}

func openOnce(path string, _ io.Writer) error {
	j, err := Open(context.Background(), path, journal.Options{})
	if err != nil {
		return err
	}
	return j.Close()
}

// TestOneProcess has two processes want one file: the second is refused while the first lives, however that ends.
func TestOneProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	first, out := child(t, "append", path)
	if !out.Scan() {
		t.Fatal("the first process says nothing")
	}
	second, says := child(t, "open", path)
	if !says.Scan() || !strings.Contains(says.Text(), "is open in another process") {
		t.Errorf("the second process says %q", says.Text())
	}
	if err := second.Wait(); err != nil {
		t.Error(err)
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	first.Wait() // it was killed, and says so
	openAt(t, path, journal.Options{})
}
