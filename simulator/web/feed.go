package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"semblance/simulator/journal"
)

// maxFed is how many of the newest records a feed keeps.
const maxFed = 2000

// feed reads and encodes the newest records once for all streams. Without it, ten open pages would cost as much as the
// deliveries that they show.
type feed struct {
	mu          sync.Mutex
	first, last journal.Seq // of the journal's records above first, up to last, the feed has those of streamed kinds
	records     []fedRecord // in order
}

// fedRecord is a record as a server-sent event.
type fedRecord struct {
	seq  journal.Seq
	kind journal.Kind
	text []byte
}

// read returns records of some kinds after a number, in order, and the number up to which it has searched, which is
// at least after.
func (f *feed) read(ctx context.Context, j journal.Journal, after journal.Seq, kinds []journal.Kind) (records []fedRecord, upTo journal.Seq, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last == 0 {
		last, _ := j.Committed()
		f.first, f.last = last, last
	}
	if after < f.first { // the feed starts later
		records, err = readRecords(ctx, j, after, kinds)
		if len(records) > 0 {
			return records, records[len(records)-1].seq, err
		}
		return nil, f.first, err
	}
	if after >= f.last {
		more, err := readRecords(ctx, j, f.last, streamedKinds)
		if err != nil || len(more) == 0 {
			return nil, after, err
		}
		f.records = append(f.records, more...)
		f.last = more[len(more)-1].seq
		if n := len(f.records) - maxFed; n > 0 {
			f.first = f.records[n-1].seq
			f.records = slices.Delete(f.records, 0, n)
		}
	}
	start, _ := slices.BinarySearchFunc(f.records, after+1, func(r fedRecord, seq journal.Seq) int { return int(r.seq - seq) })
	for _, r := range f.records[start:] {
		if slices.Contains(kinds, r.kind) {
			records = append(records, r)
		}
	}
	return records, f.last, nil
}

// readRecords reads the next records of some kinds from the journal.
func readRecords(ctx context.Context, j journal.Journal, after journal.Seq, kinds []journal.Kind) ([]fedRecord, error) {
	records, err := j.Read(ctx, after, streamBatch, kinds...)
	if err != nil {
		return nil, fmt.Errorf("reading the journal: %w", err)
	}
	all := make([]fedRecord, len(records))
	for i, record := range records {
		var b bytes.Buffer
		fmt.Fprintf(&b, "id: %d\nevent: %s\ndata: ", record.Sequence(), record.Kind())
		e := json.NewEncoder(&b) // ends the line
		e.SetEscapeHTML(false)
		if err := e.Encode(viewRecord(record)); err != nil {
			return nil, err
		}
		b.WriteByte('\n')
		all[i] = fedRecord{record.Sequence(), record.Kind(), b.Bytes()}
	}
	return all, nil
}
