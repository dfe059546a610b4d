package main

import (
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
	"time"

	"github.com/spf13/cobra"

	"semblance/simulator/provider"
	"semblance/simulator/web"
)

// client speaks to the control API of a running serve.
type client struct {
	via   string // as --via gave it
	base  string // its URL, without a slash at the end
	token string
	http  *http.Client
}

// clientFlags are --via and --token.
type clientFlags struct{ via, token string }

func (f *clientFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.via, "via", "http://"+defaultServe, "where the provider runs: a port, host:port or `URL`")
	c.Flags().StringVar(&f.token, "token", "", "the `TOKEN` of that provider, where it asks for one")
}

// open reads the flags.
func (f *clientFlags) open() (*client, error) {
	base, err := parseTarget(f.via)
	if err != nil {
		return nil, usagef("--via: %w", err)
	}
	c := &client{via: f.via, base: strings.TrimSuffix(base, "/"), http: &http.Client{}}
	if f.token != "" {
		t, err := provider.ParseToken(f.token) // the variable may be the one that serve was given, with permissions
		if err != nil {
			return nil, usagef("--token: %w", err)
		}
		c.token = t.Text
	}
	return c, nil
}

// call sends a request to the API and reads the answer into result, where there is one.
func (c *client) call(ctx context.Context, method, path string, body, result any) error {
	answer, err := c.do(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if result == nil {
		return nil
	}
	if err := json.NewDecoder(answer.Body).Decode(result); err != nil {
		return fmt.Errorf("reading the answer of %s: %w", c.base, err)
	}
	return nil
}

// do sends a request and returns the answer, if it is a good one. The body must be closed.
func (c *client) do(ctx context.Context, method, path string, body any) (*http.Response, error) {
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
		return nil, usagef("--via: %w", err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		r.Header.Set("X-Token", c.token)
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, c.unreachable(ctx, err)
	}
	if answer.StatusCode/100 == 2 {
		return answer, nil
	}
	defer answer.Body.Close()
	return nil, c.refused(answer)
}

// unreachable says that nobody answers, and how to change that.
func (c *client) unreachable(ctx context.Context, err error) error {
	var network *net.OpError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, syscall.ECONNREFUSED):
		return &exitError{code: exitUnreached, err: fmt.Errorf("no provider runs at %s; start one with `semblance serve`, or say where it is with --via", c.base)}
	case errors.As(err, &network):
		err = network
	}
	return &exitError{code: exitUnreached, err: fmt.Errorf("the provider at %s does not answer: %w", c.base, err)}
}

// maxProblem bounds what is read of an answer that refuses.
const maxProblem = 64 << 10

// refused says what the provider refused, in its own words.
func (c *client) refused(answer *http.Response) error {
	var problem struct{ Type, Detail string }
	err := json.NewDecoder(io.LimitReader(answer.Body, maxProblem)).Decode(&problem)
	if err != nil || !strings.HasPrefix(problem.Type, web.ProblemType) {
		return &exitError{code: exitInternal, err: fmt.Errorf("what runs at %s is no semblance serve: it answers %s", c.base, answer.Status)}
	}
	code := exitUsage
	if answer.StatusCode >= http.StatusInternalServerError {
		code = exitInternal
	}
	return &exitError{code: code, err: errors.New(problem.Detail)}
}

// healthTimeout is how long a health check waits: a provider that needs longer is not healthy.
const healthTimeout = 3 * time.Second

// checkHealth asks the provider at --addr whether it is ready: for the health check of a container, which has no other
// program.
func (a *app) checkHealth(ctx context.Context, f *serveFlags) error {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	address, err := listenAddress(f.addr)
	if err != nil {
		return usageError(err)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return usageError(err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	flags := clientFlags{via: "http://" + net.JoinHostPort(host, port)}
	if len(f.tokens) > 0 {
		flags.token = f.tokens[0]
	}
	c, err := flags.open()
	if err != nil {
		return err
	}
	var health struct{ Status string }
	if err := c.call(ctx, http.MethodGet, "/ready", nil, &health); err != nil {
		_, sentence := exitFor(err)
		return &exitError{code: exitFailed, err: errors.New(sentence)}
	}
	fmt.Fprintln(a.out, health.Status)
	return nil
}
