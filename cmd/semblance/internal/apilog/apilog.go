// Package apilog shows the requests to the provider's GraphQL API, for `semblance log --api`.
package apilog

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"semblance/cmd/semblance/internal/client"
	"semblance/schemas/human"
)

// Log writes requests to the GraphQL API.
type Log struct {
	Out    io.Writer
	Record string // only requests with this id, or ""
	Limit  int
	JSON   bool // one object per line instead of a table

	Faint  func(text string) string
	Status func(ok bool, text string) string
	Fault  func(text string) string
}

// request is a request in the control API.
type request struct {
	ID        int64     `json:"id"`
	At        time.Time `json:"at"`
	Token     string    `json:"token"`
	Operation string    `json:"operation"`
	Fields    []string  `json:"fields"`
	IDs       []string  `json:"ids"`
	Status    int       `json:"status"`
	Error     string    `json:"error"`
	Fault     string    `json:"fault"`
	TookMs    float64   `json:"tookMs"`
}

// The columns have fixed widths, so that new lines align with old ones.
const (
	heads = "%6s  %-19s  %6s  %8s  %-6s  %s\n"
	line  = "%6d  %s  %s  %8s  %-6s  %s\n"
)

// Show writes the latest requests, oldest first. It returns how many there are, and the number of the last in the journal.
func (l *Log) Show(ctx context.Context, provider *client.Client) (n int, last int64, err error) {
	query := url.Values{"limit": {strconv.Itoa(l.Limit)}}
	if l.Record != "" {
		query.Set("record", l.Record)
	}
	var page struct{ Items []json.RawMessage }
	if err := provider.Call(ctx, http.MethodGet, "/api-requests?"+query.Encode(), nil, &page); err != nil {
		return 0, 0, err
	}
	if !l.JSON {
		fmt.Fprint(l.Out, l.Faint(fmt.Sprintf(heads, "ID", "AT (UTC)", "STATUS", "TOOK", "TOKEN", "REQUEST")))
	}
	for _, raw := range slices.Backward(page.Items) {
		if last, err = l.print(raw); err != nil {
			return 0, 0, err
		}
	}
	return len(page.Items), last, nil
}

// Follow writes new requests until ctx is done. after is the number of the last one that was written.
func (l *Log) Follow(ctx context.Context, provider *client.Client, after int64) error {
	return provider.Stream(ctx, after, func(name string, data []byte) error {
		if name != "api-request" {
			return nil
		}
		_, err := l.print(data)
		return err
	})
}

// print writes one request and returns its number.
func (l *Log) print(raw json.RawMessage) (id int64, err error) {
	var r request
	if err := json.Unmarshal(raw, &r); err != nil {
		return 0, fmt.Errorf("reading a request of the API: %w", err)
	}
	if l.JSON {
		fmt.Fprintf(l.Out, "%s\n", raw)
		return r.ID, nil
	}
	token := r.Token
	if token == "" {
		token = "none"
	}
	text := human.Line(r.text())
	if r.Fault != "" {
		text += " " + l.Fault(human.Line(r.Fault))
	}
	ok := r.Status == http.StatusOK && r.Error == ""
	took := human.Duration(time.Duration(r.TookMs * float64(time.Millisecond)))
	fmt.Fprintf(l.Out, line, r.ID, r.At.Format(time.DateTime), l.Status(ok, fmt.Sprintf("%6d", r.Status)), took, human.Line(token), text)
	return r.ID, nil
}

// text says what was asked.
func (r *request) text() string {
	text := strings.Join(r.Fields, ", ")
	if r.Operation != "" {
		text = strings.TrimSpace(r.Operation + ": " + text)
	}
	if len(r.IDs) > 0 {
		text += " " + strings.Join(r.IDs, " ")
	}
	if r.Error != "" {
		text += " (" + r.Error + ")"
	}
	return strings.TrimSpace(text)
}
