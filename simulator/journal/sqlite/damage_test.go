package sqlite

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"semblance/simulator"
	"semblance/simulator/journal"
	"semblance/simulator/journal/internal/journaltest"
)

// TestOpenReadsLittle damages the pages in the middle of a journal, which have only finished deliveries. Opening it and
// reading what a restart needs does not read them. A list that reads them fails with ErrDamaged.
func TestOpenReadsLittle(t *testing.T) {
	t.Parallel()
	ctx, path := context.Background(), filepath.Join(t.TempDir(), "journal")
	j, m := openAt(t, path, journal.Options{}), journaltest.NewMaker(1)
	sub := &journal.Subscription{At: m.Tick(), Subscription: simulator.Subscription{ID: "s", Secret: simulator.DefaultSecret}}
	if err := j.Append(ctx, sub, &journal.Clinic{Action: "old"}); err != nil {
		t.Fatal(err)
	}
	fillFast(t, j, 3000)
	e := m.Event("booking.created")
	pending := m.Delivery(e, "s")
	snapshot := &journal.Clinic{At: m.Tick(), Action: "snapshot", Snapshot: true}
	if err := j.Append(ctx, snapshot, &journal.Clinic{Action: "new"}, e, pending); err != nil {
		t.Fatal(err)
	}
	stats := j.Stats()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	pages := len(content) / 4096
	for i := pages / 10 * 4096; i < pages*9/10*4096; i++ {
		content[i] = 0xaa
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}

	j = openAt(t, path, journal.Options{})
	if got := j.Stats(); got != stats {
		t.Errorf("stats %+v, want %+v", got, stats)
	}
	subs, err := journal.Load[*journal.Subscription](ctx, j, journal.KindSubscription)
	if err != nil || len(subs) != 1 {
		t.Errorf("%d subscriptions, error %v", len(subs), err)
	}
	actions, err := journal.Load[*journal.Clinic](ctx, j, journal.KindClinic)
	if err != nil || len(actions) != 2 || actions[0].Action != "snapshot" || actions[1].Action != "new" {
		t.Errorf("actions %v, error %v", actions, err)
	}
	backlogs, err := j.Backlogs(ctx)
	if err != nil || backlogs["s"] != 1 {
		t.Errorf("backlogs %v, error %v, want 1", backlogs, err)
	}
	queue, err := j.Queue(ctx, "s", journal.Pending, journal.QueuePosition{}, 10)
	if err != nil || len(queue) != 1 || queue[0].ID != pending.ID {
		t.Errorf("queue %v, error %v", queue, err)
	}
	for d, err := range j.Unfinished(ctx, "", 0) {
		if err != nil || d.ID != pending.ID {
			t.Errorf("unfinished %v, error %v", d, err)
		}
	}
	_, err = j.Attempts(ctx, journal.Query{Outcomes: []journal.Outcome{journal.Refused}})
	sentence(t, err, "reading journal "+path+": the journal is damaged (", path)
	if !errors.Is(err, journal.ErrDamaged) {
		t.Errorf("error %v, want journal.ErrDamaged", err)
	}
}

// TestUnreadable makes the content of one record of each table unreadable. Lists have the record, marked; reading it alone
// or in order to continue is an error.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	j, m := openNew(t, journal.Options{}), journaltest.NewMaker(1)
	var events []*journal.Event
	var deliveries []*journal.Delivery
	var attempts []*journal.Attempt
	for range 3 {
		e := m.Event("booking.created")
		d := m.Delivery(e, "s")
		a := m.Attempt(d, 503, journal.DeliveryState{State: journal.Pending})
		if err := j.Append(ctx, e, d, a); err != nil {
			t.Fatal(err)
		}
		events, deliveries, attempts = append(events, e), append(deliveries, d), append(attempts, a)
	}
	setting := &journal.Setting{At: m.Tick(), Key: "k", Value: []byte("v")}
	if err := j.Append(ctx, setting); err != nil {
		t.Fatal(err)
	}
	damage := func(statement string) {
		t.Helper()
		if err := j.do(ctx, "damaging", &task{run: func(w *writer) error { return w.exec(statement) }}); err != nil {
			t.Fatal(err)
		}
	}
	wantDamaged := func(err error) {
		t.Helper()
		if !errors.Is(err, journal.ErrDamaged) {
			t.Errorf("error %v, want journal.ErrDamaged", err)
		}
	}

	damage(fmt.Sprintf(`UPDATE attempts SET messages = x'01ff' WHERE seq = %d`, attempts[1].Seq))
	full, err := j.Attempts(ctx, journal.Query{Full: true, Oldest: true})
	if err != nil || len(full.Items) != 3 {
		t.Fatalf("%d attempts, error %v", len(full.Items), err)
	}
	if a := full.Items[1]; a.Unreadable == "" || a.Seq != attempts[1].Seq || a.DeliveryID != deliveries[1].ID || a.Request.Body != nil || a.Outcome() != "" {
		t.Errorf("unreadable attempt %+v", a)
	}
	if a := full.Items[2]; a.Unreadable != "" || len(a.Request.Body) == 0 {
		t.Errorf("readable attempt %+v", a)
	}
	_, err = j.Attempt(ctx, attempts[1].Seq)
	wantDamaged(err)
	brief, err := j.Attempts(ctx, journal.Query{Oldest: true})
	if err != nil || brief.Items[1].Unreadable != "" || brief.Items[1].Response.Status != 503 {
		t.Errorf("attempt without bodies %+v, error %v", brief.Items[1], err)
	}
	damage(fmt.Sprintf(`UPDATE attempts SET content = x'' WHERE seq = %d`, attempts[0].Seq))
	brief, err = j.Attempts(ctx, journal.Query{Oldest: true})
	if err != nil || len(brief.Items) != 3 || brief.Items[0].Unreadable == "" || brief.Items[0].Request.EventType != "booking.created" {
		t.Errorf("attempts %+v, error %v", brief.Items, err)
	}

	damage(fmt.Sprintf(`UPDATE events SET content = x'01ffffff' WHERE seq = %d`, events[2].Seq))
	eventPage, err := j.Events(ctx, journal.Query{})
	if err != nil || len(eventPage.Items) != 3 || eventPage.Items[0].Unreadable == "" || eventPage.Items[0].Type.Name != "booking.created" {
		t.Errorf("events %+v, error %v", eventPage.Items, err)
	}
	deliveryPage, err := j.Deliveries(ctx, journal.Query{})
	if err != nil || len(deliveryPage.Items) != 3 || deliveryPage.Items[0].Unreadable == "" || deliveryPage.Items[0].ID != deliveries[2].ID {
		t.Errorf("deliveries %+v, error %v", deliveryPage.Items, err)
	}
	_, err = j.Event(ctx, events[2].Seq)
	wantDamaged(err)
	_, err = j.Delivery(ctx, deliveries[2].ID)
	wantDamaged(err)
	for _, unfinishedErr := range j.Unfinished(ctx, "", 0) {
		err = unfinishedErr
	}
	wantDamaged(err)
	_, err = j.Queue(ctx, "s", journal.Pending, journal.QueuePosition{}, 10)
	wantDamaged(err)

	damage(fmt.Sprintf(`UPDATE other_records SET content = '{' WHERE seq = %d`, setting.Seq))
	_, err = journal.Load[*journal.Setting](ctx, j, journal.KindSetting)
	wantDamaged(err)
	all, err := j.Read(ctx, 0, 0)
	unreadable := 0
	for i, r := range all {
		if r.Sequence() != journal.Seq(i+1) {
			t.Errorf("record %d has the number %d", i+1, r.Sequence())
		}
		if entryOf(r).Unreadable != "" {
			unreadable++
		}
	}
	if err != nil || len(all) != 10 || unreadable != 4 {
		t.Errorf("%d records, %d unreadable, error %v, want 10 and 4", len(all), unreadable, err)
	}
}

func entryOf(r journal.Record) journal.Entry {
	switch r := r.(type) {
	case *journal.Event:
		return r.Entry
	case *journal.Delivery:
		return r.Entry
	case *journal.Attempt:
		return r.Entry
	case *journal.Setting:
		return r.Entry
	}
	return journal.Entry{}
}

// TestDamagedContent changes random bytes of the content of attempts. Lists always have all attempts.
func TestDamagedContent(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	j := openNew(t, journal.Options{})
	fill(t, j, 20)
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		content := make([]byte, 1+random.IntN(40))
		for i := range content {
			content[i] = byte(random.Uint32())
		}
		content[0] = layout
		column := []string{"content", "messages"}[random.IntN(2)]
		statement := fmt.Sprintf(`UPDATE attempts SET %s = x'%x' WHERE seq = %d`, column, content, 3*(1+random.IntN(20)))
		if err := j.do(ctx, "damaging", &task{run: func(w *writer) error { return w.exec(statement) }}); err != nil {
			t.Fatal(err)
		}
		p, err := j.Attempts(ctx, journal.Query{Full: true, Oldest: true})
		if err != nil || len(p.Items) != 20 || !slices.IsSortedFunc(p.Items, func(a, b *journal.Attempt) int { return int(a.Seq - b.Seq) }) {
			t.Fatalf("%d attempts, error %v", len(p.Items), err)
		}
	}
}
