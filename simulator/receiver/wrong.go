package receiver

import (
	"fmt"
	"slices"

	"semblance/schemas/naming"
)

// Wrong is a mistake that a receiver can be told to make.
type Wrong struct {
	Name    string // in kebab case
	Summary string // what the receiver does, without a full stop
	apply   func(*steps)
}

// Wrongs lists the mistakes that public integrations were seen to make, in the order of a delivery's way through the
// receiver.
func Wrongs() []Wrong { return slices.Clone(wrongs) }

// wrongs is the one table of mistakes. It is only read.
var wrongs = []Wrong{
	{"semble-header", "looks for the signature in X-Semble-Signature, which nobody sends", func(s *steps) { s.verify = verifySembleHeader }},
	{"sha256-prefix", "strips sha256= from the signature header and takes the rest for the signature", func(s *steps) { s.verify = verifySHA256Prefix }},
	{"body-only", "verifies the HMAC over the body without the timestamp", func(s *steps) { s.verify = verifyBodyOnly }},
	{"reserialise", "parses the body and writes it anew before it verifies", func(s *steps) { s.verify = verifyReserialised }},
	{"plain-comparison", "compares the signature header as a plain string, which takes no second v1 and tells by its time", func(s *steps) { s.verify = verifyPlainly }},
	{"other-fields", "reads id, type and data instead of eventId, eventType and identifiers", func(s *steps) { s.read = readOtherFields }},
	{"changed-keys-text", "leaves changedKeys as text instead of decoding the JSON array in it", func(s *steps) { s.read = readChangedKeysAsText }},
	{"unknown-type-error", "answers an error to an event type that it does not know", func(s *steps) { s.ignore = false }},
	{"record-fields", "expects the fields of the record in the payload", func(s *steps) { s.check = checkRecordFields }},
	{"all-identifiers", "fails when an optional identifier is missing", func(s *steps) { s.check = checkAllIdentifiers }},
	{"known-identifiers", "fails when an identifier comes that it does not know", func(s *steps) { s.check = checkKnownIdentifiers }},
	{"no-metadata", "validates with a strict schema that knows no metadata", func(s *steps) { s.check = checkNoMetadata }},
	{"blocker-availability", "expects every availability.blocker.* to carry availabilityId", func(s *steps) { s.check = checkBlockerAvailability }},
	{"merged-patient", "expects patient.merged to carry patientId", func(s *steps) { s.check = checkMergedPatient }},
	{"seen-first", "marks an event as seen before it is processed; processing fails for the first event of each record", func(s *steps) { s.take = takeSeenFirst }},
	{"stable-event-id", "relies on the eventId alone to know a retry, and processes it again when that is new", func(s *steps) { s.take = takeByEventID }},
	{"slow", "does 15 seconds of work before it answers, longer than the provider waits", func(s *steps) { s.linger = lingerLong }},
}

// actWrong replaces the step that the mistake is in.
func (r *Receiver) actWrong(name string) error {
	names := make([]string, len(wrongs))
	for i, w := range wrongs {
		if w.Name == name {
			w.apply(&r.steps)
			return nil
		}
		names[i] = w.Name
	}
	if near := naming.Nearest(name, names); near != "" {
		return fmt.Errorf("a receiver cannot act wrong as %q; did you mean %q?", name, near)
	}
	return fmt.Errorf("a receiver cannot act wrong as %q; the mistakes are %q", name, names)
}
