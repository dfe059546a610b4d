package delivery

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/fault"
)

// failed is a failure that is told apart already.
type failed struct {
	kind   simulator.Failure
	detail string
}

// Error says what happened in one sentence.
func (f *failed) Error() string { return f.detail }

// phaseError says in which phase before the request an error came: "dns", "connect" or "tls".
type phaseError struct {
	phase string
	err   error
}

func (p *phaseError) Error() string { return p.phase + ": " + p.err.Error() }
func (p *phaseError) Unwrap() error { return p.err }

// explain tells the kinds of failure apart, and says each in one sentence.
func (a *attempt) explain(err error) *failed {
	if err == nil {
		return nil
	}
	var known *failed
	if errors.As(err, &known) {
		return known
	}
	var cut *fault.Cut
	if errors.As(err, &cut) {
		return &failed{simulator.FailureCut, cut.Error()}
	}
	where := a.target.address()
	if ended := a.ctx.Err(); ended != nil && !errors.Is(ended, context.DeadlineExceeded) {
		return &failed{simulator.FailureCanceled, "stopped before the attempt was over"}
	}
	var phase *phaseError
	errors.As(err, &phase)
	if isTimeout(err) && (phase == nil || phase.phase != "dns" || a.expired()) {
		return &failed{simulator.FailureTimeout, a.timeoutDetail(phase)}
	}
	if phase != nil {
		return phase.explain(where, a.target)
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &failed{simulator.FailureClosed, detailOf(err)}
	case errors.Is(err, io.EOF):
		return &failed{simulator.FailureClosed, where + " closed the connection without an answer"}
	case isReset(err):
		return &failed{simulator.FailureReset, where + " reset the connection" + a.progress()}
	case isTLS(err):
		return &failed{simulator.FailureTLS, fmt.Sprintf("the encrypted connection to %s failed: %v", where, rootOf(err))}
	default:
		return &failed{simulator.FailureMalformed, err.Error()}
	}
}

// explain tells apart how the connection was not made.
func (p *phaseError) explain(where string, t *target) *failed {
	switch p.phase {
	case "dns":
		return &failed{simulator.FailureDNS, fmt.Sprintf("the name %q has no address: %v", t.hostname, dnsReason(p.err))}
	case "tls":
		return &failed{simulator.FailureTLS, tlsDetail(where, p.err)}
	}
	if errors.Is(p.err, errRefused) {
		return &failed{simulator.FailureRefused, "nothing listens at " + where + " (connection refused)"}
	}
	return &failed{simulator.FailureConnect, fmt.Sprintf("no connection to %s: %v", where, rootOf(p.err))}
}

func dnsReason(err error) string {
	var d *net.DNSError
	if errors.As(err, &d) {
		return d.Err
	}
	return err.Error()
}

// tlsDetail says why there is no trusted connection, and the mend.
func tlsDetail(where string, err error) string {
	var (
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &record):
		return where + " does not speak TLS: use http:// if it is a plain receiver"
	case errors.As(err, &authority):
		return "the certificate of " + where + " is signed by nobody that is trusted: trust its CA file, or accept self-signed certificates"
	case errors.As(err, &hostname):
		return "the certificate of " + where + " is another host's: " + strings.TrimPrefix(hostname.Error(), "x509: ")
	case errors.As(err, &invalid):
		return "the certificate of " + where + " is not valid: " + strings.TrimPrefix(invalid.Error(), "x509: ")
	case isClosed(err):
		return where + " cut the connection within the TLS handshake"
	}
	return fmt.Sprintf("no TLS connection to %s: %v", where, rootOf(err))
}

// timeoutDetail says how far the attempt had come when its time was over.
func (a *attempt) timeoutDetail(phase *phaseError) string {
	within := a.allowed()
	switch {
	case phase != nil && phase.phase == "dns":
		return fmt.Sprintf("the name %q was not looked up within %s", a.target.hostname, within)
	case phase != nil && phase.phase == "tls":
		return fmt.Sprintf("the TLS handshake with %s was not over within %s", a.target.address(), within)
	case phase != nil:
		return fmt.Sprintf("no connection to %s within %s", a.target.address(), within)
	case a.response.Status != 0:
		return fmt.Sprintf("the answer of %s was not whole within %s: %d bytes of its body came", a.target.address(), within, a.response.Size)
	case a.response.Timings.FirstByte != 0:
		return fmt.Sprintf("the answer of %s was not whole within %s: only a part of its head came", a.target.address(), within)
	default:
		return fmt.Sprintf("no answer from %s within %s", a.target.address(), within)
	}
}

// progress says how much of an answer there was.
func (a *attempt) progress() string {
	switch {
	case a.response.Status != 0:
		return fmt.Sprintf(" within its answer, after %d bytes of the body", a.response.Size)
	case a.response.Timings.FirstByte != 0:
		return " within the head of its answer"
	default:
		return " before an answer"
	}
}

func (a *attempt) expired() bool { return clock.Since(a.deadline) >= 0 }

func isTimeout(err error) bool {
	var n net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &n) && n.Timeout()
}

func isReset(err error) bool {
	return errors.Is(err, errReset) || errors.Is(err, errPipe) || errors.Is(err, errAborted)
}

// isClosed reports whether the other side has ended the connection, politely or not.
func isClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || isReset(err)
}

func isTLS(err error) bool {
	var op *net.OpError
	var record tls.RecordHeaderError
	return errors.As(err, &record) || errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error")
}

// rootOf returns the innermost error: the outer ones repeat the address.
func rootOf(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// detailOf is an error's sentence without the standard words of the error that it wraps.
func detailOf(err error) string {
	return strings.TrimSuffix(err.Error(), ": "+io.ErrUnexpectedEOF.Error())
}
