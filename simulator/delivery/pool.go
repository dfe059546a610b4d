package delivery

import (
	"sync"
	"time"

	"semblance/simulator/clock"
)

// limits bound the idle connections to one receiver.
type limits struct {
	idle int
	age  time.Duration
}

// pool holds the idle connections to one receiver. The most recently used one is used first.
type pool struct {
	limits
	mu   sync.Mutex
	idle []*conn
}

// get returns an idle connection that is open, or nil.
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

// put adds a connection, and closes the oldest if there are too many.
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

// sweep closes the connections that were idle for too long.
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
