package provider

import (
	"errors"
	"fmt"
)

// Code is the reason of an [Error], for programs.
type Code string

// The codes.
const (
	CodeNotFound       Code = "not-found"        // unknown subscription, delivery, attempt or record
	CodeDeleted        Code = "deleted"          // the subscription is deleted
	CodeURL            Code = "url"              // invalid URL
	CodeHTTPS          Code = "https-required"   // http where only https is accepted
	CodeLabel          Code = "label"            // missing or too long
	CodeEventTypes     Code = "event-types"      // none, too many, or one twice
	CodeEventType      Code = "event-type"       // unknown
	CodeFormerEnum     Code = "former-enum-name" // one of the names that the API no longer accepts
	CodeDuplicate      Code = "duplicate"        // the same URL with the same event type twice
	CodeHeader         Code = "header"           // malformed, or set by the simulator itself
	CodeToken          Code = "token"            // missing or unknown
	CodePermission     Code = "permission"       // the token lacks it
	CodeSetting        Code = "setting"          // impossible value of an option
	CodeInvalidEvent   Code = "invalid-event"    // the overrides violate the schema
	CodePublic         Code = "public-address"   // faults or traffic to an address that is neither loopback nor private
	CodeNotFailed      Code = "not-failed"       // only a failed or dropped delivery can be queued again
	CodeFault          Code = "fault"            // unknown fault, or an impossible plan
	CodeClock          Code = "clock"            // the clock cannot be advanced
	CodeTrafficRunning Code = "traffic-running"  // there is traffic already
	CodeFull           Code = "journal-full"     // the journal in memory holds too many unfinished deliveries
	CodeClosed         Code = "closed"           // the provider is closing
)

// Error is a request that the provider refuses, with a code for programs and a sentence for people.
type Error struct {
	Code    Code
	Field   string // the wrong setting or field, or ""
	Message string
	err     error
}

// Error returns the sentence.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause, if there is one.
func (e *Error) Unwrap() error { return e.err }

// CodeOf returns the code of a refusal, or "" for any other error.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

func refuse(code Code, field, format string, args ...any) *Error {
	return &Error{Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}

func refuseBecause(code Code, field string, err error) *Error {
	return &Error{Code: code, Field: field, Message: err.Error(), err: err}
}
