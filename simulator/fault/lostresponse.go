package fault

import (
	"fmt"

	"semblance/simulator"
)

// lostAnswer waits for the whole answer, so that the receiver has done its work, and then throws it away: the provider
// will try again what has already happened.
type lostResponse struct{ harmless }

func (lostResponse) responded(response *simulator.Response) {
	*response = simulator.Response{
		Timings: response.Timings,
		Failure: simulator.FailureLost,
		Detail:  fmt.Sprintf("the fault waited for the answer (%d) and threw it away", response.Status),
	}
}
