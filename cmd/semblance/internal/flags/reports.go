package flags

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"semblance/cmd/semblance/internal/exit"
	"semblance/cmd/semblance/internal/files"
	"semblance/scenarios"
	"semblance/scenarios/report"
	"semblance/schemas/naming"
)

// Reports are the files of --report and --transcript.
type Reports struct {
	Private bool // the files hold credentials: only their owner may read them

	checks     bool // of a run of checks
	texts      []string
	transcript string
	files      []reportFile
}

type reportFile struct {
	form report.Form
	path string
}

// AddChecks adds --report for a run of checks.
func (r *Reports) AddChecks(c *cobra.Command) {
	r.checks = true
	c.Flags().StringArrayVar(&r.texts, "report", nil, "report `KIND=FILE` ("+strings.Join(names(r.forms()), ", ")+")")
	CompleteFunc(c, "report", r.complete)
}

// forms returns the forms of the reports.
func (r *Reports) forms() []report.Form {
	return slices.DeleteFunc(report.Forms(), func(form report.Form) bool {
		return r.checks && form.WriteChecks == nil || !r.checks && form.Write == nil
	})
}

// Add adds both flags.
func (r *Reports) Add(c *cobra.Command) {
	c.Flags().StringArrayVar(&r.texts, "report", nil, "report `KIND=FILE` ("+strings.Join(ReportKinds(), ", ")+"); repeatable")
	c.Flags().StringVar(&r.transcript, "transcript", "", "write each attempt to this `FILE`, one JSON object per line")
	CompleteFunc(c, "report", r.complete)
}

// ReportKinds returns the kinds of reports.
func ReportKinds() []string {
	return names((&Reports{}).forms())
}

func (r *Reports) complete(_ *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if strings.Contains(prefix, "=") {
		return nil, cobra.ShellCompDirectiveDefault
	}
	words := naming.List(r.forms(), func(form report.Form) string { return cobra.CompletionWithDesc(form.Name+"=", form.Summary) })
	return words, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
}

// Any reports whether one of the flags is set.
func (r *Reports) Any() bool { return len(r.texts) > 0 || r.transcript != "" }

// Parse reads the flags.
func (r *Reports) Parse() error {
	r.files = nil
	for _, text := range r.texts {
		kind, path, ok := strings.Cut(text, "=")
		switch {
		case !ok || path == "":
			return fmt.Errorf("--report %q: expected KIND=FILE, such as junit=out.xml", text)
		case path == "-":
			return fmt.Errorf("--report %q: a report needs a file; %s=/dev/stdout prints it after the output", text, kind)
		}
		forms := r.forms()
		i := slices.IndexFunc(forms, func(form report.Form) bool { return form.Name == kind })
		if i < 0 {
			return fmt.Errorf("--report %q: %s", text, naming.Unknown("kind", kind, names(forms)))
		}
		if r.has(path) {
			return fmt.Errorf("--report %q: another report goes to %s", text, path)
		}
		r.files = append(r.files, reportFile{forms[i], path})
	}
	switch {
	case r.transcript == "-":
		return errors.New("--transcript -: a transcript needs a file; --format json prints it")
	case r.transcript != "" && r.has(r.transcript):
		return fmt.Errorf("--transcript %s: a report goes to the same file", r.transcript)
	}
	return nil
}

// has reports whether a report goes to the path.
func (r *Reports) has(path string) bool {
	return slices.ContainsFunc(r.files, func(f reportFile) bool { return filepath.Clean(f.path) == filepath.Clean(path) })
}

// Check returns an error if a report cannot be written, as far as that can be known before the run.
func (r *Reports) Check() error {
	for _, f := range r.files {
		info, err := os.Stat(f.path)
		if err == nil && info.IsDir() {
			return exit.Internalf("cannot write the report %s: it is a folder", f.path)
		}
		if folder := filepath.Dir(f.path); err != nil {
			if info, err := os.Stat(folder); err != nil {
				return exit.Internalf("cannot write the report %s: %w", f.path, err)
			} else if !info.IsDir() {
				return exit.Internalf("cannot write the report %s: %s is not a folder", f.path, folder)
			}
		}
	}
	return nil
}

func names(forms []report.Form) []string {
	return naming.List(forms, func(form report.Form) string { return form.Name })
}

// Write writes every report, even if one before it fails.
func (r *Reports) Write(result scenarios.Result) error {
	return r.write(func(form report.Form, w io.Writer) error { return form.Write(w, result) })
}

// WriteChecks writes every report of a run of checks, even if one before it fails.
func (r *Reports) WriteChecks(run *scenarios.CheckRun) error {
	return r.write(func(form report.Form, w io.Writer) error { return form.WriteChecks(w, run) })
}

func (r *Reports) write(to func(report.Form, io.Writer) error) error {
	var errs []error
	for _, f := range r.files {
		write := files.Write
		if r.Private {
			write = files.WritePrivate
		}
		if err := write(f.path, func(w io.Writer) error { return to(f.form, w) }); err != nil {
			errs = append(errs, exit.Internalf("cannot write the report %s: %w", f.path, files.WithoutPath(err)))
		}
	}
	return errors.Join(errs...)
}

// A Transcript is the file of --transcript. It grows during the run.
type Transcript struct {
	path string
	file io.Closer
	*bufio.Writer
}

// Transcript creates the file of --transcript. It returns nil without the flag.
func (r *Reports) Transcript() (*Transcript, error) {
	if r.transcript == "" {
		return nil, nil
	}
	file, err := files.Create(r.transcript, r.Private)
	if err != nil {
		return nil, exit.Internalf("cannot write the transcript %s: %w", r.transcript, files.WithoutPath(err))
	}
	return &Transcript{r.transcript, file, bufio.NewWriterSize(file, 64<<10)}, nil
}

// Close flushes and closes the file. It does nothing for nil.
func (t *Transcript) Close() error {
	if t == nil {
		return nil
	}
	if err := errors.Join(t.Flush(), t.file.Close()); err != nil {
		return exit.Internalf("cannot write the transcript %s: %w", t.path, files.WithoutPath(err))
	}
	return nil
}
