package main

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"semblance/scenarios/script"
)

// rate is a flag: how many sends are started in a second. Zero is as fast as answers come.
type rate float64

func (r *rate) Type() string { return "RATE" }

func (r *rate) String() string {
	if *r == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(*r), 'g', -1, 64) + "/s"
}

// Set reads a rate as scenarios write it; a number alone is a second's.
func (r *rate) Set(s string) error {
	if !strings.Contains(s, "/") {
		s += "/s"
	}
	n, ok := script.ParseRate(s)
	if !ok {
		return errors.New("expected a rate such as 5/s, 300/m or 0.5/s")
	}
	*r = rate(n)
	return nil
}

// due returns when the n-th send, counted from 0, is to start, seen from the start of the first. The load is open: a slow
// answer does not put off the sends that follow it, which a limiter would do, and hide.
func (r rate) due(n int) time.Duration {
	if r == 0 {
		return 0
	}
	return time.Duration(float64(n) / float64(r) * float64(time.Second))
}
