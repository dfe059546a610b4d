package sqlite

// applicationID marks a file as a Semblance journal, in the place that SQLite's file format has for it ("Smbl").
const applicationID = 0x536d626c

// migrations make the tables. The n-th leads from version n-1 to version n; one that was ever released is never changed
// again, the next is added below it. Times are microseconds since 1970, 0 for none. A delivery's state is its place in
// journal.States: below 2 it is owed.
//
// The numbers of the sequence are the primary keys, so every table grows at its end and costs little. The bulk of an
// attempt, headers and bodies, lies in wires, so that looking for attempts does not read it. Nothing is indexed by
// subscription, event type or state: to keep such an index costs every delivery, and with a thousand subscriptions a
// page each; to look through a hundred thousand narrow rows costs the few who ask some ten milliseconds.
var migrations = [...]string{`
	CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
	CREATE TABLE changes (
		seq INTEGER PRIMARY KEY,
		at INTEGER NOT NULL,
		type TEXT NOT NULL,
		origin TEXT NOT NULL,
		content BLOB NOT NULL
	);
	CREATE TABLE deliveries (
		seq INTEGER PRIMARY KEY,
		id TEXT NOT NULL,
		change INTEGER NOT NULL,
		subscription TEXT NOT NULL,
		event TEXT NOT NULL,
		at INTEGER NOT NULL,
		state INTEGER NOT NULL,
		due INTEGER NOT NULL,
		ladder INTEGER NOT NULL,
		attempts INTEGER NOT NULL,
		last INTEGER NOT NULL, -- the last attempt; from there they are a chain
		last_at INTEGER NOT NULL,
		status INTEGER NOT NULL,
		failure TEXT NOT NULL
	);
	CREATE UNIQUE INDEX deliveries_id ON deliveries (id);
	CREATE INDEX deliveries_change ON deliveries (change);
	CREATE TABLE attempts (
		seq INTEGER PRIMARY KEY,
		delivery INTEGER NOT NULL, -- 0 for none
		previous INTEGER NOT NULL, -- the attempt of the same delivery before it, 0 for none
		subscription TEXT NOT NULL,
		type TEXT NOT NULL,
		outcome TEXT NOT NULL,
		at INTEGER NOT NULL,
		content BLOB NOT NULL
	);
	CREATE INDEX attempts_loose ON attempts (seq) WHERE delivery = 0;
	CREATE TABLE wires (seq INTEGER PRIMARY KEY, content BLOB NOT NULL);
	CREATE TABLE others (
		seq INTEGER PRIMARY KEY,
		at INTEGER NOT NULL,
		kind TEXT NOT NULL,
		key TEXT NOT NULL,
		in_force INTEGER NOT NULL,
		content BLOB NOT NULL
	);
	CREATE INDEX others_in_force ON others (kind, key) WHERE in_force = 1;
`}
