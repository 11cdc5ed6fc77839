/* The timeline: one SQLite file. Callers see series, samples, histograms and named records, never
 * tables: a compressed format can replace the sample table behind these functions.
 *
 * A pl_store is the one writer of a process's run (the collector's thread); a pl_reader is a connection of
 * its own on any thread, and never blocks the writer (WAL). Times of samples are wall milliseconds, of events
 * wall nanoseconds. */
#ifndef PL_STORE_STORE_H
#define PL_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/hist.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

#define PL_STORE_SCHEMA 4 /* user_version that this library writes */

typedef struct pl_store pl_store;
typedef struct pl_reader pl_reader;

typedef struct pl_store_options {
  const pl_allocator *alloc;
  const pl_clock *clock;
  const pl_log *log;
  const char *path;    /* made (mode 0600) when missing. NULL: in memory (shared between this store and readers
                          opened with pl_reader_of) */
  uint64_t commit_ns;  /* longest time that rows wait; default 500 ms */
  size_t batch_max;    /* rows that are written without waiting longer; default 50,000 */
} pl_store_options;

/* Opens for writing: migrates an older schema (inside one transaction), marks runs whose process is gone as
 * interrupted. Errors, each with path and what to do: PL_EVERSION (newer schema), PL_EFOREIGN (an SQLite file of
 * another program), PL_ECORRUPT (not SQLite, or damaged), PL_EREADONLY, PL_EACCES, PL_EFULL, PL_EBUSY, PL_EIO. */
int pl_store_open(const pl_store_options *o, pl_store **out, pl_error *err) PL_MUSTCHECK;
void pl_store_close(pl_store *s); /* commits first; what then still cannot be written is lost (logged) */
const char *pl_store_path(const pl_store *s); /* absolute; "" for memory */

/* ---- Series ---------------------------------------------------------------------------------- */

enum pl_series_kind { PL_SERIES_GAUGE, PL_SERIES_COUNTER, PL_SERIES_DIST };

typedef struct pl_label {
  pl_str name;
  pl_str value;
} pl_label;

typedef struct pl_series_spec {
  int64_t source;         /* from pl_store_source */
  pl_str name;            /* metric: [a-zA-Z_:][a-zA-Z0-9_:]* */
  const pl_label *labels; /* any order; stored sorted by name; at most 40 */
  size_t n_labels;
  enum pl_series_kind kind;
  pl_str unit;            /* "seconds", "bytes", "" ... */
  pl_str help;
} pl_series_spec;

/* Whether a text may name a metric: [a-zA-Z_:][a-zA-Z0-9_:]*. */
bool pl_store_is_metric(pl_str name);

/* A source owns series: kind ("host", "process", "load", "scrape", "script", "import" ...), instance (machine or
 * address), role (generator, target, both, other), origin (synthetic, production). Found when it exists.
 * Returns the id in *out. */
int pl_store_source(pl_store *s, pl_str kind, pl_str instance, pl_str role, pl_str origin, int64_t *out, pl_error *err) PL_MUSTCHECK;

/* The id of a series, made when new; cached, so cheap when it exists. source, instance, role and origin of the
 * source count as labels of its series when they are queried. */
int pl_store_series(pl_store *s, const pl_series_spec *spec, int64_t *out, pl_error *err) PL_MUSTCHECK;

/* ---- Writing: rows wait in memory until the next transaction, which is short, so that several processes can share a file. Rows
 * that could not be written (full disk, another program's lock) go on waiting; only when there are too many of them (512 Ki samples,
 * 64 MiB of histograms) are further ones lost, and counted. Returns 0, or why rows cannot be written at present. run: 0 for
 * ambient data. */
int pl_store_sample(pl_store *s, int64_t series, int64_t run, int64_t ts_ns, double value);
/* resolution_s: 1, 10, 60, or 0 for a whole load; ts_ms: start of the interval. One row a (series, run, resolution,
 * time): a second write to the same interval is merged into it. */
int pl_store_dist(pl_store *s, int64_t series, int64_t run, int64_t ts_ms, unsigned resolution_s, const pl_hist *h);

/* Writes what waits: readers see it, it survives the end of the process, and the disk has it about commit_ns later, if pl_store_due
 * is heeded. Waits for other programs' locks, up to 10 s. */
int pl_store_commit(pl_store *s, pl_error *err) PL_MUSTCHECK;
/* The same, but where the file is locked it gives PL_EBUSY at once. */
int pl_store_flush(pl_store *s, pl_error *err) PL_MUSTCHECK;
/* Waits until the disk has what was written, and with it what could be written of what waits: for what must be durable before it
 * is answered (run states, baselines, plans). Fails only when that is not so for written things. */
int pl_store_sync(pl_store *s, pl_error *err) PL_MUSTCHECK;
/* Nanoseconds (monotonic) until pl_store_flush is wanted, for what waits or what the disk does not have; UINT64_MAX when it is not. */
uint64_t pl_store_due(const pl_store *s);
/* Why the last attempt to write rows failed; code 0 when it did not. */
const pl_error *pl_store_error(const pl_store *s);
/* Rows that the file does not have: given up, or waiting after a failed attempt. */
uint64_t pl_store_unstored(const pl_store *s);

/* ---- Named records: everything that is not a sample (runs, objectives, findings, events, artifacts, baselines, control).
 * Each operation is a row of the table in store/records.c: a name, its SQL, whether it writes. Values are bound
 * by name; a missing one is NULL, an unknown one is PL_EINVAL. */
enum pl_field_type { PL_FIELD_NULL, PL_FIELD_INT, PL_FIELD_DOUBLE, PL_FIELD_TEXT, PL_FIELD_BLOB };
typedef struct pl_field {
  const char *name;
  enum pl_field_type type;
  int64_t integer;
  double number;
  pl_str bytes; /* TEXT and BLOB */
} pl_field;

/* Runs a writing operation, a transaction of its own; *id (may be NULL) gets the row id of an insert. */
int pl_store_record(pl_store *s, const char *operation, const pl_field *fields, size_t n, int64_t *id, pl_error *err) PL_MUSTCHECK;

/* ---- Repair ---------------------------------------------------------------------------------- */

enum pl_piece_kind { PL_PIECE_CHUNK, PL_PIECE_BATCH, PL_PIECE_HISTOGRAM, PL_PIECE_KINDS };

typedef struct pl_repair_counts {
  int64_t moved[PL_PIECE_KINDS]; /* pieces that are in the table `damaged` now */
  int64_t rows;                  /* that said other than their bytes, and are right now */
} pl_repair_counts;

/* Moves pieces of samples and histograms that are damaged into the table `damaged`, which it makes, writes indexes that are damaged anew,
 * and corrects rows whose bytes are whole; all of it in one transaction. Pieces of a newer form stay. *out is set on success. Nothing may
 * be held or scanned on the store's connection. An error (PL_ECORRUPT: pages of the file are) changed nothing. */
int pl_store_repair(pl_store *s, pl_repair_counts *out, pl_error *err) PL_MUSTCHECK;

/* ---- Reading --------------------------------------------------------------------------------- */

/* Opens read-only; no migration: an older schema is PL_EVERSION with "run any command that writes". Same errors as
 * pl_store_open. A missing file is PL_ENOENT. */
int pl_reader_open(const pl_allocator *a, const char *path, const pl_log *log, pl_reader **out, pl_error *err) PL_MUSTCHECK;
/* A reader of the store's database (also one in memory). */
int pl_reader_of(pl_store *s, pl_reader **out, pl_error *err) PL_MUSTCHECK;
/* No statement of it may run; NULL is fine. */
void pl_reader_close(pl_reader *r);
/* Statements of this reader end with PL_ECANCELED when asked(user) is true; it is called every few thousand steps of one. */
void pl_reader_stop_when(pl_reader *r, bool (*asked)(void *user), void *user);
/* Copies the whole database, as it is now, into a new file (mode 0600). PL_EINVAL: the file exists. */
int pl_reader_backup(pl_reader *r, const char *path, pl_error *err) PL_MUSTCHECK;

/* Until it is released as many times, series, samples and runs are read as they are now, and without the cost of a transaction each. Errors as
 * of pl_reader_samples. */
int pl_reader_hold(pl_reader *r, pl_error *err) PL_MUSTCHECK;
void pl_reader_release(pl_reader *r);

/* One row; the fields are valid during the call. Returns 0 to go on; a negative code becomes the reading's result. */
typedef int (*pl_row_fn)(void *user, const pl_field *fields, size_t n);
/* Calls fn for each row of a named reading operation of store/records.c. */
int pl_reader_record(pl_reader *r, const char *operation, const pl_field *fields, size_t n, pl_row_fn fn, void *user, pl_error *err) PL_MUSTCHECK;
/* Calls fn for each row of one SELECT of the user's (at most 1 MiB of text): PL_EINVAL for another text, PL_EREADONLY for one that
 * writes. Our SQL functions are there: quantile(hist, p), hist_count(hist), hist_mean(hist), hist_min, hist_max, hist_merge(hist)
 * (aggregate); and the table samples(name, run) (samples.h); the views run_list, sample_list, distribution_list and distributions
 * (a row a second) are for people. */
int pl_reader_sql(pl_reader *r, pl_str sql, const pl_field *params, size_t n, pl_row_fn fn, void *user, pl_error *err) PL_MUSTCHECK;

typedef struct pl_series_info {
  int64_t id;
  enum pl_series_kind kind;
  pl_str name, unit;
  const pl_label *labels; /* own ones, then source, instance, role, origin; sorted by name */
  size_t n_labels;
} pl_series_info;

enum pl_match_op { PL_MATCH_EQ, PL_MATCH_NE };
typedef struct pl_matcher {
  pl_str label;
  enum pl_match_op op;
  pl_str value;
} pl_matcher;

/* Whether a matcher holds for these labels; a missing one is empty. role="both" is a target and a generator. */
bool pl_matcher_holds(const pl_matcher *m, const pl_label *labels, size_t n);

/* A series; valid during the call. */
typedef int (*pl_series_fn)(void *user, const pl_series_info *info);
/* Calls fn for every series of that name (empty: every name) whose labels match and that has data in the run (0: any). */
int pl_reader_series(pl_reader *r, pl_str name, const pl_matcher *matchers, size_t n, int64_t run, pl_series_fn fn, void *user, pl_error *err) PL_MUSTCHECK;

/* A run's number; 0 for what belongs to none. */
typedef int (*pl_run_fn)(void *user, int64_t run);
/* Calls fn for every run that a series of this kind has data in, in rising order, until fn gives other than 0. A negative code of fn is
 * the result. */
int pl_reader_runs(pl_reader *r, int64_t series, enum pl_series_kind kind, pl_run_fn fn, void *user, pl_error *err) PL_MUSTCHECK;

typedef int (*pl_sample_fn)(void *user, int64_t ts_ns, double value);
/* Samples with from_ns <= ts < to_ns in order of time, until fn gives other than 0; one that is not a number is left out. A negative code
 * of fn is the result. PL_ECORRUPT: stored samples are damaged. */
int pl_reader_samples(pl_reader *r, int64_t series, int64_t run, int64_t from_ns, int64_t to_ns, pl_sample_fn fn, void *user, pl_error *err) PL_MUSTCHECK;

/* n >= 1 samples in order of time; valid during the call. */
typedef int (*pl_span_fn)(void *user, const int64_t *times_ns, const double *values, size_t n);
/* The same samples, as many in a call as lie together, with those that are not a number: every bit of a NaN is as it was stored. */
int pl_reader_spans(pl_reader *r, int64_t series, int64_t run, int64_t from_ns, int64_t to_ns, pl_span_fn fn, void *user, pl_error *err) PL_MUSTCHECK;

typedef int (*pl_dist_fn)(void *user, int64_t ts_ms, const pl_hist *h);
/* Histograms of one resolution, likewise. h is reused between calls. PL_ECORRUPT, PL_EPROTO: one cannot be read. */
int pl_reader_dists(pl_reader *r, int64_t series, int64_t run, unsigned resolution_s, int64_t from_ms, int64_t to_ms, pl_dist_fn fn, void *user, pl_error *err) PL_MUSTCHECK;

#endif
