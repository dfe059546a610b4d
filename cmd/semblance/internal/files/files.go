// Package files reads the inputs of commands and writes their files, each completely or not at all.
package files

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/term"

	"semblance/schemas/human"
)

// MaxInput bounds an input. Bodies of webhooks are much smaller.
const MaxInput = 64 << 20

// Read returns the content of a file, or of in if the name is "-" or "". If in is a terminal, Read tells the user on
// notices. It returns early when ctx ends.
func Read(ctx context.Context, name string, in io.Reader, notices io.Writer) ([]byte, error) {
	if name == "" || name == "-" {
		return readStandardInput(ctx, in, notices)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", name, WithoutPath(err))
	}
	defer f.Close()
	return readAll(f, name)
}

// readStandardInput reads in a goroutine, because a read of a terminal or a pipe cannot be canceled. When ctx ends the
// goroutine is left behind; the process is about to exit.
func readStandardInput(ctx context.Context, in io.Reader, notices io.Writer) ([]byte, error) {
	if in == nil {
		return nil, errors.New("nothing on standard input; name a file")
	}
	if f, ok := in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprintln(notices, "reading from the terminal; end with Ctrl-D on an empty line")
	}
	var data []byte
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		data, err = readAll(in, "standard input")
	}()
	select {
	case <-done:
		return data, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func readAll(r io.Reader, name string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxInput+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", name, WithoutPath(err))
	}
	if len(data) > MaxInput {
		return nil, fmt.Errorf("%s is larger than %s", name, human.Size(MaxInput))
	}
	return data, nil
}

// WithoutPath returns the cause of a file error, for a message that has named the file.
func WithoutPath(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// Write writes a file: it writes a new file in the same folder, then renames it. Until then the old content stays.
// Standard output and standard error, also as /dev/stdout, get the content after what they have. Anything else that is not a
// regular file is written directly.
func Write(path string, write func(io.Writer) error) error { return writeFile(path, false, write) }

// private is the mode of files that hold secrets.
const private = 0o600

// WritePrivate is [Write] for a file that holds secrets: only its owner may read it.
func WritePrivate(path string, write func(io.Writer) error) error {
	return writeFile(path, true, write)
}

// Create is [os.Create] for a file that grows while a command runs. Only its owner may read it if it holds secrets. Standard
// output and standard error, also as /dev/stdout, are not emptied; to close such a file does nothing.
func Create(path string, secret bool) (io.WriteCloser, error) {
	if f := standard(path); f != nil {
		return open{f}, nil
	}
	mode := os.FileMode(0o666)
	if secret {
		mode = private
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); secret && err == nil && info.Mode().IsRegular() {
		if err := f.Chmod(private); err != nil { // of an existing file
			return nil, errors.Join(err, f.Close())
		}
	}
	return f, nil
}

// open is a writer that stays open.
type open struct{ io.Writer }

func (open) Close() error { return nil }

// standard returns standard output or standard error if path names it, else nil. To open or replace the file that a shell
// has redirected it to would lose its earlier content.
func standard(path string) *os.File {
	named, err := os.Stat(path)
	if err != nil {
		return nil
	}
	for _, f := range []*os.File{os.Stdout, os.Stderr} {
		if info, err := f.Stat(); err == nil && os.SameFile(named, info) {
			return f
		}
	}
	return nil
}

func writeFile(path string, secret bool, write func(io.Writer) error) error {
	if f := standard(path); f != nil {
		return write(f)
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(write(f), f.Close())
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // the link stays a link
	}
	f, err := createBeside(path, secret)
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

// createBeside creates a file in the folder of path, with the mode of path, of a new file or of one that holds secrets.
func createBeside(path string, secret bool) (*os.File, error) {
	mode := os.FileMode(0o666)
	if secret {
		mode = private
	} else if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	folder, name := filepath.Split(path)
	for n := range 100 { // another run may be writing the same file
		f, err := os.OpenFile(filepath.Join(folder, fmt.Sprintf(".%s.%d.%d", name, os.Getpid(), n)), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if !errors.Is(err, os.ErrExist) {
			return f, err
		}
	}
	return nil, errors.New("its folder is full of unfinished files")
}
