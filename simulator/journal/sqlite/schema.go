package sqlite

// applicationID marks a file as a journal of Semblance ("Smbl"), in the field of the file header that SQLite reserves
// for applications.
const applicationID = 0x536d626c

// unsupported is the last version of the format that cannot be opened. None up to it was released.
const unsupported = 5

// version is the version of the format that this package writes.
const version = unsupported + len(migrations)

// migrations change the format. The first creates version unsupported+1 in an empty file; each of the others leads from
// one version to the next. A released migration is never changed: append another.
//
// Every table has the record's number as its key, so new rows go to the end, which is fast. Times are microseconds since
// 1970, or 0. A state is an index into journal.States. A content column holds the fields that no query searches.
//
// Clinic records are updated in place, by id. The six indexes for lists would more than double the work for an event, so a
// new record that is not permanent is in one index, by which lists find it, and is added to the six after the next list.
//
// Lists by subscription, event type, outcome or time search the rows in order, a limited number at a time: an index for
// each would slow down every delivery. Two partial indexes have the deliveries that are not delivered:
// deliveries_state for lists, deliveries_due for the queue of a subscription.
var migrations = [...]string{`
	CREATE TABLE totals (
		last INTEGER NOT NULL, -- the last number assigned
		events INTEGER NOT NULL,
		deliveries INTEGER NOT NULL,
		attempts INTEGER NOT NULL,
		pending INTEGER NOT NULL,
		held INTEGER NOT NULL,
		unattached INTEGER NOT NULL, -- attempts without a delivery
		others INTEGER NOT NULL
	);
	INSERT INTO totals VALUES (0, 0, 0, 0, 0, 0, 0, 0);
	CREATE TABLE events (
		seq INTEGER PRIMARY KEY,
		at INTEGER NOT NULL,
		type TEXT NOT NULL,
		origin TEXT NOT NULL,
		last_delivery INTEGER NOT NULL, -- the last of its deliveries, or 0
		content BLOB NOT NULL
	);
	CREATE INDEX events_undelivered ON events (seq) WHERE last_delivery = 0;
	CREATE TABLE deliveries (
		seq INTEGER PRIMARY KEY,
		id TEXT NOT NULL,
		event_seq INTEGER NOT NULL,
		subscription_id TEXT NOT NULL,
		event_id TEXT NOT NULL,
		at INTEGER NOT NULL,
		state INTEGER NOT NULL,
		due INTEGER NOT NULL,
		tries INTEGER NOT NULL,
		attempts INTEGER NOT NULL DEFAULT 0,
		last_attempt INTEGER NOT NULL DEFAULT 0, -- the last of its attempts, or 0
		last_at INTEGER NOT NULL DEFAULT 0,
		status INTEGER NOT NULL DEFAULT 0,
		failure TEXT NOT NULL DEFAULT ''
	);
	CREATE UNIQUE INDEX deliveries_id ON deliveries (id);
	CREATE INDEX deliveries_state ON deliveries (state) WHERE state <> 2;
	CREATE INDEX deliveries_due ON deliveries (subscription_id, state, due) WHERE state < 2;
	CREATE TABLE attempts (
		seq INTEGER PRIMARY KEY,
		delivery_seq INTEGER NOT NULL, -- 0 if it has no delivery
		previous INTEGER NOT NULL, -- the attempt of the same delivery before it, or 0
		subscription_id TEXT NOT NULL,
		type TEXT NOT NULL,
		outcome TEXT NOT NULL,
		at INTEGER NOT NULL,
		content BLOB NOT NULL,
		messages BLOB NOT NULL -- headers and bodies; last, so that a search does not read them
	);
	CREATE INDEX attempts_unattached ON attempts (seq) WHERE delivery_seq = 0;
	CREATE TABLE other_records (
		seq INTEGER PRIMARY KEY,
		at INTEGER NOT NULL,
		kind TEXT NOT NULL,
		key TEXT NOT NULL,
		in_force INTEGER NOT NULL,
		content BLOB NOT NULL
	);
	CREATE INDEX other_records_in_force ON other_records (kind, key) WHERE in_force = 1;
	CREATE INDEX other_records_clinic ON other_records (seq) WHERE kind = 'clinic';
	CREATE TABLE clinic_records (
		number INTEGER PRIMARY KEY,
		id TEXT NOT NULL UNIQUE,
		seq INTEGER NOT NULL,
		kind TEXT NOT NULL,
		patient TEXT NOT NULL, -- an id or ''
		doctor TEXT NOT NULL, -- an id or ''
		created INTEGER NOT NULL,
		updated INTEGER NOT NULL,
		start INTEGER NOT NULL,
		finish INTEGER NOT NULL,
		deleted INTEGER NOT NULL,
		permanent INTEGER NOT NULL,
		listed INTEGER NOT NULL, -- whether the indexes for lists have it
		named INTEGER NOT NULL, -- the number of the last record that is or names this record
		text TEXT NOT NULL,
		value BLOB NOT NULL,
		previous BLOB
	);
	-- The indexes for lists. With the last columns of most, a query does not read the records that it skips or sorts.
	CREATE INDEX clinic_records_kind ON clinic_records (kind, id, deleted, updated) WHERE listed = 1;
	CREATE INDEX clinic_records_created ON clinic_records (kind, created, id, deleted) WHERE listed = 1;
	CREATE INDEX clinic_records_updated ON clinic_records (kind, updated, id, deleted) WHERE listed = 1;
	CREATE INDEX clinic_records_start ON clinic_records (kind, start, id, deleted) WHERE listed = 1 AND start <> 0;
	CREATE INDEX clinic_records_patient ON clinic_records (patient, kind, start) WHERE listed = 1 AND patient <> '';
	CREATE INDEX clinic_records_doctor ON clinic_records (doctor, kind, start) WHERE listed = 1 AND doctor <> '';
	CREATE INDEX clinic_records_unlisted ON clinic_records (kind, id, deleted, updated) WHERE listed = 0;
	CREATE INDEX clinic_records_named ON clinic_records (named) WHERE permanent = 0;
	CREATE INDEX other_records_api ON other_records (seq) WHERE kind = 'api-request';
`}
