package scenarios

import (
	"math"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	// exactLatencies is how many times are kept as they are; more go into a histogram.
	exactLatencies = 128
	// latencyDigits is the precision of the histogram: two figures, one per cent.
	latencyDigits = 2
	// maxLatency is the longest time that the histogram tells from a longer one.
	maxLatency = time.Hour
)

// Latency collects how long answers took, in bounded memory. It is for one goroutine; several have one each and
// [Latency.Merge] them.
type Latency struct {
	exact     []time.Duration
	histogram *hdrhistogram.Histogram // microseconds; nil while the exact times suffice
	count     int64
	sum       time.Duration
	min, max  time.Duration
}

// LatencySummary is what a report shows of a [Latency]. All is zero where nothing was answered.
type LatencySummary struct {
	Count                    int64
	Min, Mean, Max           time.Duration
	P50, P90, P95, P99, P999 time.Duration
}

// Record adds one time.
func (l *Latency) Record(d time.Duration) {
	d = max(d, 0)
	if l.count == 0 || d < l.min {
		l.min = d
	}
	l.max = max(l.max, d)
	l.count++
	l.sum += d
	if l.histogram == nil && len(l.exact) < exactLatencies {
		l.exact = append(l.exact, d)
		return
	}
	l.flush()
	l.counts(d)
}

// Merge adds all times of other, which keeps them.
func (l *Latency) Merge(other *Latency) {
	if other.count == 0 {
		return
	}
	if other.histogram == nil {
		for _, d := range other.exact {
			l.Record(d)
		}
		return
	}
	l.flush()
	l.histogram.Merge(other.histogram)
	if l.count == 0 || other.min < l.min {
		l.min = other.min
	}
	l.max = max(l.max, other.max)
	l.count += other.count
	l.sum += other.sum
}

// spill moves the exact times into the histogram.
func (l *Latency) flush() {
	if l.histogram != nil {
		return
	}
	l.histogram = hdrhistogram.New(1, maxLatency.Microseconds(), latencyDigits)
	for _, d := range l.exact {
		l.counts(d)
	}
	l.exact = nil
}

// tally counts one time in the histogram, which drops what is beyond its ends: so nothing is.
func (l *Latency) counts(d time.Duration) {
	clamped := min(max(d.Microseconds(), 1), maxLatency.Microseconds())
	if err := l.histogram.RecordValue(clamped); err != nil {
		panic("scenarios: a clamped latency is out of range: " + err.Error())
	}
}

// Summary returns the figures. Each percentile is the smallest time that at least so many of the answers took.
func (l *Latency) Summary() LatencySummary {
	if l.count == 0 {
		return LatencySummary{}
	}
	s := LatencySummary{Count: l.count, Min: l.min, Mean: l.sum / time.Duration(l.count), Max: l.max}
	percentiles := []float64{50, 90, 95, 99, 99.9}
	values := make([]time.Duration, len(percentiles))
	if l.histogram == nil {
		sorted := slices.Sorted(slices.Values(l.exact))
		for i, percent := range percentiles {
			rank := int(math.Ceil(percent / 100 * float64(len(sorted))))
			values[i] = sorted[max(rank, 1)-1]
		}
	} else {
		for i, v := range l.histogram.ValueAtPercentilesSlice(percentiles) {
			values[i] = min(max(time.Duration(v)*time.Microsecond, l.min), l.max)
		}
	}
	s.P50, s.P90, s.P95, s.P99, s.P999 = values[0], values[1], values[2], values[3], values[4]
	return s
}
