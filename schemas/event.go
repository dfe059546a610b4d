package schemas

// Event is one thing that happened at the practice. It belongs to no subscription and has no event id: a delivery and
// its attempts add them.
type Event struct {
	Type        *EventType
	Identifiers []Identifier    // in the catalogue's order; an identifier whose record does not exist is absent
	Metadata    []MetadataField // of the webhook.* types only
}

// Identifier is one key of the payload's identifiers object. Its value is never empty.
type Identifier struct {
	Name  string
	Value string
}

// MetadataField is one key of the payload's metadata object, with its native type: a string, an int or a bool.
type MetadataField struct {
	Name  string
	Value any
}

// Get returns the value of the named identifier, and whether the event carries it.
func (e *Event) Get(name string) (string, bool) {
	for i := range e.Identifiers {
		if e.Identifiers[i].Name == name {
			return e.Identifiers[i].Value, true
		}
	}
	return "", false
}
