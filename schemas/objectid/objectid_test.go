package objectid

import (
	"sync"
	"testing"
	"time"
)

func TestObjectID(t *testing.T) {
	id, err := Parse("692597070fe21cfa5e6a010f")
	if err != nil {
		t.Fatal(err)
	}
	if id.String() != "692597070fe21cfa5e6a010f" || string(id.Append([]byte("id "))) != "id 692597070fe21cfa5e6a010f" {
		t.Errorf("parsed and written again: %s", id)
	}
	if want := time.Date(2025, 11, 25, 11, 46, 15, 0, time.UTC); !id.Time().Equal(want) {
		t.Errorf("the time of the id is %v, want %v", id.Time(), want)
	}
	for _, bad := range []string{"", "692597070fe21cfa5e6a010", "692597070fe21cfa5e6a010ff", "692597070FE21CFA5E6A010F", "692597070fe21cfa5e6a010g", "692597070fe21cfa5e6a01\x00f"} {
		if _, err := Parse(bad); err == nil {
			t.Errorf("Parse(%q) accepts it", bad)
		}
	}
}

func TestGeneratorsDifferAndRepeat(t *testing.T) {
	at := time.Unix(1_764_000_000, 0)
	a, b, other := NewGenerator(7), NewGenerator(7), NewGenerator(8)
	seen := map[ID]bool{}
	for range 10_000 {
		id := a.New(at)
		if id != b.New(at) {
			t.Fatal("two sources of the same seed differ")
		}
		if seen[id] || seen[other.New(at)] {
			t.Fatalf("the id %s was made twice", id)
		}
		seen[id] = true
		if !id.Time().Equal(at) {
			t.Fatalf("the id %s carries %v, want %v", id, id.Time(), at)
		}
	}
}

func TestGeneratorFromManyGoroutines(t *testing.T) {
	source, at := NewGenerator(1), time.Unix(0, 0)
	var seen sync.Map
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 1000 {
				if id := source.New(at); isTwice(&seen, id) {
					t.Errorf("the id %s was made twice", id)
				}
			}
		})
	}
	wait.Wait()
}

func isTwice(seen *sync.Map, id ID) bool {
	_, twice := seen.LoadOrStore(id, true)
	return twice
}

func BenchmarkNew(b *testing.B) {
	source, at := NewGenerator(1), time.Unix(1_764_000_000, 0)
	var buffer [24]byte
	for b.Loop() {
		source.New(at).Append(buffer[:0])
	}
}
