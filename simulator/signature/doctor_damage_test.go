package signature_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"semblance/simulator/signature"
)

// booking is the event that the damaged bodies were.
const booking = `{"subscriptionId":"692597070fe21cfa5e6a010f","eventId":"692597070fe21cfa5e6a010a","eventType":"booking.created","identifiers":{"bookingId":"507f1f77bcf86cd799439011"}}`

// damaged is a body that is no longer the event, with the mistake and a part of the sentence or the fix.
type damaged struct{ body, want, says string }

func compressed(gz bool) string {
	var b bytes.Buffer
	if gz {
		w := gzip.NewWriter(&b)
		w.Write([]byte(booking))
		w.Close()
		return b.String()
	}
	w := zlib.NewWriter(&b)
	w.Write([]byte(booking))
	w.Close()
	return b.String()
}

func utf16le(mark bool) string {
	var b bytes.Buffer
	if mark {
		b.WriteString("\xff\xfe")
	}
	for _, unit := range utf16.Encode([]rune(booking)) {
		b.Write([]byte{byte(unit), byte(unit >> 8)})
	}
	return b.String()
}

func numbersOf(separator string) string {
	words := make([]string, len(booking))
	for i := range booking {
		words[i] = strconv.Itoa(int(booking[i]))
	}
	return strings.Join(words, separator)
}

func damagedBodies() []damaged {
	swap := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(booking) }
	quoted, err := json.Marshal(booking)
	if err != nil {
		panic(err)
	}
	return []damaged{
		{"", "no-body", "can be read only once"},
		{" \n", "no-body", "empty"},

		{"[object Object]", "text-of-javascript", "express.raw"},
		{"[object Uint8Array]", "text-of-javascript", "express.raw"},
		{"[object ReadableStream]", "text-of-javascript", "request.text()"},
		{"undefined", "text-of-javascript", "undefined"},
		{"Promise { <pending> }", "text-of-javascript", "not awaited"},
		{"<Buffer " + strings.TrimSpace(strings.Join(strings.SplitAfter(fmt.Sprintf("% x", booking), " "), "")) + ">", "text-of-javascript", "Buffer"},
		{numbersOf(","), "text-of-javascript", "a list of its bytes"},
		{`{"type":"Buffer","data":[` + numbersOf(",") + `]}`, "text-of-javascript", "a Buffer written as JSON"},
		{"{\n  subscriptionId: '692597070fe21cfa5e6a010f',\n  eventId: '692597070fe21cfa5e6a010a',\n  identifiers: { bookingId: '507f' }\n}", "text-of-javascript", "util.inspect"},

		{"b'" + booking + "'", "text-of-python", "b'…'"},
		{`b"` + booking + `"`, "text-of-python", "b'…'"},
		{"{'subscriptionId': '692597070fe21cfa5e6a010f', 'eventId': '692597070fe21cfa5e6a010a'}", "text-of-python", "a dict"},
		{"Event(subscription_id='692597070fe21cfa5e6a010f', event_id='x')", "text-of-python", "a dataclass"},
		{"<coroutine object Request.body at 0x7f09ed3f28d0>", "text-of-python", "not awaited"},
		{"<bound method Request.get_data of <Request 'http://localhost/' [POST]>>", "text-of-python", "not called"},
		{"<_io.BytesIO object at 0x7f09ed3f28d0>", "text-of-python", "a stream"},
		{"bytearray(b'{}')", "text-of-python", "bytearray"},

		{"map[eventId:692597070fe21cfa5e6a010a eventType:booking.created]", "text-of-go", "a map"},
		{"[" + numbersOf(" ") + "]", "text-of-go", "a []byte printed by fmt"},
		{"&{692597070fe21cfa5e6a010f 692597070fe21cfa5e6a010a booking.created map[bookingId:507f]}", "text-of-go", "a struct"},
		{"{SubscriptionID:692597070fe21cfa5e6a010f EventID:692597070fe21cfa5e6a010a}", "text-of-go", "a struct"},
		{"{692597070fe21cfa5e6a010f 692597070fe21cfa5e6a010a booking.created map[bookingId:507f]}", "text-of-go", "a struct"},
		{"%!s(*http.body=&{0xc0000})", "text-of-go", "wrong verb"},

		{"{subscriptionId=692597070fe21cfa5e6a010f, eventId=692597070fe21cfa5e6a010a}", "text-of-java", "a Map"},
		{"Event[subscriptionId=692597070fe21cfa5e6a010f, eventId=x]", "text-of-java", "a record"},
		{"[B@1b6d3586", "text-of-java", "a byte array"},
		{"java.io.ByteArrayInputStream@1b6d3586", "text-of-java", "@RequestBody byte[]"},

		{"System.Byte[]", "text-of-csharp", "EnableBuffering"},
		{"Microsoft.AspNetCore.Http.HttpRequestStream", "text-of-csharp", "Request.Body"},
		{"Array\n(\n    [subscriptionId] => 6925\n)\n", "text-of-php", "print_r"},
		{"array(4) {\n  [\"subscriptionId\"]=>\n  string(24) \"692\"\n}", "text-of-php", "php://input"},
		{"Array", "text-of-php", "an array turned into text"},
		{`{"subscriptionId"=>"692597070fe21cfa5e6a010f"}`, "text-of-ruby", "request.raw_post"},
		{`{"subscriptionId" => "692597070fe21cfa5e6a010f"}`, "text-of-ruby", "a Hash"},
		{`{:subscriptionId=>"692597070fe21cfa5e6a010f"}`, "text-of-ruby", "a Hash"},
		{"#<StringIO:0x00007f>", "text-of-ruby", "inspect"},
		{`%{"subscriptionId" => "692597070fe21cfa5e6a010f"}`, "text-of-other", "Elixir"},
		{`["subscriptionId": "692597070fe21cfa5e6a010f"]`, "text-of-other", "Swift"},
		{`Some("x")`, "text-of-other", "Rust"},
		{"HASH(0x55d0)", "text-of-other", "Perl"},

		{string(quoted), "json-string", "a JSON string"},
		{`{"body":` + string(quoted) + `,"isBase64Encoded":false}`, "wrapped", "in body"},
		{`{"payload":` + booking + `}`, "wrapped", "in payload"},
		{`{"body":"` + base64.StdEncoding.EncodeToString([]byte(booking)) + `","isBase64Encoded":true}`, "wrapped", "a gateway"},
		{"payload=" + url.QueryEscape(booking), "form-encoded", "an encoded form"},
		{`{` + string(quoted) + `:""}`, "form-encoded", "application/json"},
		{base64.StdEncoding.EncodeToString([]byte(booking)), "base64-body", "base64"},
		{hex.EncodeToString([]byte(booking)), "other-format", "hexadecimal"},
		{"<event><eventId>692597070fe21cfa5e6a010a</eventId></event>", "other-format", "XML"},
		{"subscriptionId: 692597070fe21cfa5e6a010f\neventId: 692597070fe21cfa5e6a010a\n", "other-format", "YAML"},
		{"00000000: 7b22 7375 6273", "other-format", "a dump"},
		{"--boundary\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n{}", "other-format", "multipart"},
		{`{"ok":true}`, "other-format", "something else"},
		{"[]", "other-format", "not an object"},
		{"hello", "other-format", "text that is not JSON"},
		{compressed(true), "compressed", "gzip"},
		{compressed(false), "compressed", "deflate"},
		{utf16le(true), "other-encoding", "UTF-16"},
		{utf16le(false), "other-encoding", "UTF-16"},
		{strings.Replace(booking, "booking.created", "Zo\xeb", 1), "other-encoding", "not UTF-8"},
		{booking[:100], "cut-short", "after 100 bytes"},
		{"\uFFFD" + booking[1:], "replaced", "U+FFFD"},
		{strings.ReplaceAll(booking, `"`, "&quot;"), "replaced", "entities of HTML"},
		{strings.ReplaceAll(booking, `"`, `\"`), "replaced", "backslashes"},
		{strings.ReplaceAll(booking, `"`, "“"), "replaced", "typographic"},
		{"POST /webhooks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\r\n" + booking, "surrounded", "the head of the HTTP request"},
		{"2026-11-30 12:00:00 INFO body=" + booking, "surrounded", "text around it"},
		{swap(`"identifiers"`, `"metadata":null,"identifiers"`), "fields", "null for metadata"},
		{swap(`{"bookingId"`, `{"patientId":null,"bookingId"`), "fields", "null for patientId"},
		{swap(`"eventType"`, `"receivedAt":"2026-11-30","eventType"`), "fields", "receivedAt added"},
		{swap(`"subscriptionId":"692597070fe21cfa5e6a010f",`, ""), "fields", "without subscriptionId"},
		{swap(`"eventId"`, `"event_id"`), "fields", "event_id instead of the event's spelling"},
		{swap(`"eventType"`, `"EventType"`), "fields", "EventType instead"},
	}
}

// A body that is no longer the event is named, with its cause in the framework, whatever the secret is.
func TestExplainNamesDamagedBodies(t *testing.T) {
	t.Parallel()
	sum := reference(secret, "1764000000."+booking)
	for _, known := range []bool{true, false} { // whether the secret is the right one
		for i, test := range damagedBodies() {
			c := signature.Case{Body: []byte(test.body), Header: "t=1764000000,v1=" + sum, Secret: secret, Now: at}
			if !known {
				c.Secret = "whsec_a_secret_that_did_not_sign_it"
			}
			d := signature.Explain(c)
			want := test.want
			if !known && (want == "json-string" || want == "base64-body") { // without the signature they are forms
				want = ""
			}
			if d.Valid || !strings.Contains(d.Mistake, want) || !strings.Contains(d.Sentence+d.Fix, test.says) || d.Fix == "" || strings.Contains(d.Sentence, "%s") {
				t.Errorf("body %d %.60q, right secret %v: %q: %s; fix: %s", i, test.body, known, d.Mistake, d.Sentence, d.Fix)
			}
		}
	}
}

// damagedSecret is a secret as the receiver or the user has it.
type damagedSecret struct{ secret, want string }

const rich = `whsec_aB3$dE+f/G-h_I=jK#mN pQ&r"S!t`

func damagedSecrets() []damagedSecret {
	return []damagedSecret{
		{"WEBHOOK_SECRET=" + secret, "secret-line"},
		{`WEBHOOK_SECRET="` + secret + `"`, "secret-line"},
		{"export WEBHOOK_SECRET='" + secret + "'", "secret-line"},
		{"WEBHOOK_SECRET: " + secret, "secret-line"},
		{"WEBHOOK_SECRET=" + secret + " # of staging", "secret-line"},
		{"$env:WEBHOOK_SECRET = \"" + secret + "\"", "secret-line"},
		{secret + " # of staging", "secret-comment"},
		{secret + ";", "secret-comment"},
		{secret + ",", "secret-comment"},
		{secret + `\n`, "secret-comment"},
		{secret + "%", "secret-comment"},
		{"<" + secret + ">", "secret-comment"},
		{"Bearer " + secret, "secret-scheme"},
		{"v1," + secret, "secret-scheme"},
		{"sha256=" + secret, "secret-scheme"},
		{secret + secret, "secret-twice"},
		{"whsec_" + secret, "secret-prefix"},
		{strings.ReplaceAll(secret, "_", "%5F"), "secret-escaped"},
		{strings.ReplaceAll(secret, "_", "&#95;"), "secret-escaped"},
		{"\ufeff" + secret, "secret-invisible"},
		{secret[:10] + "\u200b" + secret[10:], "secret-invisible"},
		{secret + "\u00a0", "secret-trimmed"},
		{"whsec_the_new_secret_of_2026," + secret, "secret-several"},
		{secret + " ", "secret-trimmed"},
		{secret + "\r\n", "secret-trimmed"},
		{`"` + secret + `"`, "secret-quotes"},
		{`"` + secret, "secret-quotes"},
		{strings.TrimPrefix(secret, "whsec_"), "secret-prefix"},
	}
}

// The user has a damaged secret, and the event was signed with the right one.
func TestExplainNamesDamagedSecrets(t *testing.T) {
	t.Parallel()
	for _, test := range damagedSecrets() {
		d := signature.Explain(signature.Case{Body: []byte(booking), Header: "t=1764000000,v1=" + reference(secret, "1764000000."+booking), Secret: test.secret, Now: at})
		if d.Mistake != test.want || d.Fix == "" || strings.Contains(d.Sentence, "%s") {
			t.Errorf("secret %q: %q: %s; want %s", test.secret, d.Mistake, d.Sentence, test.want)
		}
	}
	for _, placeholder := range []string{"${WEBHOOK_SECRET}", "$WEBHOOK_SECRET", "%WEBHOOK_SECRET%", "{{ secret }}", "<your secret>", "process.env.WEBHOOK_SECRET", "changeme", "********"} {
		d := signature.Explain(signature.Case{Body: []byte(booking), Header: "t=1764000000,v1=" + reference(secret, "1764000000."+booking), Secret: placeholder, Now: at})
		if d.Mistake != "secret-placeholder" || !strings.Contains(d.Sentence, placeholder) {
			t.Errorf("secret %q: %q: %s", placeholder, d.Mistake, d.Sentence)
		}
	}
	// Without a signature that says what the right secret is, the damage is still visible.
	d := signature.Explain(signature.Case{Body: []byte(booking), Header: "t=1764000000,v1=" + strings.Repeat("0", 64), Secret: "SECRET=whsec_x", Now: at})
	if d.Mistake != "secret-line" {
		t.Errorf("a visible damage: %+v", d)
	}
}

// The receiver has the right secret damaged on its way from an environment file to the code, and computes with it.
func TestComputedWithDamagedSecret(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ used, want string }{
		{strings.Split(rich, "$")[0], "secret-cut"},
		{strings.Split(rich, "#")[0], "secret-cut"},
		{strings.Split(rich, " ")[0], "secret-cut"},
		{rich[:32], "secret-cut"},
		{rich[:len(rich)-1], "secret-cut"},
		{strings.ReplaceAll(rich, "$dE", ""), "secret-cut"},
		{strings.ToLower(rich), "secret-case"},
		{strings.ToUpper(rich), "secret-case"},
		{rich + rich, "secret-twice"},
		{rich + `\n`, "secret-comment"},
		{rich + "\r", "secret-newline"},
		{"\ufeff" + rich, "secret-invisible"},
		{base64.StdEncoding.EncodeToString([]byte(rich)), "secret-encoded"},
		{base64.StdEncoding.EncodeToString([]byte(rich + "\n")), "secret-encoded"},
		{hex.EncodeToString([]byte(rich)), "secret-encoded"},
		{url.QueryEscape(rich), "secret-escaped"},
		{strings.ReplaceAll(rich, "+", " "), "secret-escaped"},
		{strings.ReplaceAll(rich, `"`, "&#34;")[:0] + strings.NewReplacer("&", "&amp;", `"`, "&#34;").Replace(rich), "secret-escaped"},
		{strings.NewReplacer("-", "+", "_", "/").Replace(rich), "secret-escaped"},
		{`"` + rich + `"`, "secret-quotes"},
		{"undefined", "unset-secret"},
	} {
		c := signature.Case{Body: []byte(booking), Header: "t=1764000000,v1=" + reference(rich, "1764000000."+booking), Secret: rich, Now: at}
		d := signature.ExplainComputed(c, reference(test.used, "1764000000."+booking))
		if d.Mistake != test.want || d.Fix == "" {
			t.Errorf("computed with %q: %q: %s; want %s", test.used, d.Mistake, d.Sentence, test.want)
		}
	}
}

// The receiver computes over something else than the raw body.
func TestComputed(t *testing.T) {
	t.Parallel()
	c := signature.Case{Body: []byte(booking), Header: "t=1764000000,v1=" + reference(secret, "1764000000."+booking), Secret: secret, Now: at}
	right := sha256.Sum256([]byte(booking))
	for _, test := range []struct{ computed, want, says string }{
		{reference(secret, "1764000000."+booking), "", "the digest is right"},
		{strings.ToUpper(reference(secret, "1764000000."+booking)), "upper-case", "lower case"},
		{reference(secret, booking), "body-only", "without the timestamp"},
		{reference(secret, "1764000000[object Object]"), "separator+object-object", "[object Object]"},
		{reference(secret, "1764000000.b'"+booking+"'"), "text-of-python", "get_data"},
		{reference(secret, "1764000000."+strings.NewReplacer(`":`, `': `, `,"`, `, '`, `"`, "'").Replace(booking)), "text-of-python", "a dict"},
		{reference(secret, "1764000000.["+numbersOf(" ")+"]"), "text-of-go", "fmt"},
		{reference(secret, "1764000000."+numbersOf(",")), "text-of-javascript", "a list of its bytes"},
		{reference(secret, "undefined."+booking), "unset-time", "undefined"},
		{hex.EncodeToString(right[:]), "body-only+no-hmac", "without the secret"},
		{strings.Repeat("0", 64), "", "no known mistake"},
		{"123", "bad-signature", "not 64"},
	} {
		d := signature.ExplainComputed(c, test.computed)
		if d.Mistake != test.want || !strings.Contains(d.Sentence+d.Fix, test.says) {
			t.Errorf("computed %s: %q: %s; fix: %.20s; want %q with %q", test.computed, d.Mistake, d.Sentence, d.Fix, test.want, test.says)
		}
	}
}

func TestTimestampHeaderThatDiffers(t *testing.T) {
	t.Parallel()
	c := signature.Case{Body: []byte(booking), Header: "t=1764000000,v1=" + reference(secret, "1764000000."+booking), Secret: secret, Now: at, TimestampHeader: "1764000009"}
	if d := signature.Explain(c); !d.Valid || !strings.Contains(d.Note, "X-Webhook-Timestamp is 1764000009, which differs from t=1764000000") {
		t.Errorf("%+v", d)
	}
	c.TimestampHeader = "1764000000"
	if d := signature.Explain(c); d.Note != "" {
		t.Errorf("equal timestamps: %+v", d)
	}
}

// The work stays bounded with everything that is tried.
func TestDamageIsBounded(t *testing.T) {
	start := time.Now()
	for _, body := range []string{booking, strings.Repeat("{'", 16<<10), "[" + strings.Repeat("1,", 16<<10) + "1]", strings.Repeat(`\"`, 16<<10), strings.Repeat("%7B", 10<<10)} {
		signature.Explain(signature.Case{Body: []byte(body), Header: "t=1764000000,v1=" + strings.Repeat("0", 64), Secret: rich, Now: at})
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}
