package provider

// Health is the condition of a provider.
type Health struct {
	Ready      bool // it accepts requests, and the journal works
	Unfinished int  // deliveries that are not finished
	InFlight   int  // attempts in flight
	Paused     int  // subscriptions whose deliveries are paused
	Journal    error
}

// Health returns the condition of the provider.
func (p *Provider) Health() Health {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := Health{Ready: !p.life.closing && p.outbox.failed == nil, Unfinished: p.state.unfinished, Journal: p.outbox.failed}
	for _, s := range p.state.all {
		h.InFlight += s.backlog.workers
		if s.DeliveryPaused && !s.Deleted {
			h.Paused++
		}
	}
	return h
}
