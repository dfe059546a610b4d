package sqlite

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"semblance/simulator"
	"semblance/simulator/journal"
	"semblance/simulator/journal/internal/journaltest"
)

var steps = flag.Int("steps", 30, "number of steps of each seed of TestRandomSteps")

// TestRandomSteps applies random steps to a journal in a file and to one in memory. At times the disk is full. It compares
// both after each call that fails, which must not record anything, and after every fourth step.
func TestRandomSteps(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := newRandomSteps(t, seed)
			for i := range *steps {
				failed := r.failed
				r.step()
				if r.failed > failed || i%4 == 3 {
					journaltest.Compare(t, r.Rand, r.memory, r.file)
					consistent(t, r.file)
				}
				if t.Failed() {
					t.FailNow()
				}
			}
			t.Logf("%d failed calls, %d of them because the disk was full", r.failed, r.full)
		})
	}
}

// randomSteps has two journals with the same content.
type randomSteps struct {
	*testing.T
	*rand.Rand
	*journaltest.Maker
	path       string
	file       *Journal
	memory     *journal.Memory
	events     []*journal.Event
	deliveries []*journal.Delivery
	limited    bool // the file cannot grow
	failed     int  // calls
	full       int  // calls that failed because the file could not grow
}

func newRandomSteps(t *testing.T, seed uint64) *randomSteps {
	options := journal.Options{Age: time.Minute, Rows: -1, Bytes: -1}
	path := filepath.Join(t.TempDir(), "journal")
	return &randomSteps{
		T: t, Rand: rand.New(rand.NewPCG(seed, 1)), Maker: journaltest.NewMaker(seed),
		path: path, file: openAt(t, path, options), memory: journal.NewMemory(options),
	}
}

func (r *randomSteps) step() {
	switch n := r.IntN(100); {
	case n < 40:
		r.append(r.someRecords()...)
	case n < 60:
		var records []journal.Record
		for range 1 + r.IntN(10) {
			records = append(records, r.someRecords()...)
		}
		r.append(records...)
	case n < 70: // the second record is invalid
		e := r.Event("booking.updated")
		unknown := r.Delivery(e, "a")
		invalid := journal.Record(r.Attempt(unknown, 200, journal.DeliveryState{}))
		if len(r.deliveries) > 0 && n%2 == 0 {
			duplicate := *unknown
			duplicate.ID = r.deliveries[r.IntN(len(r.deliveries))].ID
			invalid = &duplicate
		}
		r.append(e, invalid)
	case n < 85:
		r.limit(n < 80)
	case n < 90:
		r.limit(false)
		now := r.Tick()
		deleted, err := r.file.Prune(context.Background(), now)
		want, wantErr := r.memory.Prune(context.Background(), now)
		if deleted != want || err != nil || wantErr != nil {
			r.Errorf("%d pruned in the file (error %v), %d in memory (error %v)", deleted, err, want, wantErr)
		}
	case n < 92:
		at := r.Tick()
		keep := journal.Kinds()[r.IntN(len(journal.Kinds())):]
		first := &journal.Setting{At: r.Tick(), Key: "k", Value: []byte("first")}
		r.both(func(j journal.Journal) error { return j.Reset(context.Background(), at, keep, first) })
	default:
		if err := r.file.Close(); err != nil {
			r.Error(err)
		}
		r.limited = false
		r.file = openAt(r.T, r.path, r.file.options)
	}
}

// both calls the journal in the file. Unless that fails because it is full, the one in memory must have the same result.
func (r *randomSteps) both(call func(journal.Journal) error) bool {
	r.Helper()
	err := call(r.file)
	if err != nil {
		r.failed++
	}
	if errors.Is(err, journal.ErrFull) {
		r.full++
		if !r.limited {
			r.Errorf("error %v, although the file can grow", err)
		}
		return false
	}
	if want := call(r.memory); (err == nil) != (want == nil) || errors.Is(err, journal.ErrGone) != errors.Is(want, journal.ErrGone) {
		r.Errorf("error %v, want %v", err, want)
	}
	return err == nil
}

func (r *randomSteps) append(records ...journal.Record) {
	r.Helper()
	if !r.both(func(j journal.Journal) error { return j.Append(context.Background(), records...) }) {
		return
	}
	for _, record := range records {
		switch record := record.(type) {
		case *journal.Event:
			r.events = append(r.events, record)
		case *journal.Delivery:
			r.deliveries = append(r.deliveries, record)
		}
	}
}

// limit sets whether the file can grow. If not, it can still use free pages, and sometimes a few new ones.
func (r *randomSteps) limit(limited bool) {
	r.Helper()
	r.limited = limited
	pages := int64(1 << 30)
	if limited {
		row := r.file.readers.QueryRow(`PRAGMA page_count`)
		if err := row.Scan(&pages); err != nil {
			r.Fatal(err)
		}
		pages += r.Int64N(3)
	}
	err := r.file.do(context.Background(), "limiting", &task{run: func(w *writer) error {
		return w.exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages))
	}})
	if err != nil {
		r.Fatal(err)
	}
}

// someRecords returns valid records, unless they refer to a delivery or an event that was deleted.
func (r *randomSteps) someRecords() []journal.Record {
	at := r.Tick()
	key := string(rune('k' + r.IntN(3)))
	switch n := r.IntN(20); {
	case n < 6:
		e := r.Event([]string{"booking.created", "booking.updated"}[n%2])
		records := []journal.Record{e}
		for range r.IntN(3) {
			records = append(records, r.newDelivery(e))
		}
		return records
	case n < 7 && len(r.events) > 0: // another delivery of an earlier event
		return []journal.Record{r.newDelivery(r.events[r.IntN(len(r.events))])}
	case n < 14 && len(r.deliveries) > 0:
		d := r.deliveries[r.IntN(len(r.deliveries))]
		a := r.Attempt(d, []int{0, 200, 500}[r.IntN(3)], r.state(true))
		a.Response.Body = make([]byte, r.IntN(9000))
		return []journal.Record{a}
	case n < 15 && len(r.deliveries) > 0:
		return []journal.Record{&journal.Transition{At: at, DeliveryID: r.deliveries[r.IntN(len(r.deliveries))].ID, Next: r.state(false)}}
	case n < 16:
		a := &journal.Attempt{Attempt: simulator.Attempt{StartedAt: at}}
		a.Response.Body = make([]byte, r.IntN(60_000)) // more than the free pages
		return []journal.Record{a}
	case n < 17:
		return []journal.Record{&journal.Subscription{At: at, Subscription: simulator.Subscription{ID: key, Secret: simulator.DefaultSecret}}}
	case n < 18:
		return []journal.Record{&journal.Setting{At: at, Key: key, Value: []byte(key), Removed: r.IntN(2) == 0}}
	case n < 19:
		return []journal.Record{&journal.Clinic{At: at, Action: key, Snapshot: r.IntN(3) == 0}}
	}
	return []journal.Record{&journal.Notice{At: at, Subject: key}}
}

func (r *randomSteps) newDelivery(e *journal.Event) *journal.Delivery {
	d := r.Delivery(e, []string{"a", "b"}[r.IntN(2)])
	d.DeliveryState = r.state(false)
	return d
}

func (r *randomSteps) state(optional bool) journal.DeliveryState {
	if optional && r.IntN(5) == 0 {
		return journal.DeliveryState{}
	}
	s := journal.DeliveryState{State: journal.States()[r.IntN(5)], Tries: r.IntN(4)}
	if s.State == journal.Pending {
		s.Due = r.Tick().Add(time.Duration(r.IntN(200)) * time.Second)
	}
	return s
}

// TestFullUnderLoad appends in several goroutines while the file is full at times. Everything acknowledged is in the
// journal, and nothing else.
func TestFullUnderLoad(t *testing.T) {
	t.Parallel()
	r := newRandomSteps(t, 1)
	var mu sync.Mutex
	acknowledged, refused := map[string]bool{}, 0
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			m := journaltest.NewMaker(uint64(i) + 100)
			for range 60 {
				e := m.Event("booking.created")
				d := m.Delivery(e, "s")
				a := m.Attempt(d, 200, journal.DeliveryState{State: journal.Delivered})
				a.Response.Body = make([]byte, 5000)
				err := r.file.Append(context.Background(), e, d, a)
				if err != nil && !errors.Is(err, journal.ErrFull) {
					t.Error(err)
				}
				mu.Lock()
				acknowledged[d.ID] = err == nil
				if err != nil {
					refused++
				}
				mu.Unlock()
			}
		})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		wg.Wait()
	}()
	for i := 0; ; i++ {
		r.limit(i%2 == 0)
		select {
		case <-done:
		default:
			continue
		}
		break
	}
	r.limit(false)
	recorded := 0
	for id, want := range acknowledged {
		_, err := r.file.Delivery(context.Background(), id)
		if (err == nil) != want {
			t.Errorf("delivery %s: acknowledged %v, error %v", id, want, err)
		}
		if want {
			recorded++
		}
	}
	consistent(t, r.file)
	if got := r.file.Stats().Deliveries; got != recorded {
		t.Errorf("%d deliveries, %d acknowledged", got, recorded)
	}
	t.Logf("%d recorded, %d refused", recorded, refused)
}
