package scenarios

import (
	"fmt"
	"math"
	"slices"
	"time"

	"semblance/schemas/human"
)

// deviations is the number of standard errors from which a difference of times is more than noise: once in a million runs
// without a difference.
const deviations = 5

// Comparison compares the times of the responses to two kinds of requests.
type Comparison struct {
	Difference time.Duration // of the means: how much longer the second takes
	Noise      time.Duration // a larger difference is more than chance
	Requests   int           // of each kind
}

// CompareTimes compares the times in which the first bytes of two kinds of responses came.
func CompareTimes(first, second []time.Duration) Comparison {
	difference, noise := compare(microseconds(first), microseconds(second))
	return Comparison{time.Duration(difference * float64(time.Microsecond)), time.Duration(deviations * noise * float64(time.Microsecond)), min(len(first), len(second))}
}

// Differs reports whether the second kind takes longer.
func (c Comparison) Differs() bool { return c.Difference > c.Noise }

// String describes the comparison in words.
func (c Comparison) String() string {
	return fmt.Sprintf("responses to the last value take %+.2f µs; up to %.2f µs is noise (%d standard errors, %s each)",
		float64(c.Difference)/float64(time.Microsecond), float64(c.Noise)/float64(time.Microsecond), deviations, human.Count(c.Requests, "request"))
}

// Verdict returns a remark if the second kind takes longer.
func (c Comparison) Verdict() (v Verdict) {
	if c.Differs() {
		v.Remarks = []Failure{{Part: PartWithin, Expected: "no difference of times beyond the noise", Got: c.String()}}
	}
	return v
}

func microseconds(times []time.Duration) []float64 {
	out := make([]float64, len(times))
	for i, t := range times {
		out[i] = float64(t) / float64(time.Microsecond)
	}
	return out
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
