package page_test

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"semblance/simulator/provider"
	"semblance/simulator/web"
)

// An accepted attempt stays delivered when a later one follows, and a refused forgery is no failure of the receiver.
func TestFaultyAttempt(t *testing.T) {
	t.Parallel()
	s := start(t, provider.Options{}, web.Options{})
	s.emit(t, "booking.created")
	b := open(t, s.url)
	b.until(`document.querySelector("#rows .state")?.innerText === "delivered"`)
	s.answers(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	id := eval[int](b, `document.querySelector("#rows tr").row.id`)
	resend := func(body string) {
		t.Helper()
		answer, err := http.Post(s.url+"/api/v1/attempts/"+strconv.Itoa(id)+"/resend", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if text, _ := io.ReadAll(answer.Body); answer.StatusCode >= 300 {
			t.Fatalf("%s: %s", answer.Status, text)
		}
	}
	resend(`{"fault":"signature=tampered","newAttempt":true}`)
	b.until(`document.querySelector("#rows .event").innerText === "booking.created signature=tampered"`)
	b.until(`document.querySelector("#rows tr:last-child .state").innerText === "delivered"`)
	b.until(`document.querySelector("#target").innerText.includes("responding (202")`)
	b.until(`[...document.querySelectorAll("#filters button")].some(e => e.innerText.includes("failed 0"))`)
	resend(`{}`)
	b.until(`[...document.querySelectorAll("#filters button")].some(e => e.innerText.includes("failed 1"))`)
	b.until(`document.querySelector("#target").innerText.includes("refusing (401")`)
	b.until(`document.querySelector("#alarm").innerText.includes("1 failed in the last minute")`)
	b.until(`document.querySelector("#rows tr:last-child .state").innerText === "delivered"`)
}
