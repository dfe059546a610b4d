package guard

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
)

type testBody struct {
	Name    *string           `json:"name"`
	Count   int               `json:"count"`
	From    *time.Time        `json:"from"`
	About   map[string]string `json:"about"`
	Headers []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"headers"`
	Any map[string]any `json:"any"`
}

func TestReadJSON(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, body, code, field, detail string
	}{
		{"everything", `{"name":"a","count":1,"from":"2026-06-08T00:00:00Z","about":{"Name":"x"},"headers":[{"name":"a","value":"b"}],"any":{"x":[{"y":1}]}}`, "", "", ""},
		{"an empty body", "", "", "", ""},
		{"an unknown key", `{"cuont":1}`, "json", "cuont", `unknown key "cuont"; did you mean "count"?`},
		{"another letter case", `{"Count":1}`, "json", "Count", `unknown key "Count"; did you mean "count"?`},
		{"another letter case inside", `{"headers":[{"Name":"a","value":"b"}]}`, "json", "headers.Name", "unknown key"},
		{"a duplicate key", `{"count":1,"count":2}`, "json", "count", "count: duplicate key"},
		{"a duplicate key in escapes", `{"count":1,"\u0063ount":2}`, "json", "count", "count: duplicate key"},
		{"a duplicate key of a map", `{"about":{"a":"1","a":"2"}}`, "json", "about.a", "duplicate key"},
		{"a duplicate key inside any", `{"any":{"x":[{"y":1,"y":2}]}}`, "json", "any.x.y", "duplicate key"},
		{"null", `{"name":null}`, "json", "name", "null is not allowed"},
		{"null inside any", `{"any":{"x":null}}`, "json", "any.x", "null is not allowed"},
		{"null alone", `null`, "json", "body", "null is not allowed"},
		{"a wrong type", `{"count":"one"}`, "json", "count", "count: unexpected string"},
		{"an array", `[]`, "json", "", "expected a JSON object, got array"},
		{"two values", `{} {}`, "json", "", "malformed JSON at byte 4"},
		{"a cut body", `{"count":`, "json", "", "malformed JSON"},
		{"too deep", strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000), "json", "", "malformed JSON"},
		{"too large", `{"name":"` + strings.Repeat("x", MaxBody) + `"}`, "body-too-large", "", "larger than"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), "POST", "/", strings.NewReader(test.body))
			r.Header.Set("Content-Type", "application/json; charset=utf-8")
			r.Body = http.MaxBytesReader(httptest.NewRecorder(), r.Body, MaxBody)
			var v testBody
			n, err := ReadJSON(r, &v, RefuseNull)
			refusal, _ := errors.AsType[*Refusal](err)
			switch {
			case test.code == "" && (err != nil || n != len(test.body)):
				t.Errorf("%d, %v", n, err)
			case test.code != "" && (refusal == nil || refusal.Code != test.code || refusal.Field != test.field || !strings.Contains(refusal.Detail, test.detail)):
				t.Errorf("%+v", refusal)
			}
		})
	}
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/", strings.NewReader(`{"name":null,"any":null}`))
	r.Header.Set("Content-Type", "application/json")
	if _, err := ReadJSON(r, &testBody{}, AllowNull); err != nil {
		t.Error(err)
	}
	r = httptest.NewRequestWithContext(t.Context(), "POST", "/", strings.NewReader(`{}`))
	r.Header.Set("Content-Type", "text/plain")
	if _, err := ReadJSON(r, &testBody{}, AllowNull); err == nil || err.(*Refusal).Code != "content-type" {
		t.Error(err)
	}
}

// What decode accepts, encoding/json decodes to the same value, and encoding it again gives a body that is accepted.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"name":"a","count":1,"from":"2026-06-08T00:00:00Z","about":{"Name":"x"},"headers":[{"name":"a","value":"b"}]}`,
		`{"Count":1}`, `{"count":1,"count":2}`, `{"any":{"x":[{"y":null}]}}`, `[[[]]]`, `{"\ud800":1}`, `{"count":1e999}`, "\xff", `{}{}`, `{"":0}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var strict, lax testBody
		err := decode(data, &strict, AllowNull)
		if _, ok := errors.AsType[*Refusal](err); err != nil && !ok {
			t.Fatalf("not a refusal: %v", err)
		}
		laxErr := json.Unmarshal(data, &lax)
		if err != nil {
			return
		}
		if laxErr != nil || !reflect.DeepEqual(strict, lax) {
			t.Fatalf("accepted %q, but encoding/json: %v", data, laxErr)
		}
		again, err := json.Marshal(strict)
		if err != nil {
			return // a time that RFC 3339 cannot express
		}
		if err := decode(again, &testBody{}, AllowNull); err != nil {
			t.Errorf("%q became %q: %v", data, again, err)
		}
	})
}
