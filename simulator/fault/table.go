package fault

import "time"

// A row is one fault: its description and its constructor.
type row struct {
	Info
	onConnection   bool // without endsConnection
	endsConnection bool
	new            func(values) injector
}

// Defaults of attributes of several faults.
const (
	pastTolerance = "400s" // receivers by convention tolerate 300 s
	halfOfBody    = "50%"
)

// table lists every fault. It is read-only.
var table = []row{
	{
		Info: Info{Signature, "missing", "The signature headers are missing", []Attribute{
			{Name: "header", Kind: Choice, Default: "both", Choices: []string{"both", "signature", "timestamp"}, Summary: "the missing headers"},
		}, "without: [X-Webhook-Signature, X-Webhook-Timestamp]"},
		new: func(v values) injector { return missing{header: v.text("header")} },
	},
	{
		Info: Info{Signature, "malformed", "The signature header does not have the form t=…,v1=…", []Attribute{
			{Name: "form", Kind: Choice, Default: "text", Choices: []string{"text", "empty", "no-t", "no-v1", "bad-t", "odd-hex"}, Summary: "the mistake in the header"},
		}, "headers: {X-Webhook-Signature: not a signature}"},
		new: func(v values) injector { return malformed{form: v.text("form")} },
	},
	{
		Info: Info{Signature, "wrong-secret", "Signed with another secret than the subscription's", []Attribute{
			{Name: "secret", Kind: Text, Default: "whsec_not_the_right_secret", Summary: "the wrong secret"},
		}, "sign: {secret: whsec_not_the_right_secret}"},
		new: func(v values) injector { return wrongSecret{secret: v.text("secret")} },
	},
	{
		Info: Info{Signature, "tampered", "One character of the body is changed after signing", nil, ""},
		new:  func(values) injector { return tampered{} },
	},
	{
		Info: Info{Signature, "reserialised", "The same JSON with other white space under the original signature", []Attribute{
			{Name: "style", Kind: Choice, Default: "spaced", Choices: []string{"spaced", "indented", "compact"}, Summary: "the white space: as Python's json writes it, indented by two, or none"},
		}, "alter: {style: spaced}"},
		new: func(v values) injector { return reserialised{style: v.text("style")} },
	},
	{
		Info: Info{Signature, "body-only", "The body is signed without the timestamp", nil, `sign: {over: "${body}"}`},
		new:  func(values) injector { return bodyOnly{} },
	},
	{
		Info: Info{Signature, "stale", "Correctly signed, with a time older than the tolerance", []Attribute{
			{Name: "age", Kind: Duration, Default: pastTolerance, Min: int64(time.Second), Max: int64(100 * 365 * 24 * time.Hour), Summary: "the age of the signature"},
		}, "sign: {t: now-400s}"},
		new: func(v values) injector { return shifted{by: -v.duration("age")} },
	},
	{
		Info: Info{Signature, "future", "Correctly signed, with a time in the future (receivers may accept or refuse it)", []Attribute{
			{Name: "ahead", Kind: Duration, Default: pastTolerance, Min: int64(time.Second), Max: int64(100 * 365 * 24 * time.Hour), Summary: "how far in the future"},
		}, "sign: {t: now+400s}"},
		new: func(v values) injector { return shifted{by: v.duration("ahead")} },
	},
	{
		Info: Info{Signature, "other-scheme", "Correctly signed, but under another scheme than v1", []Attribute{
			{Name: "scheme", Kind: Text, Default: "v0", Summary: "the name of the scheme"},
		}, `headers: {X-Webhook-Signature: "t=${sign.t},v0=${sign.v1}"}`},
		new: func(v values) injector { return otherScheme{scheme: v.text("scheme")} },
	},
	{
		Info: Info{Signature, "several-v1", "Several v1 signatures of which one is correct, as during a secret rotation: must be accepted", []Attribute{
			{Name: "count", Kind: Count, Default: "2", Min: 1, Max: 16, Summary: "the number of v1 signatures"},
			{Name: "right", Kind: Choice, Default: "last", Choices: []string{"last", "first", "none"}, Summary: "the position of the correct one"},
		}, ""},
		new: func(v values) injector { return severalV1{count: v.count("count"), right: v.text("right")} },
	},
	{
		Info: Info{Transport, "slow-body", "The body is sent in pieces with pauses between them", []Attribute{
			{Name: "over", Kind: Duration, Default: "2s", Max: int64(time.Hour), Summary: "the time for the whole body"},
			{Name: "pieces", Kind: Count, Default: "10", Min: 2, Max: 100_000, Summary: "the number of pieces"},
		}, ""},
		onConnection: true,
		new:          func(v values) injector { return slowBody{over: v.duration("over"), pieces: v.count("pieces")} },
	},
	{
		Info: Info{Transport, "pieces", "The request is sent in pieces with pauses between them, cut in the head and in the body", []Attribute{
			{Name: "count", Kind: Count, Default: "3", Min: 2, Max: 1000, Summary: "the number of pieces"},
			{Name: "every", Kind: Duration, Default: "300ms", Max: int64(time.Hour), Summary: "the pause between two pieces"},
		}, "wire: {pieces: 3}"},
		onConnection: true,
		new:          func(v values) injector { return pieces{count: v.count("count"), every: v.duration("every")} },
	},
	{
		Info: Info{Transport, "hold-body", "The body is sent after a 100 Continue, or after a time (Expect: 100-continue)", []Attribute{
			{Name: "wait", Kind: Duration, Default: "1s", Max: int64(time.Hour), Summary: "the longest time without a response"},
		}, "wire: {hold-body: 1s}"},
		onConnection: true,
		new:          func(v values) injector { return holdBody{wait: v.duration("wait")} },
	},
	{
		Info: Info{Transport, "cut-body", "The connection is closed before the end of the body", []Attribute{
			{Name: "keep", Kind: Share, Default: halfOfBody, Max: 99, Summary: "the part of the body sent before"},
		}, "wire: {keep: 50%}"},
		endsConnection: true,
		new:            func(v values) injector { return cutBody{keep: v.count("keep")} },
	},
	{
		Info: Info{Transport, "reset", "The connection is reset (TCP RST) within or after the body", []Attribute{
			{Name: "keep", Kind: Share, Default: halfOfBody, Max: 100, Summary: "the part of the body sent before"},
		}, "wire: {keep: 50%, then: reset}"},
		endsConnection: true,
		new:            func(v values) injector { return reset{keep: v.count("keep")} },
	},
	{
		Info:           Info{Transport, "unread-response", "The connection is closed after the complete body, without reading the response", nil, "wire: {response: unread}"},
		endsConnection: true,
		new:            func(values) injector { return cutBody{keep: 100} },
	},
	{
		Info:         Info{Transport, "lost-response", "The response is awaited and then discarded: the receiver has done its work", nil, ""},
		onConnection: true,
		new:          func(values) injector { return lostResponse{} },
	},
	{
		Info: Info{Transport, "chunked", "The body is sent in chunks, without Content-Length", []Attribute{
			{Name: "size", Kind: Size, Default: "16", Min: 1, Max: 1 << 30, Summary: "the size of a chunk"},
		}, ""},
		new: func(v values) injector { return chunked{size: v.count("size")} },
	},
	{
		Info: Info{Transport, "gzip", "The body is compressed, with a Content-Encoding header", []Attribute{
			{Name: "signed", Kind: Choice, Default: "compressed", Choices: []string{"compressed", "plain"}, Summary: "the bytes that are signed: compressed (as sent) or plain (after decompression)"},
		}, "wire: {gzip: compressed}"},
		new: func(v values) injector { return gzipped{signsPlain: v.text("signed") == "plain"} },
	},
	{
		Info: Info{Transport, "oversized", "The body is larger than a receiver should accept: spaces after the JSON, correctly signed", []Attribute{
			{Name: "size", Kind: Size, Default: "2MiB", Min: 1, Max: 1 << 30, Summary: "the size of the body"},
		}, "body: {pad: 2MiB}"},
		new: func(v values) injector { return oversized{size: v.count("size")} },
	},
}
