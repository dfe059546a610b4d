// Package sqlite is the journal in a file, an SQLite database of its own: [Open] opens it, or makes it, and it survives
// the end of the process, also a sudden one (kill -9; not a loss of power in the same instant). One process has it at a
// time.
//
//	j, err := sqlite.Open(ctx, "clinic.journal", journal.Options{})
//	if err != nil {
//		return err // one sentence: in use, damaged, another application's, of a newer version
//	}
//	defer j.Close()
//
// One goroutine writes. It joins the calls of Append that wait into one transaction and answers them after its commit;
// so the more there is to do the less each costs. Readers have connections of their own and hold nobody up.
//
// Beside the file FILE lie, while it is open, FILE-wal and FILE-shm, which belong to it (to copy a journal, close it
// first), and always FILE-lock, which is empty.
//
// It stands apart from the journal's own package because the database engine adds seconds to a cold build: only what
// needs a file imports it.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"semblance/simulator/journal"
)

// DefaultRows is how much this journal keeps unless it is told otherwise: of changes, of deliveries, of attempts.
// So much is about 200 MB.
const DefaultRows = 250_000

// readers is how many queries run at a time.
const readers = 4

// Journal is a journal in a file. It implements [journal.Journal].
type Journal struct {
	path    string
	options journal.Options
	lock    io.Closer
	readers *sql.DB
	writer  *writer
	news    journal.Notifier

	work    chan *task
	closing chan struct{} // closed by Close: no more work is taken
	ended   chan struct{} // closed when the writer has ended
	once    sync.Once

	checkpointer *conn
	checkpoint   *statement
	due          chan struct{} // a checkpoint is; closed when the writer has ended
	long         atomic.Bool   // the log is
	checkpointed chan struct{} // closed when the checkpoints have ended
}

var _ journal.Journal = (*Journal)(nil)

// Open opens the journal in the file at path, which it makes where there is none or an empty one. A file that is no
// journal, is damaged, is open in another process or was written by a newer version is refused and left as it is.
// ctx bounds the opening alone.
func Open(ctx context.Context, path string, options journal.Options) (*Journal, error) {
	if options.Rows == 0 {
		options.Rows = DefaultRows
	}
	path, lock, err := claim(path)
	if err != nil {
		return nil, err
	}
	j, err := open(ctx, path, options.WithDefaults())
	if err != nil {
		lock.Close()
		return nil, err
	}
	j.lock = lock
	go j.run()
	go j.checkpoints()
	return j, nil
}

func open(ctx context.Context, path string, options journal.Options) (*Journal, error) {
	if err := examine(path); err != nil {
		return nil, err
	}
	j := &Journal{
		path: path, options: options,
		work: make(chan *task), closing: make(chan struct{}), ended: make(chan struct{}),
		due: make(chan struct{}, 1), checkpointed: make(chan struct{}),
	}
	if err := j.connect(ctx); err != nil {
		_ = j.disconnect() // the first error is the one to tell
		return nil, err
	}
	return j, nil
}

// connect opens the connections: one that writes, one that makes checkpoints, those that read.
func (j *Journal) connect(ctx context.Context) error {
	const doing = "open the journal"
	var err error
	if j.writer, err = openWriter(j.path); err != nil {
		return err
	}
	if j.checkpointer, err = connect(j.path); err != nil {
		return explain(j.path, doing, err)
	}
	if j.checkpoint, err = j.checkpointer.prepare(checkpointSQL); err != nil {
		return explain(j.path, doing, err)
	}
	if j.readers, err = sql.Open("sqlite", dsn(j.path, "_pragma=query_only(1)", "_pragma=busy_timeout(5000)")); err != nil {
		return explain(j.path, doing, err)
	}
	j.readers.SetMaxOpenConns(readers)
	j.readers.SetMaxIdleConns(readers)
	return j.survey(ctx)
}

// disconnect closes the connections, the writer's last: the last one to close makes the last checkpoint and removes the
// engine's log.
func (j *Journal) disconnect() error {
	var errs []error
	if j.readers != nil {
		errs = append(errs, j.readers.Close())
	}
	if j.checkpointer != nil {
		errs = append(errs, j.checkpointer.close())
	}
	if j.writer != nil {
		errs = append(errs, j.writer.close())
	}
	return errors.Join(errs...)
}

// survey checks the file's pages and counts what is there.
func (j *Journal) survey(ctx context.Context) error {
	const doing = "open the journal"
	var verdict string
	if err := j.readers.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&verdict); err != nil {
		return explain(j.path, doing, err)
	}
	if verdict != "ok" {
		return damaged(j.path, verdict)
	}
	w := j.writer
	row := j.readers.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM changes), (SELECT count(*) FROM deliveries), (SELECT count(*) FROM attempts),
		(SELECT count(*) FROM deliveries WHERE state = 0),
		(SELECT count(*) FROM deliveries WHERE state = 1),
		max((SELECT ifnull(max(seq), 0) FROM changes), (SELECT ifnull(max(seq), 0) FROM deliveries),
			(SELECT ifnull(max(seq), 0) FROM attempts), (SELECT ifnull(max(seq), 0) FROM others),
			(SELECT ifnull(max(value), 0) FROM meta WHERE key = 'last'))`)
	if err := row.Scan(&w.stats.Events, &w.stats.Deliveries, &w.stats.Attempts, &w.stats.Pending, &w.stats.Held, &w.last); err != nil {
		return explain(j.path, doing, err)
	}
	j.news.Publish(w.last, w.stats)
	return nil
}

// Committed implements [journal.Journal].
func (j *Journal) Committed() (journal.Seq, <-chan struct{}) { return j.news.Committed() }

// Tally implements [journal.Journal].
func (j *Journal) Stats() journal.Stats { return j.news.Stats() }

// Append implements [journal.Journal]. ctx bounds the wait for the writer; what it has taken is waited for.
func (j *Journal) Append(ctx context.Context, records ...journal.Record) error {
	if err := journal.Check(records); err != nil {
		return err
	}
	return j.do(ctx, "append to the journal", &task{records: records})
}

// do has the writer do a task, and waits until it is committed.
func (j *Journal) do(ctx context.Context, doing string, t *task) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t.doing, t.done = doing, make(chan struct{})
	select {
	case j.work <- t:
		<-t.done
		return t.err
	case <-j.closing:
		return fmt.Errorf("%s: %w", doing, journal.ErrClosed)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close implements [journal.Journal].
func (j *Journal) Close() error {
	err := journal.ErrClosed
	j.once.Do(func() {
		close(j.closing)
		<-j.ended
		close(j.due)
		<-j.checkpointed
		err = errors.Join(j.disconnect(), j.lock.Close())
		if err != nil {
			err = explain(j.path, "close the journal", err)
		}
		j.news.Close()
	})
	return err
}
