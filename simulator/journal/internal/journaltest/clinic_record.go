package journaltest

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"semblance/schemas"
	"semblance/simulator/journal"
)

// clinicMaker makes clinic records with values from small sets, so that queries select some of them.
type clinicMaker struct {
	*Maker
	*rand.Rand
	patients, doctors []string
}

func newClinicMaker(seed uint64) *clinicMaker {
	m := &clinicMaker{Maker: NewMaker(seed), Rand: rand.New(rand.NewPCG(seed, 1)), patients: []string{""}, doctors: []string{""}}
	for range 4 {
		m.patients, m.doctors = append(m.patients, m.ID()), append(m.doctors, m.ID())
	}
	return m
}

func pick[T any](m *clinicMaker, all ...T) T { return all[m.IntN(len(all))] }

// moment returns a time in the hour after noon, in whole minutes.
func (m *clinicMaker) moment() time.Time { return noon.Add(time.Duration(m.IntN(60)) * time.Minute) }

func (m *clinicMaker) record(id string) *journal.ClinicRecord {
	r := &journal.ClinicRecord{
		ID: id, RecordKind: pick(m, "booking", "booking", "booking", "patient", "invoice"), Patient: pick(m, m.patients...), Doctor: pick(m, m.doctors...),
		CreatedAt: m.moment(), UpdatedAt: m.moment(), Deleted: m.IntN(5) == 0, Permanent: m.IntN(2) == 0,
		Text: pick(m, "ada lovelace", "ada byron", "grace hopper", ""), Values: fmt.Appendf(nil, `{"n":%d}`, m.IntN(4)),
	}
	if r.RecordKind == "booking" {
		r.Start = m.moment()
		r.End = r.Start.Add(10 * time.Minute)
	}
	return r
}

func (m *clinicMaker) timeRange() journal.TimeRange {
	if m.IntN(3) > 0 {
		return journal.TimeRange{}
	}
	from, until := m.moment(), m.moment()
	return pick(m, journal.TimeRange{From: from}, journal.TimeRange{Until: until}, journal.TimeRange{From: from, Until: from.Add(20 * time.Minute)})
}

func (m *clinicMaker) query(all []*journal.ClinicRecord) journal.RecordQuery {
	q := journal.RecordQuery{
		Kinds:   pick(m, []string{"booking"}, []string{"booking"}, []string{"patient", "invoice"}, []string{"unknown"}),
		Created: m.timeRange(), Updated: m.timeRange(), Start: m.timeRange(), During: m.timeRange(),
		Deleted: pick(m, journal.WithoutDeleted, journal.WithDeleted, journal.OnlyDeleted),
		Search:  pick(m, "", "", "", "Ada", "ace  r", "ada%"), Offset: m.IntN(3), Limit: 1 + m.IntN(8), Total: m.IntN(2) == 0,
		Order: pick(m, journal.ByID, journal.ByID, journal.ByStart, journal.ByStartDescending),
	}
	switch m.IntN(6) {
	case 3:
		q.Patients = []string{m.patients[1], m.patients[2], m.patients[2]}
	case 4:
		q.IDs = []string{all[m.IntN(len(all))].ID, all[m.IntN(len(all))].ID, m.ID()}
		q.Kinds = pick(m, nil, q.Kinds)
	case 0:
		q.Patient = pick(m, m.patients...)
	case 1:
		q.Doctor = pick(m, m.doctors...)
	case 2:
		q.Patient, q.Doctor = pick(m, m.patients...), pick(m, m.doctors...)
	}
	if m.IntN(3) == 0 {
		q.After = all[m.IntN(len(all))].ID
	}
	if m.IntN(3) == 0 {
		q.Before = all[m.IntN(len(all))].ID
	}
	return q
}

// naivePage is what a journal with these records returns for a query.
func naivePage(all []*journal.ClinicRecord, q journal.RecordQuery) journal.RecordPage {
	var selected []*journal.ClinicRecord
	for _, r := range all {
		switch {
		case len(q.Kinds) > 0 && !slices.Contains(q.Kinds, r.RecordKind),
			len(q.IDs) > 0 && !slices.Contains(q.IDs, r.ID), len(q.Patients) > 0 && !slices.Contains(q.Patients, r.Patient),
			q.Patient != "" && r.Patient != q.Patient, q.Doctor != "" && r.Doctor != q.Doctor,
			!q.Created.Contains(r.CreatedAt), !q.Updated.Contains(r.UpdatedAt),
			!q.Start.IsZero() && (r.Start.IsZero() || !q.Start.Contains(r.Start)),
			!q.During.IsZero() && (r.Start.IsZero() || !q.During.Contains(r.Start) && !q.During.Contains(r.End)),
			q.Deleted == journal.WithoutDeleted && r.Deleted, q.Deleted == journal.OnlyDeleted && !r.Deleted,
			q.Order == journal.ByID && (r.ID <= q.After || q.Before != "" && r.ID >= q.Before):
			continue
		}
		if !slices.ContainsFunc(strings.Fields(q.Search), func(w string) bool { return !strings.Contains(r.Text, strings.ToLower(w)) }) {
			selected = append(selected, r)
		}
	}
	backwards := q.Order == journal.ByID && q.Before != "" || q.Order == journal.ByStartDescending
	slices.SortFunc(selected, func(a, b *journal.ClinicRecord) int {
		if backwards {
			a, b = b, a
		}
		if q.Order != journal.ByID {
			if n := a.Start.Compare(b.Start); n != 0 {
				return n
			}
		}
		return cmp.Compare(a.ID, b.ID)
	})
	var p journal.RecordPage
	if q.Total {
		p.Total = len(selected)
	}
	selected = selected[min(q.Offset, len(selected)):]
	p.Records, p.More = selected[:min(q.Limit, len(selected))], len(selected) > q.Limit
	if q.Order == journal.ByID && q.Before != "" {
		slices.Reverse(p.Records)
	}
	return p
}

func testClinicRecords(t *testing.T, open Open) {
	j, m := open(t, journal.Options{}), newClinicMaker(1)
	current := map[string]*journal.ClinicRecord{}
	ids := []string{}
	for range 60 {
		ids = append(ids, m.ID())
	}
	for range 200 {
		r := m.record(pick(m, ids...))
		before := current[r.ID]
		current[r.ID] = r
		want := *r
		must(t, j.Append(background(), r))
		want.Seq = r.Seq
		if before != nil {
			want.Previous = before.Values
			if bytes.Equal(r.Values, before.Values) {
				want.Previous = before.Previous
			}
		}
		got, err := j.ClinicRecord(background(), r.ID)
		must(t, err)
		equal(t, "record", &want, got)
		current[r.ID] = got
	}
	var all []*journal.ClinicRecord
	for _, r := range current {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b *journal.ClinicRecord) int { return cmp.Compare(a.ID, b.ID) })
	for range 2000 {
		q := m.query(all)
		got, err := j.ClinicRecords(background(), q)
		must(t, err)
		equal(t, fmt.Sprintf("%+v", q), naivePage(all, q), got)
	}
	_, err := j.ClinicRecord(background(), m.ID())
	wantError(t, err, journal.ErrNotFound)
	_, err = j.ClinicRecords(background(), journal.RecordQuery{Kinds: []string{"booking"}, After: "x"})
	wantError(t, err, journal.ErrCursor)
	if _, err = j.ClinicRecords(background(), journal.RecordQuery{}); err == nil {
		t.Error("a query without a kind has no error")
	}
	if err := j.Append(background(), &journal.ClinicRecord{ID: "x", RecordKind: "booking"}); err == nil {
		t.Error("a record with a malformed id has no error")
	}
	others, err := j.Read(background(), 0, 0)
	must(t, err)
	equal(t, "other records", []journal.Record{}, others)
}

// Of the clinic's records, a journal keeps those that are permanent and those that one of its events names.
func testPruneClinicRecords(t *testing.T, open Open) {
	j, m := open(t, journal.Options{Age: time.Hour}), NewMaker(1)
	record := func(id string, permanent bool) *journal.ClinicRecord {
		return &journal.ClinicRecord{ID: id, RecordKind: "booking", Patient: m.ID(), UpdatedAt: m.now, Permanent: permanent, Values: []byte(`{}`)}
	}
	event := func(ids ...string) *journal.Event {
		e := m.Event("booking.created")
		e.Identifiers = nil
		for _, id := range ids {
			e.Identifiers = append(e.Identifiers, schemas.Identifier{Name: "bookingId", Value: id})
		}
		return e
	}
	first := m.ID() // of the first commit, and not named
	must(t, j.Append(background(), record(first, false), event()))
	_, err := j.Prune(background(), m.now)
	must(t, err)
	_, err = j.ClinicRecord(background(), first)
	must(t, err)
	permanent, old, named, late := m.ID(), m.ID(), m.ID(), m.ID()
	must(t, j.Append(background(), record(permanent, true), event(old), record(old, false), record(named, false), event(named, "not an id")))
	_, err = j.Prune(background(), noon.AddDate(1, 0, 0))
	must(t, err)
	m.now = m.now.Add(2 * time.Hour)
	must(t, j.Append(background(), record(old, false), record(named, false)))
	filler := make([]journal.Record, journal.RecordSlack)
	for i := range filler {
		filler[i] = &journal.Setting{At: m.now, Key: "filler", Value: []byte("x")}
	}
	must(t, j.Append(background(), filler...))
	must(t, j.Append(background(), event(named), record(late, false)))
	n, err := j.Prune(background(), m.now)
	must(t, err)
	if n != 2 {
		t.Errorf("%d pruned, want 2", n)
	}
	p, err := j.ClinicRecords(background(), journal.RecordQuery{Kinds: []string{"booking"}})
	must(t, err)
	var left []string
	for _, r := range p.Records {
		left = append(left, r.ID)
	}
	equal(t, "left", []string{permanent, named, late}, left)
}

func testResetClinicRecords(t *testing.T, open Open) {
	j, m := open(t, journal.Options{}), newClinicMaker(1)
	r := m.record(m.ID())
	must(t, j.Append(background(), r))
	must(t, j.Reset(background(), m.now, []journal.Kind{journal.KindClinicRecord}))
	_, err := j.ClinicRecord(background(), r.ID)
	must(t, err)
	next := m.record(m.ID())
	must(t, j.Reset(background(), m.now, nil, next))
	_, err = j.ClinicRecord(background(), r.ID)
	wantError(t, err, journal.ErrNotFound)
	p, err := j.ClinicRecords(background(), journal.RecordQuery{Kinds: []string{r.RecordKind, next.RecordKind}, Deleted: journal.WithDeleted})
	must(t, err)
	equal(t, "left", journal.RecordPage{Records: []*journal.ClinicRecord{next}}, p)
}
