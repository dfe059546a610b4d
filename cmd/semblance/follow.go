package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// maxStreamLine bounds a line of the stream: a subscription that names every event type is the longest.
const maxStreamLine = 1 << 20

// follow prints the attempts that come after one of that id, and the provider's notices, until ctx is done.
func (a *app) follow(ctx context.Context, c *client, f *logFlags, after int64, wanted func(*loggedAttempt) bool) error {
	answer, err := c.do(ctx, http.MethodGet, fmt.Sprintf("/stream?kind=attempt,notice,reset&after=%d", after), nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	err = readEvents(answer.Body, func(name string, data []byte) error {
		switch name {
		case "attempt":
			var l loggedAttempt
			if err := json.Unmarshal(data, &l); err != nil {
				return fmt.Errorf("reading the stream: %w", err)
			}
			if wanted(&l) {
				a.printLogged(f, &l)
			}
		case "notice":
			return a.printNotice(f, data)
		case "reset":
			fmt.Fprintln(a.err, "the provider was reset")
		}
		return nil
	})
	if ctx.Err() != nil {
		return nil // interrupted, which is how it is meant to end
	}
	if err == nil || errors.Is(err, io.ErrUnexpectedEOF) {
		return &exitError{code: exitUnreached, err: fmt.Errorf("the provider at %s has stopped", c.base)}
	}
	return err
}

// printNotice prints what the provider would write to the practice by e-mail.
func (a *app) printNotice(f *logFlags, data []byte) error {
	var notice struct {
		ID      int64     `json:"id"`
		At      time.Time `json:"at"`
		Subject string    `json:"subject"`
		Text    string    `json:"text"`
	}
	if err := json.Unmarshal(data, &notice); err != nil {
		return fmt.Errorf("reading the stream: %w", err)
	}
	if f.format == "json" {
		fmt.Fprintf(a.out, "%s\n", data)
		return nil
	}
	fmt.Fprintf(a.out, "%6d  %s  %s %s\n", notice.ID, notice.At.Format(time.DateTime), a.out.yellow(notice.Subject+":"), notice.Text)
	return nil
}

// readEvents reads server-sent events, as far as this API writes them: an event is its name and one line of data.
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
