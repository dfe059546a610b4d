package receiver

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"semblance/schemas"
	"semblance/schemas/naming"
	"semblance/schemas/validate"
)

// Wrong is a mistake that a receiver can make on purpose.
type Wrong struct {
	Name    string // in kebab case
	Summary string // what the receiver does wrong, without a full stop
	apply   func(*steps)
}

// Wrongs returns the mistakes that were seen in public integrations, in the order of the receiver's steps.
func Wrongs() []Wrong { return slices.Clone(wrongs) }

// wrongs is the table of mistakes. It is read-only.
var wrongs = []Wrong{
	{"exact-content-type", "refuses a Content-Type that has a charset", func(s *steps) { s.admit = admitExactContentType }},
	{"any-method", "receives events by any method, such as GET", func(s *steps) { s.anyMethod = true }},

	{"semble-header", "reads the signature from X-Semble-Signature, a header that the provider does not send", verifies(verifySembleHeader)},
	{"sha256-prefix", "removes sha256= from the signature header and uses the rest as the signature", verifies(verifySHA256Prefix)},
	{"body-only", "verifies the HMAC over the body without the timestamp", verifies(verifyBodyOnly)},
	{"unsigned", "verifies the signature only if there is one", verifies(verifyIfSigned)},
	{"malformed-header", "skips the verification if the signature header cannot be split into key=value", verifies(verifyIfWellFormed)},
	{"form-only", "checks the form of the signature and compares nothing", verifies(verifyFormOnly)},
	{"timestamp-header", "verifies the HMAC over X-Webhook-Timestamp instead of t", verifies(verifyTimestampHeader)},
	{"reserialise", "parses the body and verifies the JSON that it writes again", verifies(verifyReserialised)},
	{"prefix-comparison", "compares only as many digits as the signature has", verifies(verifyPrefix)},
	{"plain-comparison", "compares the rest of the header after v1= as a string, so it accepts no second v1", verifies(verifyPlainly)},
	{"rotation-unchecked", "accepts any signature if there are several v1", verifies(verifyUnlessSeveral)},
	{"any-scheme", "accepts the signature under any scheme, not only v1", verifies(verifyAnyScheme)},
	{"last-t", "takes the age from the last t and the signature from the first", verifies(verifyLastT)},
	{"repeated-header", "skips the verification if the signature header is repeated", verifies(verifyUnlessRepeated)},
	{"non-ascii-crash", "crashes if the signature has bytes that are not ASCII", verifies(verifyASCII)},
	{"old-scheme", "accepts the HMAC over the body alone as well", verifies(verifyOldScheme)},
	{"unset-secret", "accepts an empty secret, because a second one for rotations is not set", verifies(verifyUnsetSecret)},
	{"any-age", "accepts a signature of any age", verifies(verifyAnyAge)},
	{"strict-age", "refuses a signature that is older than half a minute", verifies(verifyStrictAge)},
	{"zero-time", "skips the check of the age if t is 0", verifies(verifyZeroTime)},
	{"header-age", "takes the age from X-Webhook-Timestamp, which is not signed", verifies(verifyHeaderAge)},

	{"other-fields", "reads id, type and data instead of eventId, eventType and identifiers", func(s *steps) { s.read = readOtherFields }},
	{"changed-keys-text", "leaves changedKeys as text instead of decoding the JSON array in it", func(s *steps) { s.read = readChangedKeysAsText }},
	{"unknown-type-error", "responds with an error to an unknown event type", func(s *steps) { s.ignoreUnknown = false }},
	{"unknown-type-crash", "crashes on an unknown event type", func(s *steps) { s.read = readKnownTypes }},
	{"record-fields", "expects the fields of the record in the payload", checks(checkRecordFields)},
	{"all-identifiers", "fails when an optional identifier is missing", checks(checkAllIdentifiers)},
	{"known-identifiers", "fails when there is an unknown identifier", checks(checkKnownIdentifiers)},
	{"no-metadata", "validates with a strict schema without metadata", checks(checkNoMetadata)},
	{"blocker-availability", "expects availabilityId in every availability.blocker.* event", checks(checkBlockerAvailability)},
	{"merged-patient", "expects patientId in patient.merged", checks(checkMergedPatient)},

	{"seen-first", "marks an event as seen before it is processed; processing fails for the first event of each record", processes(processSeenFirst)},
	{"stable-event-id", "recognises a retry by its eventId alone, and processes it again under a new one", processes(processByEventID)},
	{"duplicate-conflict", "responds 409 to a duplicate", processes(processConflict)},
	{"no-memory", "processes every delivery, duplicates too", processes(processAlways)},
	{"missing-field", "recognises duplicates by a field that does not exist, so every event is one", processes(processMissingField)},
	{"does-nothing", "acknowledges events and does nothing", processes(processNothing)},
	{"racing", "looks for a duplicate first and remembers the event later, so that two at once both count", processes(processRacing)},
	{"work-in-request", "marks an event as seen, then works in the context of the request, which ends when the sender goes", processes(processInRequest)},

	{"slow", "works for 15 seconds before it responds, longer than the provider waits", func(s *steps) { s.delay = delayLong }},
	{"tells-secret", "tells its secret when it refuses a request", reveals(revealSecret)},
	{"tells-signature", "tells the signature that it expected when it refuses a request", reveals(revealSignature)},
	{"tells-stack", "sends a stack trace when it refuses a request", reveals(revealStack)},
}

func verifies(f func(*Receiver, []byte, http.Header, time.Time) error) func(*steps) {
	return func(s *steps) { s.verify = f }
}

func checks(f func(*schemas.EventType, *Event, []byte) ([]validate.Violation, error)) func(*steps) {
	return func(s *steps) { s.check = f }
}

func processes(f func(context.Context, *memory, *Event) (Outcome, error)) func(*steps) {
	return func(s *steps) { s.process = f }
}

func reveals(f func(*Receiver, []byte, http.Header) string) func(*steps) {
	return func(s *steps) { s.reveal = f }
}

// actWrong replaces the step that contains the mistake, or the steps of several mistakes, joined by +.
func (r *Receiver) actWrong(name string) error {
	if first, rest, several := strings.Cut(name, "+"); several {
		return errors.Join(r.actWrong(first), r.actWrong(rest))
	}
	names := make([]string, len(wrongs))
	for i, w := range wrongs {
		if w.Name == name {
			w.apply(&r.steps)
			return nil
		}
		names[i] = w.Name
	}
	return errors.New(naming.Unknown("mistake of a receiver", name, names))
}
