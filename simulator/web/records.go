package web

import (
	"encoding/json"
	"net/http"
	"slices"
)

var (
	kindParameter        = required(text("kind", "Kind of record, such as patient."))
	afterRecordParameter = text("after", "Last id of the previous page.")
)

// listRecords lists the ids of the clinic's records of a kind.
func (h *Handler) listRecords(c *call) (v listView[string], err error) {
	ids, err := h.provider.Records(kindParameter.of(c))
	if err != nil {
		return v, asBadQuery(err)
	}
	if after := afterRecordParameter.of(c); after != "" {
		i := slices.Index(ids, after)
		if i < 0 {
			return v, problem(http.StatusBadRequest, "query", "no record %q of that kind exists any more", after).about("after")
		}
		ids = ids[i+1:]
	}
	v.Items = notNil(ids[:min(int(limitParameter.of(c)), len(ids))])
	return v, nil
}

// getRecord returns one record of the clinic. It has its kind, its relations and its values.
func (h *Handler) getRecord(c *call) (json.RawMessage, error) {
	return h.provider.Record(c.variable("record"))
}
