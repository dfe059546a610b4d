package sqlite

// Everything is written to the engine's log first and copied into the file later: a checkpoint. It waits for the disk,
// so the writer leaves it to a goroutine with a connection of its own. Only when the log could never start anew,
// because more comes all the time, the writer makes the short checkpoint that lets it.
const (
	checkpointEvery = 8 << 20 // bytes of content between two checkpoints
	longLog         = 12_000  // pages of 4 KB in the log, from which on the writer lends a hand
)

const checkpointSQL = `PRAGMA wal_checkpoint(PASSIVE)`

// checkpoints is the goroutine that makes them.
func (j *Journal) checkpoints() {
	defer close(j.checkpointed)
	for range j.due {
		// An error shows again where it matters: the log grows until the disk is full, and then Append says so.
		row, err := j.checkpoint.row()
		if err != nil || row == nil {
			continue
		}
		if pages, ok := row[1].(int64); ok && pages > longLog {
			j.long.Store(true)
		}
	}
}

// checkpointIfDue is called by the writer after each commit.
func (j *Journal) checkpointIfDue() {
	if j.long.CompareAndSwap(true, false) {
		_, _ = j.writer.checkpoint.row() // as above
		return
	}
	if j.writer.written < checkpointEvery {
		return
	}
	select {
	case j.due <- struct{}{}:
		j.writer.written = 0
	default: // it is at it
	}
}
