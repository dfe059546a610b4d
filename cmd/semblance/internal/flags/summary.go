package flags

import (
	"errors"
	"io"
	"os"

	"semblance/cmd/semblance/internal/files"
)

// summaryVariable names the file whose Markdown GitHub Actions shows on the page of a run.
const summaryVariable = "GITHUB_STEP_SUMMARY"

// StepSummary appends a Markdown report to the summary of the step, if the command runs in GitHub Actions. getenv returns
// variables of the environment.
func StepSummary(getenv func(string) (string, bool), write func(io.Writer) error) error {
	name, _ := getenv(summaryVariable)
	if name == "" {
		return nil
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		err = errors.Join(write(f), f.Close())
	}
	return files.WithoutPath(err)
}
