package provider

// Waiting returns the number of commits that wait for the writer.
func (p *Provider) Waiting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.outbox.waiting)
}
