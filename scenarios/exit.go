package scenarios

// The exit codes of the process.
const (
	ExitPassed       = 0
	ExitFailed       = 1   // an expectation or the required coverage failed
	ExitUsage        = 2   // wrong usage, or an error in a file
	ExitUnreached    = 3   // no attempt got a response, though one was expected; overrides ExitFailed
	ExitInternal     = 4   // a failure of Semblance itself: a report that cannot be written, a port in use
	ExitInconclusive = 5   // nothing failed, but a MUST could not be judged (check only)
	ExitInterrupted  = 130 // SIGINT or SIGTERM, as shells report it
)
