/* The timeline: one SQLite file. Callers see series, samples, histograms and named records, never tables:
 * how samples are kept is known behind these functions alone.
 *
 * A pl_store is the one writer of a process's run (the collector's thread); a pl_reader is a connection of
 * its own on any thread, and never blocks the writer (WAL). Times are of the wall clock, since 1970: nanoseconds,
 * and milliseconds of histograms. */
#ifndef PL_STORE_STORE_H
#define PL_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/hist.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/turn.h"

#define PL_STORE_SCHEMA 7 /* user_version that this library writes */

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
  pl_turn *turn;       /* of the thread that writes, offered meanwhile; NULL: never */
  bool mend;           /* pages with a flipped bit are read as they were written, where no other program wrote: for pl_store_repair */
} pl_store_options;

/* Opens for writing: migrates an older schema (inside one transaction), marks runs whose process is gone as
 * interrupted. Errors, each with path and what to do: PL_EVERSION (newer schema), PL_EFOREIGN (an SQLite file of
 * another program), PL_ECORRUPT (not SQLite, or damaged), PL_EREADONLY, PL_EACCES, PL_EFULL, PL_EBUSY, PL_EIO. */
int pl_store_open(const pl_store_options *o, pl_store **out, pl_error *err) PL_MUSTCHECK;
void pl_store_close(pl_store *s); /* commits first; what then still cannot be written is lost (logged) */

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

/* The id of a series, made when new; cached, so cheap when it exists. One that the file has from before becomes of the spec's kind, but no
 * counter a gauge; what is stored of it as another kind stays, and is read again once it is said to be that. source, instance, role and
 * origin of the source count as labels of its series when they are queried. PL_EINVAL: no name of a metric, or no such source; PL_ELIMIT:
 * too many labels, or more than 1 Mi series of one store. */
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
/* For some seconds what earlier runs have left stays as it is: packing it takes CPU that a measurement would miss. pl_store_close makes up
 * for a part of it, at most a second. */
void pl_store_quiet(pl_store *s);
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
  int64_t flipped;               /* pages of the file that had a flipped bit, which is back */
  int64_t foreign;               /* pages that another program had written, and that count as whole now */
} pl_repair_counts;

/* Puts flipped bits of pages back. Then moves pieces of samples and histograms that are damaged into the table `damaged`, which it makes,
 * writes indexes that are damaged anew, and corrects rows whose bytes are whole; all of that in one transaction. Pieces of a newer form stay.
 * When the file is in order then, pages that another program has written are taken as they are. *out is set on success. Nothing may be held
 * or scanned on the store's connection. An error (PL_ECORRUPT: pages of the file are beyond it; PL_EBUSY) has at most put bits back. */
int pl_store_repair(pl_store *s, pl_repair_counts *out, pl_error *err) PL_MUSTCHECK;

/* ---- Retention ------------------------------------------------------------------------------- */

typedef struct pl_gc pl_gc;

/* Records that go as a whole. Spans: requests of the load that carried trace ids, too. Events: the others that are no logs. */
enum pl_gc_record { PL_GC_SPANS, PL_GC_LOGS, PL_GC_EVENTS, PL_GC_ARTIFACTS, PL_GC_RECORDS };

/* Samples and histograms that a pl_gc went through, and that it made of them. */
typedef struct pl_gc_counts {
  int64_t samples, samples_left;
  int64_t dists, dists_left;
  int64_t records[PL_GC_RECORDS]; /* that went */
  int64_t damaged;      /* pieces that stayed because they cannot be read */
  int64_t named;        /* that stayed because a series of somebody else has the name of a sister of theirs */
  int64_t bytes, bytes_left; /* of the file; until the end of the last step the same */
  bool gives_back;      /* pages that are free leave the file: not of one that was begun by an older version and never rebuilt */
} pl_gc_counts;

/* Begins to roll up what is older than the database's table `retention` says at now_ns (wall): raw samples to minutes, those to hours, which
 * go when they have an age. A gauge becomes its mean, with least, greatest and number in series NAME:min, NAME:max and NAME:count; a counter
 * keeps what its increases need; histograms add up; spans, logs, events and artifacts of runs that are as old as their rules say go. Runs that a
 * baseline is pinned to and those that still go on stay as they are, as do histograms of a whole load and all other named records. dry:
 * everything is done, counted, and rolled back.
 * PL_EINVAL: the ages do not ascend. One at a time; the store outlives it. */
int pl_gc_new(pl_store *s, int64_t now_ns, bool dry, pl_gc **out, pl_error *err) PL_MUSTCHECK;
/* Does a part, in a transaction that others wait for some hundredths of a second, as a rule: 1, 0 when there was nothing to do any more, or
 * an error. What is done stays done whenever it ends, and what is not is found by the next pl_gc. */
int pl_gc_step(pl_gc *g, pl_error *err) PL_MUSTCHECK;
/* Valid until it is freed. */
const pl_gc_counts *pl_gc_count(const pl_gc *g);
/* NULL is fine. */
void pl_gc_free(pl_gc *g);

/* Writes the whole file anew, so that it gives back free pages from now on: other writers wait meanwhile, and the disk needs room for it once
 * more. PL_EBUSY: a run goes on. */
int pl_store_rebuild(pl_store *s, pl_error *err) PL_MUSTCHECK;

/* ---- Reading --------------------------------------------------------------------------------- */

/* Opens read-only; no migration: an older schema is PL_EVERSION with "run any command that writes". Same errors as
 * pl_store_open. A missing file is PL_ENOENT. */
int pl_reader_open(const pl_allocator *a, const char *path, pl_reader **out, pl_error *err) PL_MUSTCHECK;
/* The same, but reading does not end (PL_ECORRUPT) where a page has a flipped bit: as it was written, or where another program has written, as
 * it is. For finding all that is damaged. */
int pl_reader_open_mending(const pl_allocator *a, const char *path, pl_reader **out, pl_error *err) PL_MUSTCHECK;
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
/* Ends a hold, whose reading succeeded; with the last one the reader sees what was committed since. */
void pl_reader_release(pl_reader *r);

/* One row; the fields are valid during the call. Returns 0 to go on; a negative code becomes the reading's result. */
typedef int (*pl_row_fn)(void *user, const pl_field *fields, size_t n);
/* Calls fn for each row of a named reading operation of store/records.c. */
int pl_reader_record(pl_reader *r, const char *operation, const pl_field *fields, size_t n, pl_row_fn fn, void *user, pl_error *err) PL_MUSTCHECK;
/* Calls fn for each row of one SELECT of the user's (at most 1 MiB of text): PL_EINVAL for another text, PL_EREADONLY for one that
 * writes. Our SQL functions are there: quantile(hist, p), hist_count(hist), hist_mean(hist), hist_min, hist_max, hist_merge(hist)
 * (aggregate); and the table samples(name, run, have) (samples.h); the views run_list, sample_list, distribution_list and distributions
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

/* What is known of the samples that one stands for since a gc; of one that stands for itself it is the sample, and 1. */
enum pl_sample_part { PL_PART_VALUE, PL_PART_LEAST, PL_PART_GREATEST, PL_PART_NUMBER, PL_PART_SISTERS, PL_PART_SUM = PL_PART_SISTERS };
/* Whether samples of a series stand for several: 1, 0, or an error. */
int pl_reader_rolled(pl_reader *r, int64_t series, pl_error *err) PL_MUSTCHECK;
/* As pl_reader_spans, with that part of each sample in its place; one that is not a number stays what it is. */
int pl_reader_parts(pl_reader *r, int64_t series, int64_t run, int64_t from_ns, int64_t to_ns, enum pl_sample_part part, pl_span_fn fn, void *user,
                    pl_error *err) PL_MUSTCHECK;

typedef int (*pl_dist_fn)(void *user, int64_t ts_ms, const pl_hist *h);
/* Histograms of one resolution, likewise. h is reused between calls. Of resolution 1 also those that stand for a minute's or hour's since
 * pl_gc merged them, at the last second of it that had one. PL_ECORRUPT, PL_EPROTO: one cannot be read. */
int pl_reader_dists(pl_reader *r, int64_t series, int64_t run, unsigned resolution_s, int64_t from_ms, int64_t to_ms, pl_dist_fn fn, void *user, pl_error *err) PL_MUSTCHECK;

#endif
