package sqlite

import (
	"context"
	"math"
	"strings"
	"time"

	"semblance/simulator/journal"
)

// pruneStep is the number of records that one transaction of Prune examines: few enough that an Append meanwhile does not
// wait longer than it would for another batch.
const pruneStep = 200

// deletionBytes is the approximate number of bytes that the deletion of a record writes to the engine's log.
const deletionBytes = 2500

// Prune implements [journal.Journal].
func (j *Journal) Prune(ctx context.Context, now time.Time) (int, error) {
	j.pruning.Lock()
	defer j.pruning.Unlock()
	p := &pruner{j: j, ctx: ctx}
	if j.options.Age > 0 {
		p.before = micros(now.Add(-j.options.Age))
	}
	err := p.startDeliveries()
	for _, t := range p.tables() {
		if err == nil {
			err = p.run(&t)
		}
	}
	if err == nil {
		err = p.clinicRecords()
	}
	return p.deleted, err
}

// pruner is one call of Prune.
type pruner struct {
	j          *Journal
	ctx        context.Context
	before     int64 // records last used before this time are deleted
	deleted    int
	deliveries int64 // no delivery with this number or a lower one can be deleted
}

// prunedTable says which records of a table Prune deletes.
type prunedTable struct {
	after      int64                                   // where to start
	candidates string                                  // a query for the records after a number that can be deleted
	tooMany    func(*totals) bool                      // reports whether records are deleted although they are not old
	delete     func(*writer, int64) (n int, err error) // deletes a record, if it still can be deleted; returns how many it deleted
	pruned     func(*totals) *int64                    // where to record that all up to a number are deleted, or nil
	kept       bool                                    // a candidate was not deleted
}

func (p *pruner) tables() []prunedTable {
	rows := p.j.options.Rows
	tooMany := func(n int) bool { return rows > 0 && n > rows }
	return []prunedTable{
		{
			after:      p.deliveries,
			candidates: `SELECT seq, at, max(at, last_at) FROM deliveries WHERE seq > ? AND state >= 2 ORDER BY seq LIMIT ?`,
			tooMany:    func(t *totals) bool { return tooMany(t.Deliveries-t.Unfinished()) || tooMany(t.Attempts) },
			delete:     (*writer).deleteDelivery,
			pruned:     func(t *totals) *int64 { return &t.pruned },
		},
		{
			candidates: `SELECT seq, at, at FROM attempts WHERE seq > ? AND delivery_seq = 0 ORDER BY seq LIMIT ?`,
			tooMany:    func(t *totals) bool { return tooMany(t.unattached) },
			delete:     (*writer).deleteUnattached,
		},
		{ // the others are deleted with their last delivery
			candidates: `SELECT seq, at, at FROM events WHERE seq > ? AND last_delivery = 0 ORDER BY seq LIMIT ?`,
			tooMany:    func(t *totals) bool { return tooMany(t.Events) },
			delete:     (*writer).deleteEvent,
		},
		{
			candidates: `SELECT seq, at, at FROM other_records WHERE seq > ? AND in_force = 0 AND NOT (kind = 'clinic' AND seq >= ` + firstOfClinic + `)
				ORDER BY seq LIMIT ?`,
			tooMany: func(t *totals) bool { return tooMany(t.others) },
			delete:  (*writer).deleteOther,
		},
	}
}

// startDeliveries finds out where the finished deliveries start. Searching for them would read all unfinished ones before.
func (p *pruner) startDeliveries() error {
	return p.j.do(p.ctx, "pruning", &task{run: func(w *writer) error {
		w.totals.pruned = min(w.totals.pruned, w.totals.finished-1)
		w.totals.finished = math.MaxInt64
		p.deliveries = w.totals.pruned
		return nil
	}})
}

// candidate is a record that can be deleted.
type candidate struct {
	seq, at int64
	used    int64 // when it was last used
}

// run prunes a table, oldest records first, until the remaining ones are neither old nor too many.
func (p *pruner) run(t *prunedTable) error {
	for after := t.after; ; {
		var some []candidate
		err := p.j.view(p.ctx, func(v *view) (err error) {
			some, err = collect(v, t.candidates, []any{after, pruneStep}, func(row scanner) (c candidate, err error) {
				return c, row.Scan(&c.seq, &c.at, &c.used)
			})
			return err
		})
		if err != nil || len(some) == 0 {
			return err
		}
		after = some[len(some)-1].seq
		if more, err := p.step(t, some); err != nil || !more {
			return err
		}
	}
}

// step deletes those of the candidates that are old or too many, in one transaction. It reports whether later records may be
// old or too many.
func (p *pruner) step(t *prunedTable, some []candidate) (more bool, err error) {
	deleted := 0
	err = p.j.do(p.ctx, "pruning", &task{run: func(w *writer) error {
		deleted, more = 0, some[0].at < p.before || t.tooMany(&w.totals)
		for _, c := range some {
			if c.used >= p.before && !t.tooMany(&w.totals) {
				t.kept = true
				continue
			}
			n, err := t.delete(w, c.seq)
			if err != nil {
				return err
			}
			deleted += n
			if !t.kept && t.pruned != nil {
				*t.pruned(&w.totals) = c.seq
			}
		}
		w.written += deleted * deletionBytes
		return nil
	}})
	if err == nil {
		p.deleted += deleted
	}
	return more, err
}

// deleteDelivery deletes a delivery with its attempts, and its event if that has no other delivery. It does nothing if the
// delivery is unfinished, because it was requeued meanwhile.
func (w *writer) deleteDelivery(seq int64) (int, error) {
	row, err := w.statements[sqlFindFinished].row(seq)
	if err != nil || row == nil {
		return 0, err
	}
	attempt, attempts, event := row[0].(int64), row[1].(int64), row[2].(int64)
	w.cache.remove(row[3].(string))
	deleted := 1
	for ; attempts > 0; attempts-- {
		var previous int64
		if attempts > 1 {
			row, err := w.statements[sqlFindPrevious].row(attempt)
			if err != nil {
				return 0, err
			}
			if row != nil {
				previous = row[0].(int64)
			}
		}
		n, err := w.deleteAttempt(attempt)
		if err != nil {
			return 0, err
		}
		deleted += n
		attempt = previous
	}
	w.totals.Deliveries--
	if _, err := w.statements[sqlDeleteDelivery].exec(seq); err != nil {
		return 0, err
	}
	n, err := w.deleteEvent(event)
	return deleted + n, err
}

func (w *writer) deleteAttempt(seq int64) (int, error) {
	n, err := w.statements[sqlDeleteAttempt].exec(seq)
	w.totals.Attempts -= int(n)
	return int(n), err
}

// deleteUnattached deletes an attempt without a delivery.
func (w *writer) deleteUnattached(seq int64) (int, error) {
	w.totals.unattached--
	return w.deleteAttempt(seq)
}

func (w *writer) deleteEvent(seq int64) (int, error) {
	n, err := w.statements[sqlDeleteEvent].exec(seq)
	if n > 0 && int64(w.cache.event) == seq {
		w.cache.event = 0
	}
	w.totals.Events -= int(n)
	return int(n), err
}

func (w *writer) deleteOther(seq int64) (int, error) {
	n, err := w.statements[sqlDeleteOther].exec(seq)
	w.totals.others -= int(n)
	return int(n), err
}

// Reset implements [journal.Journal].
func (j *Journal) Reset(ctx context.Context, at time.Time, keep []journal.Kind, records ...journal.Record) error {
	if err := journal.CheckReset(records); err != nil {
		return err
	}
	var kept []string
	for _, k := range journal.Kinds() {
		if journal.KeptByReset(keep, k) {
			kept = append(kept, string(k))
		}
	}
	return j.do(ctx, "resetting", &task{run: func(w *writer) error {
		err := w.exec(`DELETE FROM events; DELETE FROM deliveries; DELETE FROM attempts; ` + resetClinicRecords(keep) + `
			DELETE FROM other_records WHERE kind NOT IN ('` + strings.Join(kept, `', '`) + `')`)
		if err != nil {
			return err
		}
		row, err := w.statements[sqlCountOthers].row()
		if err != nil {
			return err
		}
		w.totals = totals{last: w.totals.last, others: int(row[0].(int64)), finished: math.MaxInt64}
		w.cache = newCache()
		all := append([]journal.Record{&journal.Reset{At: at, Keep: keep}}, records...)
		w.totals.last = journal.Number(all, w.totals.last)
		for _, r := range all {
			if err := w.insert(r, nil); err != nil {
				return err
			}
		}
		return nil
	}})
}
