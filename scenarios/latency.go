package scenarios

import (
	"encoding/json"
	"math"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	// exactLatencies is the number of values that are kept exactly; more values go into a histogram.
	exactLatencies = 128
	// latencyDigits is the precision of the histogram in significant digits: 2 is one per cent.
	latencyDigits = 2
	// maxLatency is the largest value that the histogram distinguishes; larger values count as this one.
	maxLatency = time.Hour
)

// Latency collects response times in bounded memory. It is not safe for concurrent use: give each goroutine its own and
// [Latency.Merge] them.
type Latency struct {
	exact     []time.Duration
	histogram *hdrhistogram.Histogram // in microseconds; nil while all values are exact
	count     int64
	sum       time.Duration
	min, max  time.Duration
}

// LatencySummary holds the figures of a [Latency]. It is zero without responses.
type LatencySummary struct {
	Count                    int64
	Min, Mean, Max           time.Duration
	P50, P90, P95, P99, P999 time.Duration
}

// MarshalJSON returns the percentiles in milliseconds.
func (s LatencySummary) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Min  float64 `json:"min"`
		Mean float64 `json:"mean"`
		P50  float64 `json:"p50"`
		P90  float64 `json:"p90"`
		P95  float64 `json:"p95"`
		P99  float64 `json:"p99"`
		P999 float64 `json:"p999"`
		Max  float64 `json:"max"`
	}{
		Milliseconds(s.Min), Milliseconds(s.Mean), Milliseconds(s.P50), Milliseconds(s.P90), Milliseconds(s.P95),
		Milliseconds(s.P99), Milliseconds(s.P999), Milliseconds(s.Max),
	})
}

// Milliseconds returns a duration for JSON: in milliseconds, rounded down to the microsecond.
func Milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }

// Record adds one response time.
func (l *Latency) Record(d time.Duration) {
	d = max(d, 0)
	l.add(1, d, d, d)
	if l.histogram == nil && len(l.exact) < exactLatencies {
		l.exact = append(l.exact, d)
		return
	}
	l.useHistogram()
	l.insert(d)
}

// Merge adds all values of other, which it does not change.
func (l *Latency) Merge(other *Latency) {
	if other.histogram == nil {
		for _, d := range other.exact {
			l.Record(d)
		}
		return
	}
	l.useHistogram()
	l.histogram.Merge(other.histogram)
	l.add(other.count, other.sum, other.min, other.max)
}

// add updates the exact figures.
func (l *Latency) add(count int64, sum, smallest, largest time.Duration) {
	if l.count == 0 || smallest < l.min {
		l.min = smallest
	}
	l.max = max(l.max, largest)
	l.count += count
	l.sum += sum
}

// useHistogram moves the exact values into a histogram.
func (l *Latency) useHistogram() {
	if l.histogram != nil {
		return
	}
	l.histogram = hdrhistogram.New(1, maxLatency.Microseconds(), latencyDigits)
	for _, d := range l.exact {
		l.insert(d)
	}
	l.exact = nil
}

// insert counts one value in the histogram, which would drop a value outside of its range.
func (l *Latency) insert(d time.Duration) {
	clamped := min(max(d.Microseconds(), 1), maxLatency.Microseconds())
	if err := l.histogram.RecordValue(clamped); err != nil {
		panic("scenarios: a clamped latency is out of range: " + err.Error())
	}
}

// Summary returns the figures. A percentile is the smallest value that at least that share of the responses did not
// exceed.
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
