package web

import "semblance/simulator/journal"

// View returns a record as the stream of this API shows it, for JSON, or nil for a kind that the stream leaves out.
func View(record journal.Record) any { return viewRecord(record) }
