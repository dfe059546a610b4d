package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	"semblance/schemas/naming"
	"semblance/simulator/journal"
)

// find returns the record whose number the query numbers gives.
func find[T journal.Record](ctx context.Context, j *Journal, query, numbers string, arg any, scan func(scanner) (T, error)) (T, error) {
	var all []T
	err := j.view(ctx, func(v *view) (err error) {
		all, err = collect(v, fmt.Sprintf(query, numbers), []any{arg}, scan)
		return err
	})
	if err == nil && len(all) > 0 {
		return all[0], nil
	}
	var zero T
	if err == nil {
		err = fmt.Errorf("%s %v: %w", zero.Kind(), arg, journal.ErrNotFound)
	}
	return zero, err
}

// Event implements [journal.Journal].
func (j *Journal) Event(ctx context.Context, seq journal.Seq) (*journal.Event, error) {
	return find(ctx, j, selectEvents, `SELECT ? AS seq`, int64(seq), scanEvent)
}

// Delivery implements [journal.Journal].
func (j *Journal) Delivery(ctx context.Context, id string) (*journal.Delivery, error) {
	return find(ctx, j, selectDeliveries, `SELECT seq FROM deliveries WHERE id = ?`, id, scanDelivery)
}

// Attempt implements [journal.Journal].
func (j *Journal) Attempt(ctx context.Context, seq journal.Seq) (*journal.Attempt, error) {
	return find(ctx, j, selectAttempts, `SELECT ? AS seq`, int64(seq), scanAttempt)
}

// Read implements [journal.Journal].
func (j *Journal) Read(ctx context.Context, after journal.Seq, limit int, kinds ...journal.Kind) ([]journal.Record, error) {
	limit = (&journal.Query{Limit: limit}).Size()
	wanted := func(k journal.Kind) bool { return len(kinds) == 0 || slices.Contains(kinds, k) }
	var all []journal.Record
	err := j.view(ctx, func(v *view) error {
		read := func(query, table string, scan func(scanner) (journal.Record, error)) error {
			numbers := fmt.Sprintf(`SELECT seq FROM %s AND seq > %d ORDER BY seq LIMIT %d`, table, after, limit)
			some, err := collect(v, fmt.Sprintf(query, numbers), nil, scan)
			all = append(all, some...)
			return err
		}
		var errs []error
		if wanted(journal.KindEvent) {
			errs = append(errs, read(selectEvents, `events WHERE true`, forList(scanEvent)))
		}
		if wanted(journal.KindDelivery) {
			errs = append(errs, read(selectDeliveries, `deliveries WHERE true`, forList(scanDelivery)))
		}
		if wanted(journal.KindAttempt) {
			errs = append(errs, read(selectBriefAttempts, `attempts WHERE true`, forList(scanAttempt)))
		}
		if others := otherKinds(wanted); len(others) > 0 {
			errs = append(errs, read(selectOthers, `other_records WHERE kind IN ('`+strings.Join(others, `', '`)+`')`, forList(scanOther)))
		}
		return errors.Join(errs...)
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b journal.Record) int { return cmp.Compare(a.Sequence(), b.Sequence()) })
	return all[:min(limit, len(all))], nil
}

// Latest implements [journal.Journal].
func (j *Journal) Latest(ctx context.Context, kind journal.Kind, before journal.Seq, limit int) ([]journal.Record, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	index := ``
	if kind == journal.KindAPIRequest {
		index = `INDEXED BY other_records_api `
	}
	numbers := fmt.Sprintf(`SELECT seq FROM other_records %sWHERE kind = '%s' AND seq < %d ORDER BY seq DESC LIMIT %d`,
		index, kind, before, (&journal.Query{Limit: limit}).Size())
	var latest []journal.Record
	err := j.view(ctx, func(v *view) (err error) {
		latest, err = collect(v, fmt.Sprintf(selectOthers, numbers), nil, forList(scanOther))
		return err
	})
	return latest, err
}

// otherKinds returns the wanted kinds that are in other_records.
func otherKinds(wanted func(journal.Kind) bool) []string {
	var others []string
	for _, k := range journal.Kinds() {
		if k != journal.KindEvent && k != journal.KindDelivery && k != journal.KindAttempt && wanted(k) {
			others = append(others, string(k))
		}
	}
	return others
}

// portion is the number of records that an iterator reads at a time.
const portion = 256

// Current implements [journal.Journal].
func (j *Journal) Current(ctx context.Context, kind journal.Kind) iter.Seq2[journal.Record, error] {
	numbers := fmt.Sprintf(`SELECT seq FROM other_records WHERE kind = '%s' AND in_force = 1`, kind)
	if kind == journal.KindClinic {
		numbers = `SELECT seq FROM other_records WHERE kind = 'clinic' AND seq >= ` + firstOfClinic
	}
	return inPortions(ctx, j, selectOthers, numbers, nil, 0, scanOther)
}

// firstOfClinic is the number of the last snapshot of the clinic.
const firstOfClinic = `ifnull((SELECT max(seq) FROM other_records WHERE kind = 'clinic' AND key = 'snapshot' AND in_force = 1), 0)`

// Unfinished implements [journal.Journal].
func (j *Journal) Unfinished(ctx context.Context, subscriptionID string, after journal.Seq) iter.Seq2[*journal.Delivery, error] {
	condition, args := ``, []any(nil)
	if subscriptionID != "" {
		condition, args = ` AND subscription_id = ?1`, []any{subscriptionID}
	}
	parts := naming.List(indexedStates([]journal.State{journal.Pending, journal.Held}), func(part string) string { return fmt.Sprintf(part, `true`+condition) })
	return inPortions(ctx, j, selectDeliveries, `SELECT seq FROM (`+strings.Join(parts, ` UNION ALL `)+`) WHERE true`, args, after, scanDelivery)
}

// Queue implements [journal.Journal].
func (j *Journal) Queue(ctx context.Context, subscriptionID string, state journal.State, after journal.QueuePosition, limit int) ([]*journal.Delivery, error) {
	numbers := fmt.Sprintf(`SELECT seq FROM deliveries INDEXED BY deliveries_due
		WHERE state < 2 AND state = %d AND subscription_id = ? AND (due, seq) > (%d, %d) ORDER BY due, seq LIMIT %d`,
		stateNumber(state), micros(after.Due), after.Seq, (&journal.Query{Limit: limit}).Size())
	var all []*journal.Delivery
	err := j.view(ctx, func(v *view) (err error) {
		all, err = collect(v, fmt.Sprintf(selectDeliveries, numbers), []any{subscriptionID}, scanDelivery)
		return err
	})
	return all, err
}

// MaxUnfinished implements [journal.Journal]. There is no limit.
func (j *Journal) MaxUnfinished() int { return 0 }

// Backlogs implements [journal.Journal].
func (j *Journal) Backlogs(ctx context.Context) (map[string]int, error) {
	all := map[string]int{}
	const query = `SELECT subscription_id, count(*) FROM deliveries INDEXED BY deliveries_due WHERE state < 2 GROUP BY subscription_id`
	err := j.view(ctx, func(v *view) error {
		return v.each(query, nil, func(row scanner) (bool, error) {
			var id string
			var n int
			err := row.Scan(&id, &n)
			all[id] = n
			return true, err
		})
	})
	return all, err
}

// inPortions yields the records whose numbers the query numbers gives, in the order of their numbers.
func inPortions[T journal.Record](ctx context.Context, j *Journal, query, numbers string, args []any, after journal.Seq, scan func(scanner) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for after := after; ; {
			var some []T
			err := j.view(ctx, func(v *view) (err error) {
				numbers := numbers + fmt.Sprintf(` AND seq > %d ORDER BY seq LIMIT %d`, after, portion)
				some, err = collect(v, fmt.Sprintf(query, numbers), args, scan)
				return err
			})
			if err != nil {
				var zero T
				yield(zero, err)
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
