package web

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"semblance/simulator/capture"
	"semblance/simulator/journal"
)

// maxFed is how many of the newest records a feed keeps.
const maxFed = 2000

// feed reads and encodes the newest records once for all streams. Without it, ten open pages would cost as much as the
// deliveries that they show.
type feed struct {
	mu          sync.Mutex
	kinds       []journal.Kind // those that a stream has asked for
	first, last journal.Seq    // of the journal's records above first, up to last, the feed has those of its kinds
	records     []fedRecord    // in order
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
	if fresh := slices.DeleteFunc(slices.Clone(kinds), func(k journal.Kind) bool { return slices.Contains(f.kinds, k) }); len(fresh) > 0 {
		f.kinds = append(f.kinds, fresh...)
		last, _ := j.Committed()
		f.first, f.last, f.records = last, last, nil
	}
	if after < f.first { // the feed starts later
		records, err = readRecords(ctx, j, after, kinds)
		if len(records) > 0 {
			return records, records[len(records)-1].seq, err
		}
		return nil, f.first, err
	}
	if after > f.last { // all streams have passed over the records before
		f.first, f.last, f.records = after, after, nil
	}
	if after == f.last {
		more, err := readRecords(ctx, j, f.last, f.kinds)
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
		text, err := sseText(record.Sequence(), record.Kind(), View(record))
		if err != nil {
			return nil, err
		}
		all[i] = fedRecord{record.Sequence(), record.Kind(), text}
	}
	return all, nil
}

// sseText returns a server-sent event.
func sseText(id journal.Seq, name journal.Kind, data any) ([]byte, error) {
	line, err := capture.NDJSON([]any{data})
	return fmt.Appendf(nil, "id: %d\nevent: %s\ndata: %s\n", id, name, line), err
}
