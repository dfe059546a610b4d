package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"semblance/simulator"
	"semblance/simulator/journal"
	"semblance/simulator/journal/internal/journaltest"
)

var update = flag.Bool("update", false, "write a journal of this version to testdata")

// fill appends n deliveries with an attempt each.
func fill(t testing.TB, j journal.Journal, n int) {
	t.Helper()
	last, _ := j.Committed()
	m := journaltest.NewMaker(uint64(last) + 1_000_000)
	for range n {
		c := m.Event("booking.created")
		d := m.Delivery(c, "s")
		if err := j.Append(context.Background(), c, d, m.Attempt(d, 200, journal.DeliveryState{State: journal.Delivered})); err != nil {
			t.Fatal(err)
		}
	}
}

// closedJournal returns the bytes of a closed journal with records.
func closedJournal(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal")
	j := openAt(t, path, journal.Options{})
	fill(t, j, 200)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// database returns the bytes of an SQLite database made by the statements.
func database(t *testing.T, statements ...string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "database")
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	good := closedJournal(t)
	damage := func(f func([]byte) []byte) []byte { return f(bytes.Clone(good)) }
	earlier, err := os.ReadFile("testdata/v1.sql")
	if err != nil {
		t.Fatal(err)
	}
	newer := fmt.Sprintf("PRAGMA user_version = %d", version+1)
	for _, test := range []struct {
		name    string
		content []byte
		want    string
	}{
		{"a text", []byte("patients,bookings\n1,2\n"), "not a journal of Semblance; use another file"},
		{"a long text", bytes.Repeat([]byte("patients,bookings\n"), 1000), "not a journal of Semblance"},
		{"noise", bytes.Repeat([]byte{0x5e, 0x01, 0xc3}, 5000), "not a journal of Semblance"},
		{"zeros", make([]byte, 8192), "not a journal of Semblance"},
		{"the first bytes of one", good[:60], "not a journal of Semblance"},
		{"another application's database", database(t, "CREATE TABLE customers (id)", "INSERT INTO customers VALUES (1)"), "an SQLite database of another application"},
		{"another application's empty database", database(t, "PRAGMA application_id = 7", "VACUUM"), "an SQLite database of another application"},
		{"a newer version", database(t, fmt.Sprintf("PRAGMA application_id = %d", applicationID), newer, "CREATE TABLE holograms (id)"), "newer version of Semblance"},
		{"an earlier version", database(t, string(earlier)), "it was written by an earlier version of Semblance; delete it, or start with a new file"},
		{"half of one", damage(func(b []byte) []byte { return b[:len(b)/2] }), "the journal is damaged"},
		{"one without its last page", damage(func(b []byte) []byte { return b[:len(b)-4096] }), "the journal is damaged"},
		{"its first page alone", damage(func(b []byte) []byte { return b[:4096] }), "the journal is damaged"},
		{"overwritten pages", damage(func(b []byte) []byte {
			copy(b[3*4096:], bytes.Repeat([]byte{0xaa}, 3*4096))
			return b
		}), "the journal is damaged"},
		{"a damaged schema", damage(func(b []byte) []byte {
			copy(b[200:4096], bytes.Repeat([]byte{0xaa}, 3896))
			return b
		}), "the journal is damaged"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "journal")
			if err := os.WriteFile(path, test.content, 0o600); err != nil {
				t.Fatal(err)
			}
			for range 2 { // the first error changes nothing
				j, err := Open(context.Background(), path, journal.Options{})
				if err == nil {
					j.Close()
					t.Fatal("it was opened")
				}
				sentence(t, err, test.want, path)
				if damaged := test.want == "the journal is damaged"; errors.Is(err, journal.ErrDamaged) != damaged {
					t.Errorf("error %v is ErrDamaged: %v", err, !damaged)
				}
				after, readErr := os.ReadFile(path)
				if readErr != nil || !bytes.Equal(after, test.content) {
					t.Fatalf("the file was changed (read error %v)", readErr)
				}
			}
		})
	}
}

// sentence checks that the error is a single line with the text and the name of the file.
func sentence(t *testing.T, err error, want, path string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), filepath.Base(path)) || strings.Contains(err.Error(), "\n") {
		t.Fatalf("error %v, want one line with %q and %s", err, want, path)
	}
}

func TestOpenRefusesPlaces(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	_, err := Open(context.Background(), folder, journal.Options{})
	sentence(t, err, "not a regular file", folder)
	missing := filepath.Join(folder, "missing", "journal")
	_, err = Open(context.Background(), missing, journal.Options{})
	sentence(t, err, "its folder does not exist", missing)

	path := filepath.Join(folder, "journal")
	if err := os.WriteFile(path+"-wal", []byte("recent records"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Open(context.Background(), path, journal.Options{})
	sentence(t, err, "restore the journal, or delete journal-wal", path)
	if _, err := os.Stat(path); err == nil {
		t.Error("a journal was created beside the log of another")
	}

	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	if j, err := Open(canceled, filepath.Join(folder, "never"), journal.Options{}); err == nil {
		j.Close()
		t.Error("the journal was opened after its context had ended")
	}
}

func TestOpenTwice(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	j := openAt(t, path, journal.Options{})
	_, err := Open(context.Background(), path, journal.Options{})
	sentence(t, err, "another process has it open", path)
	if runtime.GOOS != "windows" {
		alias := path + "-alias"
		if err := os.Symlink(path, alias); err != nil {
			t.Fatal(err)
		}
		_, err = Open(context.Background(), alias, journal.Options{})
		sentence(t, err, "another process has it open", alias)
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the file's mode is %v (error %v), want 0600, because it holds secrets", info.Mode(), err)
		}
	}
	fill(t, j, 1)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if got := openAt(t, path, journal.Options{}).Stats().Deliveries; got != 1 {
		t.Errorf("%d deliveries, want 1", got)
	}
}

// Only the owner may read the files of a journal, also of one whose mode was changed.
func TestOpenRestrictsFiles(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no modes")
	}
	path := filepath.Join(t.TempDir(), "journal")
	if err := openAt(t, path, journal.Options{}).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	j := openAt(t, path, journal.Options{})
	fill(t, j, 1)
	for _, suffix := range []string{"", "-wal", "-shm", "-lock"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			if suffix == "-shm" { // with an exclusive lock the engine needs none
				continue
			}
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("the mode of %s is %v, want 0600", info.Name(), info.Mode())
		}
	}
}

func TestOpenAnyName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a b.journal", "50%25.journal", "what?.journal", "no#1", "ä&b=c", "file:x"} {
		if runtime.GOOS == "windows" && strings.ContainsAny(name, `?:`) {
			continue
		}
		path := filepath.Join(t.TempDir(), name)
		for want := range 2 {
			j := openAt(t, path, journal.Options{})
			if got := j.Stats().Deliveries; got != want {
				t.Errorf("%s: %d deliveries, want %d", name, got, want)
			}
			fill(t, j, 1)
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
		}
		entries, err := os.ReadDir(filepath.Dir(path))
		if err != nil || len(entries) != 1 || entries[0].Name() != name {
			t.Errorf("the folder has %v (error %v), want %s", entries, err, name)
		}
	}
}

func TestOpenEmptyFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	fill(t, openAt(t, path, journal.Options{}), 1)
}

// TestVersions opens a journal of each supported version. Create the file of a new version with
//
//	go test -run TestVersions -update
func TestVersions(t *testing.T) {
	t.Parallel()
	if *update {
		writeVersion(t)
	}
	for v := unsupported + 1; v <= version; v++ {
		dump, err := os.ReadFile(filepath.Join("testdata", fmt.Sprintf("v%d.sql", v)))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "journal")
		if err := os.WriteFile(path, database(t, string(dump)), 0o600); err != nil {
			t.Fatal(err)
		}
		j := openAt(t, path, journal.Options{})
		if got, err := j.writer.version(); err != nil || got != version {
			t.Errorf("version %d became %d (error %v), want %d", v, got, err, version)
		}
		all, err := j.Read(context.Background(), 0, 0)
		if err != nil || len(all) == 0 {
			t.Fatalf("version %d: %d records, error %v", v, len(all), err)
		}
		for _, r := range all {
			if a, ok := r.(*journal.Attempt); ok {
				full, err := j.Attempt(context.Background(), a.Seq)
				if err != nil || len(full.Request.Headers) == 0 || len(full.Request.Body) == 0 {
					t.Errorf("version %d: attempt %+v, error %v", v, full, err)
				}
			}
		}
		fill(t, j, 3)
	}
}

// TestMigrate runs steps of which the last one fails in the middle. The file keeps the version before that step.
func TestMigrate(t *testing.T) {
	t.Parallel()
	c, err := connect(filepath.Join(t.TempDir(), "journal"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	wantVersion := func(want int) {
		t.Helper()
		if got, err := c.version(); err != nil || got != want {
			t.Fatalf("version %d (error %v), want %d", got, err, want)
		}
	}
	steps := []string{"CREATE TABLE one (id)", "CREATE TABLE two (id); INSERT INTO one VALUES (1)", "CREATE TABLE three (id); INSERT INTO nowhere VALUES (1)"}
	if err := c.migrate(0, steps[:1]); err != nil {
		t.Fatal(err)
	}
	wantVersion(1)
	if err := c.migrate(1, steps[1:]); err == nil {
		t.Fatal("the last step did not fail")
	}
	wantVersion(2)
	if err := c.exec("CREATE TABLE three (id)"); err != nil {
		t.Errorf("the failed step left a table: %v", err)
	}
}

// writeVersion writes a journal of this version with a record of every kind to testdata, as SQL.
func writeVersion(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	j, m := openAt(t, path, journal.Options{}), journaltest.NewMaker(1)
	c := m.Event("booking.created")
	d := m.Delivery(c, "s")
	records := []journal.Record{
		&journal.Subscription{At: m.Tick(), Subscription: simulator.Subscription{ID: "s", Secret: simulator.DefaultSecret, URL: "http://127.0.0.1:3000/"}},
		&journal.Token{At: m.Tick(), Token: "t", Permissions: []string{"seeWebhooks"}},
		&journal.Fault{At: m.Tick(), ID: "f", SubscriptionID: "s", Fault: "transport=reset", Remaining: 1},
		&journal.Setting{At: m.Tick(), Key: "k", Value: []byte("v")},
		&journal.Clinic{At: m.Tick(), Action: "seed", Data: []byte("1"), Snapshot: true},
		&journal.Notice{At: m.Tick(), SubscriptionID: "s", Subject: "paused", Text: "The subscription is paused."},
		c, d, m.Attempt(d, 503, journal.DeliveryState{State: journal.Pending, Due: m.Tick(), Tries: 1}),
		&journal.Transition{At: m.Tick(), DeliveryID: d.ID, Next: journal.DeliveryState{State: journal.Held}, Reason: "paused"},
	}
	if err := j.Append(context.Background(), records...); err != nil {
		t.Fatal(err)
	}
	var dump strings.Builder
	fmt.Fprintf(&dump, "%s;\nDELETE FROM totals;\nPRAGMA application_id = %d;\nPRAGMA user_version = %d;\n", strings.Join(migrations[:], ";\n"), applicationID, version)
	for _, table := range []string{"totals", "events", "deliveries", "attempts", "other_records"} {
		dumpTable(t, j, &dump, table)
	}
	if err := os.WriteFile(filepath.Join("testdata", fmt.Sprintf("v%d.sql", version)), []byte(dump.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func dumpTable(t *testing.T, j *Journal, dump *strings.Builder, table string) {
	t.Helper()
	rows, err := j.readers.Query("SELECT * FROM " + table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, dest := make([]any, len(columns)), make([]any, len(columns))
		for i := range dest {
			dest[i] = &values[i]
		}
		if err := rows.Scan(dest...); err != nil {
			t.Fatal(err)
		}
		texts := make([]string, len(values))
		for i, v := range values {
			switch v := v.(type) {
			case int64:
				texts[i] = fmt.Sprint(v)
			case []byte:
				texts[i] = fmt.Sprintf("x'%x'", v)
			default:
				texts[i] = fmt.Sprintf("'%v'", v)
			}
		}
		fmt.Fprintf(dump, "INSERT INTO %s VALUES (%s);\n", table, strings.Join(texts, ", "))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
