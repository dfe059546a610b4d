package fault_test

import (
	"strings"
	"testing"
	"time"

	"semblance/simulator/fault"
)

// A fault of a delivery is no fault of an attempt: only a plan of a running provider can have it.
func TestDeliveries(t *testing.T) {
	t.Parallel()
	for _, info := range fault.Deliveries() {
		f, err := fault.ParsePlanned(info.Text())
		if err != nil || f.String() != info.Text() || f.Family() != fault.Delivery {
			t.Errorf("%s: %v, %v", info.Text(), f, err)
		}
		if _, err := fault.Parse(info.Text()); err == nil || !strings.Contains(err.Error(), "concerns deliveries of a running provider, not one attempt") {
			t.Errorf("Parse(%s): %v", info.Text(), err)
		}
		if _, err := fault.New("delivery", info.Name, nil); err == nil {
			t.Errorf("New makes %s", info.Text())
		}
	}
	for text, want := range map[string]struct {
		least, most time.Duration
		drops       bool
		copies      int
	}{
		"delivery=duplicate":         {copies: 1},
		"delivery=duplicate,times=4": {copies: 3},
		"delivery=delay,by=2m":       {least: 2 * time.Minute, most: 2 * time.Minute},
		"delivery=reorder":           {most: 5 * time.Second},
		"delivery=drop":              {drops: true},
		"signature=tampered":         {},
	} {
		f, err := fault.ParsePlanned(text)
		if err != nil {
			t.Fatal(err)
		}
		if f.Wait(0) != want.least || f.Wait(1) != want.most || f.Drops() != want.drops || f.Copies() != want.copies {
			t.Errorf("%s: waits %v to %v, drops %t, %d copies", text, f.Wait(0), f.Wait(1), f.Drops(), f.Copies())
		}
	}
	for text, want := range map[string]string{
		"delivery=duplicat":          `did you mean "duplicate"?`,
		"delivery=duplicate,times=1": "times",
		"delay":                      `write "delivery=delay"`,
		"transport=drop":             `"drop" is a delivery fault; write "delivery=drop"`,
		"delivry=drop":               `did you mean "delivery"?`,
	} {
		if _, err := fault.ParsePlanned(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
