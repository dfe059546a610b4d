package delivery

import (
	"sync"
	"time"

	"semblance/simulator/clock"
)

// limits of the connections that are kept for one receiver.
type limits struct {
	idle int
	age  time.Duration
}

// pool keeps the connections to one receiver that are idle. The one that was used last is used first.
type pool struct {
	limits
	mu   sync.Mutex
	idle []*conn
}

// get returns a kept connection that the receiver has not closed, or nil.
func (p *pool) get() *conn {
	for {
		p.mu.Lock()
		last := len(p.idle) - 1
		if last < 0 {
			p.mu.Unlock()
			return nil
		}
		c := p.idle[last]
		p.idle[last] = nil
		p.idle = p.idle[:last]
		p.mu.Unlock()
		if clock.Since(c.idleSince) < p.age && c.alive() {
			return c
		}
		c.close()
	}
}

// put keeps a connection for later, in the place of the oldest one where there are too many.
func (p *pool) put(c *conn) {
	var oldest *conn
	p.mu.Lock()
	if len(p.idle) >= p.limits.idle {
		oldest, p.idle = p.idle[0], p.idle[1:]
	}
	p.idle = append(p.idle, c)
	p.mu.Unlock()
	if oldest != nil {
		oldest.close()
	}
}

// sweep closes the connections that have been idle for too long.
func (p *pool) sweep(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.idle) > 0 && now.Sub(p.idle[0].idleSince) >= p.age {
		p.idle[0].close()
		p.idle[0], p.idle = nil, p.idle[1:]
	}
}

func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.idle {
		c.close()
	}
	p.idle = nil
}
