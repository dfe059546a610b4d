package delivery

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"

	"semblance/simulator"
)

// MaxPublic is the largest number of requests to one public destination in a run.
const MaxPublic = 100

// Guard protects public destinations, those whose address is not local (see [IsLocal]), from requests that only the owner
// of a receiver may send. Such a destination gets only plain requests ([simulator.KindEvent]), and at most [MaxPublic] of
// them in one run, so also not more in flight. A destination is a host name, and also each of its addresses. An attempt to
// connect counts as a request.
//
// Senders that belong to one run share a Guard ([Options]). The zero value is ready to use.
type Guard struct {
	mu   sync.Mutex
	sent map[string]int // by host name and by address
}

// destination is a public address under a host name.
type destination struct{ host, address string }

func (d *destination) String() string {
	if d.host == d.address {
		return d.host
	}
	return d.host + " (" + d.address + ")"
}

// destination returns the destination of a connection, or nil for one that the guard does not limit.
func (g *Guard) destination(host string, address netip.Addr) *destination {
	if g == nil || IsLocal(address) {
		return nil
	}
	return &destination{host, address.String()}
}

// admit counts a request, or says why it must not be sent.
func (g *Guard) admit(d *destination, kind simulator.Kind) error {
	if d == nil {
		return nil
	}
	if kind != simulator.KindEvent {
		return refuseKind(d, kind)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.sent[d.host] >= MaxPublic || g.sent[d.address] >= MaxPublic {
		return refuseMany(d)
	}
	if g.sent == nil {
		g.sent = map[string]int{}
	}
	g.sent[d.host]++
	if d.address != d.host {
		g.sent[d.address]++
	}
	return nil
}

// withdraw takes back an admitted request that was not sent.
func (g *Guard) withdraw(d *destination) {
	if d == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sent[d.host]--
	if d.address != d.host {
		g.sent[d.address]--
	}
}

// kindOf returns the kind of a request. A fault makes any request one with a fault.
func kindOf(request *simulator.Request) simulator.Kind {
	if request.Fault != "" {
		return simulator.KindFault
	}
	return request.Kind
}

// permitted returns the addresses of a host that a kind of request may go to, or an error if there are none.
func (s *Sender) permitted(host string, addresses []netip.Addr, kind simulator.Kind) ([]netip.Addr, error) {
	if s.guard == nil || kind == simulator.KindEvent {
		return addresses, nil
	}
	local := make([]netip.Addr, 0, len(addresses))
	for _, address := range addresses {
		if IsLocal(address) {
			local = append(local, address)
		}
	}
	if len(local) == 0 {
		return nil, refuseKind(&destination{host, addresses[0].String()}, kind)
	}
	return local, nil
}

// Permits returns an error if the sender would refuse that number of requests of that kind to the URL because it is public.
// It may ask a resolver. A name that does not resolve is not an error.
func (s *Sender) Permits(ctx context.Context, url string, kind simulator.Kind, requests int) error {
	t, err := s.targets.find(url)
	if err != nil || s.guard == nil {
		return err
	}
	addresses, _, err := s.lookup(ctx, t.hostname)
	if err != nil || slices.ContainsFunc(addresses, IsLocal) {
		return nil
	}
	d := &destination{t.hostname, addresses[0].String()}
	switch {
	case kind != simulator.KindEvent:
		return refuseKind(d, kind)
	case requests > MaxPublic:
		return refuseMany(d)
	}
	return nil
}

func refuseKind(d *destination, kind simulator.Kind) *failureError {
	return blocked("%s is a public address, and a %s goes only to loopback and private addresses; use --allow-public if the receiver is yours", d, kind)
}

func refuseMany(d *destination) *failureError {
	return blocked("%s is a public address and gets at most %d requests in a run; use --allow-public if the receiver is yours", d, MaxPublic)
}

func blocked(format string, values ...any) *failureError {
	return &failureError{simulator.FailureBlocked, fmt.Sprintf(format, values...)}
}
