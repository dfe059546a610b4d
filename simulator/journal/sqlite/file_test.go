package sqlite

import (
	"bytes"
	"context"
	"database/sql"
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

var update = flag.Bool("update", false, "write what this version writes to testdata")

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

// written returns the bytes of a closed journal with something in it.
func written(t *testing.T) []byte {
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

// foreign returns the bytes of an SQLite database that is not ours.
func foreign(t *testing.T, statements ...string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "foreign")
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
	good := written(t)
	spoil := func(f func([]byte) []byte) []byte { return f(bytes.Clone(good)) }
	newer := fmt.Sprintf("PRAGMA user_version = %d", len(migrations)+1)
	for _, test := range []struct {
		name    string
		content []byte
		says    string
	}{
		{"a text", []byte("patients,bookings\n1,2\n"), "is no journal of Semblance; it was left as it is"},
		{"a long text", bytes.Repeat([]byte("patients,bookings\n"), 1000), "is no journal of Semblance"},
		{"noise", bytes.Repeat([]byte{0x5e, 0x01, 0xc3}, 5000), "is no journal of Semblance"},
		{"zeros", make([]byte, 8192), "is no journal of Semblance"},
		{"the first bytes of one", good[:60], "is no journal of Semblance"},
		{"another application's database", foreign(t, "CREATE TABLE customers (id)", "INSERT INTO customers VALUES (1)"), "is an SQLite database of another application"},
		{"another application's empty database", foreign(t, "PRAGMA application_id = 7", "VACUUM"), "is an SQLite database of another application"},
		{"a newer version", foreign(t, fmt.Sprintf("PRAGMA application_id = %d", applicationID), newer, "CREATE TABLE holograms (id)"), "newer version of Semblance"},
		{"half of one", spoil(func(b []byte) []byte { return b[:len(b)/2] }), "the journal is damaged"},
		{"one without its last page", spoil(func(b []byte) []byte { return b[:len(b)-4096] }), "the journal is damaged"},
		{"its first page alone", spoil(func(b []byte) []byte { return b[:4096] }), "the journal is damaged"},
		{"overwritten pages", spoil(func(b []byte) []byte {
			copy(b[3*4096:], bytes.Repeat([]byte{0xaa}, 3*4096))
			return b
		}), "the journal is damaged"},
		{"a spoilt schema", spoil(func(b []byte) []byte {
			copy(b[200:4096], bytes.Repeat([]byte{0xaa}, 3896))
			return b
		}), "the journal is damaged"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "journal")
			if err := os.WriteFile(path, test.content, 0o600); err != nil {
				t.Fatal(err)
			}
			for range 2 { // refusing changes nothing
				j, err := Open(context.Background(), path, journal.Options{})
				if err == nil {
					j.Close()
					t.Fatal("it was opened")
				}
				sentence(t, err, test.says, path)
				after, readErr := os.ReadFile(path)
				if readErr != nil || !bytes.Equal(after, test.content) {
					t.Fatalf("the file was changed (read error %v)", readErr)
				}
			}
		})
	}
}

// sentence checks that an error is one that says what it should, in a line, and names the file.
func sentence(t *testing.T, err error, says, path string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), filepath.Base(path)) || strings.Contains(err.Error(), "\n") {
		t.Fatalf("error %v, want one line that says %q and names %s", err, says, path)
	}
}

func TestOpenRefusesPlaces(t *testing.T) {
	folder := t.TempDir()
	_, err := Open(context.Background(), folder, journal.Options{})
	sentence(t, err, "no regular file", folder)
	missing := filepath.Join(folder, "missing", "journal")
	_, err = Open(context.Background(), missing, journal.Options{})
	sentence(t, err, "its folder does not exist", missing)

	path := filepath.Join(folder, "journal")
	if err := os.WriteFile(path+"-wal", []byte("what was not yet in the journal"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Open(context.Background(), path, journal.Options{})
	sentence(t, err, "put the journal back, or remove that file too", path)
	if _, err := os.Stat(path); err == nil {
		t.Error("it made a journal beside the log of another")
	}

	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	if j, err := Open(canceled, filepath.Join(folder, "never"), journal.Options{}); err == nil {
		j.Close()
		t.Error("a canceled Open opened")
	}
}

func TestOpenIsAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	j := openAt(t, path, journal.Options{})
	_, err := Open(context.Background(), path, journal.Options{})
	sentence(t, err, "is open in another process", path)
	if runtime.GOOS != "windows" {
		alias := path + "-alias"
		if err := os.Symlink(path, alias); err != nil {
			t.Fatal(err)
		}
		_, err = Open(context.Background(), alias, journal.Options{})
		sentence(t, err, "is open in another process", alias)
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the file's mode is %v (error %v), want 0600: it holds secrets", info.Mode(), err)
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

func TestOpenAnyName(t *testing.T) {
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
		if err != nil || len(entries) != 2 || entries[0].Name() != name {
			t.Errorf("the folder holds %v (error %v), want %s and its lock", entries, err, name)
		}
	}
}

func TestOpenEmptyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	fill(t, openAt(t, path, journal.Options{}), 1)
}

// TestVersions opens journals as earlier versions wrote them. A new migration adds a file: testdata/v2.sql is what
// version 2 writes, made by
//
//	go test -run TestVersions -update
func TestVersions(t *testing.T) {
	if *update {
		writeVersion(t)
	}
	for version := 1; version <= len(migrations); version++ {
		dump, err := os.ReadFile(filepath.Join("testdata", fmt.Sprintf("v%d.sql", version)))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "journal")
		if err := os.WriteFile(path, foreign(t, string(dump)), 0o600); err != nil {
			t.Fatal(err)
		}
		j := openAt(t, path, journal.Options{})
		if got, err := j.writer.version(); err != nil || got != len(migrations) {
			t.Errorf("version %d became %d (error %v), want %d", version, got, err, len(migrations))
		}
		all, err := j.Read(context.Background(), 0, 0)
		if err != nil || len(all) == 0 {
			t.Fatalf("version %d: %d records, error %v", version, len(all), err)
		}
		for _, r := range all {
			if a, ok := r.(*journal.Attempt); ok {
				full, err := j.Attempt(context.Background(), a.Seq)
				if err != nil || len(full.Request.Headers) == 0 || len(full.Request.Body) == 0 {
					t.Errorf("version %d: attempt %+v, error %v", version, full, err)
				}
			}
		}
		fill(t, j, 3)
	}
}

// TestUpgrade leads a file through steps of which the last one fails half-way: it stays at the version before.
func TestUpgrade(t *testing.T) {
	c, err := connect(filepath.Join(t.TempDir(), "journal"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	at := func(want int) {
		t.Helper()
		if got, err := c.version(); err != nil || got != want {
			t.Fatalf("version %d (error %v), want %d", got, err, want)
		}
	}
	steps := []string{"CREATE TABLE one (id)", "CREATE TABLE two (id); INSERT INTO one VALUES (1)", "CREATE TABLE three (id); INSERT INTO nowhere VALUES (1)"}
	if err := c.upgrade(0, steps[:1]); err != nil {
		t.Fatal(err)
	}
	at(1)
	if err := c.upgrade(1, steps); err == nil {
		t.Fatal("a step that fails passed")
	}
	at(2)
	if err := c.exec("CREATE TABLE three (id)"); err != nil {
		t.Errorf("the failed step left something: %v", err)
	}
}

// writeVersion dumps a journal with a record of every kind, as this version writes it.
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
		&journal.Notice{At: m.Tick(), SubscriptionID: "s", Subject: "paused", Text: "It is paused."},
		c, d, m.Attempt(d, 503, journal.DeliveryState{State: journal.Pending, Due: m.Tick(), Tries: 1}),
		&journal.Transition{At: m.Tick(), DeliveryID: d.ID, Next: journal.DeliveryState{State: journal.Held}, Reason: "paused"},
	}
	if err := j.Append(context.Background(), records...); err != nil {
		t.Fatal(err)
	}
	var dump strings.Builder
	fmt.Fprintf(&dump, "%s\nPRAGMA application_id = %d;\nPRAGMA user_version = %d;\n", strings.Join(migrations[:], ";\n"), applicationID, len(migrations))
	for _, table := range []string{"meta", "changes", "deliveries", "attempts", "wires", "others"} {
		dumpTable(t, j, &dump, table)
	}
	if err := os.WriteFile(filepath.Join("testdata", fmt.Sprintf("v%d.sql", len(migrations))), []byte(dump.String()), 0o644); err != nil {
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
