package sqlite

import (
	"errors"
	"math"
	"runtime"

	"semblance/simulator/journal"
)

// task is one call that writes.
type task struct {
	records []journal.Record    // to append
	run     func(*writer) error // or another thing to do
	err     error
	done    chan struct{} // closed after the commit
}

// maxBatch limits the number of tasks in a transaction, and thereby the time that the first one waits for the last.
const maxBatch = 256

// write is the goroutine of the writer.
func (j *Journal) write() {
	defer close(j.done)
	var batch []*task
	for {
		select {
		case t := <-j.tasks:
			batch = append(batch[:0], t)
		case <-j.closing:
			return
		}
		// Other goroutines get a chance to add their tasks. Under load this makes batches eight times as large.
		for yields := 0; yields < 3 && len(batch) < maxBatch; {
			select {
			case t := <-j.tasks:
				batch = append(batch, t)
				yields = 0
			default:
				runtime.Gosched()
				yields++
			}
		}
		j.commit(batch)
		clear(batch)
		j.checkpointer.wake(j.writer)
	}
}

// commit does the tasks in one transaction. If that fails, it does each task in its own, so that one task does not fail
// because of another.
func (j *Journal) commit(batch []*task) {
	if err := j.writer.transact(batch); err != nil {
		for i, t := range batch {
			if len(batch) > 1 {
				err = j.retry(batch[i : i+1])
			}
			if err != nil {
				t.err = err
			}
		}
	}
	j.notifier.Publish(j.writer.totals.last, j.writer.totals.Stats)
	for _, t := range batch {
		close(t.done)
	}
}

func (j *Journal) retry(batch []*task) error {
	if err := journal.Check(batch[0].records); err != nil {
		return err
	}
	return j.writer.transact(batch)
}

// totals are numbers that change with each transaction. Those of the first group are stored in the table of that name.
type totals struct {
	journal.Stats
	last       journal.Seq // the last number assigned
	unattached int         // attempts without a delivery
	others     int         // records in other_records

	pruned   int64 // no delivery with this number or a lower one is finished, except since the last Prune
	finished int64 // the lowest number of a delivery that finished since the last Prune
}

// writer is the connection that writes.
type writer struct {
	*conn
	statements                                  [statementCount]*statement // prepared when they are needed
	events, deliveries, attempts, clinicRecords inserter
	files                                       []watchedFile
	totals                                      totals
	cache                                       cache
	written                                     int // bytes of content since a checkpoint was last due

	hasClinicRecords bool // there are or were any
}

// The statements of the writer.
const (
	sqlBegin = iota
	sqlCommit
	sqlRollback
	sqlInsertOther
	sqlEndCurrent
	sqlFindClinicRecord
	sqlNameClinicRecord
	sqlListClinicRecords
	sqlUpdateTotals
	sqlUpdateLastDelivery
	sqlUpdateState
	sqlUpdateAttempted
	sqlUpdateAttemptedState
	sqlFindEvent
	sqlFindDelivery
	sqlCountOthers
	sqlOldDeliveries
	sqlOldAttempts
	sqlOldEvents
	sqlOldOthers
	sqlDeleteAttempts
	sqlDeleteEvents
	sqlDeleteDeliveries
	sqlDeleteUnattached
	sqlDeleteUndelivered
	sqlDeleteOthers
	sqlDeleteClinicRecords
	sqlMakeCheckpoint
	statementCount
)

// notInForce selects the records of other_records that Prune can delete.
const notInForce = `in_force = 0 AND NOT (kind = 'clinic' AND seq >= ` + firstOfClinic + `)`

var writerSQL = [statementCount]string{
	sqlBegin:    `BEGIN IMMEDIATE`,
	sqlCommit:   `COMMIT`,
	sqlRollback: `ROLLBACK`,

	sqlInsertOther: `INSERT INTO other_records (seq, at, kind, key, in_force, content) VALUES (?, ?, ?, ?, ?, ?)`,
	sqlEndCurrent:  `UPDATE other_records SET in_force = 0 WHERE kind = ? AND key = ? AND in_force = 1`,

	sqlFindClinicRecord: `SELECT 1 FROM clinic_records LIMIT 1`,
	sqlNameClinicRecord: `UPDATE clinic_records SET named = ? WHERE id = ? AND permanent = 0`,

	sqlListClinicRecords: `UPDATE clinic_records SET listed = 1 WHERE number IN (
		SELECT number FROM clinic_records INDEXED BY clinic_records_unlisted WHERE listed = 0 LIMIT ?)`,

	sqlUpdateTotals:       `UPDATE totals SET last = ?, events = ?, deliveries = ?, attempts = ?, pending = ?, held = ?, unattached = ?, others = ?`,
	sqlUpdateLastDelivery: `UPDATE events SET last_delivery = ? WHERE seq = ?`,
	sqlUpdateState:        `UPDATE deliveries SET state = ?, due = ?, tries = ? WHERE seq = ?`,
	sqlUpdateAttempted:    `UPDATE deliveries SET attempts = attempts + 1, last_attempt = ?, last_at = ?, status = ?, failure = ? WHERE seq = ?`,
	sqlUpdateAttemptedState: `UPDATE deliveries SET attempts = attempts + 1, last_attempt = ?, last_at = ?, status = ?, failure = ?,
		state = ?, due = ?, tries = ? WHERE seq = ?`,

	sqlFindEvent:    `SELECT last_delivery FROM events WHERE seq = ?`,
	sqlFindDelivery: `SELECT seq, state, last_attempt, attempts FROM deliveries WHERE id = ?`,

	sqlCountOthers: `SELECT count(*) FROM other_records`,

	// Prune finds records that it can delete: the number, the time, the time of the last use and the number of attempts of each.
	sqlOldDeliveries: `SELECT seq, at, max(at, last_at), attempts FROM deliveries WHERE seq > ? AND state >= 2 ORDER BY seq LIMIT ?`,
	sqlOldAttempts:   `SELECT seq, at, at, 0 FROM attempts WHERE seq > ? AND delivery_seq = 0 ORDER BY seq LIMIT ?`,
	sqlOldEvents:     `SELECT seq, at, at, 0 FROM events WHERE seq > ? AND last_delivery = 0 ORDER BY seq LIMIT ?`,
	sqlOldOthers:     `SELECT seq, at, at, 0 FROM other_records WHERE seq > ? AND ` + notInForce + ` ORDER BY seq LIMIT ?`,

	// It deletes such records in a range of numbers, deliveries with their attempts and events.
	sqlDeleteAttempts: `WITH RECURSIVE chain (seq) AS (
			SELECT last_attempt FROM deliveries WHERE seq BETWEEN ?1 AND ?2 AND state >= 2
			UNION ALL SELECT previous FROM attempts JOIN chain USING (seq)
		) DELETE FROM attempts WHERE seq IN (SELECT seq FROM chain)`,
	sqlDeleteEvents: `DELETE FROM events WHERE seq IN (SELECT event_seq FROM deliveries WHERE seq BETWEEN ?1 AND ?2 AND state >= 2)
		AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.seq > events.seq AND d.seq <= events.last_delivery AND d.event_seq = events.seq
			AND NOT (d.seq BETWEEN ?1 AND ?2 AND d.state >= 2))`,
	sqlDeleteDeliveries:  `DELETE FROM deliveries WHERE seq BETWEEN ?1 AND ?2 AND state >= 2`,
	sqlDeleteUnattached:  `DELETE FROM attempts WHERE seq BETWEEN ?1 AND ?2 AND delivery_seq = 0`,
	sqlDeleteUndelivered: `DELETE FROM events WHERE seq BETWEEN ?1 AND ?2 AND last_delivery = 0`,
	sqlDeleteOthers:      `DELETE FROM other_records WHERE seq BETWEEN ?1 AND ?2 AND ` + notInForce,
	sqlDeleteClinicRecords: `DELETE FROM clinic_records WHERE number IN (
		SELECT number FROM clinic_records INDEXED BY clinic_records_named WHERE permanent = 0 AND named < (SELECT min(seq) FROM events) - ? LIMIT ?)`,
	sqlMakeCheckpoint: checkpointSQL,
}

func openWriter(path string) (*writer, error) {
	c, err := connect(path, "journal_mode = WAL", "wal_autocheckpoint = 0", "cache_size = -16000", "secure_delete = 0")
	if err != nil {
		return nil, err
	}
	w := &writer{
		conn: c, cache: newCache(), totals: totals{finished: math.MaxInt64},
		events:     newInserter(c, `events`, `seq, at, type, origin, last_delivery, content`, ``),
		deliveries: newInserter(c, `deliveries`, `seq, id, event_seq, subscription_id, event_id, at, state, due, tries`, ``),
		attempts:   newInserter(c, `attempts`, `seq, delivery_seq, previous, subscription_id, type, outcome, at, content, messages`, ``),
		clinicRecords: newInserter(c, `clinic_records`,
			`id, seq, kind, patient, doctor, created, updated, start, finish, deleted, permanent, listed, named, text, value`,
			` ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, kind = excluded.kind, patient = excluded.patient, doctor = excluded.doctor,
			created = excluded.created, updated = excluded.updated, start = excluded.start, finish = excluded.finish, deleted = excluded.deleted,
			permanent = excluded.permanent, listed = max(listed, excluded.listed), named = excluded.named, text = excluded.text,
			previous = CASE value WHEN excluded.value THEN previous ELSE value END, value = excluded.value`),
	}
	for i, sql := range writerSQL {
		w.statements[i] = c.statement(sql)
	}
	for i, after := range map[int]*inserter{
		sqlFindEvent: &w.events, sqlUpdateLastDelivery: &w.events, sqlFindDelivery: &w.deliveries, sqlUpdateState: &w.deliveries,
		sqlUpdateAttempted: &w.deliveries, sqlUpdateAttemptedState: &w.deliveries, sqlNameClinicRecord: &w.clinicRecords,
	} {
		w.statements[i].after = after
	}
	if err := w.start(); err != nil {
		c.close()
		return nil, err
	}
	return w, nil
}

// start updates the format of the file, prepares the statements and reads the totals.
func (w *writer) start() error {
	v, err := w.version()
	if err != nil {
		return err
	}
	if err := checkVersion(v); err != nil {
		return err
	}
	if err := w.migrate(v, migrations[v-unsupported:]); err != nil {
		return err
	}
	if err := w.readTotals(); err != nil {
		return err
	}
	if row, err := w.statements[sqlFindClinicRecord].row(); err != nil {
		return err
	} else {
		w.hasClinicRecords = row != nil
	}
	if err := w.probe(); err != nil {
		return err
	}
	w.files, err = watchFiles(w.path)
	return err
}

func (w *writer) readTotals() error {
	row, err := w.statement(`SELECT last, events, deliveries, attempts, pending, held, unattached, others FROM totals`).row()
	if err != nil || row == nil {
		return errors.Join(err, errContent)
	}
	t := &w.totals
	t.last = journal.Seq(row[0])
	for i, n := range []*int{&t.Events, &t.Deliveries, &t.Attempts, &t.Pending, &t.Held, &t.unattached, &t.others} {
		*n = int(row[i+1])
	}
	return nil
}

// probe finds out whether the file can be written, and whether the ends of all tables and indexes can be read. It does not
// read all of them: that would take seconds. Other damage is found when it is read.
func (w *writer) probe() error {
	if _, err := w.statements[sqlBegin].exec(); err != nil {
		return err
	}
	defer w.statements[sqlRollback].exec()
	_, err := w.statement(`SELECT (SELECT max(seq) FROM events), (SELECT max(seq) FROM deliveries), (SELECT max(id) FROM deliveries),
		(SELECT max(state) FROM deliveries INDEXED BY deliveries_state WHERE state <> 2),
		(SELECT max(subscription_id) FROM deliveries INDEXED BY deliveries_due WHERE state < 2),
		(SELECT max(seq) FROM attempts), (SELECT max(seq) FROM attempts INDEXED BY attempts_unattached WHERE delivery_seq = 0),
		(SELECT max(seq) FROM other_records), (SELECT max(kind) FROM other_records INDEXED BY other_records_in_force WHERE in_force = 1),
		(SELECT max(seq) FROM other_records INDEXED BY other_records_clinic WHERE kind = 'clinic'),
		(SELECT max(id) FROM clinic_records), (SELECT max(kind) FROM clinic_records INDEXED BY clinic_records_kind WHERE listed = 1),
		(SELECT max(kind) FROM clinic_records INDEXED BY clinic_records_created WHERE listed = 1), (SELECT max(kind) FROM clinic_records INDEXED BY clinic_records_updated WHERE listed = 1),
		(SELECT max(kind) FROM clinic_records INDEXED BY clinic_records_start WHERE listed = 1 AND start <> 0),
		(SELECT max(patient) FROM clinic_records INDEXED BY clinic_records_patient WHERE listed = 1 AND patient <> ''),
		(SELECT max(doctor) FROM clinic_records INDEXED BY clinic_records_doctor WHERE listed = 1 AND doctor <> ''),
		(SELECT max(kind) FROM clinic_records INDEXED BY clinic_records_unlisted WHERE listed = 0),
		(SELECT max(named) FROM clinic_records INDEXED BY clinic_records_named WHERE permanent = 0)`).row()
	return err
}

// transact does the tasks in one transaction. After an error nothing of them is written.
func (w *writer) transact(batch []*task) error {
	if err := checkFiles(w.files); err != nil {
		return err
	}
	if _, err := w.statements[sqlBegin].exec(); err != nil {
		return err
	}
	before := w.totals
	err := w.perform(batch)
	if err == nil {
		_, err = w.statements[sqlCommit].exec()
	}
	if err != nil {
		for _, t := range w.inserters() {
			t.take()
		}
		w.statements[sqlRollback].exec() // fails if the engine did it already
		w.totals, w.cache = before, newCache()
	}
	return err
}

func (w *writer) inserters() []*inserter {
	return []*inserter{&w.events, &w.deliveries, &w.attempts, &w.clinicRecords}
}

// flush inserts all rows that were gathered.
func (w *writer) flush() error {
	for _, t := range w.inserters() {
		if err := t.flush(); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) perform(batch []*task) error {
	for _, t := range batch {
		if t.err = w.checkReferences(t.records); t.err != nil {
			continue // nothing of this task is written
		}
		if t.run != nil {
			if err := w.flush(); err != nil {
				return err
			}
			if err := t.run(w); err != nil {
				return err
			}
			continue
		}
		w.totals.last = journal.Number(t.records, w.totals.last)
		for i, r := range t.records {
			if err := w.insert(r, t.records[i+1:]); err != nil {
				return err
			}
		}
	}
	if err := w.flush(); err != nil {
		return err
	}
	n := &w.totals
	_, err := w.statements[sqlUpdateTotals].exec(int64(n.last), int64(n.Events), int64(n.Deliveries), int64(n.Attempts), int64(n.Pending), int64(n.Held),
		int64(n.unattached), int64(n.others))
	return err
}
