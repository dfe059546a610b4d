package provider

import "testing"

func TestBreaker(t *testing.T) {
	const d, f, r = EndedDelivered, EndedFailed, EndedResumed
	for name, test := range map[string]struct {
		breaker Breaker
		history []Ending
		want    bool
	}{
		"nothing yet":              {Breaker{}, nil, false},
		"two in a row":             {Breaker{}, []Ending{f, f}, false},
		"three in a row":           {Breaker{}, []Ending{d, f, f, f}, true},
		"a success between":        {Breaker{}, []Ending{f, f, d, f}, false},
		"a success at the end":     {Breaker{}, []Ending{f, f, f, d}, false},
		"a resumption starts anew": {Breaker{}, []Ending{f, f, f, r, f, f}, false},
		"and trips anew":           {Breaker{}, []Ending{f, f, f, r, f, f, f}, true},
		"a threshold of one":       {Breaker{Threshold: 1}, []Ending{f}, true},
		"one, without a failure":   {Breaker{Threshold: 1}, []Ending{r}, false},
		"never":                    {Breaker{Threshold: -1}, []Ending{f, f, f, f, f, f}, false},
	} {
		if got := test.breaker.Trips(test.history); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
