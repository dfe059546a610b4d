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
	after      int64 // where to start
	candidates int   // the statement that finds the records after a number that can be deleted

	// tooMany reports whether records are deleted although they are not old, after so many of them with so many attempts.
	tooMany   func(t *totals, deleted, attempts int) bool
	deletions []deletion
	pruned    func(*totals) *int64 // where to record that all up to a number are deleted, or nil
	kept      bool                 // a candidate was not deleted
}

// deletion is a statement that deletes the candidates from one number to another, or what belongs to them.
type deletion struct {
	statement int
	counts    func(*totals) []*int // of the deleted rows
}

func (p *pruner) tables() []prunedTable {
	rows := p.j.options.Rows
	tooMany := func(n int) bool { return rows > 0 && n > rows }
	return []prunedTable{
		{
			after:      p.deliveries,
			candidates: sqlOldDeliveries,
			tooMany: func(t *totals, deleted, attempts int) bool {
				return tooMany(t.Deliveries-t.Unfinished()-deleted) || tooMany(t.Attempts-attempts)
			},
			deletions: []deletion{
				{sqlDeleteAttempts, func(t *totals) []*int { return []*int{&t.Attempts} }},
				{sqlDeleteEvents, func(t *totals) []*int { return []*int{&t.Events} }},
				{sqlDeleteDeliveries, func(t *totals) []*int { return []*int{&t.Deliveries} }},
			},
			pruned: func(t *totals) *int64 { return &t.pruned },
		},
		{
			candidates: sqlOldAttempts,
			tooMany:    func(t *totals, deleted, _ int) bool { return tooMany(t.unattached - deleted) },
			deletions:  []deletion{{sqlDeleteUnattached, func(t *totals) []*int { return []*int{&t.Attempts, &t.unattached} }}},
		},
		{ // the others are deleted with their last delivery
			candidates: sqlOldEvents,
			tooMany:    func(t *totals, deleted, _ int) bool { return tooMany(t.Events - deleted) },
			deletions:  []deletion{{sqlDeleteUndelivered, func(t *totals) []*int { return []*int{&t.Events} }}},
		},
		{
			candidates: sqlOldOthers,
			tooMany:    func(t *totals, deleted, _ int) bool { return tooMany(t.others - deleted) },
			deletions:  []deletion{{sqlDeleteOthers, func(t *totals) []*int { return []*int{&t.others} }}},
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

// run prunes a table, oldest records first, until the remaining ones are neither old nor too many. Each step is a transaction.
func (p *pruner) run(t *prunedTable) error {
	for more := true; more; {
		deleted, last := 0, int64(0)
		err := p.j.do(p.ctx, "pruning", &task{run: func(w *writer) error {
			rows, err := w.statements[t.candidates].all(t.after, int64(pruneStep))
			if more = err == nil && len(rows) > 0; !more {
				return err
			}
			var ranges [][2]int64
			ranges, more = t.choose(w, rows, p.before)
			last = rows[len(rows)-1][0]
			deleted, err = t.delete(w, ranges)
			return err
		}})
		if err != nil {
			return err
		}
		p.deleted += deleted
		t.after = last
	}
	return nil
}

// choose returns the first and the last number of each range of candidates that are old or too many, and whether later
// candidates may be.
func (t *prunedTable) choose(w *writer, candidates [][]int64, before int64) (ranges [][2]int64, more bool) {
	chosen, attempts, apart := 0, 0, true
	for i, c := range candidates {
		seq, at, used := c[0], c[1], c[2]
		tooMany := t.tooMany(&w.totals, chosen, attempts)
		if i == 0 {
			more = at < before || tooMany
		}
		if used >= before && !tooMany {
			t.kept, apart = true, true
			continue
		}
		if apart {
			ranges = append(ranges, [2]int64{seq})
		}
		ranges[len(ranges)-1][1], apart = seq, false
		chosen, attempts = chosen+1, attempts+int(c[3])
		if !t.kept && t.pruned != nil {
			*t.pruned(&w.totals) = seq
		}
	}
	return ranges, more
}

// delete deletes the candidates of the ranges, and returns how many records it deleted.
func (t *prunedTable) delete(w *writer, ranges [][2]int64) (deleted int, err error) {
	for _, r := range ranges {
		for _, d := range t.deletions {
			n, err := w.statements[d.statement].exec(r[0], r[1])
			if err != nil {
				return 0, err
			}
			for _, count := range d.counts(&w.totals) {
				*count -= int(n)
			}
			deleted += int(n)
		}
	}
	w.cache.event = 0 // it may have been deleted
	w.written += deleted * deletionBytes
	return deleted, nil
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
		w.totals = totals{last: w.totals.last, others: int(row[0]), finished: math.MaxInt64}
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
