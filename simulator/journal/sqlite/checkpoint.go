package sqlite

import "sync/atomic"

// The engine writes every commit to its log. A checkpoint copies the log into the file, which waits for the disk, so a
// goroutine with its own connection does it. Under constant load the log could grow without end, because it starts again
// from its beginning only after a checkpoint of all of it. Then the writer itself makes one short checkpoint.
const (
	checkpointBytes = 8 << 20 // content written between two checkpoints
	longLog         = 12_000  // pages of 4 KiB in the log, from which on the writer makes a checkpoint
)

const checkpointSQL = `PRAGMA wal_checkpoint(PASSIVE)`

// checkpointer is the goroutine that makes checkpoints.
type checkpointer struct {
	conn      *conn
	statement *statement
	due       chan struct{} // a checkpoint is due; closed by stop
	done      chan struct{} // closed at the end of run
	logIsLong atomic.Bool
}

func (c *checkpointer) open(path string) (err error) {
	if c.conn, err = connect(path); err == nil {
		c.statement = c.conn.statement(checkpointSQL)
	}
	return err
}

func (c *checkpointer) run() {
	defer close(c.done)
	for range c.due {
		// The error does not matter here: if it persists, the log fills the disk and Append returns an error.
		row, err := c.statement.row()
		if err != nil || row == nil {
			continue
		}
		if row[1] > longLog {
			c.logIsLong.Store(true)
		}
	}
}

// stop ends the goroutine and waits for it.
func (c *checkpointer) stop() {
	close(c.due)
	<-c.done
}

func (c *checkpointer) close() error {
	if c.conn == nil {
		return nil
	}
	return c.conn.close()
}

// wake is called by the writer after each commit.
func (c *checkpointer) wake(w *writer) {
	if c.logIsLong.CompareAndSwap(true, false) {
		_, _ = w.statements[sqlMakeCheckpoint].row() // see run
		return
	}
	if w.written < checkpointBytes {
		return
	}
	select {
	case c.due <- struct{}{}:
		w.written = 0
	default: // a checkpoint is in progress
	}
}
