package delivery

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"strings"
	"time"

	"semblance/simulator/clock"
)

// dial makes a new connection, admitted by the guard, and records how long its phases took.
func (a *attempt) dial() (*conn, error) {
	ctx, cancel := context.WithDeadline(a.ctx, a.deadline)
	defer cancel()
	addresses, err := a.resolve(ctx)
	if err != nil {
		return nil, err
	}
	start := clock.Now()
	tcp, public, err := a.connect(ctx, addresses)
	if err != nil {
		return nil, err
	}
	a.response.Timings.Connect = clock.Since(start)
	var secure net.Conn
	if a.target.scheme == "https" {
		if secure, err = a.handshake(ctx, tcp); err != nil {
			return nil, err
		}
	}
	c := newConn(tcp, secure)
	c.public = public
	return c, nil
}

func (a *attempt) handshake(ctx context.Context, tcp net.Conn) (net.Conn, error) {
	start := clock.Now()
	config := a.sender.tls.Clone()
	config.ServerName = a.target.hostname
	secure := tls.Client(tcp, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = tcp.Close()
		return nil, &phaseError{"tls", err}
	}
	a.response.Timings.TLS = clock.Since(start)
	return secure, nil
}

// resolve looks up the addresses of the host that this kind of request may go to.
func (a *attempt) resolve(ctx context.Context) ([]netip.Addr, error) {
	start := clock.Now()
	addresses, resolved, err := a.sender.lookup(ctx, a.target.hostname)
	if err != nil {
		return nil, &phaseError{"dns", err}
	}
	if resolved {
		a.response.Timings.DNS = clock.Since(start)
	}
	return a.sender.permitted(a.target.hostname, addresses, kindOf(a.request))
}

// connect tries the addresses in order, each with an equal share of the remaining time.
func (a *attempt) connect(ctx context.Context, addresses []netip.Addr) (*countedConn, *destination, error) {
	var first error
	for i, address := range addresses {
		public := a.sender.guard.destination(a.target.hostname, address)
		if err := a.sender.guard.admit(public, kindOf(a.request)); err != nil {
			return nil, nil, err
		}
		now := clock.Now()
		each, cancel := context.WithDeadline(ctx, now.Add(a.deadline.Sub(now)/time.Duration(len(addresses)-i)))
		c, err := a.sender.options.Dial(each, "tcp", net.JoinHostPort(address.String(), a.target.port))
		cancel()
		if err == nil {
			return &countedConn{Conn: c}, public, nil
		}
		if first == nil {
			first = err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, nil, &phaseError{"connect", first}
}

// lookup returns the addresses of a host, and whether it asked a resolver. It does not ask one about localhost and its
// subdomains, which are this machine, and subdomains of invalid, which do not exist (RFC 6761).
func (s *Sender) lookup(ctx context.Context, host string) (addresses []netip.Addr, resolved bool, err error) {
	if address, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{address.Unmap()}, false, nil
	}
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, false, nil
	}
	if strings.HasSuffix(name, ".invalid") {
		return nil, false, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	addresses, err = s.options.Lookup(ctx, "ip", host)
	for i := range addresses {
		addresses[i] = addresses[i].Unmap()
	}
	if err == nil && len(addresses) == 0 {
		err = &net.DNSError{Err: "no address", Name: host, IsNotFound: true}
	}
	return addresses, true, err
}

// IsLocal reports whether an address is loopback, private, link-local or unspecified.
func IsLocal(address netip.Addr) bool {
	address = address.Unmap()
	return address.IsLoopback() || address.IsPrivate() || address.IsLinkLocalUnicast() || address.IsUnspecified()
}
