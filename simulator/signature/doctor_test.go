package signature_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"semblance/simulator/signature"
)

// faultyCase is a delivery with a mistake, built without the code of the package.
type faultyCase struct {
	body            string // what the receiver has
	signed          string // the message that was signed; "" stands for the right one over body
	key             string // the key of it; "" stands for the right secret
	newHash         func() hash.Hash
	sum             []byte // instead of all that
	encode          func([]byte) string
	header          string // with %s for the signature; "" stands for the right form
	timestampHeader string
	secret          string   // that the receiver has
	others          []string // that it tries too
}

func (s faultyCase) explain() signature.Diagnosis {
	or := func(text, otherwise string) string {
		if text != "" {
			return text
		}
		return otherwise
	}
	s.body = or(s.body, string(body))
	s.secret = or(s.secret, secret)
	if s.newHash == nil {
		s.newHash = sha256.New
	}
	if s.encode == nil {
		s.encode = hex.EncodeToString
	}
	if s.sum == nil {
		mac := hmac.New(s.newHash, []byte(or(s.key, s.secret)))
		mac.Write([]byte(or(s.signed, "1764000000."+s.body)))
		s.sum = mac.Sum(nil)
	}
	header := or(s.header, "t=1764000000,v1=%s")
	if strings.Contains(header, "%s") {
		header = fmt.Sprintf(header, s.encode(s.sum))
	}
	return signature.Explain(signature.Case{
		Body: []byte(s.body), Header: header, TimestampHeader: or(s.timestampHeader, "1764000000"),
		Secret: s.secret, Others: s.others, Now: at.Add(time.Second),
	})
}

// anew parses and encodes a body with encoding/json, which sorts the keys and escapes for HTML.
func anew(body string, indent string) string {
	var v any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		panic(err)
	}
	text, err := json.MarshalIndent(v, "", indent)
	if indent == "" {
		text, err = json.Marshal(v)
	}
	if err != nil {
		panic(err)
	}
	return string(text)
}

const (
	t     = "1764000000"
	plain = `{"subscriptionId":"692597070fe21cfa5e6a010f","eventId":"692597070fe21cfa5e6a010a","eventType":"clinicalReport.submittedForApproval","identifiers":{"clinicalReportId":"507f1f77bcf86cd799439011","submittedBy":"Zoë & Søn/😀 <x>"}}`
)

func mistakesMade() []struct {
	want string
	made faultyCase
} {
	indented := func(prefix string) string {
		var out bytes.Buffer
		if err := json.Indent(&out, body, "", prefix); err != nil {
			panic(err)
		}
		return out.String()
	}
	spaced := strings.NewReplacer(`,"`, `, "`, `":`, `": `).Replace(string(body))
	upper := func(sum []byte) string { return strings.ToUpper(hex.EncodeToString(sum)) }
	hashOf := func(text string) []byte { sum := sha256.Sum256([]byte(text)); return sum[:] }
	svix := "whsec_" + base64.StdEncoding.EncodeToString([]byte("a secret of 24 bytes, so"))
	return []struct {
		want string
		made faultyCase
	}{
		{"no-header", faultyCase{header: " "}},
		{"other-header-name", faultyCase{header: "X-Semble-Signature: t=1764000000,v1=%s"}},
		{"headers-swapped", faultyCase{header: t, timestampHeader: "t=1764000000,v1=" + reference(secret, t+"."+string(body))}},
		{"too-long", faultyCase{header: "t=1764000000,v1=%s,v0=" + strings.Repeat("0", 5000)}},
		{"quotes", faultyCase{header: `"t=1764000000,v1=%s"`}},
		{"spaces", faultyCase{header: "t=1764000000, v1=%s"}},
		{"spaces", faultyCase{header: "t=1764000000,v1=%s\n"}},
		{"delimiter", faultyCase{header: "t=1764000000;v1=%s"}},
		{"delimiter", faultyCase{header: "t:1764000000,v1:%s"}},
		{"sha256-prefix", faultyCase{header: "sha256=%s"}},
		{"sha256-prefix+body-only", faultyCase{header: "sha256=%s", signed: string(body)}},
		{"sha256-prefix+body-only+sha1", faultyCase{header: "sha1=%s", signed: string(body), newHash: sha1.New}},
		{"bare-signature", faultyCase{header: "%s"}},
		{"bare-signature+base64+body-only", faultyCase{header: "%s", encode: base64.StdEncoding.EncodeToString, signed: string(body)}},
		{"other-scheme", faultyCase{header: "t=1764000000,v0=%s"}},
		{"other-scheme", faultyCase{header: "t=1764000000,V1=%s"}},
		{"other-time-key", faultyCase{header: "ts=1764000000,v1=%s"}},
		{"malformed-element", faultyCase{header: "t=1764000000,v1=%s,v2"}},
		{"empty-element", faultyCase{header: "t=1764000000,v1=%s,"}},
		{"timestamp-twice", faultyCase{header: "t=1764000000,t=1764000001,v1=%s"}},
		{"timestamp-twice", faultyCase{header: "t=1764000001,t=1764000000,v1=%s"}},
		{"no-elements", faultyCase{header: "garbage"}},
		{"no-timestamp", faultyCase{header: "v1=%s"}},
		{"no-signature", faultyCase{header: "t=1764000000"}},
		{"bad-timestamp", faultyCase{header: "t=1764000000.25,v1=%s"}},
		{"bad-timestamp", faultyCase{header: "t=1764000000.25,v1=%s", signed: t + ".25." + string(body)}},
		{"bad-timestamp", faultyCase{header: "t=2025-11-24T16:00:00Z,v1=%s", signed: "2025-11-24T16:00:00Z." + string(body)}},
		{"bad-signature", faultyCase{header: "t=1764000000,v1=123"}},
		{"bad-signature", faultyCase{header: "t=1764000000,v1=%s,v1=123"}},
		{"upper-case", faultyCase{encode: upper}},
		{"base64", faultyCase{encode: base64.StdEncoding.EncodeToString}},
		{"base64", faultyCase{encode: base64.RawURLEncoding.EncodeToString}},

		{"body-only", faultyCase{signed: string(body)}},
		{"separator", faultyCase{signed: t + string(body)}},
		{"separator", faultyCase{signed: t + ":" + string(body)}},
		{"separator", faultyCase{signed: t + "\n" + string(body)}},
		{"body-first", faultyCase{signed: string(body) + "." + t}},
		{"key-signed", faultyCase{signed: "t=" + t + "." + string(body)}},
		{"key-signed+separator", faultyCase{signed: "v0:" + t + ":" + string(body)}},
		{"timestamp-only", faultyCase{signed: t}},
		{"empty-body", faultyCase{signed: t + "."}},

		{"milliseconds", faultyCase{header: "t=1764000000123,v1=%s", signed: t + "123." + string(body)}},
		{"milliseconds", faultyCase{header: "t=1764000000123,v1=%s"}},
		{"milliseconds", faultyCase{signed: t + "000." + string(body)}},
		{"milliseconds", faultyCase{signed: t + "007." + string(body)}},
		{"milliseconds", faultyCase{signed: t + "999." + string(body)}},
		{"milliseconds+separator", faultyCase{signed: t + "000:" + string(body)}},
		{"milliseconds", faultyCase{timestampHeader: "1764000000456", signed: t + "456." + string(body)}},
		{"timestamp-header", faultyCase{timestampHeader: "1764000009", signed: "1764000009." + string(body)}},

		{"compacted", faultyCase{body: spaced, signed: t + "." + string(body)}},
		{"compacted", faultyCase{body: indented("  "), signed: t + "." + string(body)}},
		{"compacted+newline", faultyCase{body: indented("   ") + "\n", signed: t + "." + string(body) + "\n"}},
		{"spaced", faultyCase{signed: t + "." + spaced}},
		{"indented", faultyCase{signed: t + "." + indented("  ")}},
		{"indented", faultyCase{signed: t + "." + indented("\t")}},
		{"indented", faultyCase{body: indented("  "), signed: t + "." + indented("    ")}},
		{"indented+newline", faultyCase{signed: t + "." + indented("  ") + "\n"}},
		{"keys-sorted", faultyCase{signed: t + "." + anew(string(body), "")}},
		{"keys-sorted", faultyCase{body: anew(string(body), ""), signed: t + "." + string(body)}},
		{"keys-sorted+escapes", faultyCase{body: anew(plain, ""), signed: t + "." + plain}},
		{"keys-sorted+escapes", faultyCase{body: plain, signed: t + "." + anew(plain, "")}},
		{"keys-sorted+indented", faultyCase{signed: t + "." + anew(string(body), "  ")}},
		{"escapes", faultyCase{body: plain, signed: t + "." + strings.NewReplacer("ë", `\u00eb`, "ø", `\u00f8`, "😀", `\ud83d\ude00`).Replace(plain)}},
		{"escapes", faultyCase{body: plain, signed: t + "." + strings.NewReplacer("ë", `\u00eb`, "ø", `\u00f8`, "😀", `\ud83d\ude00`, "/", `\/`).Replace(plain)}},
		{"escapes", faultyCase{body: plain, signed: t + "." + strings.ReplaceAll(plain, "/", `\/`)}},
		{"escapes", faultyCase{body: strings.ReplaceAll(plain, "ë", `\u00eB`), signed: t + "." + plain}},
		{"newline", faultyCase{signed: t + "." + string(body) + "\n"}},
		{"newline", faultyCase{signed: t + "." + string(body) + "\r\n"}},
		{"newline", faultyCase{body: string(body) + "\n", signed: t + "." + string(body)}},
		{"newline", faultyCase{body: string(body) + "\r\n", signed: t + "." + string(body)}},
		{"line-endings", faultyCase{body: "{\r\n}\r\n", signed: t + ".{\n}\n"}},
		{"line-endings", faultyCase{body: "{\n}\n", signed: t + ".{\r\n}\r\n"}},
		{"bom", faultyCase{signed: t + ".\ufeff" + string(body)}},
		{"bom", faultyCase{body: "\ufeff" + string(body), signed: t + "." + string(body)}},
		{"trimmed", faultyCase{body: " \t" + plain + "\n\n", signed: t + "." + plain}},
		{"latin-1", faultyCase{body: `{"a":"Zoë"}`, signed: t + `.{"a":"ZoÃ«"}`}},
		{"latin-1", faultyCase{body: `{"a":"Zoë"}`, signed: t + ".{\"a\":\"Zo\xeb\"}"}},
		{"lossy-text", faultyCase{body: "{\"a\":\"Zo\xeb\"}", signed: t + ".{\"a\":\"Zo\uFFFD\"}"}},
		{"json-string", faultyCase{body: `{"a":"<b>"}`, signed: t + `."{\"a\":\"<b>\"}"`}},
		{"json-string", faultyCase{body: `"{\"a\":1}"`, signed: t + `.{"a":1}`}},
		{"base64-body", faultyCase{signed: t + "." + base64.StdEncoding.EncodeToString(body)}},
		{"base64-body", faultyCase{body: base64.StdEncoding.EncodeToString(body), signed: t + "." + string(body)}},
		{"object-object", faultyCase{signed: t + ".[object Object]"}},

		{"other-secret", faultyCase{key: "whsec_the_one_before", others: []string{"", "x", "whsec_the_one_before"}}},
		{"secret-prefix", faultyCase{key: strings.TrimPrefix(secret, "whsec_")}},
		{"secret-prefix", faultyCase{secret: "no prefix here", key: "whsec_no prefix here"}},
		{"secret-decoded", faultyCase{secret: svix, key: "a secret of 24 bytes, so"}},
		{"secret-decoded", faultyCase{secret: "00ff10", key: "\x00\xff\x10"}},
		{"secret-trimmed", faultyCase{secret: secret + "\n", key: secret}},
		{"secret-newline", faultyCase{key: secret + "\n"}},
		{"secret-quotes", faultyCase{key: `"` + secret + `"`}},
		{"secret-quotes", faultyCase{secret: `'` + secret + `'`, key: secret}},
		{"unset-secret", faultyCase{sum: mac(sha256.New, "", t+"."+string(body))}},
		{"unset-secret", faultyCase{key: "undefined"}},

		{"sha1", faultyCase{newHash: sha1.New}},
		{"sha384", faultyCase{newHash: sha512.New384}},
		{"sha512", faultyCase{newHash: sha512.New}},
		{"no-hmac", faultyCase{sum: hashOf(secret + t + "." + string(body))}},
		{"no-hmac", faultyCase{sum: hashOf(t + "." + string(body) + secret)}},
		{"no-hmac", faultyCase{sum: hashOf(t + "." + string(body))}},
		{"key-and-message-swapped", faultyCase{sum: mac(sha256.New, t+"."+string(body), secret)}},

		{"stale", faultyCase{header: "t=1763990000,v1=%s", signed: "1763990000." + string(body)}},
		{"future", faultyCase{header: "t=1764000000000000,v1=%s", signed: "1764000000000000." + string(body)}},
		{"future", faultyCase{header: "t=1764010000,v1=%s", signed: "1764010000." + string(body)}},

		// Several at once.
		{"base64+body-only", faultyCase{signed: string(body), encode: base64.StdEncoding.EncodeToString}},
		{"upper-case+separator+secret-prefix", faultyCase{signed: t + string(body), key: strings.TrimPrefix(secret, "whsec_"), encode: upper}},
		{"spaces+body-only+sha512", faultyCase{header: "t=1764000000, v1=%s", signed: string(body), newHash: sha512.New}},
		{"body-only+newline", faultyCase{signed: string(body) + "\n"}},
	}
}

func mac(newHash func() hash.Hash, key, message string) []byte {
	h := hmac.New(newHash, []byte(key))
	h.Write([]byte(message))
	return h.Sum(nil)
}

func TestExplainNamesTheMistake(t *testing.T) {
	seen := map[string]bool{}
	for i, test := range mistakesMade() {
		d := test.made.explain()
		if d.Mistake != test.want || d.Valid || d.Sentence == "" || d.Fix == "" || d.Reason == "" {
			t.Errorf("mistake %d, %s: %+v", i, test.want, d)
		}
		if strings.Contains(d.String(), "%") {
			t.Errorf("mistake %d, %s: unfilled detail in %q", i, test.want, d)
		}
		for name := range strings.SplitSeq(d.Mistake, "+") {
			seen[name] = true
		}
	}
	for _, test := range damagedBodies() {
		seen[test.want] = true
	}
	for _, test := range damagedSecrets() {
		seen[test.want] = true
	}
	for _, name := range []string{"no-secret", "secret-cut", "secret-case", "secret-encoded", "secret-placeholder", "unset-time"} {
		seen[name] = true // in other tests
	}
	for _, m := range signature.Mistakes() {
		if !seen[m.Name] {
			t.Errorf("no case makes the mistake %s", m.Name)
		}
		if strings.Count(m.Summary, "%s") > 1 || m.Fix == "" {
			t.Errorf("mistake %s: summary %q, mend %q", m.Name, m.Summary, m.Fix)
		}
	}
}

// Two mistakes in the body give one sentence.
func TestExplainJoinsSentences(t *testing.T) {
	pretty := new(bytes.Buffer)
	if err := json.Indent(pretty, body, "", "  "); err != nil {
		t.Fatal(err)
	}
	got := faultyCase{body: pretty.String() + "\n", signed: "1764000000." + string(body) + "\n"}.explain()
	if want := "the signed body was this one with its white space removed, and with a line end after it"; got.Sentence != want {
		t.Errorf("%q, want %q", got.Sentence, want)
	}
}

func TestExplainWithoutAMistake(t *testing.T) {
	good := signature.Case{Body: body, Header: signature.Sign(secret, at, body), Secret: secret, Now: at}
	if d := signature.Explain(good); !d.Valid || d.Mistake != "" || d.String() != "the signature is valid" {
		t.Errorf("a good signature: %+v", d)
	}
	pasted := good
	pasted.Header = "x-webhook-signature: " + good.Header
	if d := signature.Explain(pasted); !d.Valid {
		t.Errorf("a pasted line of a good signature: %+v", d)
	}
	unset := good
	unset.Secret = ""
	if d := signature.Explain(unset); d.Valid || d.Mistake != "no-secret" {
		t.Errorf("no secret: %+v", d)
	}
	foreign := good
	foreign.Secret = "whsec_quite_another_one"
	if d := signature.Explain(foreign); d.Valid || d.Mistake != "" || d.Reason != signature.ReasonMismatch || d.Fix == "" {
		t.Errorf("a secret that the doctor cannot know: %+v", d)
	}
	ninth := good
	ninth.Header += strings.Repeat(",v1="+strings.Repeat("0", 64), 8) + ",v1=1"
	if d := signature.Explain(ninth); d.Valid || d.Reason != signature.ReasonBadSignature || d.Sentence == "" || d.Fix == "" {
		t.Errorf("a malformed v1 behind many: %+v", d)
	}
	old := faultyCase{header: "t=1700000000,v1=%s", signed: string(body)}.explain()
	if old.Mistake != "body-only" || !strings.Contains(old.Sentence, "740 d old") {
		t.Errorf("a wrong and old signature: %+v", old)
	}
}

// A random signature comes from no mistake, so only mistakes that are visible in the header or in the body may be named.
func TestExplainNeverInvents(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	visible := signature.Mistakes()[:slices.IndexFunc(signature.Mistakes(), func(m signature.Mistake) bool { return m.Name == "body-only" })]
	visible = append(visible, signature.Mistake{Name: "cut-short"}, signature.Mistake{Name: "no-body"}) // the bodies are cut
	for range 60 {
		sum := make([]byte, []int{20, 32, 32, 48, 64}[random.IntN(5)])
		for i := range sum {
			sum[i] = byte(random.Uint32())
		}
		text := hex.EncodeToString(sum)
		header := []string{"t=1764000000,v1=" + text, "sha256=" + text, text, "t=1764000000, v0=" + text, text + ";t=1"}[random.IntN(5)]
		d := signature.Explain(signature.Case{Body: []byte(plain[:random.IntN(len(plain))]), Header: header, Secret: secret, Now: at})
		if d.Valid {
			t.Fatalf("a random signature is valid: %s", header)
		}
		for name := range strings.SplitSeq(d.Mistake, "+") {
			if name != "" && !slices.ContainsFunc(visible, func(m signature.Mistake) bool { return m.Name == name }) {
				t.Errorf("of the random header %q the doctor says %s", header, d.Mistake)
			}
		}
	}
}

func TestExplainIsBounded(t *testing.T) {
	large := faultyCase{body: `{"a":[` + strings.Repeat(`{"b":"é"},`, 400_000) + `1]}`, sum: make([]byte, 32)}
	if d := large.explain(); d.Valid || d.Mistake != "" || !strings.Contains(d.Sentence, "such a large body") {
		t.Errorf("a large body: %+v", d)
	}
	deep := faultyCase{body: strings.Repeat("[", 5000) + strings.Repeat("]", 5000), sum: make([]byte, 32)}
	if d := deep.explain(); d.Valid || d.Mistake != "" {
		t.Errorf("a deep body: %+v", d)
	}
	many := faultyCase{header: "t=1,t=2" + strings.Repeat(",v1="+strings.Repeat("0", 64), 50)}
	if d := many.explain(); d.Valid || d.Mistake != "timestamp-twice" {
		t.Errorf("many signatures: %+v", d)
	}
}

func FuzzExplain(f *testing.F) {
	for _, test := range mistakesMade() {
		f.Add(test.made.body, test.made.header, test.made.timestampHeader, secret)
	}
	f.Add(string(body), signature.Sign(secret, at, body), t, secret)
	f.Fuzz(func(t *testing.T, body, header, timestampHeader, secret string) {
		c := signature.Case{Body: []byte(body), Header: header, TimestampHeader: timestampHeader, Secret: secret, Now: at}
		d := signature.Explain(c)
		valid := signature.Verify(c.Body, header, secret, at, 0) == nil
		if valid && !d.Valid {
			t.Errorf("Verify accepts what Explain does not: %+v", d)
		}
		if d.Valid == (d.Fix != "") || d.Sentence == "" || d.Valid == (d.Reason != "") {
			t.Errorf("an incomplete diagnosis: %+v", d)
		}
	})
}

func BenchmarkExplainNothingFits(b *testing.B) {
	c := signature.Case{Body: body, Header: "t=1764000000,v1=" + strings.Repeat("0", 64), Secret: secret, Now: at}
	for b.Loop() {
		signature.Explain(c)
	}
}

func ExampleExplain() {
	body := []byte(`{"eventType":"booking.created"}`)
	sum, _ := signature.MAC("sha256", "whsec_example", body) // the timestamp is forgotten
	fmt.Println(signature.Explain(signature.Case{
		Body:   body,
		Header: fmt.Sprintf("t=1764000000,v1=%x", sum),
		Secret: "whsec_example",
		Now:    time.Unix(1764000000, 0),
	}))
	// Output:
	// the body alone was signed, without the timestamp; fix: sign <t>.<raw body>, with the t of the header
}
