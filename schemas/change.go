package schemas

// Change is one event that happened: what it is called and what it concerns. It belongs to no subscription yet and
// has no event id; those come with the delivery and the attempt.
type Event struct {
	Type        *EventType
	Identifiers []Identifier    // in the catalogue's order; what does not exist is not in the list
	Metadata    []MetadataField // only for the webhook.* types
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

// Get returns the value of the named identifier, and whether the change carries it.
func (c *Event) Get(name string) (string, bool) {
	for i := range c.Identifiers {
		if c.Identifiers[i].Name == name {
			return c.Identifiers[i].Value, true
		}
	}
	return "", false
}
