// Package feed prints the work of a running provider as it happens: attempts and their responses, retries, pauses, notices.
//
//	f := &feed.Feed{Out: os.Stdout}
//	err := f.Follow(ctx, journal, after)
//
// It reads the committed records of the journal at its own pace, so a slow terminal delays no delivery.
package feed

import (
	"context"
	"errors"
	"fmt"
	"io"

	"semblance/scenarios/report"
	"semblance/schemas/human"
	"semblance/simulator"
	"semblance/simulator/journal"
	"semblance/simulator/web"
)

// Feed prints records of a journal. The zero value with an Out prints text without color. It is for one goroutine.
type Feed struct {
	Out  io.Writer
	Text report.Terminal
	JSON bool // one object per line, {"kind":…,"record":…}, as in the stream of the control API

	// Subscriptions are those of the start, which end with the record Started. They are not printed.
	Subscriptions []simulator.Subscription
	Started       journal.Seq

	Via string // added to the commands that are printed, such as " --via 4710"

	journal  journal.Journal
	labels   map[string]string // of living subscriptions, by id
	paused   map[string]bool   // subscriptions, by id
	causes   map[string]string // the failure that was explained last, by subscription
	unwanted map[string]bool   // event types without a subscription that were named
	event    *journal.Event    // the last one, until it is known whether it has deliveries
	changes  changes
}

// Bounds of a follower.
const (
	batch  = 100    // records to read at once
	maxLag = 20_000 // records that a slow output may be behind before some are skipped
	last   = 1000   // records to print after a skip, and at the end
)

// kinds are the kinds of records that are printed.
var kinds = []journal.Kind{
	journal.KindEvent, journal.KindDelivery, journal.KindAttempt, journal.KindTransition,
	journal.KindSubscription, journal.KindNotice, journal.KindReset,
}

// Follow prints the records after a number, and new ones when they are committed, until ctx ends or the journal is closed.
// When ctx ends it prints the last records that are committed by then.
func (f *Feed) Follow(ctx context.Context, j journal.Journal, after journal.Seq) error {
	f.begin(j)
	for {
		end, more := j.Committed()
		if end-after > maxLag {
			f.skip(end - last - after)
			after = end - last
		}
		seen, err := f.print(j, after, end)
		if errors.Is(err, journal.ErrClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("following the journal: %w", err)
		}
		if after = seen; after < end {
			continue
		}
		select {
		case <-more:
		case <-ctx.Done():
			end, _ := j.Committed()
			_, err := f.print(j, max(after, end-last), end)
			return err
		}
	}
}

// begin prepares for the records of a journal.
func (f *Feed) begin(j journal.Journal) {
	f.journal, f.labels, f.paused, f.causes, f.unwanted = j, map[string]string{}, map[string]bool{}, map[string]string{}, map[string]bool{}
	for i := range f.Subscriptions {
		f.know(&f.Subscriptions[i])
	}
}

// print prints the records after one number up to another, and returns the number of the last. The journal may have
// committed more by then. It reads at least once, because only that finds out that the journal is closed.
func (f *Feed) print(j journal.Journal, after, end journal.Seq) (journal.Seq, error) {
	for more := true; more; more = after < end {
		// The journal is in this process, and its reads are short: they do not end with the context of Follow.
		records, err := j.Read(context.Background(), after, batch, kinds...)
		if err != nil {
			return after, err
		}
		for _, r := range records {
			if f.JSON {
				err = report.Line(f.Out, line{r.Kind(), web.View(r)})
			} else {
				err = f.text(r)
			}
			if err != nil {
				return after, err
			}
			after = r.Sequence()
		}
		if len(records) < batch {
			after = max(after, end)
		}
	}
	return after, f.flush()
}

// line is a record as a line of JSON.
type line struct {
	Kind   journal.Kind `json:"kind"`
	Record any          `json:"record"`
}

// skip says that records are not printed.
func (f *Feed) skip(n journal.Seq) {
	if !f.JSON {
		fmt.Fprintf(f.Out, "… %s not shown, because the output is slower than the provider; `semblance log` shows attempts\n", human.Count(n, "record"))
	}
}
