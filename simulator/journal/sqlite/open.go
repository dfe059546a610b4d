package sqlite

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"semblance/simulator/journal"
)

var errLocked = errors.New("another process has it open; stop that process, or use another file")

// lock is the lock of a journal: a locked file beside it.
type lock struct {
	file    *os.File
	existed bool // before it was locked
}

// acquire locks the journal at path.
func acquire(path string) (*lock, error) {
	path += "-lock"
	_, err := os.Lstat(path)
	existed := err == nil
	file, err := lockFile(path)
	switch {
	case errors.Is(err, errLocked):
		return nil, err
	case errors.Is(err, fs.ErrNotExist):
		return nil, errors.New("its folder does not exist")
	case err != nil:
		return nil, fmt.Errorf("cannot create its lock file: %w", err)
	}
	return &lock{file, existed}, nil
}

// release deletes the lock file if it is empty, as ours always is. After a failed Open, it keeps a file that was there
// before, because that may be a file of another application.
func (l *lock) release(opened bool) error {
	info, err := l.file.Stat()
	if err != nil || info.Size() > 0 || l.existed && !opened {
		return l.file.Close()
	}
	return unlockFile(l.file)
}

// realPath returns the absolute path without symbolic links, so that a journal has one lock under all these names.
func realPath(path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if resolved, err := filepath.EvalSymlinks(absolute); err == nil {
		return resolved, nil
	}
	return absolute, nil // it does not exist yet
}

// prepare checks that the file at path is a journal which can be opened, and creates it if the file does not exist or
// is empty. It does not change a file that it refuses.
func prepare(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return create(path)
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errors.New("not a regular file")
	case links(path, info) > 1:
		return errors.New("the file has more than one name (hard links), so another process could open it too; delete the other names, or use a copy")
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrPermission) || err != nil && strings.Contains(err.Error(), "read-only") {
		return fmt.Errorf("the file is read-only; make it writable, or use another file (%w)", err)
	}
	if err != nil {
		return err
	}
	header := make([]byte, 100)
	n, err := io.ReadFull(f, header)
	f.Close()
	switch {
	case n == 0 && errors.Is(err, io.EOF):
		return create(path)
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return err
	}
	if err := checkHeader(header[:n]); err != nil {
		return err
	}
	restrict(path)
	return nil
}

// restrict removes the permissions of other users from the files of an existing journal, which holds secrets. The owner of
// the files may be somebody else, who must do it then.
func restrict(path string) {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if info, err := os.Lstat(path + suffix); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
			_ = os.Chmod(path+suffix, 0o600)
		}
	}
}

// checkHeader checks the beginning of a file. Its format: https://sqlite.org/fileformat2.html, "The Database Header".
func checkHeader(header []byte) error {
	switch {
	case len(header) < 100 || !bytes.HasPrefix(header, []byte("SQLite format 3\x00")):
		return errors.New("not a journal of Semblance; use another file")
	case binary.BigEndian.Uint32(header[68:]) != applicationID:
		return errors.New("an SQLite database of another application; use another file")
	}
	return checkVersion(int(binary.BigEndian.Uint32(header[60:])))
}

func checkVersion(v int) error {
	switch {
	case v <= unsupported:
		return errors.New("it was written by an earlier version of Semblance; delete it, or start with a new file")
	case v > version:
		return fmt.Errorf("it was written by a newer version of Semblance (its format is %d, this version supports %d); use that version, or another file", v, version)
	}
	return nil
}

// create makes an empty journal under another name and then renames it, so that a journal is never incomplete.
func create(path string) error {
	for _, suffix := range []string{"-wal", "-journal"} {
		if info, err := os.Stat(path + suffix); err == nil && info.Size() > 0 {
			name := filepath.Base(path) + suffix
			return fmt.Errorf("the journal is missing, but a part of it, %s, exists; restore the journal, or delete %s", name, name)
		}
	}
	temporary := path + "-new"
	if err := os.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // it will hold secrets
	if err != nil {
		return err
	}
	err = createTables(temporary)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		os.Remove(temporary)
	}
	return err
}

// createTables creates the tables of an empty journal. It does not wait for the disk: that is enough once, at the end.
func createTables(path string) error {
	c, err := connect(path, "synchronous = OFF", "journal_mode = OFF")
	if err != nil {
		return err
	}
	if err = c.migrate(unsupported, migrations[:]); err == nil {
		err = c.exec("PRAGMA journal_mode = WAL")
	}
	return errors.Join(err, c.close())
}

// dsn returns the name under which the driver opens the file.
func dsn(path string, parameters ...string) string {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") { // C:/...
		slashed = "/" + slashed
	}
	u := url.URL{Scheme: "file", Path: slashed, RawQuery: strings.Join(parameters, "&")}
	return u.String()
}

// watchedFile is a file that must stay where it is while the journal is open.
type watchedFile struct {
	path string
	id   fileID
}

// watchFiles returns the journal's files: the journal itself, the engine's log and the lock file.
func watchFiles(path string) ([]watchedFile, error) {
	var all []watchedFile
	for _, suffix := range []string{"", "-wal", "-lock"} {
		id, err := identify(path + suffix)
		if err != nil {
			return nil, err
		}
		all = append(all, watchedFile{path + suffix, id})
	}
	return all, nil
}

// checkFiles returns ErrMissing if one of the files was deleted or replaced. Records written to it would be lost, or another
// process may have opened the journal.
func checkFiles(all []watchedFile) error {
	for _, f := range all {
		if id, err := identify(f.path); err != nil || id != f.id {
			return fmt.Errorf("%w (%s); nothing of this was recorded; restart with a new journal", journal.ErrMissing, filepath.Base(f.path))
		}
	}
	return nil
}
