// Package client calls the control API of a running `semblance serve`.
package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"semblance/cmd/semblance/internal/exit"
	"semblance/scenarios"
	"semblance/simulator/delivery"
	"semblance/simulator/provider"
	"semblance/simulator/web"
)

// DefaultAddress is where serve listens by default.
const DefaultAddress = "127.0.0.1:4700"

// Flags are --via and --token.
type Flags struct{ Via, Token string }

// Add adds the flags.
func (f *Flags) Add(c *cobra.Command) {
	c.Flags().StringVar(&f.Via, "via", "http://"+DefaultAddress, "provider's address: a port, host:port or `URL`")
	c.Flags().StringVar(&f.Token, "token", "", "provider's `TOKEN`, if it requires one")
}

// Client calls the API of one provider. Its errors carry exit codes.
type Client struct {
	base  string // the provider's URL, without a slash at the end
	token string
	http  *http.Client
}

// Open returns a client for the flags.
func (f *Flags) Open() (*Client, error) {
	base, err := delivery.TargetURL(f.Via)
	if err != nil {
		return nil, exit.Usagef("--via: %w", err)
	}
	c := &Client{base: strings.TrimSuffix(base, "/"), http: &http.Client{}}
	if f.Token != "" {
		t, err := provider.ParseToken(f.Token) // the variable may be shared with serve, whose value names permissions
		if err != nil {
			return nil, exit.Usagef("--token: %w", err)
		}
		c.token = t.Text
	}
	return c, nil
}

// URL returns the address of the provider.
func (c *Client) URL() string { return c.base }

// Call sends a request and decodes the response into result, unless that is nil.
func (c *Client) Call(ctx context.Context, method, path string, body, result any) error {
	response, err := c.do(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if result == nil {
		return nil
	}
	if err := json.NewDecoder(response.Body).Decode(result); err != nil {
		return fmt.Errorf("reading the response of %s: %w", c.base, err)
	}
	return nil
}

// do sends a request and returns a successful response. The caller closes its body.
func (c *Client) do(ctx context.Context, method, path string, body any) (*http.Response, error) {
	var content io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(data)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+"/api/v1"+path, content)
	if err != nil {
		return nil, exit.Usagef("--via: %w", err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		r.Header.Set("X-Token", c.token)
	}
	response, err := c.http.Do(r)
	if err != nil {
		return nil, c.unreachable(ctx, err)
	}
	if response.StatusCode/100 == 2 {
		return response, nil
	}
	defer response.Body.Close()
	return nil, c.problem(response)
}

func (c *Client) unreachable(ctx context.Context, err error) error {
	var network *net.OpError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, syscall.ECONNREFUSED):
		return &exit.Error{Code: scenarios.ExitUnreached, Err: fmt.Errorf("no provider at %s; start one with `semblance serve`, or use --via", c.base)}
	case errors.As(err, &network):
		err = network
	}
	return &exit.Error{Code: scenarios.ExitUnreached, Err: fmt.Errorf("no response from the provider at %s: %w", c.base, err)}
}

// maxProblem bounds the part of an error response that is read.
const maxProblem = 64 << 10

// problem returns the error in a response.
func (c *Client) problem(response *http.Response) error {
	var problem struct{ Type, Detail string }
	err := json.NewDecoder(io.LimitReader(response.Body, maxProblem)).Decode(&problem)
	if err != nil || !strings.HasPrefix(problem.Type, web.ProblemType) {
		return exit.Internalf("%s is not a Semblance server (got %s)", c.base, response.Status)
	}
	code := scenarios.ExitUsage
	if response.StatusCode >= http.StatusInternalServerError {
		code = scenarios.ExitInternal
	}
	for prefix, command := range map[string]string{"unknown attempt ": "log", "unknown delivery ": "deliveries list"} {
		if strings.HasPrefix(problem.Detail, prefix) {
			problem.Detail += "; `semblance " + command + "` lists them"
		}
	}
	return &exit.Error{Code: code, Err: errors.New(problem.Detail)}
}

// maxStreamLine bounds a line of the stream. The longest is a subscription to every event type.
const maxStreamLine = 1 << 20

// Stream calls each for every event of the provider's stream that comes after the id after, until ctx ends, without
// an error, or each returns one.
func (c *Client) Stream(ctx context.Context, after int64, each func(name string, data []byte) error) error {
	response, err := c.do(ctx, http.MethodGet, fmt.Sprintf("/stream?kind=attempt,notice,reset&after=%d", after), nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	err = readEvents(response.Body, each)
	if ctx.Err() != nil {
		return nil
	}
	if err == nil || errors.Is(err, io.ErrUnexpectedEOF) {
		return &exit.Error{Code: scenarios.ExitUnreached, Err: fmt.Errorf("the provider at %s has stopped", c.base)}
	}
	return err
}

// readEvents reads server-sent events as this API writes them: a name and one line of data.
func readEvents(r io.Reader, each func(name string, data []byte) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxStreamLine)
	name, data := "", ""
	for lines.Scan() {
		switch field, value, _ := strings.Cut(lines.Text(), ": "); field {
		case "event":
			name = value
		case "data":
			data = value
		case "":
			if data != "" && lines.Text() == "" {
				if err := each(name, []byte(data)); err != nil {
					return err
				}
				name, data = "", ""
			}
		}
	}
	return lines.Err()
}
