package web_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"semblance/simulator/provider"
	"semblance/simulator/web"
)

// The face of a provider, served as any handler is.
func Example() {
	p, err := provider.Start(context.Background(), provider.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer p.Close(context.Background())
	face, err := web.New(p, web.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer face.Close()
	server := httptest.NewServer(face)
	defer server.Close()

	// As the provider's API has it, with the token that was drawn.
	r, err := http.NewRequest("POST", server.URL+"/graphql", strings.NewReader(`{"query": "mutation { createWebhook(input: {url: \"https://example.com/\", label: \"mine\", eventTypes: [\"BOOKING_CREATED\"]}) { data { id } error } }"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("x-token", p.Tokens()[0].Text)
	show(http.DefaultClient.Do(r))

	// And as the control API has it.
	show(http.Get(server.URL + "/api/v1/attempts/wait?until=all-finished&within=1s"))
	// Output:
	// 200 {"data":{"createWebhook":{"data":null,"error":"the enum name \"BOOKING_CREATED\" was dropped by the provider on 2026-06-08; use \"booking.created\""}}}
	// 200 {"accepted":0,"unfinished":0}
}

func show(answer *http.Response, err error) {
	if err != nil {
		fmt.Println(err)
		return
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	fmt.Println(answer.StatusCode, strings.TrimSpace(string(body)))
	if err != nil {
		fmt.Println(err)
	}
}
