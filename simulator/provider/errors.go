package provider

import (
	"errors"
	"fmt"
)

// Code says for machines why the provider refused; [Error.Error] says it for people.
type Code string

// The codes.
const (
	CodeNotFound       Code = "not-found"        // no such subscription, delivery, attempt or record
	CodeDeleted        Code = "deleted"          // the subscription was deleted
	CodeURL            Code = "url"              // no usable URL
	CodeHTTPS          Code = "https-required"   // http where only https is accepted
	CodeLabel          Code = "label"            // missing or too long
	CodeEventTypes     Code = "event-types"      // none, too many, or one twice
	CodeEventType      Code = "event-type"       // unknown
	CodeFormerEnum     Code = "former-enum-name" // one of the names that the API dropped
	CodeDuplicate      Code = "duplicate"        // the same URL with the same event type twice
	CodeHeader         Code = "header"           // malformed, or one of our own
	CodeToken          Code = "token"            // missing or unknown
	CodePermission     Code = "permission"       // the token lacks it
	CodeSetting        Code = "setting"          // an option that cannot be
	CodeInvalidEvent   Code = "invalid-event"    // overrides that make no valid change
	CodePublic         Code = "public-address"   // faults or traffic towards an address that is neither local nor private
	CodeNotFailed      Code = "not-failed"       // only what failed for good or was dropped is queued again
	CodeFault          Code = "fault"            // no such fault, or a plan that cannot be
	CodeClock          Code = "clock"            // the clock cannot be advanced by hand
	CodeTrafficRunning Code = "traffic-running"  // traffic runs already
	CodeClosed         Code = "closed"           // the provider is closing
)

// Error is a refusal: a code for machines and one sentence for people.
type Error struct {
	Code    Code
	Field   string // the setting or field that is wrong, or ""
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
