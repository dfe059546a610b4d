package fault

import "time"

// deliveries lists the faults that change when, and how often, an event is delivered. Only a running provider can inject
// them: they concern a delivery and not one attempt. It is read-only.
var deliveries = []row{
	{
		Info: Info{Delivery, "duplicate", "The same bytes are sent again as soon as the response is there", []Attribute{
			{Name: "times", Kind: Count, Default: "2", Min: 2, Max: 10, Summary: "how often the request is sent in all"},
		}, ""},
		new: func(v values) injector { return postponed{copies: v.count("times") - 1} },
	},
	{
		Info: Info{Delivery, "delay", "The first attempt is made later", []Attribute{
			{Name: "by", Kind: Duration, Default: "30s", Min: int64(time.Millisecond), Max: int64(30 * 24 * time.Hour), Summary: "how much later, in simulated time"},
		}, ""},
		new: func(v values) injector { return postponed{least: v.duration("by")} },
	},
	{
		Info: Info{Delivery, "reorder", "The first attempt is made later by a random time, so that events overtake each other", []Attribute{
			{Name: "within", Kind: Duration, Default: "5s", Min: int64(time.Millisecond), Max: int64(30 * 24 * time.Hour), Summary: "the largest delay, in simulated time"},
		}, ""},
		new: func(v values) injector { return postponed{random: v.duration("within")} },
	},
	{
		Info: Info{Delivery, "drop", "The event is never delivered, and nothing says so", nil, ""},
		new:  func(values) injector { return postponed{drop: true} },
	},
}

// postponed is the change to a delivery. It changes nothing in an attempt.
type postponed struct {
	noFault
	copies        int
	least, random time.Duration
	drop          bool
}

// Deliveries returns the faults of the family delivery, in the order of the documentation. [All] has the others.
func Deliveries() []Info { return infos(deliveries) }

// Wait returns how much later a delay or a reorder makes the first attempt; draw is a random number in [0, 1). It is 0 for
// every other fault.
func (f *Fault) Wait(draw float64) time.Duration {
	p, _ := f.injector.(postponed)
	return p.least + time.Duration(draw*float64(p.random))
}

// Drops reports whether the fault drops the delivery.
func (f *Fault) Drops() bool {
	p, _ := f.injector.(postponed)
	return p.drop
}

// Copies returns how often a duplicate sends the request again. It is 0 for every other fault.
func (f *Fault) Copies() int {
	p, _ := f.injector.(postponed)
	return p.copies
}
