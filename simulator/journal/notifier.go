package journal

import "sync"

// News is where a journal says what is committed, and where its followers wait. The zero value is ready. It is for
// those who build a journal.
type Notifier struct {
	mu     sync.Mutex
	last   Seq
	stats  Stats
	next   chan struct{} // closed by the next commit; nil until somebody asks for it
	closed bool
}

// Publish says that everything up to last is committed, and how much there is now.
func (n *Notifier) Publish(last Seq, stats Stats) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last, n.stats = last, stats
	n.wake()
}

// Committed is [Journal.Committed].
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

// Tally is [Journal.Tally].
func (n *Notifier) Stats() Stats {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.stats
}

// Close wakes the followers for good.
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
