package script

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"semblance/schemas/naming"
)

// Files is the loader of the command line: a file of the disk, or a scenario of the library by its name alone. What a file
// plays is looked for beside it first.
type Files struct {
	Scenarios fs.FS // NAME.yaml for the scenario NAME; nil: there is none
}

// libraryID begins the ID of a library's scenario; no path of a file does.
const libraryID = "library:"

// Load finds the scenario name that from plays, or that was named on the command line.
func (f Files) Load(from *Source, name string) (*Source, error) {
	if name == "" {
		return nil, errors.New("a file has a name")
	}
	scenario := f.scenario(name)
	if from != nil && strings.HasPrefix(from.ID, libraryID) {
		if scenario == "" {
			return nil, f.missing(name, "the library has no such scenario")
		}
		return f.fromLibrary(scenario)
	}
	shown := name
	if from != nil && !filepath.IsAbs(name) {
		shown = filepath.Join(filepath.Dir(from.Name), filepath.FromSlash(name))
	}
	source, err := fromDisk(shown)
	switch {
	case err == nil:
		return source, nil
	case scenario != "" && errors.Is(err, fs.ErrNotExist):
		return f.fromLibrary(scenario)
	case errors.Is(err, fs.ErrNotExist):
		return nil, f.missing(name, "there is no such file")
	}
	return nil, err
}

// scenario returns the file of the library that a name means, or "".
func (f Files) scenario(name string) string {
	if f.Scenarios == nil {
		return ""
	}
	file := strings.TrimSuffix(name, ".yaml") + ".yaml"
	if info, err := fs.Stat(f.Scenarios, file); err != nil || info.IsDir() {
		return ""
	}
	return file
}

// missing says that a scenario is not there, and which scenario may have been meant.
func (f Files) missing(name, what string) error {
	if f.Scenarios != nil && !strings.ContainsAny(name, `/\`) {
		var scenarios []string
		entries, err := fs.ReadDir(f.Scenarios, ".")
		if err != nil {
			return fmt.Errorf("%s, and the library cannot be read: %w", what, err)
		}
		for _, e := range entries {
			scenarios = append(scenarios, strings.TrimSuffix(e.Name(), ".yaml"))
		}
		if near := naming.Nearest(strings.TrimSuffix(name, path.Ext(name)), scenarios); near != "" {
			return fmt.Errorf("%s; the library has %q", what, near)
		}
		return fmt.Errorf("%s, and no scenario of that name in the library; `semblance scenario list` shows them", what)
	}
	return errors.New(what)
}

func (f Files) fromLibrary(file string) (*Source, error) {
	data, err := fs.ReadFile(f.Scenarios, file)
	if err != nil {
		return nil, fmt.Errorf("the library's scenario cannot be read: %w", err)
	}
	return &Source{Name: file, ID: libraryID + file, Data: data, Files: f.Scenarios}, nil
}

// fromDisk reads a file, and no more of it than a scenario may have.
func fromDisk(name string) (*Source, error) {
	opened, err := os.Open(name)
	if err != nil {
		return nil, plain(err)
	}
	defer opened.Close()
	if info, err := opened.Stat(); err == nil && info.IsDir() {
		return nil, errors.New("this is a folder; a scenario is a file")
	}
	data, err := io.ReadAll(io.LimitReader(opened, MaxFileBytes+1))
	if err != nil {
		return nil, plain(err)
	}
	id, err := filepath.Abs(name)
	if err != nil {
		return nil, plain(err)
	}
	if resolved, err := filepath.EvalSymlinks(id); err == nil {
		id = resolved
	}
	return &Source{Name: filepath.ToSlash(name), ID: id, Data: data, Files: folder(filepath.Dir(name))}, nil
}

// folder is a folder of the disk that nothing leads out of, no symbolic link either.
type folder string

func (f folder) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	return os.OpenInRoot(string(f), filepath.FromSlash(name))
}

// plain takes the operation and the path off an error of the file system: the message names the file already.
func plain(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return fmt.Errorf("the file cannot be read: %w", pathErr.Err)
	}
	return fmt.Errorf("the file cannot be read: %w", err)
}
