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
)

var errLocked = errors.New("locked by another process")

// claim finds out which file is meant and takes its lock: the same one by whatever name the file goes.
func claim(path string) (string, io.Closer, error) {
	real, err := filepath.Abs(path)
	if err != nil {
		return "", nil, fmt.Errorf("open the journal %s: %w", path, err)
	}
	if resolved, err := filepath.EvalSymlinks(real); err == nil {
		real = resolved
	}
	if info, err := os.Stat(real); err == nil && !info.Mode().IsRegular() {
		return "", nil, fmt.Errorf("open the journal %s: it is no regular file", path)
	}
	lock, err := lockFile(real + "-lock")
	switch {
	case errors.Is(err, errLocked):
		return "", nil, fmt.Errorf("the journal %s is open in another process; stop that one, or use another file", path)
	case errors.Is(err, fs.ErrNotExist):
		return "", nil, fmt.Errorf("open the journal %s: its folder does not exist", path)
	case err != nil:
		return "", nil, fmt.Errorf("open the journal %s: %w", path, err)
	}
	return real, lock, nil
}

// examine makes sure that there is a journal at path: it makes one where nothing is, and refuses what is none. SQLite
// does not touch the file before.
func examine(path string) error {
	header := make([]byte, 100)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return create(path)
	}
	if err != nil {
		return fmt.Errorf("open the journal: %w", err)
	}
	n, err := io.ReadFull(f, header)
	f.Close()
	switch {
	case n == 0 && errors.Is(err, io.EOF):
		return create(path)
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("open the journal: %w", err)
	case n < len(header) || !bytes.HasPrefix(header, []byte("SQLite format 3\x00")):
		return fmt.Errorf("%s is no journal of Semblance; it was left as it is: move it away, or use another file", path)
	case binary.BigEndian.Uint32(header[68:]) != applicationID: // https://sqlite.org/fileformat2.html, the database header
		return fmt.Errorf("%s is an SQLite database of another application; it was left as it is: use another file", path)
	}
	return checkVersion(path, int(binary.BigEndian.Uint32(header[60:])))
}

// checkVersion refuses a file whose tables a newer version made.
func checkVersion(path string, version int) error {
	if version <= len(migrations) {
		return nil
	}
	return fmt.Errorf("the journal %s %w (tables of version %d, this one knows %d); it was left as it is: use that version, or another file",
		path, errNewer, version, len(migrations))
}

// create makes an empty journal beside path and moves it there, so that a file that is ours is always whole.
func create(path string) error {
	for _, suffix := range []string{"-wal", "-journal"} {
		if info, err := os.Stat(path + suffix); err == nil && info.Size() > 0 {
			return fmt.Errorf("the journal %s is missing, but %s%s, which belongs to it, is there: put the journal back, or remove that file too",
				path, filepath.Base(path), suffix)
		}
	}
	fresh := path + "-new"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("make the journal: %w", err)
	}
	// The journal holds secrets and tokens: nobody else reads it.
	f, err := os.OpenFile(fresh, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("make the journal: %w", err)
	}
	f.Close()
	err = migrate(fresh)
	if err == nil {
		err = os.Rename(fresh, path)
	}
	if err != nil {
		os.Remove(fresh)
		return explain(path, "make the journal", err)
	}
	return nil
}

// migrate makes the tables of a new file in one transaction.
func migrate(path string) error {
	c, err := connect(path)
	if err != nil {
		return err
	}
	err = c.upgrade(0, migrations[:])
	return errors.Join(err, c.close())
}

// dsn returns the name by which the engine opens the file.
func dsn(path string, parameters ...string) string {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") { // C:/…
		slashed = "/" + slashed
	}
	u := url.URL{Scheme: "file", Path: slashed, RawQuery: strings.Join(parameters, "&")}
	return u.String()
}
