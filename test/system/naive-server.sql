CREATE TABLE workspaces (id TEXT PRIMARY KEY, name TEXT UNIQUE, spec TEXT, status TEXT, generation INTEGER DEFAULT 1,
  incarnation INTEGER DEFAULT 0, updated_at INTEGER, at TEXT, beat TEXT DEFAULT '{}', card TEXT, url TEXT);
CREATE TABLE tokens (token TEXT PRIMARY KEY, id TEXT);
CREATE TABLE declared (id TEXT, source TEXT);
CREATE TABLE installed (id TEXT, source TEXT);
CREATE TABLE events (seq INTEGER PRIMARY KEY, id TEXT, at TEXT, event TEXT, "from" TEXT, "to" TEXT);
CREATE VIEW timed AS SELECT *, updated_at + iif(silence LIKE '%m', 60000, 1000) * silence AS lease,
  updated_at + iif(start LIKE '%m', 60000, 1000) * start AS patience FROM (SELECT *,
  coalesce(spec ->> '$.policy.offline_after', '3m') AS silence,
  coalesce(spec ->> '$.policy.provision_within', '12m') AS start FROM workspaces);
CREATE VIEW views AS SELECT id, name, status, incarnation, generation, generation AS observed_generation, card,
  coalesce(url, spec ->> '$.url') AS url, spec ->> '$.role' AS role, at AS last_heartbeat_at,
  strftime('%FT%H:%M:%fZ', lease / 1000.0, 'unixepoch') AS lease_expires_at,
  beat ->> '$.error_rate' AS last_error_rate, beat ->> '$.sample_error' AS last_sample_error,
  beat ->> '$.active_tasks' AS active_tasks, beat ->> '$.current_task' AS current_task,
  beat ->> '$.uptime_seconds' AS uptime_seconds,
  (SELECT count(*) FROM declared WHERE declared.id = timed.id) AS declared,
  (SELECT count(*) FROM installed WHERE installed.id = timed.id) AS installed FROM timed;
