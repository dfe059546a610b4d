package check_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"semblance/scenarios"
	"semblance/scenarios/check"
	"semblance/scenarios/player"
	"semblance/simulator/delivery"
)

// hooked is a receiver whose work fails or waits once, when a hook asks for it.
type hooked struct {
	right     http.Handler
	forgets   bool // acknowledges the retry of an event that failed, without its work
	waits     bool // works before it responds
	mu        sync.Mutex
	hooks     map[string]string // what to do for a record
	forgotten map[string]bool   // records whose event failed
}

func (h *hooked) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if r.URL.Path == "/hook" {
		var asked struct {
			ID, Delay string
			Fail      bool
		}
		if err := json.Unmarshal(body, &asked); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		h.mu.Lock()
		h.hooks[asked.ID] = asked.Delay
		if asked.Fail {
			h.hooks[asked.ID] = "fail"
		}
		h.mu.Unlock()
		return
	}
	_, id, _ := strings.Cut(string(body), `"bookingId":"`)
	id, _, _ = strings.Cut(id, `"`)
	h.mu.Lock()
	todo := h.hooks[id]
	delete(h.hooks, id)
	if todo == "fail" {
		h.forgotten[id] = h.forgets
	}
	forgotten := h.forgotten[id]
	h.mu.Unlock()
	switch {
	case todo == "fail":
		w.WriteHeader(http.StatusInternalServerError)
		return
	case forgotten:
		return
	case todo != "" && h.waits:
		<-r.Context().Done()
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	h.right.ServeHTTP(w, r)
}

// With a hook, the loss of an event that failed and slow work are found.
func TestHook(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		receiver *hooked
		id       string
		want     scenarios.Outcome
	}{
		{"right", &hooked{}, "DLV-06", scenarios.Passed},
		{"loses a failed event", &hooked{forgets: true}, "DLV-06", scenarios.Failed},
		{"right and slow", &hooked{}, "DLV-10", scenarios.Passed},
		{"works before it responds", &hooked{waits: true}, "DLV-10", scenarios.Failed},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := test.receiver
			h.right, h.hooks, h.forgotten = correct(t), map[string]string{}, map[string]bool{}
			server := httptest.NewServer(h)
			defer server.Close()
			probe, err := player.ParseEffects(server.URL+"/records/${id} #/changes", delivery.Options{})
			if err != nil {
				t.Fatal(err)
			}
			r := run(t, server.URL, func(o *check.Options) {
				o.HookURL, o.Player.Effects = server.URL+"/hook", probe
				o.Player.Delivery.Timeout = time.Second
			}, test.id)
			for _, c := range r.Checks {
				if c.ID == test.id && c.Outcome != test.want {
					t.Errorf("%s is %s, want %s:\n%s", c.ID, c.Outcome, test.want, text(t, r))
				}
			}
		})
	}
}
