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

// The control API of a provider, served as any handler.
func Example() {
	p, err := provider.Start(context.Background(), provider.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer p.Close(context.Background())
	api := web.New(p, web.Options{})
	defer api.Close()
	server := httptest.NewServer(api)
	defer server.Close()

	show(http.Get(server.URL + "/api/v1/attempts/wait?until=all-finished&within=1s"))
	// Output:
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
