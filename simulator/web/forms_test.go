package web

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// An attempt in the forms of other programs, without credentials unless a token shows them.
func TestAttemptForms(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	s.api(http.StatusOK, "PATCH", "/subscriptions/"+s.subscriptionID(), map[string]any{"headers": []map[string]string{{"name": "X-Api-Key", "value": "a-key-of-mine-1234"}}})
	s.emit(map[string]any{"eventType": "booking.created"})
	s.settle()
	path := "/attempts/" + strconv.Itoa(int(s.attempts("").Items[0].ID))
	for form, want := range map[string]string{
		"curl": "curl -sS -i " + s.receiver.URL, "command": "semblance resend ", "http": "POST / HTTP/1.1\r\nHost: ", "har": "\"version\": \"1.2\"",
		"body": `{"subscriptionId":"`, "ndjson": `"request":{"eventId":"`,
	} {
		r := s.api(http.StatusOK, "GET", path+"?as="+form, nil)
		if !strings.Contains(string(r.body), want) || strings.Contains(string(r.body), "a-key-of-mine") {
			t.Errorf("%s: %s", form, r.body)
		}
	}
	full := s.api(http.StatusOK, "GET", path+"?as=http&show=secret", nil, "X-Token: "+testToken)
	if !strings.Contains(string(full.body), "X-Api-Key: a-key-of-mine-1234") {
		t.Errorf("with a token: %s", full.body)
	}
	s.ask("GET", apiPath+path+"?as=http&show=secret", nil).problem(http.StatusUnauthorized, "token")
	var one struct{ Request struct{ Body string } }
	s.api(http.StatusOK, "GET", path, nil).into(&one)
	if got := s.api(http.StatusOK, "GET", path+"?as=body", nil); string(got.body) != one.Request.Body {
		t.Errorf("the body: %s", got.body)
	}
	s.ask("GET", apiPath+path+"?as=har2", nil).problem(http.StatusBadRequest, "query")
	var attempt struct{ Signature signatureView }
	s.api(http.StatusOK, "GET", path, nil).into(&attempt)
	if !attempt.Signature.Valid || attempt.Signature.SignedAt != "2026-06-08T09:00:00.000Z" {
		t.Errorf("the signature: %+v", attempt.Signature)
	}
}

// A page of attempts as a file, without credentials, with a link to the next page.
func TestAttemptsAsAFile(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	s.api(http.StatusOK, "PATCH", "/subscriptions/"+s.subscriptionID(), map[string]any{"headers": []map[string]string{{"name": "X-Api-Key", "value": "a-key-of-mine-1234"}}})
	s.emit(map[string]any{"eventType": "booking.created", "count": 3})
	s.settle()
	var har struct {
		Log struct {
			Entries []struct{ Request, Response any }
		}
	}
	all := s.api(http.StatusOK, "GET", "/attempts?as=har", nil)
	if all.into(&har); len(har.Log.Entries) != 3 || strings.Contains(string(all.body), "a-key-of-mine") || all.header.Get("Link") != "" {
		t.Errorf("%v %s", all.header, all.body)
	}
	lines := 0
	for path := "/attempts?as=ndjson&limit=2&type=booking.*"; path != ""; {
		page := s.api(http.StatusOK, "GET", path, nil)
		for line := range strings.Lines(string(page.body)) {
			var v struct{ Request struct{ Body string } }
			if err := json.Unmarshal([]byte(line), &v); err != nil || v.Request.Body == "" || strings.Contains(line, "a-key-of-mine") {
				t.Errorf("%v: %s", err, line)
			}
			lines++
		}
		query, more := strings.CutPrefix(page.header.Get("Link"), "<")
		if path = ""; more {
			path = "/attempts" + strings.TrimSuffix(query, `>; rel="next"`)
		}
	}
	if lines != 3 {
		t.Errorf("%d lines", lines)
	}
	s.ask("GET", apiPath+"/attempts?as=curl", nil).problem(http.StatusBadRequest, "query")
}

// A payload can be checked without sending it.
func TestCheckPayload(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	var sample struct{ Body string }
	s.api(http.StatusOK, "GET", "/event-types/booking.created/sample", nil).into(&sample)
	for body, n := range map[string]int{sample.Body: 0, `{`: 1, strings.Replace(sample.Body, "patientId", "pateintId", 1): 1} {
		var v payloadView
		s.api(http.StatusOK, "POST", "/event-types/booking.created/check", payloadRequest{body}).into(&v)
		if len(v.Violations) != n {
			t.Errorf("%s: %q, want %d", body, v.Violations, n)
		}
	}
	s.ask("POST", apiPath+"/event-types/booking.craeted/check", payloadRequest{"{}"}).problem(http.StatusNotFound, "event-type")
}
