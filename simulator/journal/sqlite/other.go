package sqlite

import (
	"encoding/json"
	"fmt"

	"semblance/simulator"
	"semblance/simulator/journal"
)

// Records of the less frequent kinds are stored as JSON in other_records.

// storedSubscription contains the secret, which the JSON of a simulator.Secret does not.
type storedSubscription struct {
	*journal.Subscription
	Secret string
}

// otherKey returns the key of a record in other_records, whether the record is in force, and whether it replaces the one in
// force with this key. Of the clinic only the last snapshot is marked as in force; later actions are found by number.
func otherKey(r journal.Record) (key string, inForce, replaces bool) {
	switch r := r.(type) {
	case *journal.Clinic:
		if r.Snapshot {
			return "snapshot", true, true
		}
		return "", false, false
	case *journal.Transition:
		return r.DeliveryID, false, false
	}
	key, ends, ok := journal.Key(r)
	return key, ok && !ends, ok
}

func encodeOther(r journal.Record) ([]byte, error) {
	var v any = r
	if s, ok := r.(*journal.Subscription); ok {
		v = storedSubscription{Subscription: s, Secret: s.Secret.Reveal()}
	}
	content, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encoding a %s: %w", r.Kind(), err)
	}
	return content, nil
}

// decodeOther returns a record from other_records. If the content cannot be decoded, it also returns an errContent, and the
// record is empty.
func decodeOther(kind journal.Kind, content []byte) (journal.Record, error) {
	switch kind {
	case journal.KindSubscription:
		stored, err := decodeJSON[storedSubscription](content)
		if stored.Subscription == nil {
			stored.Subscription = &journal.Subscription{}
		}
		stored.Subscription.Secret = simulator.Secret(stored.Secret)
		return stored.Subscription, err
	case journal.KindTransition:
		return decodeJSON[journal.Transition](content)
	case journal.KindToken:
		return decodeJSON[journal.Token](content)
	case journal.KindFault:
		return decodeJSON[journal.Fault](content)
	case journal.KindSetting:
		return decodeJSON[journal.Setting](content)
	case journal.KindClinic:
		return decodeJSON[journal.Clinic](content)
	case journal.KindNotice:
		return decodeJSON[journal.Notice](content)
	case journal.KindAPIRequest:
		return decodeJSON[journal.APIRequest](content)
	case journal.KindReset:
		return decodeJSON[journal.Reset](content)
	}
	return nil, fmt.Errorf("the unknown kind %q", kind)
}

func decodeJSON[T any](content []byte) (*T, error) {
	v := new(T)
	if err := json.Unmarshal(content, v); err != nil {
		return new(T), fmt.Errorf("%w: %w", errContent, err)
	}
	return v, nil
}
