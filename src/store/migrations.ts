/**
 * The schema, as the list of steps that led to it. Append only: a step that has been released never changes.
 *
 * A database's `user_version` is how many of them it has seen. Moments are REAL because a lease or a deadline
 * may carry jitter, and STRICT refuses a fraction in an INTEGER column; whole numbers read back the same.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE installation (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    stopped_cleanly INTEGER NOT NULL
  ) STRICT;
  INSERT INTO installation (only_row, stopped_cleanly) VALUES (1, 1);

  CREATE TABLE probe (ballast BLOB NOT NULL) STRICT;

  CREATE TABLE workspaces (
    workspace_id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    spec TEXT NOT NULL,
    generation INTEGER NOT NULL,
    created_at REAL NOT NULL,
    removed_at REAL,
    agent_card TEXT,
    url TEXT
  ) STRICT;
  CREATE UNIQUE INDEX workspaces_by_name ON workspaces (name) WHERE removed_at IS NULL;

  CREATE TABLE snapshots (
    workspace_id TEXT NOT NULL PRIMARY KEY REFERENCES workspaces,
    machine_version INTEGER NOT NULL,
    snapshot TEXT NOT NULL
  ) STRICT;

  CREATE TABLE journal (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id TEXT NOT NULL REFERENCES workspaces,
    at REAL NOT NULL,
    event TEXT NOT NULL,
    from_state TEXT,
    to_state TEXT NOT NULL,
    reason TEXT,
    cause TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('transition', 'note'))
  ) STRICT;
  CREATE INDEX journal_by_workspace ON journal (workspace_id, seq);

  CREATE TABLE journal_sizes (
    workspace_id TEXT NOT NULL PRIMARY KEY REFERENCES workspaces,
    row_count INTEGER NOT NULL,
    dropped INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE presence (
    workspace_id TEXT NOT NULL PRIMARY KEY REFERENCES workspaces,
    last_heartbeat_at REAL,
    lease_expires_at REAL,
    error_rate REAL,
    sample_error TEXT,
    active_tasks REAL,
    current_task TEXT,
    uptime_seconds REAL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE tokens (
    hash TEXT NOT NULL PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces,
    incarnation INTEGER,
    created_at REAL NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tokens_by_workspace ON tokens (workspace_id);

  CREATE TABLE idempotency (
    key TEXT NOT NULL PRIMARY KEY,
    digest TEXT NOT NULL,
    response TEXT NOT NULL,
    created_at REAL NOT NULL
  ) STRICT;
  CREATE INDEX idempotency_by_age ON idempotency (created_at);

  CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces,
    at REAL NOT NULL,
    raw TEXT NOT NULL,
    error TEXT NOT NULL
  ) STRICT;
  CREATE INDEX quarantine_by_workspace ON quarantine (workspace_id, id);
  `,
  `
  CREATE TABLE secrets (
    workspace_id TEXT NOT NULL,
    name TEXT NOT NULL,
    key_id TEXT NOT NULL,
    nonce TEXT NOT NULL,
    sealed TEXT NOT NULL,
    updated_at REAL NOT NULL,
    PRIMARY KEY (workspace_id, name)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE drift (
    source TEXT NOT NULL PRIMARY KEY,
    revision TEXT,
    tree_hash TEXT,
    checked_at REAL NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE journal ADD COLUMN child TEXT;

  CREATE TABLE checkpoints (
    workspace_id TEXT NOT NULL REFERENCES workspaces,
    seq INTEGER NOT NULL,
    snapshot TEXT NOT NULL,
    PRIMARY KEY (workspace_id, seq)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE access_tokens (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('viewer')),
    hash TEXT NOT NULL UNIQUE,
    created_at REAL NOT NULL,
    revoked_at REAL
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX access_tokens_by_name ON access_tokens (name) WHERE revoked_at IS NULL;
  `,
  `
  CREATE TABLE beat_histories (
    number INTEGER PRIMARY KEY,
    workspace_id TEXT NOT NULL UNIQUE REFERENCES workspaces,
    first_minute INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE beat_minutes (
    history INTEGER NOT NULL,
    minute INTEGER NOT NULL,
    incarnation INTEGER NOT NULL,
    beats INTEGER NOT NULL,
    last_beat_ms INTEGER NOT NULL,
    longest_gap_ms INTEGER NOT NULL,
    gap_end_ms INTEGER NOT NULL,
    PRIMARY KEY (history, minute, incarnation)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE access_tokens_with_relays (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('viewer', 'relay')),
    hash TEXT NOT NULL UNIQUE,
    created_at REAL NOT NULL,
    revoked_at REAL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO access_tokens_with_relays SELECT * FROM access_tokens;
  DROP TABLE access_tokens;
  ALTER TABLE access_tokens_with_relays RENAME TO access_tokens;
  CREATE UNIQUE INDEX access_tokens_by_name ON access_tokens (name) WHERE revoked_at IS NULL;
  `,
  `
  CREATE TABLE incidents (
    subject TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    target TEXT NOT NULL,
    incident TEXT NOT NULL,
    notice TEXT NOT NULL,
    created_at REAL NOT NULL,
    due_at REAL NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    batch TEXT,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead')),
    problem TEXT,
    ended_at REAL,
    receipt TEXT,
    UNIQUE (id, target)
  ) STRICT;
  CREATE INDEX outbox_by_state ON outbox (state, target, ended_at);
  `,
  `
  ALTER TABLE tokens ADD COLUMN expires_at REAL;
  `,
  `
  CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    act TEXT NOT NULL,
    answers INTEGER,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audit_by_answered ON audit (answers) WHERE answers IS NOT NULL;

  CREATE TABLE audit_ends (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    anchor_seq INTEGER NOT NULL,
    anchor_hash TEXT NOT NULL,
    head_seq INTEGER NOT NULL,
    head_hash TEXT NOT NULL
  ) STRICT;
  INSERT INTO audit_ends VALUES (1, 0, printf('%064d', 0), 0, printf('%064d', 0));
  `,
  `
  ALTER TABLE workspaces ADD COLUMN schedule TEXT;
  `,
];
