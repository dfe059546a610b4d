package check

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"semblance/schemas/human"
)

// Hook makes the receiver's work on a record fail once, or wait once.
type Hook func(ctx context.Context, id string, fail bool, delay time.Duration) error

// asked is the request to a hook.
type asked struct {
	ID    string `json:"id"`
	Fail  bool   `json:"fail,omitempty"`
	Delay string `json:"delay,omitempty"`
}

// postTo returns a hook that posts to a URL: {"id": …, "fail": true} or {"id": …, "delay": "15s"}.
func (r *run) postTo(address string) Hook {
	return func(ctx context.Context, id string, fail bool, delay time.Duration) error {
		request := asked{ID: id, Fail: fail}
		if delay > 0 {
			request.Delay = delay.String()
		}
		body, err := json.Marshal(request)
		if err != nil {
			return err
		}
		response := r.player.Post(ctx, address, body)
		switch {
		case response.Failure != "":
			return fmt.Errorf("asking the hook: %s", response.Detail)
		case response.Status/100 != 2:
			return fmt.Errorf("the hook responded %d: %s", response.Status, human.Excerpt(string(response.Body), 100))
		}
		return nil
	}
}

// CheckHook returns an error if a text is no URL of a hook.
func CheckHook(text string) error {
	if u, err := url.Parse(text); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("%s is not an http or https URL; `semblance check --explain hook` shows an example", human.Quoted(text))
	}
	return nil
}
