-- A timeline as schema 3 made it: every table, index and view of it, and samples of each kind that it could keep.
CREATE TABLE sources(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, instance TEXT NOT NULL, role TEXT NOT NULL, origin TEXT NOT NULL,
  UNIQUE(kind, instance, role, origin));
CREATE TABLE series(id INTEGER PRIMARY KEY, source_id INTEGER NOT NULL REFERENCES sources(id), name TEXT NOT NULL, labels TEXT NOT NULL,
  kind INTEGER NOT NULL, unit TEXT NOT NULL, help TEXT NOT NULL, UNIQUE(name, labels, source_id));
CREATE TABLE histograms(series_id INTEGER NOT NULL, run_id INTEGER NOT NULL, resolution_s INTEGER NOT NULL, ts_ms INTEGER NOT NULL, count
  INTEGER NOT NULL, sum REAL NOT NULL, min INTEGER NOT NULL, max INTEGER NOT NULL, hist BLOB NOT NULL, PRIMARY KEY(series_id, run_id,
  resolution_s, ts_ms)) WITHOUT ROWID;
CREATE TABLE runs(id INTEGER PRIMARY KEY, ulid TEXT NOT NULL UNIQUE, name TEXT NOT NULL, playbook TEXT, args TEXT, args_hash TEXT, labels
  TEXT NOT NULL DEFAULT '{}', seed INTEGER, script_hash TEXT, script_text TEXT, host TEXT, version TEXT, interval_key TEXT, started_ns
  INTEGER NOT NULL, ended_ns INTEGER, state TEXT NOT NULL CHECK(state IN ('running', 'passed', 'failed', 'inconclusive', 'error',
  'cancelled', 'interrupted')), exit_code INTEGER, boot_id TEXT, pid INTEGER, process_start INTEGER, nonce TEXT, result TEXT);
CREATE INDEX runs_by_name ON runs(name, started_ns);
CREATE TABLE run_sources(run_id INTEGER NOT NULL, source_id INTEGER NOT NULL, PRIMARY KEY(run_id, source_id)) WITHOUT ROWID;
CREATE TABLE events(id INTEGER PRIMARY KEY, run_id INTEGER, source_id INTEGER, ts_ns INTEGER NOT NULL, duration_ns INTEGER NOT NULL
  DEFAULT 0, parent INTEGER, kind TEXT NOT NULL, text TEXT, data TEXT);
CREATE INDEX events_by_run ON events(run_id, ts_ns);
CREATE TABLE artifacts(id INTEGER PRIMARY KEY, run_id INTEGER, name TEXT NOT NULL, type TEXT NOT NULL, ts_ns INTEGER NOT NULL, duration_ns
  INTEGER NOT NULL DEFAULT 0, labels TEXT, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, data BLOB);
CREATE TABLE objectives(run_id INTEGER NOT NULL, idx INTEGER NOT NULL, expr TEXT NOT NULL, scope TEXT, severity TEXT, value REAL, lim
  REAL, ci_lo REAL, ci_hi REAL, samples INTEGER, verdict TEXT NOT NULL, detail TEXT, PRIMARY KEY(run_id, idx)) WITHOUT ROWID;
CREATE TABLE findings(id INTEGER PRIMARY KEY, run_id INTEGER, kind TEXT NOT NULL, severity TEXT NOT NULL, text TEXT NOT NULL, data TEXT);
CREATE INDEX findings_by_run ON findings(run_id);
CREATE TABLE baselines(name TEXT NOT NULL, playbook TEXT NOT NULL, run_id INTEGER NOT NULL, ts_ns INTEGER NOT NULL, PRIMARY KEY(name,
  playbook)) WITHOUT ROWID;
CREATE TABLE control(id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL, command TEXT NOT NULL, ts_ns INTEGER NOT NULL, done_ns INTEGER);
CREATE VIEW run_list AS SELECT ulid AS run, name, state, exit_code, strftime('%Y-%m-%d %H:%M:%S', started_ns / 1000000000, 'unixepoch') AS
  started, (ended_ns - started_ns) / 1e9 AS seconds FROM runs ORDER BY started_ns DESC;
CREATE TABLE points(series_id INTEGER NOT NULL, run_id INTEGER NOT NULL, ts_ns INTEGER NOT NULL, value REAL, PRIMARY KEY(series_id,
  run_id, ts_ns)) WITHOUT ROWID;
CREATE VIEW sample_list AS SELECT s.name, s.labels, src.instance, src.role, r.ulid AS run, p.ts_ns / 1e9 AS ts, p.value FROM points p JOIN
  series s ON s.id = p.series_id JOIN sources src ON src.id = s.source_id LEFT JOIN runs r ON r.id = p.run_id;
CREATE VIEW distribution_list AS SELECT s.name, s.labels, src.instance, r.ulid AS run, h.resolution_s, h.ts_ms / 1000.0 AS ts, h.count,
  h.sum / h.count / 1e9 AS mean_seconds, h.max / 1e9 AS max_seconds, h.hist FROM histograms h JOIN series s ON s.id = h.series_id JOIN
  sources src ON src.id = s.source_id LEFT JOIN runs r ON r.id = h.run_id;
CREATE VIEW distributions AS SELECT s.name, s.labels, h.ts_ms / 1000.0 AS ts, h.hist, h.count, src.instance, src.role, r.ulid AS run FROM
  histograms h JOIN series s ON s.id = h.series_id JOIN sources src ON src.id = s.source_id LEFT JOIN runs r ON r.id = h.run_id WHERE
  h.resolution_s = 1;
INSERT INTO sources VALUES(1, 'host', 'vm', 'target', 'synthetic');
INSERT INTO series VALUES(1, 1, 'ambient', '{}', 0, '', ''), (2, 1, 'long', '{"a":"b"}', 1, '', ''), (3, 1, 'odd', '{}', 0, '', '');
INSERT INTO runs(id, ulid, name, started_ns, state) VALUES(7, '01AAAAAAAAAAAAAAAAAAAAAAAA', 'r', 1, 'passed');
INSERT INTO points VALUES(1, 0, 1764201600123456789, 42), (1, 7, 1764201600123456789, 43);
WITH RECURSIVE i(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM i WHERE n < 19999)
  INSERT INTO points SELECT 2, 7, 1764201600000000000 + n * 1000000000, n * 1.5 FROM i;
INSERT INTO points VALUES(3, 7, -9223372036854775808, NULL), (3, 7, 0, 0.0), (3, 7, 1, 9e999), (3, 7, 2, -9e999), (3, 7, 9223372036854775807, 1e-310);
PRAGMA application_id = 1348825708;
PRAGMA user_version = 3;
