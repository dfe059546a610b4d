package graphql

import (
	"cmp"

	graphql "github.com/graph-gophers/graphql-go"

	"semblance/simulator/journal"
)

// connection is a page of objects. It resolves the types of the schema whose names end in Data.
type connection[T any] struct {
	Data     *[]*T
	PageInfo *PageInfo
}

// maxPage bounds the number of a page, so that a position is a small number.
const maxPage = 1_000_000

// pageSize returns the size of a page that a client asks for.
func (o *Options) pageSize(size *int32) int {
	if size == nil || *size <= 0 {
		return o.PageSize
	}
	return min(int(*size), o.MaxPageSize)
}

// setPage sets the position and the size of the page, and returns its PageInfo without HasMore. Pages count from 1.
func (o *Options) setPage(q *journal.RecordQuery, page, pageSize *int32) *PageInfo {
	n := 1
	if page != nil {
		n = min(max(int(*page), 1), maxPage)
	}
	q.Limit = o.pageSize(pageSize)
	q.Offset = (n - 1) * q.Limit
	return &PageInfo{Page: new(int32(n)), PageSize: new(int32(q.Limit))}
}

// setPagination is setPage for an input.
func (o *Options) setPagination(q *journal.RecordQuery, p *Pagination) *PageInfo {
	if p == nil {
		p = &Pagination{}
	}
	return o.setPage(q, p.Page, p.PageSize)
}

// lastID is higher than the id of any record.
const lastID = "ffffffffffffffffffffffff"

// setCursor sets the page by a cursor, which is the id of a record. Without a cursor it is the first page, or the last one.
func (o *Options) setCursor(q *journal.RecordQuery, c *CursorPagination, model string) (*PageInfo, error) {
	cursor := textOf(c.Cursor)
	if cursor != "" {
		var err error
		if cursor, err = parseID(graphql.ID(cursor), model); err != nil {
			return nil, err
		}
	}
	q.Limit = o.pageSize(c.PageSize)
	if textOf(c.Direction) == "PREVIOUS" {
		q.Before = cmp.Or(cursor, lastID)
	} else {
		q.After = cursor
	}
	return &PageInfo{PageSize: new(int32(q.Limit))}, nil
}

// setOptions narrows the query by the options that most lists have.
func setOptions(q *journal.RecordQuery, o *QueryOptions) {
	if o == nil {
		return
	}
	if o.IncludeDeleted != nil && *o.IncludeDeleted {
		q.Deleted = journal.WithDeleted
	}
	q.Created, q.Updated = timeRange(o.CreatedAt), timeRange(o.UpdatedAt)
}

// timeRange returns the range of an input. Times are used as given: the end 2026-01-31 is its midnight.
func timeRange(r *DateRange) journal.TimeRange {
	var t journal.TimeRange
	if r == nil {
		return t
	}
	if r.Start != nil {
		t.From = r.Start.Time
	}
	if r.End != nil {
		t.Until = r.End.Time
	}
	return t
}

// localRange returns the range of an input that is compared with the wall clock of the practice.
func localRange(r *DateRange) journal.TimeRange {
	t := timeRange(r)
	if !t.From.IsZero() {
		t.From = fromWallClock(t.From)
	}
	if !t.Until.IsZero() {
		t.Until = fromWallClock(t.Until)
	}
	return t
}

// list returns the page of the records that a query selects.
func list[T any](r *reader, q journal.RecordQuery, info *PageInfo, object func(*source) *T) *connection[T] {
	all, more, _ := r.query(q)
	info.HasMore = &more
	return &connection[T]{Data: objects(all, object), PageInfo: info}
}

// objects returns the object of each record.
func objects[T any](all []*source, object func(*source) *T) *[]*T {
	list := make([]*T, len(all))
	for i, s := range all {
		list[i] = object(s)
	}
	return &list
}

func textOf(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
