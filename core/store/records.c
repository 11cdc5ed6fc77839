/* The table of named operations: each a name, whether it writes, its SQL. Callers bind fields by name. */
#include "store/records.h"

#include <string.h>

#define RUN_COLUMNS                                                                                                    \
  "id, ulid, name, playbook, args, args_hash, labels, seed, script_hash, host, version, started_ns, ended_ns, state, " \
  "exit_code, result, interval_key, boot_id, pid, process_start"

/* Runs of perilune import and perilune serve measure nothing of their own. */
#define MEASURED "NOT (name = 'serve' AND playbook IS 'serve' OR name = 'import' AND coalesce(playbook, '') GLOB '*/import')"

#define SERIES_TEXT "coalesce(s.name || s.labels, 'series ' || d.series_id)"
#define TIME_TEXT(ns) "strftime('%Y-%m-%dT%H:%M:%SZ', (" ns ") / 1000000000, 'unixepoch')"

const pl_record_operation pl_records[] = {
    /* Runs. */
    {"run_begin", true,
     "INSERT INTO runs(ulid, name, playbook, args, args_hash, labels, seed, script_hash, script_text, host, version,"
     " interval_key, started_ns, state, boot_id, pid, process_start, nonce) VALUES(:ulid, :name, :playbook, :args,"
     " :args_hash, coalesce(:labels, '{}'), :seed, :script_hash, :script_text, :host, :version, :interval_key,"
     " :started_ns, 'running', :boot_id, :pid, :process_start, :nonce)"},
    {"run_end", true,
     "UPDATE runs SET state = :state, exit_code = :exit_code, ended_ns = :ended_ns, result = :result WHERE id = :run"},
    {"run_source", true, "INSERT OR IGNORE INTO run_sources(run_id, source_id) VALUES(:run, :source)"},
    {"run_interrupted", true, "UPDATE runs SET state = 'interrupted' WHERE id = :run AND state = 'running'"},
    {"run_by_id_prefix", false,
     "SELECT " RUN_COLUMNS " FROM runs WHERE ulid >= :prefix AND ulid < :prefix || '~' ORDER BY ulid DESC LIMIT 10"},
    {"runs_recent", false,
     "SELECT " RUN_COLUMNS " FROM runs WHERE :name IS NULL OR name = :name ORDER BY started_ns DESC, id DESC LIMIT :limit"},
    {"runs_measured", false, /* all, where none measured anything */
     "SELECT " RUN_COLUMNS " FROM runs WHERE id IS NOT :except AND (" MEASURED
     " OR NOT EXISTS (SELECT 1 FROM runs WHERE id IS NOT :except AND " MEASURED ")) ORDER BY started_ns DESC, id DESC LIMIT :limit"},
    {"run_find", false,
     "SELECT " RUN_COLUMNS " FROM runs WHERE json_extract(labels, :label) = :value ORDER BY started_ns DESC LIMIT 1"},
    {"runs_with_label", false,
     "SELECT " RUN_COLUMNS " FROM runs WHERE json_extract(labels, :label) = :value AND id IS NOT :except"
     " AND state IN ('passed', 'failed', 'inconclusive') ORDER BY started_ns DESC LIMIT 1000"},
    {"runs_running", false, "SELECT id, boot_id, pid, process_start FROM runs WHERE state = 'running'"},
    {"runs_running_of", false,
     "SELECT " RUN_COLUMNS " FROM runs WHERE state = 'running' AND (:name IS NULL OR name = :name) ORDER BY id"},
    {"run_of_interval", false,
     "SELECT " RUN_COLUMNS " FROM runs WHERE name = :name AND interval_key = :interval_key"
     " AND state IN ('passed', 'failed', 'inconclusive') ORDER BY id DESC LIMIT 1"},
    {"run_forget", true, "DELETE FROM runs WHERE id = :run"},
    {"runs_comparable", false,
     "SELECT b.id, b.ulid, b.name, b.labels, b.started_ns, b.result FROM runs a JOIN runs b ON b.name = a.name"
     " AND b.script_hash IS a.script_hash AND b.args_hash IS a.args_hash AND b.state = 'passed' AND b.id <> a.id"
     " AND b.started_ns <= a.started_ns AND json_extract(b.labels, '$.machine') IS json_extract(a.labels, '$.machine')"
     " AND json_extract(b.labels, '$.env') IS json_extract(a.labels, '$.env')"
     " WHERE a.id = :run ORDER BY b.started_ns DESC LIMIT :limit"},
    {"run_script", false, "SELECT script_text FROM runs WHERE id = :run"},
    {"runs_last", false,
     "SELECT " RUN_COLUMNS " FROM runs r WHERE (:name IS NULL OR name = :name) AND id ="
     " (SELECT id FROM runs WHERE name = r.name ORDER BY started_ns DESC, id DESC LIMIT 1) ORDER BY started_ns DESC, id DESC"},
    {"runs_last_measured", false, /* those of a name, whatever they are */
     "SELECT " RUN_COLUMNS " FROM runs r WHERE (name = :name OR :name IS NULL AND " MEASURED ") AND id ="
     " (SELECT id FROM runs WHERE name = r.name ORDER BY started_ns DESC, id DESC LIMIT 1) ORDER BY started_ns DESC, id DESC"},
    {"runs_last_passed", false,
     "SELECT name, max(started_ns) AS started_ns, ended_ns FROM runs WHERE state = 'passed' AND (:name IS NULL OR name = :name)"
     " GROUP BY name"},
    /* What belongs to a run. */
    {"objective_put", true,
     "INSERT OR REPLACE INTO objectives(run_id, idx, expr, scope, severity, value, lim, ci_lo, ci_hi, samples, verdict,"
     " detail) VALUES(:run, :idx, :expr, :scope, :severity, :value, :lim, :ci_lo, :ci_hi, :samples, :verdict, :detail)"},
    {"objectives_of", false, "SELECT * FROM objectives WHERE run_id = :run ORDER BY idx"},
    {"finding_put", true,
     "INSERT INTO findings(run_id, kind, severity, text, data) VALUES(:run, :kind, :severity, :text, :data)"},
    {"findings_of", false, "SELECT * FROM findings WHERE run_id = :run ORDER BY id"},
    {"event_put", true,
     "INSERT INTO events(run_id, source_id, ts_ns, duration_ns, parent, kind, text, data) VALUES(:run, :source, :ts_ns,"
     " coalesce(:duration_ns, 0), :parent, :kind, :text, :data)"},
    {"event_end", true, "UPDATE events SET duration_ns = :duration_ns WHERE id = :id AND run_id = :run"},
    {"events_of", false,
     "SELECT id, ts_ns, duration_ns, parent, kind, text, data FROM events WHERE run_id = :run"
     " AND (kind = :kind OR (:kind IS NULL AND kind NOT IN ('slow', 'request', 'span', 'log', 'exemplar'))) ORDER BY ts_ns, id"},
    {"slow_of", false,
     "SELECT ts_ns, duration_ns, text, data FROM events WHERE run_id = :run AND kind = 'slow' ORDER BY duration_ns DESC, id LIMIT :limit"},
    {"requests_of", false,
     "SELECT id, ts_ns, duration_ns, kind, text, data FROM events WHERE run_id = :run AND kind IN ('slow', 'request') AND id > :after"
     " AND data ->> 'trace_id' IS NOT NULL ORDER BY id LIMIT :limit"},
    {"events_put", true,
     "INSERT INTO events(run_id, ts_ns, duration_ns, kind, text, data) SELECT :run, value ->> 'ts_ns', value ->> 'duration_ns', :kind,"
     " value ->> 'text', value -> 'data' FROM json_each(:events)"},
    /* Exemplars: those that newer ones of their series and stretch are in place of go before these come. */
    {"exemplars_drop", true,
     "DELETE FROM events WHERE run_id = :run AND kind = 'exemplar' AND ts_ns >= :from_ns AND (data ->> 'series', ts_ns / :every_ns) IN"
     " (SELECT value ->> '$.data.series', (value ->> 'ts_ns') / :every_ns FROM json_each(:events))"},
    {"exemplars_put", true,
     "INSERT INTO events(run_id, ts_ns, kind, text, data) SELECT :run, value ->> 'ts_ns', 'exemplar',"
     " (SELECT name FROM series WHERE id = value ->> '$.data.series'), value -> 'data' FROM json_each(:events)"},
    /* Spans of a source that belong to no run, each once. */
    {"spans_keep", true,
     "WITH s AS (SELECT id FROM sources WHERE kind = :source AND instance = :instance AND role = :role AND origin = :origin)"
     " INSERT INTO events(source_id, ts_ns, duration_ns, kind, text, data) SELECT s.id, n.value ->> 'ts_ns', n.value ->> 'duration_ns', 'span',"
     " n.value ->> 'text', n.value -> 'data' FROM s, json_each(:events) n WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.run_id IS NULL"
     " AND e.ts_ns = n.value ->> 'ts_ns' AND e.kind = 'span' AND e.source_id = s.id AND e.data ->> 'trace_id' = n.value ->> '$.data.trace_id'"
     " AND e.data ->> 'span_id' = n.value ->> '$.data.span_id' AND e.data ->> 'service' = n.value ->> '$.data.service')"},
    {"spans_kept", false,
     "SELECT e.ts_ns, e.duration_ns, e.text AS operation, e.data ->> 'trace_id' AS trace_id, e.data ->> 'span_id' AS span_id, e.data ->> 'parent_id' AS parent_id,"
     " e.data ->> 'service' AS service, e.data ->> 'kind' AS kind, e.data ->> 'status' AS status, e.id FROM events e WHERE e.run_id IS NULL AND e.kind = 'span'"
     " AND e.ts_ns >= :from_ns AND e.ts_ns < :to_ns AND (:trace IS NULL OR e.data ->> 'trace_id' = :trace) AND (:source IS NULL OR e.source_id IN"
     " (SELECT id FROM sources WHERE kind = :source AND (:instance IS NULL OR instance = :instance))) GROUP BY trace_id, span_id, 8 ORDER BY e.ts_ns, e.id"},
    {"spans_of", false,
     "SELECT ts_ns, duration_ns, text AS operation, data ->> 'trace_id' AS trace_id, data ->> 'span_id' AS span_id, data ->> 'parent_id' AS parent_id,"
     " data ->> 'service' AS service, data ->> 'kind' AS kind, data ->> 'status' AS status, id FROM events WHERE run_id = :run AND kind = 'span'"
     " AND ts_ns >= :from_ns AND ts_ns < :to_ns AND (:trace IS NULL OR data ->> 'trace_id' = :trace) GROUP BY trace_id, span_id, 8 ORDER BY ts_ns, id"},
    {"logs_of", false,
     "SELECT ts_ns, text, data ->> 'trace_id' AS trace_id, data ->> 'span_id' AS span_id, data ->> 'severity' AS severity FROM events WHERE run_id = :run"
     " AND kind = 'log' AND data ->> 'trace_id' IN (SELECT value FROM json_each(:traces)) ORDER BY ts_ns, id LIMIT :limit"},
    {"logs_by_time", false,
     "SELECT coalesce(data ->> 'severity', 'unset') AS severity, max(coalesce(data ->> 'severity_number', 0)) AS number, (ts_ns / 1000000 - :from_ms) / :step_ms AS step,"
     " count(*) AS n, count(data ->> 'trace_id') AS traced, min(ts_ns) AS first_ns, max(ts_ns) AS last_ns FROM events WHERE run_id = :run AND kind = 'log' GROUP BY 1, 3"},
    {"logs_worst", false,
     "SELECT ts_ns, text, coalesce(data ->> 'severity', 'unset') AS severity, data ->> 'service' AS service, data ->> 'trace_id' AS trace_id FROM events"
     " WHERE run_id = :run AND kind = 'log' ORDER BY coalesce(data ->> 'severity_number', 0) DESC, ts_ns, id LIMIT :limit"},
    {"event_data", false, "SELECT data FROM events WHERE id = :id"},
    {"series_names", false, "SELECT DISTINCT name FROM series"},
    {"series_newest", false,
     /* the newest chunk is scanned, and what is in none yet */
     "SELECT s.name, max(p.ts_ns) AS ns FROM series s JOIN points p ON p.series_id = s.id AND p.ts_ns >= (SELECT coalesce(max(c.to_ns) - 1, 0) FROM chunks c"
     " WHERE c.series_id = s.id AND (:run IS NULL OR c.run_id = :run)) WHERE s.name IN (SELECT value FROM json_each(:names))"
     " AND (:run IS NULL OR p.run_id = :run) GROUP BY s.name ORDER BY ns DESC, s.name LIMIT 1"},
    {"hourly_names", false,
     "SELECT name FROM series s WHERE name IN (SELECT value FROM json_each(:names)) AND EXISTS (SELECT 1 FROM chunks c WHERE c.series_id = s.id"
     " AND c.sealed = 3600 AND c.from_ns < :to_ns + 3600000000000 AND c.to_ns > :from_ns - 3600000000000) ORDER BY name LIMIT 1"},
    {"parts_of", false,
     "SELECT text, ts_ns / 1000000 AS from_ms, (ts_ns + duration_ns) / 1000000 AS to_ms,"
     " coalesce(json_extract(data, '$.drained_ms'), (ts_ns + duration_ns) / 1000000) AS drained_ms"
     " FROM events WHERE run_id = :run AND kind = 'measured' ORDER BY ts_ns, id"},
    {"artifact_put", true,
     "INSERT INTO artifacts(run_id, name, type, ts_ns, duration_ns, labels, bytes, sha256, data) VALUES(:run, :name,"
     " :type, :ts_ns, coalesce(:duration_ns, 0), :labels, :bytes, :sha256, CAST(:data AS BLOB))"},
    {"artifacts_of", false, "SELECT id, name, type, ts_ns, duration_ns, labels, bytes, sha256 FROM artifacts WHERE run_id = :run ORDER BY id"},
    {"artifacts_sum", false, "SELECT count(*) AS n, CAST(total(bytes) AS INTEGER) AS bytes FROM artifacts WHERE run_id = :run"},
    {"artifact_data", false, "SELECT CAST(data AS BLOB) AS data FROM artifacts WHERE id = :id"},
    {"baseline_pin", true,
     "INSERT OR REPLACE INTO baselines(name, playbook, run_id, ts_ns) VALUES(:name, :playbook, :run, :ts_ns)"},
    {"baseline_get", false,
     "SELECT r.id, r.ulid, r.name, r.labels, r.started_ns, r.result FROM baselines b JOIN runs r ON r.id = b.run_id"
     " WHERE b.name = :name AND b.playbook = :playbook"},
    {"baselines_all", false,
     "SELECT b.name, b.playbook, r.ulid, b.ts_ns FROM baselines b JOIN runs r ON r.id = b.run_id ORDER BY b.playbook, b.name"},
    {"control_put", true, "INSERT INTO control(run_id, command, ts_ns) VALUES(:run, :command, :ts_ns)"},
    {"control_done", true, "UPDATE control SET done_ns = :done_ns WHERE id = :id"},
    {"control_get", false, "SELECT done_ns FROM control WHERE id = :id"},
    {"control_open", false, "SELECT id, command FROM control WHERE run_id = :run AND done_ns IS NULL ORDER BY id"},
    /* The database itself. */
    {"retention_get", false,
     "SELECT stage, keep_s FROM retention"},
    {"retention_put", true,
     "INSERT OR REPLACE INTO retention VALUES('raw', :raw), ('minute', :minute), ('hour', :hour), ('spans', :spans), ('logs', :logs),"
     " ('events', :events), ('artifacts', :artifacts)"},
    {"db_stats", false,
     "SELECT CAST((SELECT total(n) FROM chunks) + (SELECT total(n) FROM batches) - moved_samples() AS INTEGER) AS samples,"
     " CAST((SELECT count(*) FROM histogram_rows) + (SELECT total(n) FROM histogram_chunks) AS INTEGER) AS distributions,"
     " (SELECT count(*) FROM series) AS series, (SELECT count(*) FROM runs) AS runs, (SELECT count(*) FROM events WHERE kind IN ('span', 'request', 'exemplar')) AS spans,"
     " (SELECT count(*) FROM events WHERE kind = 'log') AS logs, (SELECT count(*) FROM events WHERE kind NOT IN ('span', 'request', 'exemplar', 'log')) AS events, (SELECT count(*) FROM artifacts) AS artifacts,"
     " (SELECT page_count * page_size FROM pragma_page_count, pragma_page_size) AS bytes"},
    {"db_check_pages", false,
     "WITH RECURSIVE page(n) AS (SELECT 1 WHERE file_pages() UNION ALL SELECT n + 1 FROM page WHERE n < file_pages()),"
     " found AS MATERIALIZED (SELECT n, page_damage(n) AS damage FROM page)"
     " SELECT iif(count(*) = 1, 'page ' || n, printf('%d pages from %d to %d', count(*), min(n), max(n))) || ': ' || damage AS text,"
     " page_is_foreign(damage) AS is_foreign FROM found WHERE damage IS NOT NULL GROUP BY damage UNION ALL"
     " SELECT printf('the log is damaged, so that what was committed behind that cannot be read: %d transactions', log_lost()), 0 WHERE log_lost() > 0"},
    {"db_sealed", false, "SELECT file_pages() AS pages"},
    {"db_check", false, "SELECT * FROM pragma_integrity_check(100)"},
    {"db_check_samples", false,
     "SELECT printf('chunk %d: %d samples of %s, %s to %s: %s', d.id, d.n, " SERIES_TEXT ", " TIME_TEXT("d.from_ns") ", " TIME_TEXT("d.to_ns")
     ", d.damage) FROM (SELECT *, chunk_damage(data, from_ns, to_ns, n) AS damage FROM chunks) d LEFT JOIN series s ON s.id = d.series_id"
     " WHERE d.damage IS NOT NULL UNION ALL"
     " SELECT printf('chunk %d: %s, %s: it overlaps the one before', d.id, " SERIES_TEXT ", " TIME_TEXT("d.from_ns") ") FROM"
     " (SELECT id, series_id, from_ns, lag(to_ns) OVER (PARTITION BY series_id, run_id ORDER BY from_ns) >= from_ns AS overlaps FROM chunks) d"
     " LEFT JOIN series s ON s.id = d.series_id WHERE d.overlaps UNION ALL"
     " SELECT printf('batch %d: %d samples written at %s: %s', id, n, " TIME_TEXT("made_ns") ", batch_damage(data, n)) FROM batches"
     " WHERE batch_damage(data, n) IS NOT NULL UNION ALL"
     " SELECT printf('histogram of %s, %s: %s', " SERIES_TEXT ", " TIME_TEXT("d.ts_ms * 1000000") ", hist_damage(d.hist, d.count)) FROM histogram_rows d"
     " LEFT JOIN series s ON s.id = d.series_id WHERE hist_damage(d.hist, d.count) IS NOT NULL UNION ALL"
     " SELECT printf('chunk %d of histograms: %d of %s, %s to %s: %s', d.id, d.n, " SERIES_TEXT ", " TIME_TEXT("d.from_ms * 1000000") ", "
     TIME_TEXT("d.to_ms * 1000000") ", d.damage) FROM (SELECT *, hist_chunk_damage(data, from_ms, to_ms, n) AS damage FROM histogram_chunks) d"
     " LEFT JOIN series s ON s.id = d.series_id WHERE d.damage IS NOT NULL UNION ALL"
     " SELECT printf('chunk %d of histograms: %s, %s: it overlaps the one before', d.id, " SERIES_TEXT ", " TIME_TEXT("d.from_ms * 1000000") ") FROM"
     " (SELECT id, series_id, from_ms, lag(to_ms) OVER (PARTITION BY series_id, run_id, resolution_s ORDER BY from_ms) >= from_ms AS overlaps"
     " FROM histogram_chunks) d LEFT JOIN series s ON s.id = d.series_id WHERE d.overlaps"},
    {NULL, false, NULL},
};

_Static_assert(sizeof pl_records / sizeof *pl_records <= PL_RECORDS_MAX, "raise PL_RECORDS_MAX");

int pl_record_find(const char *name)
{
  for (int i = 0; pl_records[i].name; i++) {
    if (strcmp(pl_records[i].name, name) == 0)
      return i;
  }
  return -1;
}
