package delivery

import (
	"sync"
	"time"
)

// limits bound the idle connections to one receiver.
type limits struct {
	idle int           // number of connections
	age  time.Duration // time without a request
}

const (
	sampleAfter    = 8                     // requests, if they are sent one by one; in a shorter run a race is too rare to matter
	sampleInterval = time.Millisecond      // between two checks of the sample
	minSafeIdle    = 10 * time.Millisecond // processes may be delayed for so long, so that less is not safe
)

// pool holds the idle connections to one receiver. The most recently used one is used first.
//
// A receiver that closes idle connections after a short time may close one just when a request is written. To learn that
// time before this happens, the pool leaves one connection unused, the sample. Other connections are reused if they were idle
// for less than half the time that the sample is known to have been open.
type pool struct {
	limits
	mu       sync.Mutex
	idle     []*conn
	safeIdle time.Duration // a connection that was idle for longer is not reused
	dials    int
	puts     int
	sampled  bool      // sample is or was observed
	sample   *conn     // nil before and after
	checked  time.Time // the last check of sample
}

func newPool(l limits) *pool { return &pool{limits: l, safeIdle: l.age} }

// get returns an idle connection, which the receiver may have closed, or nil. Then the caller dials.
func (p *pool) get(now time.Time) *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.observe(now)
	for last := len(p.idle) - 1; last >= 0; last-- {
		c := p.idle[last]
		p.idle[last] = nil
		p.idle = p.idle[:last]
		if now.Sub(c.idleSince) < p.safeIdle {
			return c
		}
		c.close()
	}
	p.dials++
	return nil
}

// put adds a connection, and closes the oldest if there are too many.
func (p *pool) put(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.puts++
	if !p.sampled && (p.dials > 1 || p.puts == sampleAfter) {
		p.sampled, p.sample, p.checked, p.safeIdle = true, c, c.idleSince, 0
		return
	}
	if p.safeIdle == 0 {
		c.close()
		return
	}
	if len(p.idle) >= p.limits.idle {
		p.idle[0].close()
		p.idle = p.idle[1:]
	}
	p.idle = append(p.idle, c)
}

// observe checks the sample from time to time.
func (p *pool) observe(now time.Time) {
	if p.sample == nil || now.Sub(p.checked) < sampleInterval {
		return
	}
	p.checked = now
	open := p.sample.alive()
	if open {
		if p.safeIdle = min(now.Sub(p.sample.idleSince)/2, p.limits.age); p.safeIdle < minSafeIdle {
			p.safeIdle = 0
		}
	}
	if !open || p.safeIdle == p.limits.age {
		p.endSample()
	}
}

func (p *pool) endSample() {
	if p.sample != nil {
		p.sample.close()
		p.sample = nil
	}
}

// raced notes that the receiver closed a connection while a request was written.
func (p *pool) raced() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.safeIdle = 0
	p.endSample()
}

// sweep closes the connections that were idle for too long.
func (p *pool) sweep(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.observe(now)
	for len(p.idle) > 0 && now.Sub(p.idle[0].idleSince) >= p.safeIdle {
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
	p.endSample()
}
