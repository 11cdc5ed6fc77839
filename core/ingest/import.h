/* Files of others onto the timeline, in pieces: at most PL_IMPORT_PIECE bytes of a file are in memory. Rows that are malformed are refused one
 * by one and counted by reason; the others are kept. What was exported is the same series again (import_series.h). One thread at a time. */
#ifndef PL_INGEST_IMPORT_H
#define PL_INGEST_IMPORT_H

#include "format/lines.h"
#include "ingest/input.h"
#include "store/store.h"

enum {
  PL_IMPORT_PIECE = 1 << 20,
  PL_IMPORT_EXAMPLES = 10,    /* refused lines that are told */
};

typedef struct pl_import pl_import;

/* All but format and path have defaults. Texts are borrowed for the call. */
typedef struct pl_import_options {
  const char *format; /* "csv", "ndjson", "openmetrics" (or Prometheus text, told apart by # EOF; not where that cannot be seen beforehand: input.h), "prometheus", "hdr", "influx",
                         "graphite", "sar", "iostat", "vmstat" */
  const char *path;   /* a plain file, or "-": standard input; what is gzip by its first bytes is decompressed */
  pl_str metric;      /* csv, ndjson: name of values without one; hdr: of the distributions (default hdr_seconds) */
  uint64_t unit_ns;   /* hdr, times of influx: what 1 stands for (default 1) */
  bool has_time;      /* samples without a time are taken, and have this one: */
  int64_t time_ns;
  pl_str instance, role, origin; /* of series that do not say so; defaults "", "other", "production" */
} pl_import_options;

typedef struct pl_import_refusal {
  uint64_t line;
  enum pl_refusal reason;
} pl_import_refusal;

/* What became of the rows so far. */
typedef struct pl_import_counts {
  uint64_t taken;                        /* samples, histograms */
  uint64_t replaced;                     /* of them samples in whose place the next row of their series came, of the same time */
  uint64_t refused[PL_REFUSALS];         /* by reason */
  uint64_t n_refused;
  pl_import_refusal example[PL_IMPORT_EXAMPLES]; /* the first ones */
  uint64_t series;
  int64_t first_ns, last_ns;             /* least and greatest time; while taken is 0 both 0 */
  uint64_t bytes, size;                  /* read, of a plain file; gzip as it lies there */
} pl_import_counts;

/* Opens the file. Errors name it: PL_EINVAL (unknown format, its message lists them), those of pl_input_open. */
int pl_import_open(const pl_allocator *a, const pl_import_options *o, pl_import **out, pl_error *err) PL_MUSTCHECK;
/* NULL is fine. */
void pl_import_close(pl_import *i);
/* Takes the next piece of the file into the run (0: ambient) and commits it. Gives enum pl_input_more: PL_INPUT_LATER where the caller may wait
 * a moment. Errors: PL_EPARSE (the file is no such thing), PL_ELIMIT (series), those of pl_input_read and of the store. */
int pl_import_step(pl_import *i, pl_store *store, int64_t run, pl_error *err) PL_MUSTCHECK;
/* Valid as long as i. */
const pl_import_counts *pl_import_told(const pl_import *i);

#endif
