package check

import (
	"fmt"
	"math"
	"slices"
	"time"

	"semblance/scenarios"
	"semblance/scenarios/script"
)

// deviations is the number of standard errors from which a difference of times is more than noise: once in a million runs
// without a difference.
const deviations = 5

// measured compares the times of the responses to the first and the last value of `each` in a check that needs timing. It returns
// the result in words, and a finding if the last takes longer.
func measured(c *Case, t *scenarios.Trial) (words string, finding *scenarios.Finding) {
	if !slices.Contains(c.Scenario.Check.Needs, script.NeedTiming) {
		return "", nil
	}
	for i := range t.Steps {
		step := &t.Steps[i]
		var labels []string
		times := map[string][]float64{} // in microseconds
		for _, x := range step.Exchanges {
			if x.Attempt.Response.Failure != "" {
				continue
			}
			if times[x.Label] == nil {
				labels = append(labels, x.Label)
			}
			times[x.Label] = append(times[x.Label], float64(x.Attempt.Response.Timings.FirstByte)/float64(time.Microsecond))
		}
		if len(labels) < 2 {
			continue
		}
		first, last := times[labels[0]], times[labels[len(labels)-1]]
		difference, noise := compare(first, last)
		words = fmt.Sprintf("responses take %+.2f µs if the first digits are correct; up to %.2f µs is noise (%d requests each)", difference, deviations*noise, min(len(first), len(last)))
		if difference > deviations*noise {
			finding = &scenarios.Finding{Level: scenarios.May, Step: step.Step, Expected: "no difference beyond the noise", Got: words}
		}
	}
	return words, finding
}

// compare returns the difference of the means of two samples and its standard error. The slowest tenth of each is left out: it
// is the machine's.
func compare(a, b []float64) (difference, noise float64) {
	meanA, errorA := trimmed(a)
	meanB, errorB := trimmed(b)
	return meanB - meanA, math.Hypot(errorA, errorB)
}

// trimmed returns the mean of a sample without its slowest tenth, and its standard error.
func trimmed(sample []float64) (mean, standardError float64) {
	sorted := slices.Sorted(slices.Values(sample))
	sorted = sorted[:len(sorted)-len(sorted)/10]
	for _, x := range sorted {
		mean += x
	}
	n := float64(len(sorted))
	mean /= n
	sum := 0.0
	for _, x := range sorted {
		sum += (x - mean) * (x - mean)
	}
	return mean, math.Sqrt(sum / n / n)
}
