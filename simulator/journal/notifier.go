package journal

import "sync"

// Notifier publishes the commits of a journal to its followers. The zero value is ready to use. It is for
// implementations of [Journal].
type Notifier struct {
	mu     sync.Mutex
	last   Seq
	stats  Stats
	next   chan struct{} // closed by the next commit; nil while nobody waits
	closed bool
}

// Publish records that everything up to last is committed, and wakes the followers.
func (n *Notifier) Publish(last Seq, stats Stats) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last, n.stats = last, stats
	n.wake()
}

// Committed implements [Journal.Committed].
func (n *Notifier) Committed() (Seq, <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.next == nil {
		n.next = make(chan struct{})
		if n.closed {
			close(n.next)
		}
	}
	return n.last, n.next
}

// Stats implements [Journal.Stats].
func (n *Notifier) Stats() Stats {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.stats
}

// Close wakes the followers. Later calls of Committed return a closed channel.
func (n *Notifier) Close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.closed {
		n.closed = true
		n.wake()
	}
}

func (n *Notifier) wake() {
	if n.next != nil {
		close(n.next)
		n.next = nil
	}
}
