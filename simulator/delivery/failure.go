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

	"semblance/schemas/human"
	"semblance/simulator"
	"semblance/simulator/clock"
	"semblance/simulator/fault"
)

// failureError is an error with a known kind of failure.
type failureError struct {
	kind   simulator.Failure
	detail string
}

// Error returns the sentence for people.
func (f *failureError) Error() string { return f.detail }

// phaseError is an error in a phase before the request: "dns", "connect" or "tls".
type phaseError struct {
	phase string
	err   error
}

func (p *phaseError) Error() string { return p.phase + ": " + p.err.Error() }
func (p *phaseError) Unwrap() error { return p.err }

// explain returns the kind of failure of an error, with a sentence for people.
func (a *attempt) explain(err error) *failureError {
	if err == nil {
		return nil
	}
	var known *failureError
	if errors.As(err, &known) {
		return known
	}
	var cut *fault.CutError
	if errors.As(err, &cut) {
		return &failureError{simulator.FailureCut, cut.Error()}
	}
	where := a.target.address()
	if ended := a.ctx.Err(); ended != nil && !errors.Is(ended, context.DeadlineExceeded) {
		return &failureError{simulator.FailureCanceled, "stopped before the attempt ended"}
	}
	var phase *phaseError
	errors.As(err, &phase)
	if isTimeout(err) && (phase == nil || phase.phase != "dns" || a.expired()) {
		return &failureError{simulator.FailureTimeout, a.timeoutDetail(phase)}
	}
	if phase != nil {
		return phase.explain(where, a.target)
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &failureError{simulator.FailureClosed, detailOf(err)}
	case errors.Is(err, io.EOF):
		return &failureError{simulator.FailureClosed, where + " closed the connection without a response"}
	case isReset(err):
		return &failureError{simulator.FailureReset, where + " reset the connection" + a.progress()}
	case isTLS(err):
		return &failureError{simulator.FailureTLS, fmt.Sprintf("the TLS connection to %s failed: %v", where, rootOf(err))}
	default:
		return &failureError{simulator.FailureMalformed, err.Error()}
	}
}

// explain returns the kind of failure to connect.
func (p *phaseError) explain(where string, t *target) *failureError {
	switch p.phase {
	case "dns":
		return &failureError{simulator.FailureDNS, fmt.Sprintf("%q has no address: %v", t.hostname, dnsReason(p.err))}
	case "tls":
		return &failureError{simulator.FailureTLS, tlsDetail(where, p.err)}
	}
	if errors.Is(p.err, errRefused) {
		return &failureError{simulator.FailureRefused, "nothing listens at " + where + " (connection refused)"}
	}
	return &failureError{simulator.FailureConnect, fmt.Sprintf("no connection to %s: %v", where, rootOf(p.err))}
}

func dnsReason(err error) string {
	var d *net.DNSError
	if errors.As(err, &d) {
		return d.Err
	}
	return err.Error()
}

// tlsDetail explains a failed handshake and suggests a fix.
func tlsDetail(where string, err error) string {
	var (
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &record):
		return where + " does not speak TLS; use http:// for a receiver without TLS"
	case errors.As(err, &authority):
		return "the certificate of " + where + " is not signed by a trusted authority; trust its CA file or accept self-signed certificates"
	case errors.As(err, &hostname):
		return "the certificate of " + where + " belongs to another host: " + strings.TrimPrefix(hostname.Error(), "x509: ")
	case errors.As(err, &invalid):
		return "the certificate of " + where + " is not valid: " + strings.TrimPrefix(invalid.Error(), "x509: ")
	case isClosed(err):
		return where + " closed the connection during the TLS handshake"
	}
	return fmt.Sprintf("no TLS connection to %s: %v", where, rootOf(err))
}

// timeoutDetail says how far the attempt got in its time.
func (a *attempt) timeoutDetail(phase *phaseError) string {
	within := a.timeLimit()
	switch {
	case phase != nil && phase.phase == "dns":
		return fmt.Sprintf("the DNS lookup of %q took longer than %s", a.target.hostname, within)
	case phase != nil && phase.phase == "tls":
		return fmt.Sprintf("the TLS handshake with %s took longer than %s", a.target.address(), within)
	case phase != nil:
		return fmt.Sprintf("no connection to %s within %s", a.target.address(), within)
	case a.response.Status != 0:
		return fmt.Sprintf("no complete response from %s within %s: got %s of its body", a.target.address(), within, human.Count(a.response.Size, "byte"))
	case a.response.Timings.FirstByte != 0:
		return fmt.Sprintf("no complete response from %s within %s: got a part of its head", a.target.address(), within)
	default:
		return fmt.Sprintf("no response from %s within %s", a.target.address(), within)
	}
}

// progress says how much of a response arrived.
func (a *attempt) progress() string {
	switch {
	case a.response.Status != 0:
		return fmt.Sprintf(" after %s of the response body", human.Count(a.response.Size, "byte"))
	case a.response.Timings.FirstByte != 0:
		return " within the head of its response"
	default:
		return " before a response"
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

// isClosed reports whether the receiver closed or reset the connection.
func isClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || isReset(err)
}

func isTLS(err error) bool {
	var op *net.OpError
	var record tls.RecordHeaderError
	return errors.As(err, &record) || errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error")
}

// rootOf returns the innermost error, because the outer ones repeat the address.
func rootOf(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// detailOf returns the text of an error without the suffix "unexpected EOF".
func detailOf(err error) string {
	return strings.TrimSuffix(err.Error(), ": "+io.ErrUnexpectedEOF.Error())
}
