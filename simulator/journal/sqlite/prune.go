package sqlite

import (
	"context"
	"slices"
	"strings"
	"time"

	"semblance/simulator/journal"
)

// slice is how many records are looked at in one transaction of pruning: few enough that whoever appends meanwhile
// waits no longer than for another's batch.
const slice = 200

// removalWrites is about how many bytes of pages it takes to remove a record.
const removalWrites = 2500

// Prune implements [journal.Journal].
func (j *Journal) Prune(ctx context.Context, now time.Time) (int, error) {
	p := &pruner{j: j, ctx: ctx}
	if j.options.Age > 0 {
		p.before = micros(now.Add(-j.options.Age))
	}
	var loose, others int
	counts := j.each(ctx, `SELECT (SELECT count(*) FROM attempts WHERE delivery = 0), (SELECT count(*) FROM others)`, nil,
		func(row scanner) (bool, error) { return false, row.Scan(&loose, &others) })
	if counts != nil {
		return 0, counts
	}
	over := func(n int) bool { return j.options.Rows > 0 && n > j.options.Rows }
	for _, sweep := range []sweep{
		{
			look: `SELECT seq, at, max(at, last_at), state < 2 FROM deliveries WHERE seq > ? ORDER BY seq LIMIT ?`,
			over: func(t journal.Stats) bool { return over(t.Deliveries-t.Unfinished()) || over(t.Attempts) },
			drop: (*writer).dropDelivery,
		},
		{
			look: `SELECT seq, at, at, 0 FROM attempts WHERE seq > ? AND delivery = 0 ORDER BY seq LIMIT ?`,
			over: func(journal.Stats) bool { return over(loose) },
			drop: func(w *writer, seq int64) (int, error) { loose--; return w.dropAttempt(seq) },
		},
		{
			look: `SELECT seq, at, at, EXISTS (SELECT 1 FROM deliveries d WHERE d.change = c.seq) FROM changes c WHERE seq > ? ORDER BY seq LIMIT ?`,
			over: func(t journal.Stats) bool { return over(t.Events) },
			drop: (*writer).dropEvent,
		},
		{
			look: `SELECT seq, at, at, in_force = 1 OR kind = 'clinic' AND seq >= ` + clinicFrom + ` FROM others WHERE seq > ? ORDER BY seq LIMIT ?`,
			over: func(journal.Stats) bool { return over(others) },
			drop: func(w *writer, seq int64) (int, error) { others--; return w.dropOther(seq) },
		},
	} {
		if err := p.run(sweep); err != nil {
			return p.removed, err
		}
	}
	return p.removed, nil
}

// sweep is how the old records of one table go.
type sweep struct {
	look string                                      // the next records after a number: candidates
	over func(journal.Stats) bool                    // there are too many, so that also young ones go
	drop func(w *writer, seq int64) (n int, e error) // forgets one, if it may still go, and returns how many records went
}

// candidate is a record that may go.
type candidate struct {
	seq, at, used int64 // its number, its time, and when it was last of use
	stays         bool  // it is owed or in force
}

type pruner struct {
	j       *Journal
	ctx     context.Context
	before  int64 // what was last of use before goes
	removed int
}

// run sweeps a table, oldest first, a slice at a time. It ends where all that follows is young and not too many.
func (p *pruner) run(s sweep) error {
	for after := int64(0); ; {
		some, err := collect(p.ctx, p.j, s.look, []any{after, slice}, func(row scanner) (c candidate, err error) {
			return c, row.Scan(&c.seq, &c.at, &c.used, &c.stays)
		})
		if err != nil || len(some) == 0 {
			return err
		}
		over := s.over(p.j.Stats())
		if some[0].at >= p.before && !over {
			return nil
		}
		after = some[len(some)-1].seq
		some = slices.DeleteFunc(some, func(c candidate) bool { return c.stays || c.used >= p.before && !over })
		if len(some) == 0 {
			continue
		}
		if err := p.drop(s, some); err != nil {
			return err
		}
	}
}

func (p *pruner) drop(s sweep, some []candidate) error {
	removed := 0
	err := p.j.do(p.ctx, "prune the journal", &task{run: func(w *writer) error {
		for _, c := range some {
			if c.used >= p.before && !s.over(w.stats) {
				break
			}
			n, err := s.drop(w, c.seq)
			if err != nil {
				return err
			}
			removed += n
		}
		w.written += removed * removalWrites
		w.known = newKnown()
		return w.remember()
	}})
	if err == nil {
		p.removed += removed
	}
	return err
}

// dropDelivery forgets a finished delivery with its attempts, and its change if that has no other. It may have been
// queued again meanwhile: then it stays.
func (w *writer) dropDelivery(seq int64) (int, error) {
	row, err := w.findLast.row(seq)
	if err != nil || row == nil {
		return 0, err
	}
	attempt, change := row[0].(int64), row[1].(int64)
	removed := 1
	for attempt != 0 {
		var previous int64
		if row, err = w.findPrevious.row(attempt); err != nil {
			return 0, err
		} else if row != nil {
			previous = row[0].(int64)
		}
		n, err := w.dropAttempt(attempt)
		if err != nil {
			return 0, err
		}
		removed += n
		attempt = previous
	}
	w.stats.Deliveries--
	if _, err := w.deleteDelivery.exec(seq); err != nil {
		return 0, err
	}
	n, err := w.dropEvent(change)
	return removed + n, err
}

func (w *writer) dropAttempt(seq int64) (int, error) {
	if _, err := w.deleteWire.exec(seq); err != nil {
		return 0, err
	}
	n, err := w.deleteAttempt.exec(seq)
	w.stats.Attempts -= int(n)
	return int(n), err
}

func (w *writer) dropEvent(seq int64) (int, error) {
	n, err := w.deleteEvent.exec(seq)
	w.stats.Events -= int(n)
	return int(n), err
}

func (w *writer) dropOther(seq int64) (int, error) {
	n, err := w.deleteOther.exec(seq)
	return int(n), err
}

// remember keeps the last number, which the records of the file may not show any more.
func (w *writer) remember() error {
	_, err := w.setMeta.exec("last", int64(w.last))
	return err
}

// Reset implements [journal.Journal].
func (j *Journal) Reset(ctx context.Context, at time.Time, keep ...journal.Kind) error {
	var kept []string
	for _, k := range journal.Kinds() {
		if journal.KeptByReset(keep, k) {
			kept = append(kept, string(k))
		}
	}
	return j.do(ctx, "reset the journal", &task{run: func(w *writer) error {
		err := w.exec(`DELETE FROM changes; DELETE FROM deliveries; DELETE FROM attempts; DELETE FROM wires;
			DELETE FROM others WHERE kind NOT IN ('` + strings.Join(kept, `', '`) + `')`)
		if err != nil {
			return err
		}
		w.stats, w.known = journal.Stats{}, newKnown()
		reset := &journal.Reset{At: at, Keep: keep}
		w.last = journal.Number([]journal.Record{reset}, w.last)
		if err := w.putOther(reset); err != nil {
			return err
		}
		return w.remember()
	}})
}
