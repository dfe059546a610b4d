package fault

import "time"

// A row is one fault of the table: what is said of it, and how one is made from its attributes.
type row struct {
	Info
	onConnection   bool
	endsConnection bool
	make           func(values) injector
}

// The defaults of attributes that several faults have.
const (
	pastTolerance = "400s" // a convention allows five minutes: 300 s
	halfTheBody   = "50%"
)

// table is every fault there is. Nobody writes to it.
var table = []row{
	{
		Info: Info{Signature, "missing", "The signature's headers are left out", []Attribute{
			{Name: "header", Kind: Choice, Default: "both", Choices: []string{"both", "signature", "timestamp"}, Summary: "which of the two headers"},
		}},
		make: func(v values) injector { return missing{header: v.text("header")} },
	},
	{
		Info: Info{Signature, "malformed", "The signature's header is not of the form t=…,v1=…", []Attribute{
			{Name: "form", Kind: Choice, Default: "text", Choices: []string{"text", "empty", "no-t", "no-v1", "bad-t", "odd-hex"}, Summary: "what is wrong with it"},
		}},
		make: func(v values) injector { return malformed{form: v.text("form")} },
	},
	{
		Info: Info{Signature, "wrong-secret", "Signed with a secret that is not the subscription's", []Attribute{
			{Name: "secret", Kind: Text, Default: "whsec_not_the_right_secret", Summary: "the secret that signs instead"},
		}},
		make: func(v values) injector { return wrongSecret{secret: v.text("secret")} },
	},
	{
		Info: Info{Signature, "tampered", "One digit of the body is changed after it was signed", nil},
		make: func(values) injector { return tampered{} },
	},
	{
		Info: Info{Signature, "reserialised", "The same JSON is written with other white space under the old signature", []Attribute{
			{Name: "style", Kind: Choice, Default: "spaced", Choices: []string{"spaced", "indented", "compact"}, Summary: "the white space: as Python's json writes it, indented by two, or none"},
		}},
		make: func(v values) injector { return reserialised{style: v.text("style")} },
	},
	{
		Info: Info{Signature, "body-only", "The body alone is signed, without the timestamp", nil},
		make: func(values) injector { return bodyOnly{} },
	},
	{
		Info: Info{Signature, "stale", "Rightly signed, at a time that is past the tolerance", []Attribute{
			{Name: "age", Kind: Duration, Default: pastTolerance, Min: int64(time.Second), Max: int64(100 * 365 * 24 * time.Hour), Summary: "how old the signature is"},
		}},
		make: func(v values) injector { return shifted{by: -v.duration("age")} },
	},
	{
		Info: Info{Signature, "future", "Rightly signed, at a time that has not come yet (verifiers differ on it)", []Attribute{
			{Name: "ahead", Kind: Duration, Default: pastTolerance, Min: int64(time.Second), Max: int64(100 * 365 * 24 * time.Hour), Summary: "how far in the future the signature is"},
		}},
		make: func(v values) injector { return shifted{by: v.duration("ahead")} },
	},
	{
		Info: Info{Signature, "other-scheme", "Rightly signed, but under another scheme than v1 alone", []Attribute{
			{Name: "scheme", Kind: Text, Default: "v0", Summary: "the scheme's name"},
		}},
		make: func(v values) injector { return otherScheme{scheme: v.text("scheme")} },
	},
	{
		Info: Info{Signature, "several-v1", "Several v1 signatures, one of them right, as in a rotation of secrets: to be accepted", []Attribute{
			{Name: "count", Kind: Count, Default: "2", Min: 1, Max: 16, Summary: "how many v1 there are"},
			{Name: "right", Kind: Choice, Default: "last", Choices: []string{"last", "first", "none"}, Summary: "which of them is right"},
		}},
		make: func(v values) injector { return severalV1{count: v.count("count"), right: v.text("right")} },
	},
	{
		Info: Info{Transport, "slow-body", "The body is sent in pieces with pauses between them", []Attribute{
			{Name: "over", Kind: Duration, Default: "2s", Max: int64(time.Hour), Summary: "how long the body takes"},
			{Name: "pieces", Kind: Count, Default: "10", Min: 2, Max: 100_000, Summary: "in how many pieces it comes"},
		}},
		onConnection: true,
		make:         func(v values) injector { return slowBody{over: v.duration("over"), pieces: v.count("pieces")} },
	},
	{
		Info: Info{Transport, "cut-body", "The connection is closed within the body", []Attribute{
			{Name: "keep", Kind: Share, Default: halfTheBody, Max: 99, Summary: "how much of the body is sent first"},
		}},
		onConnection:   true,
		endsConnection: true,
		make:           func(v values) injector { return cutBody{keep: v.count("keep")} },
	},
	{
		Info: Info{Transport, "reset", "The connection is reset (TCP RST) within the body, or after it", []Attribute{
			{Name: "keep", Kind: Share, Default: halfTheBody, Max: 100, Summary: "how much of the body is sent first"},
		}},
		onConnection:   true,
		endsConnection: true,
		make:           func(v values) injector { return reset{keep: v.count("keep")} },
	},
	{
		Info:         Info{Transport, "lost-response", "The answer is awaited, so that the receiver's work is done, and then thrown away", nil},
		onConnection: true,
		make:         func(values) injector { return lostResponse{} },
	},
	{
		Info: Info{Transport, "chunked", "The body comes in chunks, without a Content-Length", []Attribute{
			{Name: "size", Kind: Size, Default: "16", Min: 1, Max: 1 << 30, Summary: "the size of a chunk"},
		}},
		make: func(v values) injector { return chunked{size: int(v.number("size"))} },
	},
	{
		Info: Info{Transport, "gzip", "The body is compressed and says so in Content-Encoding", []Attribute{
			{Name: "signed", Kind: Choice, Default: "compressed", Choices: []string{"compressed", "plain"}, Summary: "which bytes the signature covers: those that are sent, or those that they unpack to"},
		}},
		make: func(v values) injector { return gzipped{signsPlain: v.text("signed") == "plain"} },
	},
	{
		Info: Info{Transport, "oversized", "The body is far larger than a receiver should take: spaces after the JSON, rightly signed", []Attribute{
			{Name: "size", Kind: Size, Default: "2MiB", Min: 1, Max: 1 << 30, Summary: "the size of the whole body"},
		}},
		make: func(v values) injector { return oversized{size: int(v.number("size"))} },
	},
}
