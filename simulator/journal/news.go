package journal

import "sync"

// News is where a journal says what is committed, and where its followers wait. The zero value is ready. It is for
// those who build a journal.
type News struct {
	mu     sync.Mutex
	last   Seq
	tally  Tally
	next   chan struct{} // closed by the next commit; nil until somebody asks for it
	closed bool
}

// Publish says that everything up to last is committed, and how much there is now.
func (n *News) Publish(last Seq, tally Tally) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last, n.tally = last, tally
	n.wake()
}

// Committed is [Journal.Committed].
func (n *News) Committed() (Seq, <-chan struct{}) {
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
func (n *News) Tally() Tally {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.tally
}

// Close wakes the followers for good.
func (n *News) Close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.closed {
		n.closed = true
		n.wake()
	}
}

func (n *News) wake() {
	if n.next != nil {
		close(n.next)
		n.next = nil
	}
}
