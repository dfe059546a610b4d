package sqlite

import (
	"encoding/json"
	"fmt"

	"semblance/simulator"
	"semblance/simulator/journal"
)

// The kinds of record that come seldom are stored as JSON.

// storedSubscription shows its secret, which a simulator.Secret in JSON does not.
type storedSubscription struct {
	*journal.Subscription
	Secret string
}

// otherKey returns what an other record is stored under and whether it is in force now. The last snapshot of the
// clinic is in force under a key of its own; what came after it is found by its number.
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
	key, withdrawn, ok := journal.Key(r)
	return key, ok && !withdrawn, ok
}

func encodeOther(r journal.Record) ([]byte, error) {
	var v any = r
	if s, ok := r.(*journal.Subscription); ok {
		v = storedSubscription{Subscription: s, Secret: s.Secret.Reveal()}
	}
	content, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("append a %s to the journal: %w", r.Kind(), err)
	}
	return content, nil
}

func decodeOther(seq int64, kind journal.Kind, content []byte) (journal.Record, error) {
	var r journal.Record
	var err error
	switch kind {
	case journal.KindSubscription:
		stored := storedSubscription{Subscription: &journal.Subscription{}}
		err = json.Unmarshal(content, &stored)
		stored.Subscription.Secret = simulator.Secret(stored.Secret)
		r = stored.Subscription
	case journal.KindTransition:
		r, err = parse[journal.Transition](content)
	case journal.KindToken:
		r, err = parse[journal.Token](content)
	case journal.KindFault:
		r, err = parse[journal.Fault](content)
	case journal.KindSetting:
		r, err = parse[journal.Setting](content)
	case journal.KindClinic:
		r, err = parse[journal.Clinic](content)
	case journal.KindNotice:
		r, err = parse[journal.Notice](content)
	case journal.KindReset:
		r, err = parse[journal.Reset](content)
	default:
		err = fmt.Errorf("the kind %q is unknown", kind)
	}
	if err != nil {
		return nil, fmt.Errorf("record %d: %w: %w", seq, errContent, err)
	}
	return r, nil
}

func parse[T any](content []byte) (*T, error) {
	r := new(T)
	return r, json.Unmarshal(content, r)
}
