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

// Files is the [Loader] of the command line. A name on the command line is any file of the disk, or else a scenario of the
// library. A file can play files of its own folder and below, and scenarios of the library; the same folder limits its $ref.
type Files struct {
	Scenarios fs.FS // the library: the file NAME.yaml is the scenario NAME; nil: no library
}

// libraryID is the prefix of the IDs of library scenarios. It does not begin a path of a file.
const libraryID = "library:"

// Load implements [Loader].
func (f Files) Load(from *Source, name string) (*Source, error) {
	if name == "" {
		return nil, errors.New("the name of the file is empty")
	}
	scenario := f.scenario(name)
	if from != nil && strings.HasPrefix(from.ID, libraryID) {
		if scenario == "" {
			return nil, f.missing(name, "unknown scenario of the library")
		}
		return f.fromLibrary(scenario)
	}
	source, err := fromDisk(from, name)
	switch {
	case err == nil || !errors.Is(err, fs.ErrNotExist):
		return source, err
	case scenario != "":
		return f.fromLibrary(scenario)
	}
	return nil, f.missing(name, "file not found")
}

// scenario returns the file of the library with a name, or "".
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

// missing returns an error that suggests a scenario of the library.
func (f Files) missing(name, message string) error {
	if f.Scenarios == nil || strings.ContainsAny(name, `/\`) {
		return errors.New(message)
	}
	entries, err := fs.ReadDir(f.Scenarios, ".")
	if err != nil {
		return fmt.Errorf("%s; reading the library: %w", message, err)
	}
	known := naming.List(entries, func(e fs.DirEntry) string { return strings.TrimSuffix(e.Name(), ".yaml") })
	hint := naming.Hint(strings.TrimSuffix(name, path.Ext(name)), known)
	if hint == "" {
		hint = "; `semblance scenario list` shows the scenarios of the library"
	}
	return errors.New(message + hint)
}

func (f Files) fromLibrary(file string) (*Source, error) {
	data, err := fs.ReadFile(f.Scenarios, file)
	if err != nil {
		return nil, fmt.Errorf("reading the library: %w", err)
	}
	return &Source{Name: file, ID: libraryID + file, Data: data, Files: f.Scenarios}, nil
}

// fromDisk reads a file of the disk, up to the size limit.
func fromDisk(from *Source, name string) (*Source, error) {
	opened, name, err := openFile(from, filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	if info, err := opened.Stat(); err == nil && info.IsDir() {
		return nil, errors.New("this is a folder; a scenario is a file")
	}
	data, err := io.ReadAll(io.LimitReader(opened, MaxFileBytes+1))
	if err != nil {
		return nil, readError(err)
	}
	id, err := filepath.Abs(name)
	if err != nil {
		return nil, readError(err)
	}
	if resolved, err := filepath.EvalSymlinks(id); err == nil {
		id = resolved
	}
	return &Source{Name: filepath.ToSlash(name), ID: id, Data: data, Files: folder(filepath.Dir(name))}, nil
}

// errOutside refuses a file for the same reason as a $ref: a scenario may come from somebody else.
var errOutside = errors.New("a scenario can only play files in its own folder or below it")

// openFile opens a file of the command line, or one that from plays. It returns the path from the working directory.
func openFile(from *Source, name string) (*os.File, string, error) {
	if from == nil {
		opened, err := os.Open(name)
		return opened, name, readError(err)
	}
	if !filepath.IsLocal(name) {
		return nil, "", errOutside
	}
	folder := filepath.Dir(from.Name)
	path := filepath.Join(folder, name)
	opened, err := os.OpenInRoot(folder, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
		if _, statErr := os.Stat(path); statErr == nil { // a symbolic link leads out of the folder
			return nil, "", errOutside
		}
	}
	return opened, path, readError(err)
}

// folder is a folder of the disk. It does not open files outside it, not even through symbolic links.
type folder string

func (f folder) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	return os.OpenInRoot(string(f), filepath.FromSlash(name))
}

// readError removes the path from an error of the file system, because the message names the file already.
func readError(err error) error {
	if err == nil {
		return nil
	}
	if inPath, ok := errors.AsType[*fs.PathError](err); ok {
		err = inPath.Err
	}
	return fmt.Errorf("reading the file: %w", err)
}
