package main

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

	"semblance/scenarios"
	"semblance/scenarios/report"
	"semblance/schemas/naming"
)

// reportFiles are the reports that a run writes when it has ended.
type reportFiles []reportFile

type reportFile struct {
	form report.Form
	path string
}

// reportKinds returns the words that --report takes.
func reportKinds() []string {
	var kinds []string
	for _, form := range report.Forms() {
		kinds = append(kinds, form.Name)
	}
	return kinds
}

// completeReport completes the kinds, and after one of them files.
func completeReport(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	if strings.Contains(begun, "=") {
		return nil, cobra.ShellCompDirectiveDefault
	}
	words := make([]string, len(report.Forms()))
	for i, form := range report.Forms() {
		words[i] = cobra.CompletionWithDesc(form.Name+"=", form.Summary)
	}
	return words, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
}

// parseReports reads KIND=FILE words.
func parseReports(texts []string) (reportFiles, error) {
	var files reportFiles
	for _, text := range texts {
		kind, path, ok := strings.Cut(text, "=")
		switch {
		case !ok || path == "":
			return nil, fmt.Errorf("--report %q: expected KIND=FILE, such as junit=out.xml", text)
		case path == "-":
			return nil, fmt.Errorf("--report %q: a report goes into a file; %s=/dev/stdout prints it after the rest", text, kind)
		}
		i := slices.IndexFunc(report.Forms(), func(form report.Form) bool { return form.Name == kind })
		if i < 0 {
			if near := naming.Nearest(kind, reportKinds()); near != "" {
				return nil, fmt.Errorf("--report %q: unknown kind %q; did you mean %q?", text, kind, near)
			}
			return nil, fmt.Errorf("--report %q: unknown kind %q; expected %s", text, kind, either(reportKinds()))
		}
		if files.at(path) {
			return nil, fmt.Errorf("--report %q: another report goes to %s, too", text, path)
		}
		files = append(files, reportFile{report.Forms()[i], path})
	}
	return files, nil
}

// at reports whether one of the reports goes to the path.
func (files reportFiles) at(path string) bool {
	return slices.ContainsFunc(files, func(f reportFile) bool { return filepath.Clean(f.path) == filepath.Clean(path) })
}

// check finds out before anything is sent what could not be written after it.
func (files reportFiles) check() error {
	for _, f := range files {
		info, err := os.Stat(f.path)
		if err == nil && info.IsDir() {
			return trouble("cannot write the report %s: it is a folder", f.path)
		}
		if folder := filepath.Dir(f.path); err != nil {
			if info, err := os.Stat(folder); err != nil {
				return trouble("cannot write the report %s: %w", f.path, err)
			} else if !info.IsDir() {
				return trouble("cannot write the report %s: %s is no folder", f.path, folder)
			}
		}
	}
	return nil
}

// write writes every report, also when one before it could not be written.
func (files reportFiles) write(result scenarios.Result) error {
	var errs []error
	for _, f := range files {
		if err := writeWhole(f.path, func(w io.Writer) error { return f.form.Write(w, result) }); err != nil {
			errs = append(errs, trouble("cannot write the report %s: %w", f.path, withoutPath(err)))
		}
	}
	return errors.Join(errs...)
}

// trouble is an error of our own doing.
func trouble(format string, args ...any) error {
	return &exitError{code: exitInternal, err: fmt.Errorf(format, args...)}
}

// writeWhole writes a file whole or not at all: into a new file beside it, which then takes its name. What was there
// stays until then. Something that is no file, such as /dev/stdout, is written to as it is.
func writeWhole(path string, write func(io.Writer) error) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(write(f), f.Close())
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // the link stays one
	}
	f, err := createBeside(path)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriter(f)
	err = errors.Join(write(buffered), buffered.Flush(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}

// createBeside makes a new file in the folder of another, with the mode that a new file has or the other's.
func createBeside(path string) (*os.File, error) {
	mode := os.FileMode(0o666)
	info, err := os.Stat(path)
	if err == nil {
		mode = info.Mode().Perm()
	}
	folder, name := filepath.Split(path)
	for n := range 100 { // another run may write the same report
		f, err := os.OpenFile(filepath.Join(folder, fmt.Sprintf(".%s.%d.%d", name, os.Getpid(), n)), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if !errors.Is(err, os.ErrExist) {
			return f, err
		}
	}
	return nil, fmt.Errorf("its folder is full of unfinished reports")
}

// transcriptFile is the file of --transcript, which grows while the scenario is played; it may be none.
type transcriptFile struct {
	file *os.File
	*bufio.Writer
}

func openTranscript(path string) (*transcriptFile, error) {
	if path == "" {
		return &transcriptFile{}, nil
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, trouble("cannot write the transcript %s: %w", path, withoutPath(err))
	}
	return &transcriptFile{file, bufio.NewWriterSize(file, 64<<10)}, nil
}

// Close writes what is still in hand.
func (t *transcriptFile) Close() error {
	if t.file == nil {
		return nil
	}
	if err := errors.Join(t.Flush(), t.file.Close()); err != nil {
		return trouble("cannot write the transcript %s: %w", t.file.Name(), withoutPath(err))
	}
	return nil
}
