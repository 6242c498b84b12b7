//! The tables, and how older databases get them.

use rusqlite::{Connection, TransactionBehavior};

/// Marks the file as a history: "gpnp".
pub(crate) const APPLICATION_ID: u32 = 0x6770_6e70;

/// Each brings a database from the version of its index to the next. Only ever appended to.
const MIGRATIONS: &[&str] = &["
-- One regression.
CREATE TABLE runs (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  started   INTEGER NOT NULL,           -- milliseconds since 1970
  finished  INTEGER,                    -- null while it runs, or if it was killed
  profile   TEXT NOT NULL,
  command   TEXT NOT NULL,              -- as it was typed
  git       TEXT,                       -- commit, null outside of git
  dirty     INTEGER NOT NULL,           -- 1 if the work tree had changes
  inputs    TEXT NOT NULL,              -- digest of the command and of all models
  tools     TEXT NOT NULL,              -- versions, one a line
  host      TEXT NOT NULL,
  jobs      INTEGER NOT NULL,
  backend   TEXT NOT NULL,
  root_seed INTEGER NOT NULL,           -- as all 64-bit values: two's complement
  spec      TEXT NOT NULL,              -- what the run's cases follow from, JSON
  selected  INTEGER NOT NULL,           -- cases that it set out to run
  status    TEXT NOT NULL               -- running, passed, failed, interrupted
);
-- One result.
CREATE TABLE cases (
  id           INTEGER PRIMARY KEY,
  run          INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  block        TEXT NOT NULL,
  test         TEXT NOT NULL,
  config       TEXT NOT NULL,
  flavour      TEXT NOT NULL,
  seed         INTEGER NOT NULL,
  inputs       TEXT NOT NULL,           -- digest of the case's model, command and limits
  outcome      TEXT NOT NULL,           -- passed, failed, skipped
  kind         TEXT,                    -- label of the failure's kind, or why it was skipped
  sentence     TEXT,                    -- the failure in one sentence
  failure      TEXT,                    -- the failure, JSON
  digest       TEXT NOT NULL,           -- of all sampled ports of all cycles
  cycles       INTEGER NOT NULL,
  transactions INTEGER NOT NULL,
  seconds      REAL NOT NULL,           -- wall clock
  ended        INTEGER NOT NULL,        -- milliseconds since 1970
  UNIQUE (run, test, config, flavour, seed)
);
CREATE INDEX cases_by_identity ON cases (test, config, flavour, seed, inputs);
CREATE INDEX cases_by_outcome ON cases (outcome, run);
-- What coverage counts belong to: the bins of a model, or the points of a Verilated block.
CREATE TABLE spaces (
  id    INTEGER PRIMARY KEY,
  kind  TEXT NOT NULL,                  -- functional, code
  block TEXT NOT NULL,
  hash  TEXT NOT NULL,                  -- of the names
  size  INTEGER NOT NULL,
  names BLOB NOT NULL,                  -- one a line, deflated
  UNIQUE (kind, block, hash)
);
-- Coverage of a case in one space, as `counts.rs` packs it.
CREATE TABLE coverage (
  run       INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  space     INTEGER NOT NULL REFERENCES spaces (id),
  case_id   INTEGER NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
  counts    BLOB NOT NULL
);
CREATE INDEX coverage_by_run ON coverage (run, space, case_id);
CREATE INDEX coverage_by_case ON coverage (case_id);
-- One cell of a table that a case reported.
CREATE TABLE measurements (
  case_id  INTEGER NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
  title    TEXT NOT NULL,               -- of the table
  line     INTEGER NOT NULL,            -- row, from 0
  label    TEXT NOT NULL,               -- the row's texts, joined by commas
  quantity TEXT NOT NULL,               -- the column's name, with its unit
  value    REAL NOT NULL
);
CREATE INDEX measurements_by_case ON measurements (case_id);
-- Failures of one kind of one test.
CREATE TABLE buckets (
  run      INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  test     TEXT NOT NULL,
  kind     TEXT NOT NULL,
  hits     INTEGER NOT NULL,            -- cases that failed so
  config   TEXT NOT NULL,               -- of the smallest case
  seed     INTEGER NOT NULL,
  sentence TEXT NOT NULL,
  repeat   TEXT NOT NULL,
  bundle   TEXT,                        -- folder, null where none was written
  before   INTEGER,                     -- transactions as they failed
  after    INTEGER,                     -- transactions after shrinking
  PRIMARY KEY (run, test, kind)
);
"];

/// The newest version that this crate knows.
pub const VERSION: u32 = MIGRATIONS.len() as u32;

/// The version of a database; 0 for an empty one.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.query_row("PRAGMA user_version", (), |row| row.get(0))
}

/// Brings an older database to [`VERSION`]; all of it or nothing.
pub(crate) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    if version(connection)? >= VERSION {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been faster.
    let from = version(&transaction)?.min(VERSION);
    for migration in &MIGRATIONS[from as usize..] {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}
