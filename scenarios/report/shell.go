package report

import (
	"semblance/simulator"
	"semblance/simulator/capture"
)

// Shell is [capture.Shell].
func Shell(word string) string { return capture.Shell(word) }

// Command is [capture.Command].
func Command(arguments []string) string { return capture.Command(arguments) }

// HeaderArgument is [capture.HeaderArgument].
func HeaderArgument(h simulator.Header) string { return capture.HeaderArgument(h) }

// Curl is [capture.Curl].
func Curl(r *simulator.Request, secrets bool, options ...string) string {
	return capture.Curl(r, secrets, options...)
}
