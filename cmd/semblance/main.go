// Semblance is the webhook provider Semble on a laptop, in a test and in CI: it sends any of the provider's events,
// rightly shaped and rightly signed, to a receiver, and says what came of it.
//
//	semblance demo                                     a clinic's morning at the built-in receiver
//	semblance events 'booking.*'                       the event types, and what each carries
//	semblance send booking.created --to 3000/webhooks  one event, signed, now
//	semblance play first-visit --to 3000/webhooks      a whole scenario, and a verdict on each answer
//	semblance verify body.json --signature 't=…,v1=…'  why a signature does not hold
//
// The command is a thin skin: each file beside this one is one command, which turns its flags into values of the
// packages schemas, fixtures and simulator, calls them and prints what they say. The whole command line is one function,
// [run], with the process as its arguments, so that tests call it without a process. It is the only place of the
// program that knows the process: its arguments, its environment and its exit.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// gcPercent lets the heap grow to five times what lives before it is collected. What lives is a few megabytes, and what a
// send leaves behind is garbage at once: collecting it less often is a tenth of the speed of a burst.
const gcPercent = 400

func main() { os.Exit(process()) }

// process runs the command line on this process and returns its exit code. The first SIGINT or SIGTERM ends the
// command's context; the second, when the command does not listen, ends the process.
func process() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	if _, set := os.LookupEnv("GOGC"); !set {
		debug.SetGCPercent(gcPercent)
	}
	return run(ctx, os.Args[1:], os.LookupEnv, streams{in: os.Stdin, out: os.Stdout, err: os.Stderr})
}
