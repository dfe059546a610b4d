package client

import (
	"encoding/json"
	"slices"
	"time"

	"semblance/schemas/human"
	"semblance/simulator"
)

// Attempt is an attempt as the API shows it, with its bytes.
type Attempt struct {
	ID             int64               `json:"id"`
	DeliveryID     string              `json:"deliveryId"`
	SubscriptionID string              `json:"subscriptionId"`
	Number         int                 `json:"number"`
	StartedAt      time.Time           `json:"startedAt"`
	EventID        string              `json:"eventId"`
	EventType      string              `json:"eventType"`
	Fault          string              `json:"fault"`
	Outcome        string              `json:"outcome"`
	Status         int                 `json:"status"`
	Failure        string              `json:"failure"`
	Detail         string              `json:"detail"`
	URL            string              `json:"url"`
	Hint           string              `json:"hint"` // what to change, if it was not accepted
	TookMs         float64             `json:"tookMs"`
	Next           string              `json:"nextState"`
	Due            time.Time           `json:"due"`
	Violations     []string            `json:"violations"`
	ReplayOf       int64               `json:"replayOf"`
	Request        *simulator.Request  `json:"request"`
	Response       *simulator.Response `json:"response"`

	Raw json.RawMessage `json:"-"` // as it was received
}

// UnmarshalJSON keeps the bytes.
func (l *Attempt) UnmarshalJSON(data []byte) error {
	type plain Attempt
	if err := json.Unmarshal(data, (*plain)(l)); err != nil {
		return err
	}
	l.Raw = slices.Clone(data)
	return nil
}

// After says how the delivery goes on after the attempt.
func (l *Attempt) After() string {
	switch l.Next {
	case "":
		return "unchanged"
	case "pending":
		return "retry at " + l.Due.Format(time.TimeOnly)
	case "failed":
		return "failed"
	}
	return human.Line(l.Next)
}
