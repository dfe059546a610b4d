package receiver

import (
	"errors"
	"slices"

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
	{"semble-header", "reads the signature from X-Semble-Signature, a header that the provider does not send", func(s *steps) { s.verify = verifySembleHeader }},
	{"sha256-prefix", "removes sha256= from the signature header and uses the rest as the signature", func(s *steps) { s.verify = verifySHA256Prefix }},
	{"body-only", "verifies the HMAC over the body without the timestamp", func(s *steps) { s.verify = verifyBodyOnly }},
	{"reserialise", "parses the body and verifies the JSON that it writes again", func(s *steps) { s.verify = verifyReserialised }},
	{"plain-comparison", "compares the whole signature header as a string, so it accepts no second v1 and any age", func(s *steps) { s.verify = verifyPlainly }},
	{"other-fields", "reads id, type and data instead of eventId, eventType and identifiers", func(s *steps) { s.read = readOtherFields }},
	{"changed-keys-text", "leaves changedKeys as text instead of decoding the JSON array in it", func(s *steps) { s.read = readChangedKeysAsText }},
	{"unknown-type-error", "responds with an error to an unknown event type", func(s *steps) { s.ignoreUnknown = false }},
	{"record-fields", "expects the fields of the record in the payload", func(s *steps) { s.check = checkRecordFields }},
	{"all-identifiers", "fails when an optional identifier is missing", func(s *steps) { s.check = checkAllIdentifiers }},
	{"known-identifiers", "fails when there is an unknown identifier", func(s *steps) { s.check = checkKnownIdentifiers }},
	{"no-metadata", "validates with a strict schema without metadata", func(s *steps) { s.check = checkNoMetadata }},
	{"blocker-availability", "expects availabilityId in every availability.blocker.* event", func(s *steps) { s.check = checkBlockerAvailability }},
	{"merged-patient", "expects patientId in patient.merged", func(s *steps) { s.check = checkMergedPatient }},
	{"seen-first", "marks an event as seen before it is processed; processing fails for the first event of each record", func(s *steps) { s.process = processSeenFirst }},
	{"stable-event-id", "recognises a retry by its eventId alone, and processes it again under a new one", func(s *steps) { s.process = processByEventID }},
	{"slow", "works for 15 seconds before it responds, longer than the provider waits", func(s *steps) { s.delay = delayLong }},
}

// actWrong replaces the step that contains the mistake.
func (r *Receiver) actWrong(name string) error {
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
