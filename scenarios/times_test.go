package scenarios

import (
	"math/rand/v2"
	"testing"
)

// A difference is told from noise.
func TestCompare(t *testing.T) {
	t.Parallel()
	draw := rand.New(rand.NewPCG(1, 2))
	sample := func(mean float64) []float64 {
		all := make([]float64, 2000)
		for i := range all {
			all[i] = mean + 5*draw.NormFloat64()
		}
		return all
	}
	if d, noise := compare(sample(100), sample(100)); d > deviations*noise {
		t.Errorf("equal samples differ by %v, the noise is %v", d, noise)
	}
	if d, noise := compare(sample(100), sample(102)); d < deviations*noise {
		t.Errorf("different samples differ by %v, the noise is %v", d, noise)
	}
}
