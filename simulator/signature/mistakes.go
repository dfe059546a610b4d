package signature

import (
	"slices"
	"strings"
)

// Mistake is a mistake in signing that [Explain] recognises.
type Mistake struct {
	Name    string // in kebab case; a Diagnosis joins several names with +
	Summary string // the mistake; %s stands for a detail of the case, such as the separator
	Fix     string // what to change
}

// Mistakes returns all mistakes that [Explain] recognises: first in the form of the header, then in the message, the
// secret, the algorithm and the time.
func Mistakes() []Mistake { return slices.Clone(mistakes) }

// Fixes that several mistakes share.
const (
	keepRaw    = "sign and verify the raw bytes of the body, before anything parses or changes them"
	takeSecret = "use the complete secret as text, without decoding it or adding to it"
	writeForm  = "write the header as t=<Unix seconds>,v1=<64 lowercase hexadecimal digits>, without spaces"
)

// mistakes is the table of all known mistakes. It is read-only.
var mistakes = []Mistake{
	// The header.
	{"no-header", "the signature header is missing or empty", "read the header " + HeaderName + " and check that no proxy removes it"},
	{"no-secret", "no secret is set", "set the secret of the subscription"},
	{"other-header-name", "the signature was taken from the header %s", "use the header " + HeaderName},
	{"headers-swapped", "the two headers are swapped: " + TimestampName + " holds the signature", "take the signature from " + HeaderName},
	{"too-long", "the header is longer than any signature header", writeForm},
	{"quotes", "the header's value has quotation marks around it", writeForm},
	{"spaces", "the header has white space in it", writeForm},
	{"delimiter", "the header's elements are not separated by commas, or not written as key=value", writeForm},
	{"sha256-prefix", "the signature is written with the prefix %s, as other providers do", writeForm},
	{"bare-signature", "the header holds the bare signature", writeForm},
	{"other-scheme", "the signature is under the key %s instead of v1", writeForm},
	{"other-time-key", "the time is under the key %s instead of t", writeForm},
	{"malformed-element", "the header has a part that is not key=value", writeForm},
	{"empty-element", "the header has an empty element", writeForm},
	{"timestamp-twice", "the header has t more than once", "write t once"},
	{"no-elements", "the header has neither t nor v1", "copy the whole value of " + HeaderName + ", which has the form t=<Unix seconds>,v1=<64 hexadecimal digits>"},
	{"no-timestamp", "the header has no t", writeForm},
	{"no-signature", "the header has no v1", writeForm},
	{"bad-timestamp", "t is not a whole number of Unix seconds", "write t as whole Unix seconds, in decimal digits"},
	{"bad-signature", "v1 is not 64 hexadecimal digits", writeForm},
	{"upper-case", "the signature is written in upper-case hexadecimal digits", "write it in lower case"},
	{"base64", "the signature is written in base64", "write it in lowercase hexadecimal digits"},

	// The signed message.
	{"body-only", "the body alone was signed, without the timestamp", "sign <t>.<raw body>, with the t of the header"},
	{"separator", "timestamp and body were joined by %s instead of a dot", "sign <t>.<raw body>, with one dot between them"},
	{"body-first", "the body was signed before the timestamp", "sign <t>.<raw body>, the timestamp first"},
	{"key-signed", "the signed message begins with %s, before timestamp and body", "sign <t>.<raw body> and nothing else"},
	{"timestamp-only", "the timestamp alone was signed, without the body", "sign <t>.<raw body>"},

	// The signed time.
	{"milliseconds", "the time was signed or written in milliseconds", "use whole Unix seconds, and the same text in t and in the signed message"},
	{"timestamp-header", "the time of " + TimestampName + " was signed, which is not the t of the signature header", "sign and verify with the t of the signature header"},

	{"unset-time", "the word %s was signed as the time", "take t from the signature header, as it is written there"},

	// The signed body.
	{"compacted", "the signed body was this one with its white space removed", keepRaw},
	{"spaced", "the signed body was this one with a space after each comma and colon, as Python's json.dumps writes it", keepRaw},
	{"indented", "the signed body was this one indented", keepRaw},
	{"keys-sorted", "the signed body was this one with its keys in another order: one side has sorted them", keepRaw},
	{"escapes", "the signed body was this one with other escapes in its strings, %s", keepRaw},
	{"newline", "the signed body was this one %s", keepRaw},
	{"line-endings", "the signed body was this one with %s", keepRaw},
	{"bom", "the signed body was this one %s a byte order mark", keepRaw},
	{"trimmed", "the signed body was this one with the white space around it trimmed", keepRaw},
	{"latin-1", "the signed body was this one after it was %s as Latin-1", keepRaw},
	{"lossy-text", "the signed body was this one after its invalid UTF-8 was replaced", keepRaw},
	{"json-string", "the signed body was this one %s a JSON string", keepRaw},
	{"base64-body", "the signed body was this one %s base64", keepRaw},
	{"object-object", "the text [object Object] was signed: a parsed body was turned into a string", keepRaw},
	{"empty-body", "an empty body was signed", keepRaw + "; a body can be read only once"},

	// The body is no longer the event.
	{"no-body", "the body is empty", "a body can be read only once: read it before any middleware does, and keep the bytes"},
	{"text-of-javascript", "the body is %s instead of the event", "verify the raw bytes: express.raw({type: '*/*'}) on this route before express.json, or await request.text()"},
	{"text-of-python", "the body is %s instead of the event", "verify the bytes of request.get_data() (Flask), request.body (Django) or await request.body() (FastAPI), without str()"},
	{"text-of-go", "the body is %s instead of the event", "verify the []byte of io.ReadAll(r.Body), or string(body), not what fmt prints"},
	{"text-of-java", "the body is %s instead of the event", "take the body as byte[] (Spring: @RequestBody byte[] body), and parse it afterwards"},
	{"text-of-csharp", "the body is %s instead of the event", "read Request.Body to its end, after EnableBuffering, before the model is bound"},
	{"text-of-php", "the body is %s instead of the event", "verify file_get_contents('php://input') (Laravel: $request->getContent())"},
	{"text-of-ruby", "the body is %s instead of the event", "verify request.raw_post (Rails) or request.body.read (Rack)"},
	{"text-of-other", "the body is %s instead of the event", "read the body as bytes and verify it before it is parsed"},
	{"wrapped", "the event is wrapped in %s", "verify the event alone, as it came: a gateway or a serializer has wrapped it"},
	{"form-encoded", "the event was read as an encoded form", "read the body as bytes: its Content-Type is application/json"},
	{"other-format", "the body is not the event but %s", keepRaw},
	{"compressed", "the body is compressed with %s", "the provider sends no compressed bodies: verify before a proxy or a middleware compresses"},
	{"other-encoding", "the body is in another encoding: %s", "read the body as bytes, without a character set"},
	{"cut-short", "the body is cut short, after %s", "read the whole body, up to its Content-Length; raise the limit of a buffer or a log"},
	{"replaced", "the body has %s", keepRaw + "; copy the body from a file, not from a page or a log"},
	{"surrounded", "the body has %s", "verify the body alone"},
	{"fields", "the body went through a type of the receiver: it is the event %s", keepRaw + "; the type is for reading the event afterwards"},

	// The secret.
	{"other-secret", "it was signed with another secret, %s", "use the same secret on both sides"},
	{"secret-prefix", "it was signed with the secret %s the prefix whsec_", takeSecret},
	{"secret-decoded", "it was signed with the secret decoded from %s", takeSecret},
	{"secret-trimmed", "it was signed with the secret without the white space around it", "remove the white space around the secret that is given here"},
	{"secret-newline", "it was signed with the secret and a line end after it", takeSecret},
	{"secret-quotes", "it was signed with the secret %s the quotation marks around it", takeSecret},
	{"secret-line", "the secret is a whole line %s", "use the value alone"},
	{"secret-comment", "the secret has %s after it, as in an environment file", "remove what is not the secret"},
	{"secret-scheme", "the secret has %s before it", "use the secret alone"},
	{"secret-escaped", "the secret was %s", takeSecret},
	{"secret-encoded", "the secret was taken as %s, as in a Secret of Kubernetes", takeSecret},
	{"secret-cut", "the secret was cut %s", "put the secret in single quotes where a shell or a file reads it; " + takeSecret},
	{"secret-case", "the secret was changed to %s", takeSecret},
	{"secret-twice", "the secret stands there twice", takeSecret},
	{"secret-invisible", "the secret has invisible characters in it: %s", "type the secret again, or copy it as plain text"},
	{"secret-several", "several secrets stand in one value, %s", "give each secret on its own"},
	{"secret-placeholder", "the secret is the placeholder %s, whose value was not put in", "set the variable where the program runs"},
	{"unset-secret", "it was signed with %s: the secret was not set where it was signed", "set the secret there"},

	// The algorithm.
	{"sha1", "it was signed with SHA-1", "use HMAC with SHA-256"},
	{"sha384", "it was signed with SHA-384", "use HMAC with SHA-256"},
	{"sha512", "it was signed with SHA-512", "use HMAC with SHA-256"},
	{"no-hmac", "a plain hash of %s was taken instead of an HMAC", "use HMAC with SHA-256, the secret as its key"},
	{"key-and-message-swapped", "key and message were swapped: the secret was signed with the message as the key", "give the secret as the key and <t>.<raw body> as the message"},

	// The age.
	{"stale", "the signature is correct but %s old", "sign at the time of sending, and check the clocks"},
	{"future", "the signature is correct but %s in the future", "check the clocks, and write t in Unix seconds"},
}

// ofThisBody is the beginning of the summaries of all mistakes that change the body.
const ofThisBody = "the signed body was this one "

// finding is a mistake in this case, with the detail for its summary.
type finding struct{ mistake, detail string }

// diagnose describes the findings.
func diagnose(reason Reason, findings []finding) Diagnosis {
	var names, sentences, fixes []string
	for _, s := range findings {
		i := slices.IndexFunc(mistakes, func(m Mistake) bool { return m.Name == s.mistake })
		m := mistakes[i]
		names = append(names, m.Name)
		sentence := strings.Replace(m.Summary, "%s", s.detail, 1)
		if slices.ContainsFunc(sentences, func(before string) bool { return strings.HasPrefix(before, ofThisBody) }) {
			sentence = strings.TrimPrefix(sentence, ofThisBody) // the beginning is not repeated
		}
		sentences = append(sentences, sentence)
		if !slices.Contains(fixes, m.Fix) {
			fixes = append(fixes, m.Fix)
		}
	}
	return Diagnosis{
		Reason:   reason,
		Mistake:  strings.Join(names, "+"),
		Sentence: strings.Join(sentences, ", and "),
		Fix:      strings.Join(fixes, "; "),
	}
}
