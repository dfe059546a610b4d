package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"semblance/simulator/journal"
)

// where is the condition of a query, growing.
type where struct {
	terms []string
	args  []any
}

func (w *where) and(term string, args ...any) {
	w.terms = append(w.terms, term)
	w.args = append(w.args, args...)
}

// in adds that the column is one of the values, if there are any.
func in[T ~string](w *where, column string, values []T) {
	if len(values) == 0 {
		return
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = string(v)
	}
	w.and(column+` IN (`+strings.TrimSuffix(strings.Repeat("?, ", len(values)), ", ")+`)`, args...)
}

func (w *where) String() string {
	if len(w.terms) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.terms, " AND ")
}

// times adds what every kind of record can be asked for.
func (w *where) times(table string, q *journal.Query) {
	if q.After > 0 {
		w.and(table+`.seq > ?`, int64(q.After))
	}
	if !q.From.IsZero() {
		w.and(table+`.at >= ?`, q.From.UnixMicro())
	}
	if !q.Until.IsZero() {
		w.and(table+`.at < ?`, q.Until.UnixMicro())
	}
}

func (w *where) record(q *journal.Query) {
	if q.RecordID != "" {
		w.and(`instr(c.content, ?) > 0`, needle(q.RecordID))
	}
}

func whereEvent(q *journal.Query) *where {
	w := &where{}
	w.times("c", q)
	in(w, "c.type", q.Types)
	if q.Origin != "" {
		w.and(`c.origin = ?`, q.Origin)
	}
	w.record(q)
	return w
}

func whereDelivery(q *journal.Query) *where {
	w := &where{}
	w.times("d", q)
	if q.DeliveryID != "" {
		w.and(`d.id = ?`, q.DeliveryID)
	}
	if q.EventSeq != 0 {
		w.and(`d.change = ?`, int64(q.EventSeq))
	}
	if q.SubscriptionID != "" {
		w.and(`d.subscription = ?`, q.SubscriptionID)
	}
	if len(q.States) > 0 {
		var numbers []string
		for _, s := range q.States {
			numbers = append(numbers, fmt.Sprint(stateNumber(s)))
		}
		w.and(`d.state IN (` + strings.Join(numbers, ", ") + `)`)
	}
	in(w, "c.type", q.Types)
	w.record(q)
	return w
}

// chain says that an attempt is one of the delivery of that id.
const chain = `a.seq IN (WITH RECURSIVE chain (seq) AS (
	SELECT last FROM deliveries WHERE id = ?
	UNION ALL SELECT previous FROM attempts JOIN chain USING (seq)
) SELECT seq FROM chain)`

func whereAttempt(q *journal.Query) *where {
	w := &where{}
	w.times("a", q)
	if q.DeliveryID != "" {
		w.and(chain, q.DeliveryID)
	}
	if q.SubscriptionID != "" {
		w.and(`a.subscription = ?`, q.SubscriptionID)
	}
	in(w, "a.type", q.Types)
	in(w, "a.outcome", q.Outcomes)
	if q.RecordID != "" {
		w.and(`EXISTS (SELECT 1 FROM changes c WHERE c.seq = d.change AND instr(c.content, ?) > 0)`, needle(q.RecordID))
	}
	return w
}

// Changes implements [journal.Journal].
func (j *Journal) Events(ctx context.Context, q journal.Query) (journal.Page[*journal.Event], error) {
	return page(ctx, j, &q, selectEvent, "c", whereEvent(&q), scanEvent)
}

// Deliveries implements [journal.Journal].
func (j *Journal) Deliveries(ctx context.Context, q journal.Query) (journal.Page[*journal.Delivery], error) {
	return page(ctx, j, &q, selectDelivery, "d", whereDelivery(&q), scanDelivery)
}

// Attempts implements [journal.Journal].
func (j *Journal) Attempts(ctx context.Context, q journal.Query) (journal.Page[*journal.Attempt], error) {
	query := selectBrief
	if q.Full {
		query = selectFull
	}
	return page(ctx, j, &q, query, "a", whereAttempt(&q), scanAttempt)
}

// page runs a query and makes a page of what it gives.
func page[T journal.Record](ctx context.Context, j *Journal, q *journal.Query, query, table string, w *where, scan func(scanner) (T, error)) (journal.Page[T], error) {
	var p journal.Page[T]
	place, err := q.Position()
	if err != nil {
		return p, err
	}
	order := ` DESC`
	switch {
	case q.Oldest:
		order = ``
		w.and(table+`.seq > ?`, int64(place))
	case place > 0:
		w.and(table+`.seq < ?`, int64(place))
	}
	query += w.String() + ` ORDER BY ` + table + `.seq` + order + fmt.Sprintf(` LIMIT %d`, q.Size()+1)
	bytes := 0
	err = j.each(ctx, query, w.args, func(row scanner) (bool, error) {
		if len(p.Items) == q.Size() || bytes > journal.MaxPageBytes {
			p.Next = q.CursorAfter(p.Items[len(p.Items)-1].Sequence())
			return false, nil
		}
		item, err := scan(row)
		p.Items = append(p.Items, item)
		if a, ok := any(item).(*journal.Attempt); ok && err == nil {
			bytes += len(a.Request.Body) + len(a.Response.Body)
		}
		return true, err
	})
	if err != nil {
		return journal.Page[T]{}, err
	}
	return p, nil
}

// Count implements [journal.Journal].
func (j *Journal) Count(ctx context.Context, kind journal.Kind, q journal.Query) (int, error) {
	var query string
	var w *where
	switch kind {
	case journal.KindEvent:
		query, w = `SELECT count(*) FROM changes c`, whereEvent(&q)
	case journal.KindDelivery:
		query, w = `SELECT count(*) FROM deliveries d`, whereDelivery(&q)
		if len(q.Types) > 0 || q.RecordID != "" {
			query += ` CROSS JOIN changes c ON c.seq = d.change`
		}
	case journal.KindAttempt:
		query, w = `SELECT count(*) FROM attempts a`, whereAttempt(&q)
		if q.RecordID != "" {
			query += ` LEFT JOIN deliveries d ON d.seq = a.delivery`
		}
	default:
		return 0, fmt.Errorf("count in the journal: a %s cannot be counted", kind)
	}
	var n sql.NullInt64
	err := j.each(ctx, query+w.String(), w.args, func(row scanner) (bool, error) { return false, row.Scan(&n) })
	return int(n.Int64), err
}
