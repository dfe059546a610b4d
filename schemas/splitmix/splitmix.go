// Package splitmix derives seeds from seeds.
package splitmix

// Mix returns x scrambled by the SplitMix64 finaliser, so that neighbouring seeds give unrelated numbers. Every derived
// seed goes through it: Mix(seed ^ Mix(purpose)).
func Mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
