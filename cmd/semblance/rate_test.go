package main

import (
	"testing"
	"time"
)

func TestRate(t *testing.T) {
	for text, want := range map[string]time.Duration{ // when the fourth send is due
		"5/s": 600 * time.Millisecond, "5": 600 * time.Millisecond, "60/m": 3 * time.Second, "0.5/s": 6 * time.Second, "3600/h": 3 * time.Second,
	} {
		var r rate
		if err := r.Set(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if got := r.due(3); got != want {
			t.Errorf("at %s the fourth send is due after %v, want %v", text, got, want)
		}
	}
	for _, text := range []string{"", "0", "-1/s", "fast", "5/d", "NaN", "Inf/s", "1e9/s", "5/"} {
		var r rate
		if err := r.Set(text); err == nil {
			t.Errorf("%q was taken for the rate %v", text, r)
		}
	}
	var none rate
	if none.due(1000) != 0 {
		t.Error("without a rate nothing waits")
	}
}
