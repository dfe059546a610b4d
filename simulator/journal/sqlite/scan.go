package sqlite

import (
	"database/sql"
	"errors"
	"fmt"

	"semblance/simulator"
	"semblance/simulator/journal"
)

// The queries for records, each with %s for a query for their numbers. The columns are in the order of the scan functions.
// CROSS JOIN keeps the order of the numbers.
const (
	selectEvents     = `SELECT e.seq, e.at, e.type, e.origin, e.content FROM (%s) n CROSS JOIN events e ON e.seq = n.seq`
	selectDeliveries = `SELECT d.seq, d.id, d.event_seq, d.subscription_id, d.event_id, d.at, d.state, d.due, d.tries,
		d.attempts, d.last_at, d.status, d.failure, e.type, e.origin, e.content
		FROM (%s) n CROSS JOIN deliveries d ON d.seq = n.seq CROSS JOIN events e ON e.seq = d.event_seq`
	fromAttempts = ` FROM (%s) n CROSS JOIN attempts a ON a.seq = n.seq
		LEFT JOIN deliveries d ON d.seq = a.delivery_seq LEFT JOIN events e ON e.seq = d.event_seq`
	attemptColumns      = `a.seq, ifnull(d.id, ''), a.subscription_id, a.type, a.at, a.content, ifnull(e.type, ''), e.content`
	selectAttempts      = `SELECT ` + attemptColumns + `, a.messages` + fromAttempts
	selectBriefAttempts = `SELECT ` + attemptColumns + `, NULL` + fromAttempts
	selectOthers        = `SELECT o.seq, o.kind, o.content FROM (%s) n CROSS JOIN other_records o ON o.seq = n.seq`
)

type scanner interface{ Scan(dest ...any) error }

// The scan functions return the record of a row. If its content cannot be decoded, the error is errContent, and the
// record has the fields of the other columns and is marked as unreadable.

func scanEvent(row scanner) (*journal.Event, error) {
	var e journal.Event
	var at int64
	var name string
	var content sql.RawBytes
	if err := row.Scan(&e.Seq, &at, &name, &e.Origin, &content); err != nil {
		return nil, err
	}
	e.At = fromMicros(at)
	var err error
	if e.Event, err = decodeEvent(name, content); err != nil {
		return unreadable(&e, err)
	}
	return &e, nil
}

func scanDelivery(row scanner) (*journal.Delivery, error) {
	var d journal.Delivery
	var at, state, due, lastAt int64
	var failure, name string
	var content sql.RawBytes
	err := row.Scan(&d.Seq, &d.ID, &d.EventSeq, &d.SubscriptionID, &d.EventID, &at, &state, &due, &d.Tries,
		&d.Attempts, &lastAt, &d.Status, &failure, &name, &d.Origin, &content)
	if err != nil {
		return nil, err
	}
	d.CreatedAt, d.Due, d.LastAt, d.Failure = fromMicros(at), fromMicros(due), fromMicros(lastAt), simulator.Failure(failure)
	d.Event, err = decodeEvent(name, content)
	if states := journal.States(); state >= 0 && state < int64(len(states)) {
		d.State = states[state]
	} else {
		err = errContent
	}
	if err != nil {
		return unreadable(&d, err)
	}
	return &d, nil
}

func scanAttempt(row scanner) (*journal.Attempt, error) {
	var columns journal.Attempt
	var at int64
	var name string
	var content, event, messages sql.RawBytes
	err := row.Scan(&columns.Seq, &columns.DeliveryID, &columns.SubscriptionID, &columns.Request.EventType, &at, &content, &name, &event, &messages)
	if err != nil {
		return nil, err
	}
	columns.StartedAt = fromMicros(at)
	if event != nil {
		if decoded, err := decodeEvent(name, event); err == nil { // else the event is unreadable, and not the attempt
			columns.Identifiers = decoded.Identifiers
		}
	}
	a := columns
	d := decode(content)
	d.attempt(&a)
	if d.err != nil {
		return unreadable(&columns, d.err)
	}
	if messages == nil {
		return &a, nil
	}
	d = decode(messages)
	d.messages(&a)
	if d.err != nil {
		return unreadable(&columns, d.err)
	}
	return &a, nil
}

func scanOther(row scanner) (journal.Record, error) {
	var seq journal.Seq
	var kind string
	var content sql.RawBytes
	if err := row.Scan(&seq, &kind, &content); err != nil {
		return nil, err
	}
	r, err := decodeOther(journal.Kind(kind), content)
	if r == nil || err == nil {
		return r, err
	}
	journal.MarkUnreadable(r, seq, "")
	return unreadable(r, err)
}

// unreadable marks the record and adds its kind and number to the error.
func unreadable[T journal.Record](r T, err error) (T, error) {
	err = fmt.Errorf("%s %d: %w", r.Kind(), r.Sequence(), err)
	journal.MarkUnreadable(r, r.Sequence(), err.Error())
	return r, err
}

// forList returns a scan function for lists, which contain unreadable records too.
func forList[T journal.Record](scan func(scanner) (T, error)) func(scanner) (journal.Record, error) {
	return func(row scanner) (journal.Record, error) {
		r, err := scan(row)
		if errors.Is(err, errContent) {
			err = nil
		}
		return r, err
	}
}
