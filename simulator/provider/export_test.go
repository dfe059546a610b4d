package provider

// Waiting returns the number of commits that wait for the writer.
func (p *Provider) Waiting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.outbox.waiting)
}

// WithWindow returns options with another number of deliveries that are kept in memory.
func (o Options) WithWindow(deliveries int) Options {
	o.window = deliveries
	return o
}

// InMemory returns the number of unfinished deliveries in memory.
func (p *Provider) InMemory() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.state.deliveries)
}
