package apifault_test

import (
	"strings"
	"testing"

	"semblance/simulator/apifault"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"slow=2s": "slow=2s", "slow": "slow=1s", "status": "status=500", "status=503,next=2": "status=503,next=2", "edge": "edge", "too-often,share=0.25": "too-often,share=0.25",
		"null,field=booking": "null,field=booking", "permission=seeInvoices, operation=Sync": "permission=seeInvoices,operation=Sync", "stale=1m,field=booking,next=3": "stale=1m,field=booking,next=3", "rows": "rows",
	} {
		p, err := apifault.Parse(text)
		if err != nil || p.String() != want {
			t.Errorf("%q: %q, %v", text, p, err)
			continue
		}
		if again, err := apifault.Parse(p.String()); err != nil || again != p {
			t.Errorf("%q is not stable: %v, %v", text, again, err)
		}
	}
	for text, says := range map[string]string{
		"": "unknown fault of the API", "slwo": `did you mean "slow"`, "slow=2h": "up to 1m", "slow=0s": "up to 1m", "status=200": "400 to 599", "edge=1": "takes no value",
		"null,next=0": "from 1", "null,share=2": "at most 1", "null,fields=x": `did you mean "field"`, "null,next=1,share=0.5": "not both", "null,field=": "needs a value", "null,": "unknown part", "permission=a b": "letters only",
	} {
		if _, err := apifault.Parse(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", text, err, says)
		}
	}
	if len(apifault.Kinds()) != 8 {
		t.Errorf("%v", apifault.Kinds())
	}
}

// A set chooses the calls by number, field, operation and share; a share depends on the seed alone.
func TestTake(t *testing.T) {
	t.Parallel()
	plan := func(text string) apifault.Plan {
		p, err := apifault.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	s := apifault.NewSet(1, plan("null,field=booking,next=2"), plan("edge,operation=Sync"))
	count := func(c apifault.Call) int { return len(s.Take(c)) }
	booking := apifault.Call{Fields: []string{"practice", "booking"}}
	for i, want := range []int{1, 1, 0} {
		if n := count(booking); n != want {
			t.Errorf("call %d: %d faults", i, n)
		}
	}
	if count(apifault.Call{Operation: "Sync"}) != 1 || count(apifault.Call{Operation: "Other"}) != 0 || len(s.All()) != 1 {
		t.Errorf("left: %v", s.All())
	}
	s.Clear()
	if count(apifault.Call{Operation: "Sync"}) != 0 {
		t.Error("a fault after Clear")
	}
	share := func(seed int64) (all string) {
		s := apifault.NewSet(seed, plan("null,share=0.3"))
		for range 200 {
			all += string(rune('0' + len(s.Take(booking))))
		}
		return all
	}
	first := share(1)
	if n := strings.Count(first, "1"); n < 40 || n > 80 || first != share(1) || first == share(2) {
		t.Errorf("%d of 200 calls with a share of 0.3", n)
	}
	for range apifault.MaxPlans {
		s.Add(plan("null"))
	}
	if _, err := s.Add(plan("null")); err == nil {
		t.Error("a set has no limit")
	}
}
