package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"semblance/simulator"
	"semblance/simulator/journal"
)

// What is selected of a record, in the order in which it is scanned.
const (
	selectEvent    = `SELECT c.seq, c.at, c.type, c.origin, c.content FROM changes c`
	selectDelivery = `SELECT d.seq, d.id, d.change, d.subscription, d.event, d.at, d.state, d.due, d.ladder, d.attempts, d.last_at, d.status, d.failure,
		c.type, c.content FROM deliveries d CROSS JOIN changes c ON c.seq = d.change`
	selectBrief = `SELECT a.seq, ifnull(d.id, ''), a.subscription, a.type, a.at, a.content, NULL
		FROM attempts a LEFT JOIN deliveries d ON d.seq = a.delivery`
	selectFull = `SELECT a.seq, ifnull(d.id, ''), a.subscription, a.type, a.at, a.content, w.content
		FROM attempts a LEFT JOIN deliveries d ON d.seq = a.delivery LEFT JOIN wires w ON w.seq = a.seq`
	selectOther = `SELECT o.seq, o.kind, o.content FROM others o`
)

type scanner interface{ Scan(dest ...any) error }

func scanEvent(row scanner) (*journal.Event, error) {
	var seq, at int64
	var name, origin string
	var content sql.RawBytes
	if err := row.Scan(&seq, &at, &name, &origin, &content); err != nil {
		return nil, err
	}
	d := decode(content)
	c := &journal.Event{Entry: journal.Entry{Seq: journal.Seq(seq)}, At: fromMicros(at), Origin: origin, Event: d.event(name)}
	return c, d.check("change", seq)
}

func scanDelivery(row scanner) (*journal.Delivery, error) {
	var d journal.Delivery
	var at, state, due, lastAt int64
	var failure, name string
	var content sql.RawBytes
	if err := row.Scan(&d.Seq, &d.ID, &d.EventSeq, &d.SubscriptionID, &d.EventID, &at, &state, &due, &d.Tries, &d.Attempts, &lastAt, &d.Status, &failure,
		&name, &content); err != nil {
		return nil, err
	}
	d.CreatedAt, d.Due, d.LastAt = fromMicros(at), fromMicros(due), fromMicros(lastAt)
	d.Failure = simulator.Failure(failure)
	states := journal.States()
	if state < 0 || state >= int64(len(states)) {
		return nil, fmt.Errorf("delivery %s: %w", d.ID, errContent)
	}
	d.State = states[state]
	decoded := decode(content)
	d.Event = decoded.event(name)
	return &d, decoded.check("change", int64(d.EventSeq))
}

func scanAttempt(row scanner) (*journal.Attempt, error) {
	var a journal.Attempt
	var at int64
	var content, wire sql.RawBytes
	if err := row.Scan(&a.Seq, &a.DeliveryID, &a.SubscriptionID, &a.Request.EventType, &at, &content, &wire); err != nil {
		return nil, err
	}
	a.StartedAt = fromMicros(at)
	d := decode(content)
	d.attempt(&a)
	if err := d.check("attempt", int64(a.Seq)); err != nil || wire == nil {
		return &a, err
	}
	d = decode(wire)
	d.wire(&a)
	return &a, d.check("attempt", int64(a.Seq))
}

func scanOther(row scanner) (journal.Record, error) {
	var seq int64
	var kind string
	var content sql.RawBytes
	if err := row.Scan(&seq, &kind, &content); err != nil {
		return nil, err
	}
	return decodeOther(seq, journal.Kind(kind), content)
}

func (d *decoder) check(what string, seq int64) error {
	if d.err != nil {
		return fmt.Errorf("%s %d: %w", what, seq, d.err)
	}
	return nil
}

// each runs a query and hands every row to take, until that returns false.
func (j *Journal) each(ctx context.Context, query string, args []any, take func(scanner) (bool, error)) error {
	if err := j.open(ctx); err != nil {
		return err
	}
	rows, err := j.readers.QueryContext(ctx, query, args...)
	if err != nil {
		return j.explain(ctx, err)
	}
	defer rows.Close()
	for more := true; more && rows.Next(); {
		if more, err = take(rows); err != nil {
			return j.explain(ctx, err)
		}
	}
	return j.explain(ctx, rows.Err())
}

// open returns what keeps a reader from reading: its own end or the journal's.
func (j *Journal) open(ctx context.Context) error {
	select {
	case <-j.closing:
		return fmt.Errorf("read the journal: %w", journal.ErrClosed)
	default:
		return ctx.Err()
	}
}

func (j *Journal) explain(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, errContent):
		return damaged(j.path, err.Error())
	}
	return explain(j.path, "read the journal", err)
}

// collect runs a query for records of one sort.
func collect[T any](ctx context.Context, j *Journal, query string, args []any, scan func(scanner) (T, error)) ([]T, error) {
	var all []T
	err := j.each(ctx, query, args, func(row scanner) (bool, error) {
		r, err := scan(row)
		all = append(all, r)
		return true, err
	})
	return all, err
}

// one runs a query for one record.
func one[T any](ctx context.Context, j *Journal, query string, arg any, scan func(scanner) (T, error)) (T, bool, error) {
	var none T
	all, err := collect(ctx, j, query, []any{arg}, scan)
	if err != nil || len(all) == 0 {
		return none, false, err
	}
	return all[0], true, nil
}

// Change implements [journal.Journal].
func (j *Journal) Event(ctx context.Context, seq journal.Seq) (*journal.Event, error) {
	c, ok, err := one(ctx, j, selectEvent+` WHERE c.seq = ?`, int64(seq), scanEvent)
	if err == nil && !ok {
		err = fmt.Errorf("change %d: %w", seq, journal.ErrNotFound)
	}
	return c, err
}

// Delivery implements [journal.Journal].
func (j *Journal) Delivery(ctx context.Context, id string) (*journal.Delivery, error) {
	d, ok, err := one(ctx, j, selectDelivery+` WHERE d.id = ?`, id, scanDelivery)
	if err == nil && !ok {
		err = fmt.Errorf("delivery %q: %w", id, journal.ErrNotFound)
	}
	return d, err
}

// Attempt implements [journal.Journal].
func (j *Journal) Attempt(ctx context.Context, seq journal.Seq) (*journal.Attempt, error) {
	a, ok, err := one(ctx, j, selectFull+` WHERE a.seq = ?`, int64(seq), scanAttempt)
	if err == nil && !ok {
		err = fmt.Errorf("attempt %d: %w", seq, journal.ErrNotFound)
	}
	return a, err
}

// Read implements [journal.Journal].
func (j *Journal) Read(ctx context.Context, after journal.Seq, limit int, kinds ...journal.Kind) ([]journal.Record, error) {
	last, _ := j.Committed() // the tables are read one after another: what is committed meanwhile is for the next time
	limit = (&journal.Query{Limit: limit}).Size()
	args := []any{int64(after), int64(last), limit}
	wants := func(k journal.Kind) bool { return len(kinds) == 0 || slices.Contains(kinds, k) }
	var all []journal.Record
	read := func(query, table, condition string, scan func(scanner) (journal.Record, error)) error {
		query += fmt.Sprintf(` WHERE %s.seq > ? AND %s.seq <= ? %s ORDER BY %s.seq LIMIT ?`, table, table, condition, table)
		some, err := collect(ctx, j, query, args, scan)
		all = append(all, some...)
		return err
	}
	if err := j.open(ctx); err != nil {
		return nil, err
	}
	var errs []error
	if wants(journal.KindEvent) {
		errs = append(errs, read(selectEvent, "c", "", asRecord(scanEvent)))
	}
	if wants(journal.KindDelivery) {
		errs = append(errs, read(selectDelivery, "d", "", asRecord(scanDelivery)))
	}
	if wants(journal.KindAttempt) {
		errs = append(errs, read(selectBrief, "a", "", asRecord(scanAttempt)))
	}
	if others := otherKinds(kinds); len(others) > 0 {
		errs = append(errs, read(selectOther, "o", `AND o.kind IN ('`+strings.Join(others, `', '`)+`')`, scanOther))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b journal.Record) int { return cmp.Compare(a.Sequence(), b.Sequence()) })
	return all[:min(limit, len(all))], nil
}

// otherKinds returns which of the kinds that lie in the table others are wanted.
func otherKinds(kinds []journal.Kind) []string {
	var others []string
	for _, k := range journal.Kinds() {
		if k == journal.KindEvent || k == journal.KindDelivery || k == journal.KindAttempt {
			continue
		}
		if len(kinds) == 0 || slices.Contains(kinds, k) {
			others = append(others, string(k))
		}
	}
	return others
}

func asRecord[T journal.Record](scan func(scanner) (T, error)) func(scanner) (journal.Record, error) {
	return func(row scanner) (journal.Record, error) {
		r, err := scan(row)
		return r, err
	}
}

// portion is how many records a sequence reads at a time.
const portion = 256

// Current implements [journal.Journal].
func (j *Journal) Current(ctx context.Context, kind journal.Kind) iter.Seq2[journal.Record, error] {
	query := selectOther + ` WHERE o.kind = ? AND o.in_force = 1 AND o.seq > ? ORDER BY o.seq LIMIT ?`
	if kind == journal.KindClinic {
		query = selectOther + ` WHERE o.kind = ? AND o.seq >= ` + clinicFrom + ` AND o.seq > ? ORDER BY o.seq LIMIT ?`
	}
	return inPortions(func(after journal.Seq) ([]journal.Record, error) {
		return collect(ctx, j, query, []any{string(kind), int64(after), portion}, scanOther)
	}, 0)
}

// clinicFrom is the number from which on the clinic's records are in force.
const clinicFrom = `ifnull((SELECT max(seq) FROM others WHERE kind = 'clinic' AND key = 'snapshot' AND in_force = 1), 0)`

// Owed implements [journal.Journal].
func (j *Journal) Unfinished(ctx context.Context, subscriptionID string, after journal.Seq) iter.Seq2[*journal.Delivery, error] {
	query, args := selectDelivery+` WHERE d.state < 2 AND d.seq > ?`, []any{nil}
	if subscriptionID != "" {
		query += ` AND d.subscription = ?`
		args = append(args, subscriptionID)
	}
	query += ` ORDER BY d.seq LIMIT ?`
	args = append(args, portion)
	return inPortions(func(after journal.Seq) ([]*journal.Delivery, error) {
		args := slices.Clone(args)
		args[0] = int64(after)
		return collect(ctx, j, query, args, scanDelivery)
	}, after)
}

// inPortions yields what read gives after a number, and then after the last one that it gave, until it gives nothing.
func inPortions[T journal.Record](read func(after journal.Seq) ([]T, error), after journal.Seq) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for after := after; ; {
			some, err := read(after)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, r := range some {
				if !yield(r, nil) {
					return
				}
				after = r.Sequence()
			}
			if len(some) < portion {
				return
			}
		}
	}
}
