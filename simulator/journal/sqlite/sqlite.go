// Package sqlite contains the journal in a file, an SQLite database. Appended records survive the end of the process,
// including a sudden one (kill -9, but not a power failure in the same instant). One process can open a journal at a time.
//
//	j, err := sqlite.Open(ctx, "clinic.journal", journal.Options{})
//	if err != nil {
//		return err // in use, damaged, read-only, of another application or version: one sentence with a hint
//	}
//	defer j.Close()
//
// One goroutine writes. It commits all calls of Append that are waiting in one transaction, so the cost of a call falls
// as the load rises. Readers have their own connections and do not delay the writer.
//
// While a journal FILE is open, the files FILE-wal, FILE-shm and FILE-lock exist beside it. To copy a journal, close it
// first.
//
// The package is separate from the journal's because the database engine adds seconds to a build without a cache.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"

	"semblance/simulator/journal"
)

// DefaultRows is the default of journal.Options.Rows for a journal in a file: about 200 MB.
const DefaultRows = 250_000

// Journal is a journal in a file. It implements [journal.Journal].
type Journal struct {
	path     string
	options  journal.Options
	lock     *lock
	readers  *sql.DB
	writer   *writer
	notifier journal.Notifier

	tasks   chan *task
	pruning sync.Mutex
	closing chan struct{} // closed by Close; then tasks are refused
	done    chan struct{} // closed at the end of the writer's goroutine
	once    sync.Once

	listing    atomic.Bool // clinic records are added to the indexes for lists in the background
	background sync.WaitGroup

	checkpointer checkpointer
}

var _ journal.Journal = (*Journal)(nil)

// Open opens the journal at path, or creates it if the file does not exist or is empty. It refuses a file that is not a
// journal, is damaged (the error is journal.ErrDamaged), read-only, open in another process, has several hard links, or
// has the format of another version; it does not change such a file. ctx applies to the opening only.
func Open(ctx context.Context, path string, options journal.Options) (*Journal, error) {
	if options.Rows == 0 {
		options.Rows = DefaultRows
	}
	j := &Journal{
		path: path, options: options.WithDefaults(),
		tasks: make(chan *task), closing: make(chan struct{}), done: make(chan struct{}),
		checkpointer: checkpointer{due: make(chan struct{}, 1), done: make(chan struct{})},
	}
	if err := j.open(ctx); err != nil {
		return nil, explain("opening", path, err)
	}
	go j.write()
	go j.checkpointer.run()
	return j, nil
}

func (j *Journal) open(ctx context.Context) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	if j.path, err = realPath(j.path); err != nil {
		return err
	}
	if j.lock, err = acquire(j.path); err != nil {
		return err
	}
	if err = prepare(j.path); err == nil {
		err = j.connect()
	}
	if err != nil {
		_ = j.disconnect() // err is the cause
		_ = j.lock.release(false)
	}
	return err
}

// connect opens the connections of the writer, the checkpointer and the readers.
func (j *Journal) connect() (err error) {
	if j.writer, err = openWriter(j.path); err != nil {
		return err
	}
	if err := j.checkpointer.open(j.path); err != nil {
		return err
	}
	if j.readers, err = openReaders(j.path, j.writer.files); err != nil {
		return err
	}
	j.notifier.Publish(j.writer.totals.last, j.writer.totals.Stats)
	return nil
}

// disconnect closes the connections. The writer's is the last, because the last one to close moves the engine's log into the
// file.
func (j *Journal) disconnect() error {
	var errs []error
	if j.readers != nil {
		errs = append(errs, j.readers.Close())
	}
	errs = append(errs, j.checkpointer.close())
	if j.writer != nil {
		errs = append(errs, j.writer.close())
	}
	return errors.Join(errs...)
}

// Committed implements [journal.Journal].
func (j *Journal) Committed() (journal.Seq, <-chan struct{}) { return j.notifier.Committed() }

// Stats implements [journal.Journal].
func (j *Journal) Stats() journal.Stats { return j.notifier.Stats() }

// Append implements [journal.Journal]. If ctx ends while Append waits for the writer, nothing is recorded; once the writer
// has the records, Append waits for their commit.
func (j *Journal) Append(ctx context.Context, records ...journal.Record) error {
	if err := journal.Check(records); err != nil {
		return err
	}
	return j.do(ctx, "appending to", &task{records: records})
}

// do gives a task to the writer and waits for its commit.
func (j *Journal) do(ctx context.Context, doing string, t *task) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t.done = make(chan struct{})
	select {
	case j.tasks <- t:
		<-t.done
		return explain(doing, j.path, t.err)
	case <-j.closing:
		return explain(doing, j.path, journal.ErrClosed)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close implements [journal.Journal].
func (j *Journal) Close() error {
	err := journal.ErrClosed
	j.once.Do(func() {
		close(j.closing)
		<-j.done
		j.background.Wait()
		j.checkpointer.stop()
		err = explain("closing", j.path, errors.Join(j.disconnect(), j.lock.release(true)))
		j.notifier.Close()
	})
	return err
}
