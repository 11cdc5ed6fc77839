/* The table of named operations. To add one: a line here, and its fields in README.md. */
#include "store/records.h"

#include <string.h>

#define RUN_COLUMNS                                                                                                    \
  "id, ulid, name, playbook, args, args_hash, labels, seed, script_hash, host, version, started_ns, ended_ns, state, " \
  "exit_code, result, interval_key, boot_id, pid, process_start"

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
    {"run_find", false,
     "SELECT " RUN_COLUMNS " FROM runs WHERE json_extract(labels, :label) = :value ORDER BY started_ns DESC LIMIT 1"},
    {"runs_with_label", false,
     "SELECT " RUN_COLUMNS " FROM runs WHERE json_extract(labels, :label) = :value AND id IS NOT :except"
     " AND state IN ('passed', 'failed', 'inconclusive') ORDER BY started_ns DESC LIMIT 1000"},
    {"runs_running", false, "SELECT id, boot_id, pid, process_start FROM runs WHERE state = 'running'"},
    {"runs_running_of", false,
     "SELECT " RUN_COLUMNS " FROM runs WHERE state = 'running' AND name = :name ORDER BY id"},
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
     " AND (kind = :kind OR (:kind IS NULL AND kind <> 'slow')) ORDER BY ts_ns, id"},
    {"slow_of", false,
     "SELECT ts_ns, duration_ns, text, data FROM events WHERE run_id = :run AND kind = 'slow' ORDER BY duration_ns DESC, id LIMIT :limit"},
    {"series_names", false, "SELECT DISTINCT name FROM series"},
    {"parts_of", false,
     "SELECT text, ts_ns / 1000000 AS from_ms, (ts_ns + duration_ns) / 1000000 AS to_ms,"
     " coalesce(json_extract(data, '$.drained_ms'), (ts_ns + duration_ns) / 1000000) AS drained_ms"
     " FROM events WHERE run_id = :run AND kind = 'measured' ORDER BY ts_ns, id"},
    {"artifact_put", true,
     "INSERT INTO artifacts(run_id, name, type, ts_ns, duration_ns, labels, bytes, sha256, data) VALUES(:run, :name,"
     " :type, :ts_ns, coalesce(:duration_ns, 0), :labels, :bytes, :sha256, :data)"},
    {"artifacts_of", false, "SELECT id, name, type, ts_ns, bytes, sha256 FROM artifacts WHERE run_id = :run ORDER BY id"},
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
    {"db_stats", false,
     "SELECT CAST((SELECT total(n) FROM chunks) + (SELECT total(n) FROM batches) AS INTEGER) AS samples, (SELECT count(*) FROM histograms) AS distributions,"
     " (SELECT count(*) FROM series) AS series, (SELECT count(*) FROM runs) AS runs,"
     " (SELECT page_count * page_size FROM pragma_page_count, pragma_page_size) AS bytes"},
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
     " SELECT printf('histogram of %s, %s: %s', " SERIES_TEXT ", " TIME_TEXT("d.ts_ms * 1000000") ", hist_damage(d.hist, d.count)) FROM histograms d"
     " LEFT JOIN series s ON s.id = d.series_id WHERE hist_damage(d.hist, d.count) IS NOT NULL"},
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
