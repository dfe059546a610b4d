package signature

import (
	"slices"
	"strings"
)

// Mistake is one way to get a signature wrong that [Explain] recognises.
type Mistake struct {
	Name    string // in kebab case; a Diagnosis joins several with +
	Summary string // what was done; %s stands for what the case adds, such as the separator
	Fix     string // what to do instead
}

// Mistakes returns all mistakes that [Explain] recognises: first those of the header's form, then those of what was
// signed, how, and when.
func Mistakes() []Mistake { return slices.Clone(mistakes) }

// The mends that several mistakes share.
const (
	keepRaw    = "keep the raw bytes of the body, and sign and verify those, before anything parses or changes them"
	takeSecret = "use the secret as it is given, as text: all of it, nothing added, nothing decoded"
	writeForm  = "write the header as t=<Unix seconds>,v1=<64 lowercase hexadecimal digits>, without spaces"
)

// mistakes is the one table of what the doctor knows. It is only read.
var mistakes = []Mistake{
	// The header.
	{"no-header", "there is no signature header, or it is empty", "read the header " + HeaderName + ", and see that no proxy drops it"},
	{"no-secret", "there is no secret to verify with", "set the secret of the subscription"},
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
	{"no-timestamp", "the header has no t", writeForm},
	{"no-signature", "the header has no v1", writeForm},
	{"bad-timestamp", "t is no whole number of Unix seconds", "write t as whole Unix seconds, in decimal digits"},
	{"bad-signature", "v1 is not 64 hexadecimal digits", writeForm},
	{"upper-case", "the signature is written in upper-case hexadecimal digits", "write it in lower case"},
	{"base64", "the signature is written in base64", "write it in lowercase hexadecimal digits"},

	// What was signed: the message.
	{"body-only", "the body alone was signed, without the timestamp", "sign <t>.<raw body>, with the t of the header"},
	{"separator", "timestamp and body were joined by %s instead of a dot", "sign <t>.<raw body>, with one dot between them"},
	{"body-first", "the body was signed before the timestamp", "sign <t>.<raw body>, the timestamp first"},
	{"key-signed", "more than timestamp and body was signed: %s stands before them", "sign <t>.<raw body> and nothing else"},
	{"timestamp-only", "the timestamp alone was signed, without the body", "sign <t>.<raw body>"},

	// What was signed: the time.
	{"milliseconds", "the time was signed or written in milliseconds", "use whole Unix seconds, and the same text in t and in what is signed"},
	{"timestamp-header", "the time of " + TimestampName + " was signed, which is not the t of the signature header", "sign with the t that the signature header carries, and take it from there to verify"},

	// What was signed: the body.
	{"compacted", "what was signed is this body with its white space removed", keepRaw},
	{"spaced", "what was signed is this body with a space after each comma and colon, as Python's json.dumps writes it", keepRaw},
	{"indented", "what was signed is this body indented", keepRaw},
	{"keys-sorted", "what was signed is this body with its keys in another order: one side has sorted them", keepRaw},
	{"escapes", "what was signed is this body with other escapes in its strings, %s", keepRaw},
	{"newline", "what was signed is this body %s", keepRaw},
	{"line-endings", "what was signed is this body with %s", keepRaw},
	{"bom", "what was signed is this body %s a byte order mark", keepRaw},
	{"trimmed", "what was signed is this body with the white space around it trimmed", keepRaw},
	{"latin-1", "what was signed is this body after it was %s as Latin-1", keepRaw},
	{"lossy-text", "what was signed is this body after its bytes that are no UTF-8 were replaced", keepRaw},
	{"json-string", "what was signed is this body %s a JSON string", keepRaw},
	{"base64-body", "what was signed is this body %s base64", keepRaw},
	{"object-object", "the text [object Object] was signed: a parsed body was turned into a string", keepRaw},
	{"empty-body", "an empty body was signed", keepRaw + "; a body can be read only once"},

	// The secret.
	{"other-secret", "it was signed with another secret, %s", "use the same secret on both sides"},
	{"secret-prefix", "it was signed with the secret %s the prefix whsec_", takeSecret},
	{"secret-decoded", "it was signed with the secret decoded from %s", takeSecret},
	{"secret-trimmed", "it was signed with the secret without the white space around it", "remove the white space around the secret that is given here"},
	{"secret-newline", "it was signed with the secret and a line end after it", takeSecret},
	{"secret-quotes", "it was signed with the secret %s the quotation marks around it", takeSecret},
	{"unset-secret", "it was signed with %s: the secret was not set where it was signed", "set the secret there"},

	// The algorithm.
	{"sha1", "it was signed with SHA-1", "use HMAC with SHA-256"},
	{"sha384", "it was signed with SHA-384", "use HMAC with SHA-256"},
	{"sha512", "it was signed with SHA-512", "use HMAC with SHA-256"},
	{"no-hmac", "a plain hash of %s was taken instead of an HMAC", "use HMAC with SHA-256, the secret as its key"},
	{"key-and-message-swapped", "the secret was signed with the message as the key", "give the secret as the key and <t>.<raw body> as the message"},

	// The age.
	{"stale", "it was rightly signed, but %s ago", "sign at the time of sending, and set the clocks right"},
	{"future", "it was rightly signed, but for a time %s ahead", "set the clocks right, and write t in Unix seconds"},
}

// ofThisBody begins what is said of every mistake that changes the body.
const ofThisBody = "what was signed is this body "

// slip is a mistake that was found, with what this case adds to its summary.
type slip struct{ mistake, detail string }

// diagnose puts what was found into words.
func diagnose(reason Reason, slips []slip) Diagnosis {
	var names, sentences, fixes []string
	for _, s := range slips {
		i := slices.IndexFunc(mistakes, func(m Mistake) bool { return m.Name == s.mistake })
		m := mistakes[i]
		names = append(names, m.Name)
		sentence := strings.Replace(m.Summary, "%s", s.detail, 1)
		if slices.ContainsFunc(sentences, func(before string) bool { return strings.HasPrefix(before, ofThisBody) }) {
			sentence = strings.TrimPrefix(sentence, ofThisBody) // said once: indented, and with a byte order mark
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
