package receiver

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"semblance/schemas/human"
	"semblance/schemas/naming"
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

	{"semble-header", "reads the signature from X-Semble-Signature, a header that the provider does not send", func(s *steps) { s.verify = verifySembleHeader }},
	{"sha256-prefix", "removes sha256= from the signature header and uses the rest as the signature", func(s *steps) { s.verify = verifySHA256Prefix }},
	{"body-only", "verifies the HMAC over the body without the timestamp", func(s *steps) { s.verify = verifyBodyOnly }},
	{"unsigned", "verifies the signature only if there is one", func(s *steps) { s.verify = verifyIfSigned }},
	{"malformed-header", "skips the verification if the signature header cannot be split into key=value", func(s *steps) { s.verify = verifyIfWellFormed }},
	{"form-only", "checks the form of the signature and compares nothing", func(s *steps) { s.verify = verifyFormOnly }},
	{"timestamp-header", "verifies the HMAC over X-Webhook-Timestamp instead of t", func(s *steps) { s.verify = verifyTimestampHeader }},
	{"reserialise", "parses the body and verifies the JSON that it writes again", func(s *steps) { s.verify = verifyReserialised }},
	{"prefix-comparison", "compares only as many digits as the signature has", func(s *steps) { s.verify = verifyPrefix }},
	{"plain-comparison", "compares the rest of the header after v1= as a string, so it accepts no second v1", func(s *steps) { s.verify = verifyPlainly }},
	{"rotation-unchecked", "accepts any signature if there are several v1", func(s *steps) { s.verify = verifyUnlessSeveral }},
	{"any-scheme", "accepts the signature under any scheme, not only v1", func(s *steps) { s.verify = verifyAnyScheme }},
	{"last-t", "takes the age from the last t and the signature from the first", func(s *steps) { s.verify = verifyLastT }},
	{"repeated-header", "skips the verification if the signature header is repeated", func(s *steps) { s.verify = verifyUnlessRepeated }},
	{"non-ascii-crash", "crashes if the signature has bytes that are not ASCII", func(s *steps) { s.verify = verifyASCII }},
	{"old-scheme", "accepts the HMAC over the body alone as well", func(s *steps) { s.verify = verifyOldScheme }},
	{"unset-secret", "accepts an empty secret, because a second one for rotations is not set", func(s *steps) { s.verify = verifyUnsetSecret }},
	{"any-age", "accepts a signature of any age", func(s *steps) { s.verify = verifyAnyAge }},
	{"strict-age", "refuses a signature that is older than half a minute", func(s *steps) { s.verify = verifyStrictAge }},
	{"zero-time", "skips the check of the age if t is 0", func(s *steps) { s.verify = verifyZeroTime }},
	{"header-age", "takes the age from X-Webhook-Timestamp, which is not signed", func(s *steps) { s.verify = verifyHeaderAge }},

	{"other-fields", "reads id, type and data instead of eventId, eventType and identifiers", func(s *steps) { s.read = readOtherFields }},
	{"changed-keys-text", "leaves changedKeys as text instead of decoding the JSON array in it", func(s *steps) { s.read = readChangedKeysAsText }},
	{"unknown-type-error", "responds with an error to an unknown event type", func(s *steps) { s.ignoreUnknown = false }},
	{"unknown-type-crash", "crashes on an unknown event type", func(s *steps) { s.read = readKnownTypes }},
	{"record-fields", "expects the fields of the record in the payload", func(s *steps) { s.check = checkRecordFields }},
	{"all-identifiers", "fails when an optional identifier is missing", func(s *steps) { s.check = checkAllIdentifiers }},
	{"known-identifiers", "fails when there is an unknown identifier", func(s *steps) { s.check = checkKnownIdentifiers }},
	{"no-metadata", "validates with a strict schema without metadata", func(s *steps) { s.check = checkNoMetadata }},
	{"blocker-availability", "expects availabilityId in every availability.blocker.* event", func(s *steps) { s.check = checkBlockerAvailability }},
	{"merged-patient", "expects patientId in patient.merged", func(s *steps) { s.check = checkMergedPatient }},

	{"seen-first", "marks an event as seen before it is processed; processing fails for the first event of each record", func(s *steps) { s.process = processSeenFirst }},
	{"stable-event-id", "recognises a retry by its eventId alone, and processes it again under a new one", func(s *steps) { s.process = processByEventID }},
	{"duplicate-conflict", "responds 409 to a duplicate", func(s *steps) { s.process = processConflict }},
	{"no-memory", "processes every delivery, duplicates too", func(s *steps) { s.process = processAlways }},
	{"missing-field", "recognises duplicates by a field that does not exist, so every event is one", func(s *steps) { s.process = processMissingField }},
	{"does-nothing", "acknowledges events and does nothing", func(s *steps) { s.process = processNothing }},
	{"racing", "looks for a duplicate first and remembers the event later, so that two at once both count", func(s *steps) { s.process = processRacing }},
	{"work-in-request", "marks an event as seen, then works in the context of the request, which ends when the sender goes", func(s *steps) { s.process = processInRequest }},

	{"slow", "works for 15 seconds before it responds, longer than the provider waits", func(s *steps) { s.delay = delayLong }},
	{"tells-secret", "tells its secret when it refuses a request", func(s *steps) { s.reveal = revealSecret }},
	{"tells-signature", "tells the signature that it expected when it refuses a request", func(s *steps) { s.reveal = revealSignature }},
	{"tells-stack", "sends a stack trace when it refuses a request", func(s *steps) { s.reveal = revealStack }},
}

// actWrong replaces the step that contains the mistake, or the steps of several mistakes, joined by +.
func (r *Receiver) actWrong(name string) error {
	if first, rest, several := strings.Cut(name, "+"); several {
		return errors.Join(r.actWrong(first), r.actWrong(rest))
	}
	i := slices.IndexFunc(wrongs, func(w Wrong) bool { return w.Name == name })
	if i < 0 {
		known := naming.List(wrongs, func(w Wrong) string { return w.Name })
		return fmt.Errorf("unknown mistake of a receiver %s%s", human.Quoted(name), cmp.Or(naming.Hint(name, known), "; `semblance listen --help` lists them"))
	}
	wrongs[i].apply(&r.steps)
	return nil
}
