package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"semblance/schemas/naming"
	"semblance/simulator/journal"
)

// conditions is the WHERE clause of a query.
type conditions struct {
	terms []string
	args  []any
}

func (c *conditions) add(term string, args ...any) {
	c.terms = append(c.terms, term)
	c.args = append(c.args, args...)
}

// addIn adds that the column has one of the values, unless there are none.
func addIn[T ~string](c *conditions, column string, values []T) {
	if len(values) == 0 {
		return
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = string(v)
	}
	c.add(column+` IN (`+strings.TrimSuffix(strings.Repeat("?, ", len(values)), ", ")+`)`, args...)
}

// addText adds that the column has the value, unless it is "".
func (c *conditions) addText(column, value string) {
	if value != "" {
		c.add(column+` = ?`, value)
	}
}

func (c *conditions) addTimes(column string, q *journal.Query) {
	if !q.From.IsZero() {
		c.add(column+` >= ?`, q.From.UnixMicro())
	}
	if !q.Until.IsZero() {
		c.add(column+` < ?`, q.Until.UnixMicro())
	}
}

// addRecord adds that an identifier of the event has the value.
func (c *conditions) addRecord(q *journal.Query) {
	if q.RecordID != "" {
		c.add(`instr(e.content, ?) > 0`, encodedValue(q.RecordID))
	}
}

func (c *conditions) String() string {
	if len(c.terms) == 0 {
		return ""
	}
	return " WHERE " + c.and()
}

func (c *conditions) and() string { return strings.Join(c.terms, " AND ") }

// search is a query for one kind of record: the rows to read, chosen by number or index, and the conditions that each of
// them must meet.
type search struct {
	from  []string // SELECT statements for the numbers of the rows, without ORDER BY and with %s for a condition on seq
	args  []any    // of each
	where conditions
}

func searchEvents(q *journal.Query) *search {
	s := &search{from: []string{`SELECT seq FROM events WHERE %s`}}
	s.where.addTimes("e.at", q)
	addIn(&s.where, "e.type", q.Types)
	s.where.addText("e.origin", q.Origin)
	s.where.addRecord(q)
	return s
}

func searchDeliveries(q *journal.Query) *search {
	s := &search{from: []string{`SELECT seq FROM deliveries WHERE %s`}}
	switch indexed := indexedStates(q.States); {
	case q.DeliveryID != "":
		s.from, s.args = []string{`SELECT seq FROM deliveries WHERE id = ? AND %s`}, []any{q.DeliveryID}
	case q.EventSeq != 0:
		s.from = []string{`SELECT seq FROM deliveries WHERE seq > ?1 AND seq <= (SELECT last_delivery FROM events WHERE seq = ?1) AND event_seq = ?1 AND %s`}
		s.args = []any{int64(q.EventSeq)}
	case indexed != nil:
		s.from = indexed
	}
	s.where.addTimes("d.at", q)
	if q.EventSeq != 0 {
		s.where.add(`d.event_seq = ?`, int64(q.EventSeq))
	}
	s.where.addText("d.subscription_id", q.SubscriptionID)
	if len(q.States) > 0 {
		s.where.add(`d.state IN (` + stateNumbers(q.States) + `)`)
	}
	addIn(&s.where, "e.type", q.Types)
	s.where.addRecord(q)
	return s
}

// indexedStates returns a SELECT statement for each of the states, which reads the index of states, or nil if one of them
// is not in that index.
func indexedStates(states []journal.State) []string {
	var all []string
	for i, s := range states {
		if s == journal.Delivered {
			return nil
		}
		if slices.Contains(states[:i], s) {
			continue
		}
		all = append(all, fmt.Sprintf(`SELECT seq FROM deliveries INDEXED BY deliveries_state WHERE state = %d AND state <> 2 AND %%s`, stateNumber(s)))
	}
	return all
}

func stateNumbers(states []journal.State) string {
	all := naming.List(states, func(s journal.State) string { return fmt.Sprint(stateNumber(s)) })
	return strings.Join(all, ", ")
}

func searchAttempts(q *journal.Query) *search {
	s := &search{from: []string{`SELECT seq FROM attempts WHERE %s`}}
	if q.DeliveryID != "" {
		s.from = []string{`SELECT seq FROM (WITH RECURSIVE chain (seq) AS (
			SELECT last_attempt FROM deliveries WHERE id = ?
			UNION ALL SELECT previous FROM attempts JOIN chain USING (seq)
		) SELECT seq FROM chain) WHERE %s`}
		s.args = []any{q.DeliveryID}
	}
	s.where.addTimes("a.at", q)
	s.where.addText("a.subscription_id", q.SubscriptionID)
	addIn(&s.where, "a.type", q.Types)
	addIn(&s.where, "a.outcome", q.Outcomes)
	s.where.addRecord(q)
	return s
}

// numbers returns a query for the numbers of up to limit rows in the order of q, from its cursor on, and its arguments.
func (s *search) numbers(q *journal.Query, limit, offset int) (string, []any, error) {
	position, err := q.Position()
	if err != nil {
		return "", nil, err
	}
	from, order := max(position, q.After), ``
	if !q.Oldest {
		from, order = q.After, ` DESC`
	}
	bounds := fmt.Sprintf(`seq > %d`, from)
	if !q.Oldest && position > 0 {
		bounds += fmt.Sprintf(` AND seq < %d`, position)
	}
	var parts []string
	var args []any
	for _, part := range s.from {
		parts = append(parts, fmt.Sprintf(part, bounds))
		args = append(args, s.args...)
	}
	return strings.Join(parts, ` UNION ALL `) + fmt.Sprintf(` ORDER BY seq%s LIMIT %d OFFSET %d`, order, limit, offset), args, nil
}

// Events implements [journal.Journal].
func (j *Journal) Events(ctx context.Context, q journal.Query) (journal.Page[*journal.Event], error) {
	return page(ctx, j, &q, selectEvents, searchEvents(&q), scanEvent)
}

// Deliveries implements [journal.Journal].
func (j *Journal) Deliveries(ctx context.Context, q journal.Query) (journal.Page[*journal.Delivery], error) {
	return page(ctx, j, &q, selectDeliveries, searchDeliveries(&q), scanDelivery)
}

// Attempts implements [journal.Journal].
func (j *Journal) Attempts(ctx context.Context, q journal.Query) (journal.Page[*journal.Attempt], error) {
	query := selectBriefAttempts
	if q.Full {
		query = selectAttempts
	}
	return page(ctx, j, &q, query, searchAttempts(&q), scanAttempt)
}

// page returns a page of the records that a search finds among the next journal.MaxSearch rows.
func page[T journal.Record](ctx context.Context, j *Journal, q *journal.Query, query string, s *search, scan func(scanner) (T, error)) (journal.Page[T], error) {
	var p journal.Page[T]
	numbers, args, err := s.numbers(q, journal.MaxSearch, 0)
	if err != nil {
		return p, err
	}
	query = fmt.Sprintf(query, numbers) + s.where.String() + fmt.Sprintf(` LIMIT %d`, q.Size()+1)
	err = j.view(ctx, func(v *view) error {
		bytes := 0
		err := v.each(query, append(args, s.where.args...), func(row scanner) (bool, error) {
			if len(p.Items) == q.Size() || bytes > journal.MaxPageBytes {
				p.Continue(q, p.Items[len(p.Items)-1].Sequence())
				return false, nil
			}
			item, err := scan(row)
			if err != nil && !errors.Is(err, errContent) {
				return false, err
			}
			p.Items = append(p.Items, item)
			if a, ok := any(item).(*journal.Attempt); ok {
				bytes += len(a.Request.Body) + len(a.Response.Body)
			}
			return true, nil
		})
		if err != nil || p.Next != "" || len(s.where.terms) == 0 {
			return err
		}
		return continueSearch(v, q, s, &p)
	})
	if err != nil {
		return journal.Page[T]{}, err
	}
	return p, nil
}

// continueSearch sets the cursor of a page that the records did not fill, if there are more rows to search.
func continueSearch[T any](v *view, q *journal.Query, s *search, p *journal.Page[T]) error {
	numbers, args, err := s.numbers(q, 2, journal.MaxSearch-1)
	if err != nil {
		return err
	}
	var seqs []journal.Seq
	err = v.each(numbers, args, func(row scanner) (bool, error) {
		var seq journal.Seq
		err := row.Scan(&seq)
		seqs = append(seqs, seq)
		return true, err
	})
	if len(seqs) == 2 {
		p.Continue(q, seqs[0])
	}
	return err
}
