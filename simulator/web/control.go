package web

import (
	"net/http"
	"time"

	"semblance/simulator/journal"
)

// noticeView is what the provider would write by e-mail to the practice's Technical Contact.
type noticeView struct {
	ID             journal.Seq `json:"id"`
	At             string      `json:"at"`
	SubscriptionID string      `json:"subscriptionId,omitempty"`
	Subject        string      `json:"subject"`
	Text           string      `json:"text"`
}

func viewNotice(n *journal.Notice) noticeView {
	return noticeView{ID: n.Seq, At: stamp(n.At), SubscriptionID: n.SubscriptionID, Subject: n.Subject, Text: n.Text}
}

// listNotices lists the notices, oldest first.
func (h *Handler) listNotices(w http.ResponseWriter, r *http.Request) error {
	q := readQuery(r)
	after := journal.Seq(q.number("after", 0, 0, maxSeq))
	limit := int(q.number("limit", journal.DefaultLimit, 1, journal.MaxLimit))
	if err := q.done(); err != nil {
		return err
	}
	records, err := h.provider.Journal().Read(r.Context(), after, limit, journal.KindNotice)
	if err != nil {
		return err
	}
	views := []noticeView{}
	for _, record := range records {
		if n, ok := record.(*journal.Notice); ok {
			views = append(views, viewNotice(n))
		}
	}
	return h.respond(w, http.StatusOK, map[string]any{"items": views})
}

// reset brings the provider back to its start.
func (h *Handler) reset(w http.ResponseWriter, r *http.Request) error {
	if err := readBody(r, &struct{}{}, true); err != nil {
		return err
	}
	if err := h.provider.Reset(r.Context()); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// getClock tells the simulated time.
func (h *Handler) getClock(w http.ResponseWriter, r *http.Request) error {
	return h.respond(w, http.StatusOK, map[string]string{"now": stamp(h.provider.Now())})
}

// maxAdvance bounds how far one request moves the clock: the retention and more.
const maxAdvance = 366 * 24 * time.Hour

// advance moves a manual clock, and answers when everything that became due is done.
func (h *Handler) advance(w http.ResponseWriter, r *http.Request) error {
	var ask struct {
		By string `json:"by"`
	}
	if err := readBody(r, &ask, false); err != nil {
		return err
	}
	by, err := time.ParseDuration(ask.By)
	if err != nil || by < 0 || by > maxAdvance {
		return problem(http.StatusBadRequest, "by", "expected a duration of at most %s, such as 10s or 24h, not %q", maxAdvance, ask.By).about("by")
	}
	if err := mayLast(w); err != nil {
		return err
	}
	ctx, end := h.whileOpen(r)
	defer end()
	if err := h.provider.Advance(ctx, by); err != nil {
		return err
	}
	return h.respond(w, http.StatusOK, map[string]string{"now": stamp(h.provider.Now())})
}
