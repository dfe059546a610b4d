// Semblance is a stand-in for the webhook provider Semble: on a laptop, in tests and in CI it sends the provider's events
// to a webhook receiver, correctly shaped and signed, and reports how the receiver responds.
//
//	semblance demo                                     a clinic's morning at the built-in receiver
//	semblance events 'booking.*'                       the event types and what each carries
//	semblance send booking.created --to 3000/webhooks  one signed event
//	semblance play first-visit --to 3000/webhooks      a scenario, with a verdict on every response
//	semblance verify body.json --signature 't=…,v1=…'  why a signature is invalid
//
// Each command has one file, which translates its flags into the options of a package, calls it, prints the result and
// returns an exit code. Only root.go knows all commands; the files share the helpers of output.go and nothing else. Flags
// that several commands have are in internal/flags. The command line is one function, [run], which gets the process's
// arguments, environment and streams, so that tests call it without a process.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// gcPercent lets the heap grow to five times its live size before a collection. The live heap is a few megabytes, and
// most allocations of a send are garbage at once; fewer collections make a burst 10 % faster.
const gcPercent = 400

func main() { os.Exit(process()) }

// process runs the command line of this process and returns its exit code. The first SIGINT or SIGTERM cancels the
// command's context; the second ends the process.
func process() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	if _, set := os.LookupEnv("GOGC"); !set {
		debug.SetGCPercent(gcPercent)
	}
	return run(ctx, os.Args[1:], os.LookupEnv, streams{in: os.Stdin, out: os.Stdout, err: os.Stderr})
}
