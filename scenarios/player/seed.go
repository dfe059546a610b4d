package player

import (
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"semblance/schemas/naming"
	"semblance/schemas/splitmix"
)

// hash returns a number for a name, to be combined with a seed.
func hash(name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return splitmix.Mix(h.Sum64())
}

// rounds is the position within nested repeats, such as "2.1": round 2 of the outer and round 1 of the inner repeat.
type rounds []int

func (r rounds) in(n int) rounds { return append(slices.Clone(r), n) }

func (r rounds) String() string {
	return strings.Join(naming.List(r, strconv.Itoa), ".")
}

// drawKey names one round of a step. The values that are drawn there follow from it and the seed.
func drawKey(path string, r rounds) string { return path + "#" + r.String() }
