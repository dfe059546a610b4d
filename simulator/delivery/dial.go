package delivery

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"semblance/simulator"
	"semblance/simulator/clock"
)

// dial makes a new connection and records how long its phases took.
func (a *attempt) dial() (*conn, error) {
	ctx, cancel := context.WithDeadline(a.ctx, a.deadline)
	defer cancel()
	addresses, err := a.resolve(ctx)
	if err != nil {
		return nil, err
	}
	start := clock.Now()
	tcp, err := a.connect(ctx, addresses)
	if err != nil {
		return nil, err
	}
	a.response.Timings.Connect = clock.Since(start)
	if a.target.scheme == "http" {
		return newConn(tcp, tcp), nil
	}
	start = clock.Now()
	config := a.sender.tls.Clone()
	config.ServerName = a.target.hostname
	secure := tls.Client(tcp, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = tcp.Close()
		return nil, &phaseError{"tls", err}
	}
	a.response.Timings.TLS = clock.Since(start)
	return newConn(secure, tcp), nil
}

// resolve looks up the addresses of the host that may be sent to.
func (a *attempt) resolve(ctx context.Context) ([]netip.Addr, error) {
	start := clock.Now()
	addresses, resolved, err := lookup(ctx, a.target.hostname)
	if err != nil {
		return nil, &phaseError{"dns", err}
	}
	if resolved {
		a.response.Timings.DNS = clock.Since(start)
	}
	if !a.sender.options.LocalOnly {
		return addresses, nil
	}
	var local []netip.Addr
	for _, address := range addresses {
		if IsLocal(address) {
			local = append(local, address)
		}
	}
	if len(local) == 0 {
		return nil, &failureError{simulator.FailureBlocked, fmt.Sprintf(
			"%s is a public address; only loopback and private addresses are allowed", hostWithAddress(a.target.hostname, addresses[0]))}
	}
	return local, nil
}

// connect tries the addresses in order, each with an equal share of the remaining time.
func (a *attempt) connect(ctx context.Context, addresses []netip.Addr) (net.Conn, error) {
	var first error
	for i, address := range addresses {
		now := clock.Now()
		dialer := net.Dialer{Deadline: now.Add(a.deadline.Sub(now) / time.Duration(len(addresses)-i))}
		c, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(address.String(), a.target.port))
		if err == nil {
			return c, nil
		}
		if first == nil {
			first = err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, &phaseError{"connect", first}
}

// lookup returns the addresses of a host, and whether it asked a resolver. It does not ask one about localhost and its
// subdomains, which are this machine, and subdomains of invalid, which do not exist (RFC 6761).
func lookup(ctx context.Context, host string) (addresses []netip.Addr, resolved bool, err error) {
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
	addresses, err = net.DefaultResolver.LookupNetIP(ctx, "ip", host)
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

// LeadsToLocal reports whether all addresses of a URL's host are local (see [IsLocal]), so that faults, traffic and bursts
// may be sent there. It may ask a resolver.
func LeadsToLocal(ctx context.Context, rawURL string) (bool, error) {
	t, err := parseTarget(rawURL)
	if err != nil {
		return false, err
	}
	addresses, _, err := lookup(ctx, t.hostname)
	if err != nil {
		return false, fmt.Errorf("looking up %s: %w", t.hostname, err)
	}
	for _, address := range addresses {
		if !IsLocal(address) {
			return false, nil
		}
	}
	return true, nil
}

// hostWithAddress returns a host with its address, if they differ.
func hostWithAddress(host string, address netip.Addr) string {
	if host == address.String() {
		return host
	}
	return host + " (" + address.String() + ")"
}
