package player_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"semblance/scenarios"
	"semblance/scenarios/player"
)

// stepObserver records the steps that it observes.
type stepObserver struct {
	steps    []string
	progress int64
	each     func() // called for every step; may be nil
}

func (w *stepObserver) Begin(scenarios.ScenarioResult)        {}
func (w *stepObserver) End(scenarios.ScenarioResult)          {}
func (w *stepObserver) Progress(_ scenarios.Step, done int64) { w.progress = done }
func (w *stepObserver) Step(result scenarios.StepResult) {
	w.steps = append(w.steps, result.Path)
	if w.each != nil {
		w.each()
	}
}

func TestStepsOfRepeatAreObservedOnce(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	w := &stepObserver{}
	result := play(t, player.Options{Target: app.URL, Observer: w}, `
name: Rounds
steps:
  - repeat:
      times: 50
      steps:
        - {send: booking.created}
        - repeat: {times: 2, steps: [{send: booking.updated}]}
  - {send: booking.deleted}
`)
	if got := strings.Join(w.steps, " "); got != "1.1 1.2.1 1.2 1 2" {
		t.Errorf("observed the steps %s", got)
	}
	if w.progress != 50 || result.Counts.Attempts != 151 {
		t.Errorf("observed %d rounds, with %d attempts", w.progress, result.Counts.Attempts)
	}
}

// Memory does not grow with the number of events.
func TestMemory(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) }))
	defer server.Close()
	heap := func(step string) uint64 {
		p, err := player.New(player.Options{Target: server.URL})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if err := p.Play(t.Context(), parse(t, "name: Long\nsteps:\n  - "+step+"\n")); err != nil {
			t.Fatal(err)
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if result := p.Result(); result.ExitCode() != 0 {
			t.Errorf("%s: exit code %d", step, result.ExitCode())
		}
		return m.HeapAlloc
	}
	for name, step := range map[string]string{
		"traffic": "traffic: {events: %d}",
		"repeat":  "repeat: {times: %d, steps: [{send: booking.created}]}",
	} {
		t.Run(name, func(t *testing.T) {
			few, many := heap(fmt.Sprintf(step, 2500)), heap(fmt.Sprintf(step, 10000))
			if many > few+2<<20 {
				t.Errorf("%d bytes after 2500 events and %d after 10000", few, many)
			}
		})
	}
}
