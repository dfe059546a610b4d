package sqlite

import (
	"database/sql/driver"
	"fmt"
	"runtime"

	"semblance/simulator/journal"
)

// task is one call that writes, waiting for its commit.
type task struct {
	doing   string
	records []journal.Record    // to append
	run     func(*writer) error // or something else to do
	err     error
	done    chan struct{}
}

// maxBatch bounds how many tasks share a transaction, and so how long the first of them waits for the last.
const maxBatch = 256

// run is the writer's goroutine.
func (j *Journal) run() {
	defer close(j.ended)
	var batch []*task
	for {
		select {
		case t := <-j.work:
			batch = append(batch[:0], t)
		case <-j.closing:
			return
		}
		// Letting the others run first fills the batch: eight times as many share a commit when many append at once.
		for yielded := 0; yielded < 3 && len(batch) < maxBatch; {
			select {
			case t := <-j.work:
				batch = append(batch, t)
				yielded = 0
			default:
				runtime.Gosched()
				yielded++
			}
		}
		j.commit(batch)
		clear(batch)
		j.checkpointIfDue()
	}
}

// commit does the tasks in one transaction, or in one each where one of them fails and would take the others with it.
func (j *Journal) commit(batch []*task) {
	if err := j.writer.transact(batch); err != nil {
		for i := range batch {
			if len(batch) > 1 {
				err = j.again(batch[i : i+1])
			}
			if err != nil {
				batch[i].err = explain(j.path, batch[i].doing, err)
			}
		}
	}
	j.news.Publish(j.writer.last, j.writer.stats)
	for _, t := range batch {
		close(t.done)
	}
}

// again does one task of a batch that was rolled back.
func (j *Journal) again(batch []*task) error {
	if err := journal.Check(batch[0].records); err != nil {
		return err
	}
	return j.writer.transact(batch)
}

// writer is the one connection that writes, with what it knows of the file.
type writer struct {
	*conn
	last  journal.Seq // the last number given
	stats journal.Stats
	known known // deliveries and where they are
	bytes encoder

	written int // bytes of content since the last checkpoint was asked for

	begin, commit, rollback                                *statement
	insertEvent, insertDelivery, insertAttempt, insertWire *statement
	insertOther, withdraw, setMeta, checkpoint             *statement
	findEvent, findDelivery, findLast, findPrevious        *statement
	stand, try, touch                                      *statement
	deleteEvent, deleteDelivery                            *statement
	deleteAttempt, deleteWire, deleteOther                 *statement
}

func openWriter(path string) (*writer, error) {
	const doing = "open the journal"
	c, err := connect(path, "_pragma=journal_mode(WAL)", "_pragma=wal_autocheckpoint(0)", "_pragma=cache_size(-16000)", "_pragma=secure_delete(0)")
	if err != nil {
		return nil, explain(path, doing, err)
	}
	w := &writer{conn: c, known: newKnown()}
	if err := w.ready(); err != nil {
		c.close()
		return nil, explain(path, doing, err)
	}
	return w, nil
}

// ready brings the tables to the newest version and prepares the statements.
func (w *writer) ready() error {
	version, err := w.version()
	if err != nil {
		return err
	}
	if err := checkVersion(w.path, version); err != nil {
		return err
	}
	if err := w.upgrade(version, migrations[:]); err != nil {
		return err
	}
	for _, p := range []struct {
		into **statement
		sql  string
	}{
		{&w.begin, `BEGIN IMMEDIATE`},
		{&w.commit, `COMMIT`},
		{&w.rollback, `ROLLBACK`},
		{&w.insertEvent, `INSERT INTO changes (seq, at, type, origin, content) VALUES (?, ?, ?, ?, ?)`},
		{&w.insertDelivery, `INSERT INTO deliveries (seq, id, change, subscription, event, at, state, due, ladder, attempts, last, last_at, status, failure)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, '')`},
		{&w.insertAttempt, `INSERT INTO attempts (seq, delivery, previous, subscription, type, outcome, at, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`},
		{&w.insertWire, `INSERT INTO wires (seq, content) VALUES (?, ?)`},
		{&w.insertOther, `INSERT INTO others (seq, at, kind, key, in_force, content) VALUES (?, ?, ?, ?, ?, ?)`},
		{&w.withdraw, `UPDATE others SET in_force = 0 WHERE kind = ? AND key = ? AND in_force = 1`},
		{&w.findEvent, `SELECT seq FROM changes WHERE seq = ?`},
		{&w.findDelivery, `SELECT seq, state, last FROM deliveries WHERE id = ?`},
		{&w.stand, `UPDATE deliveries SET state = ?, due = ?, ladder = ? WHERE seq = ?`},
		{&w.try, `UPDATE deliveries SET attempts = attempts + 1, last = ?, last_at = ?, status = ?, failure = ?, state = ?, due = ?, ladder = ? WHERE seq = ?`},
		{&w.touch, `UPDATE deliveries SET attempts = attempts + 1, last = ?, last_at = ?, status = ?, failure = ? WHERE seq = ?`},
		{&w.checkpoint, checkpointSQL},
		{&w.setMeta, `INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)`},
		{&w.deleteEvent, `DELETE FROM changes WHERE seq = ?1 AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.change = ?1)`},
		{&w.deleteDelivery, `DELETE FROM deliveries WHERE seq = ?`},
		{&w.findLast, `SELECT last, change FROM deliveries WHERE seq = ? AND state >= 2`},
		{&w.findPrevious, `SELECT previous FROM attempts WHERE seq = ?`},
		{&w.deleteAttempt, `DELETE FROM attempts WHERE seq = ?`},
		{&w.deleteWire, `DELETE FROM wires WHERE seq = ?`},
		{&w.deleteOther, `DELETE FROM others WHERE seq = ? AND in_force = 0`},
	} {
		if *p.into, err = w.prepare(p.sql); err != nil {
			return err
		}
	}
	return nil
}

// transact does the tasks in one transaction. On an error nothing of them is written.
func (w *writer) transact(batch []*task) error {
	last, stats := w.last, w.stats

	_, err := w.begin.exec()
	if err != nil {
		return err
	}
	for _, t := range batch {
		if t.err = w.accepts(t.records); t.err != nil {
			continue // nothing was written yet
		}
		if err = w.perform(t); err != nil {
			break
		}
	}
	if err == nil {
		_, err = w.commit.exec()
	}
	if err != nil {
		w.rollback.exec() // its error says that the engine did it already
		w.last, w.stats = last, stats
		w.known = newKnown()
	}
	return err
}

func (w *writer) perform(t *task) error {
	if t.run != nil {
		return t.run(w)
	}
	w.last = journal.Number(t.records, w.last)
	for _, r := range t.records {
		if err := w.put(r); err != nil {
			return err
		}
	}
	return nil
}

// accepts reports whether all that the records refer to is there.
func (w *writer) accepts(records []journal.Record) error {
	for i, r := range records {
		switch r := r.(type) {
		case *journal.Delivery:
			if r.EventSeq == 0 || r.EventSeq == w.known.event {
				continue
			}
			row, err := w.findEvent.row(int64(r.EventSeq))
			if err != nil {
				return explain(w.path, "append to the journal", err)
			}
			if row == nil {
				return fmt.Errorf("append delivery %s of change %d: %w", r.ID, r.EventSeq, journal.ErrGone)
			}
			w.known.event = r.EventSeq
		case *journal.Attempt:
			if r.DeliveryID == "" {
				continue
			}
			if err := w.mustKnow(r.DeliveryID, records[:i]); err != nil {
				return fmt.Errorf("append an attempt of delivery %s: %w", r.DeliveryID, err)
			}
		case *journal.Transition:
			if err := w.mustKnow(r.DeliveryID, records[:i]); err != nil {
				return fmt.Errorf("move delivery %s: %w", r.DeliveryID, err)
			}
		}
	}
	return nil
}

// mustKnow returns ErrGone where the delivery is neither in the file nor among the records that come before.
func (w *writer) mustKnow(id string, before []journal.Record) error {
	switch found, err := w.find(id); {
	case err != nil:
		return explain(w.path, "append to the journal", err)
	case found != nil:
		return nil
	}
	for _, r := range before {
		if d, ok := r.(*journal.Delivery); ok && d.ID == id {
			return nil
		}
	}
	return journal.ErrGone
}

// find returns where the delivery is and how it stands, or nil.
func (w *writer) find(id string) (*place, error) {
	if p := w.known.get(id); p != nil {
		return p, nil
	}
	row, err := w.findDelivery.row(id)
	if err != nil || row == nil {
		return nil, err
	}
	p := &place{seq: row[0].(int64), state: journal.States()[row[1].(int64)], last: row[2].(int64)}
	w.known.put(id, p)
	return p, nil
}

// blob encodes a record's content; it is good until the next call.
func (w *writer) blob(encode func(*encoder)) driver.Value {
	w.bytes.bytes = append(w.bytes.bytes[:0], layout)
	encode(&w.bytes)
	w.written += len(w.bytes.bytes)
	return w.bytes.bytes
}
