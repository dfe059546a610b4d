package sqlite

import (
	"context"
	"math"

	"semblance/schemas/objectid"
	"semblance/simulator/journal"
)

func (w *writer) putClinicRecord(r *journal.ClinicRecord) error {
	w.hasClinicRecords = true
	w.written += len(r.Values)
	w.cache.nameRecord(r.ID, named(r))
	return w.clinicRecords.add(r.ID, int64(r.Seq), r.RecordKind, r.Patient, r.Doctor, micros(r.CreatedAt), micros(r.UpdatedAt),
		micros(r.Start), micros(r.End), bit(r.Deleted), bit(r.Permanent), bit(r.Permanent), int64(r.Seq), r.Text, r.Values)
}

// nameClinicRecords records that an event names clinic records. It does so again only after journal.RecordSlack records, which
// saves most of this work: events that follow each other are often about the same records.
func (w *writer) nameClinicRecords(e *journal.Event) error {
	for _, i := range e.Identifiers {
		if !w.hasClinicRecords || w.cache.isNamed(i.Value, int64(e.Seq)) || !objectid.Valid(i.Value) {
			continue
		}
		if _, err := w.statements[sqlNameClinicRecord].exec(int64(e.Seq), i.Value); err != nil {
			return err
		}
		w.cache.nameRecord(i.Value, int64(e.Seq))
	}
	return nil
}

// named returns the number of the last record that names a clinic record when it is written.
func named(r *journal.ClinicRecord) int64 {
	if r.Permanent {
		return math.MaxInt64 - journal.RecordSlack
	}
	return int64(r.Seq)
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// clinicRecords deletes the clinic records that no event names, a few in each transaction.
func (p *pruner) clinicRecords() error {
	for n := int64(pruneStep); n == pruneStep; p.deleted += int(n) {
		err := p.j.do(p.ctx, "pruning", &task{run: func(w *writer) (err error) {
			n, err = w.statements[sqlDeleteClinicRecords].exec(int64(journal.RecordSlack), int64(pruneStep))
			w.written += int(n) * deletionBytes
			return err
		}})
		if err != nil {
			return err
		}
	}
	return nil
}

// resetClinicRecords returns the statement by which a reset deletes the clinic records, or "" if it keeps them.
func resetClinicRecords(keep []journal.Kind) string {
	if journal.KeptByReset(keep, journal.KindClinicRecord) {
		return ""
	}
	return `DELETE FROM clinic_records;`
}

// selectClinicRecords has %s for a query for the numbers of the records.
const selectClinicRecords = `SELECT r.seq, r.id, r.kind, r.patient, r.doctor, r.created, r.updated, r.start, r.finish, r.deleted, r.permanent, r.text, r.value, r.previous
	FROM (%s) n CROSS JOIN clinic_records r ON r.number = n.number`

func scanClinicRecord(row scanner) (*journal.ClinicRecord, error) {
	var r journal.ClinicRecord
	var created, updated, start, finish int64
	err := row.Scan(&r.Seq, &r.ID, &r.RecordKind, &r.Patient, &r.Doctor, &created, &updated, &start, &finish, &r.Deleted, &r.Permanent,
		&r.Text, &r.Values, &r.Previous)
	r.CreatedAt, r.UpdatedAt, r.Start, r.End = fromMicros(created), fromMicros(updated), fromMicros(start), fromMicros(finish)
	return &r, err
}

// ClinicRecord implements [journal.Journal].
func (j *Journal) ClinicRecord(ctx context.Context, id string) (*journal.ClinicRecord, error) {
	return find(ctx, j, selectClinicRecords, `SELECT number FROM clinic_records WHERE id = ?`, id, scanClinicRecord)
}
