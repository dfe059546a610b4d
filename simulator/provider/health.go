package provider

// Health is how the provider is.
type Health struct {
	Ready      bool // it takes what is asked of it, and the journal takes what happens
	Unfinished int  // deliveries that are not finished
	InFlight   int  // attempts under way
	Paused     int  // subscriptions whose deliveries are paused
	Journal    error
}

// Health returns how the provider is.
func (p *Provider) Health() Health {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := Health{Ready: !p.closing && p.out.failed == nil, Unfinished: p.unfinished, Journal: p.out.failed}
	for _, s := range p.inOrder {
		h.InFlight += s.workers
		if s.sub.DeliveryPaused && !s.sub.Deleted {
			h.Paused++
		}
	}
	return h
}
