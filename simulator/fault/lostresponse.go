package fault

import (
	"fmt"

	"semblance/simulator"
)

// lostResponse waits for the complete response, so that the receiver has done its work, and discards it. The provider then
// retries an event that was processed.
type lostResponse struct{ noFault }

func (lostResponse) afterResponse(response *simulator.Response) {
	*response = simulator.Response{
		Timings: response.Timings,
		Failure: simulator.FailureLost,
		Detail:  fmt.Sprintf("the fault discarded the response (%d)", response.Status),
	}
}
