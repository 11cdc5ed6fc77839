/* The timeline as text for others, streamed: a piece of at most PL_EXPORT_PIECE bytes and a line are in memory. Any thread with its own
 * reader. */
#ifndef PL_INGEST_EXPORT_H
#define PL_INGEST_EXPORT_H

#include "store/store.h"

enum { PL_EXPORT_PIECE = 256 << 10 };

/* Texts are borrowed for the call. */
typedef struct pl_export_options {
  const char *format; /* "openmetrics", "csv", "ndjson", "influx": samples; "hdr": the distributions of each second; "k6-json": see export_k6.h */
  int64_t run;        /* 0: all that is there */
  pl_str metric;      /* only this one; empty: all */
  int64_t from_ns, to_ns; /* from <= time < to; both 0: all */
} pl_export_options;

typedef struct pl_export_counts {
  uint64_t samples; /* or histograms */
  uint64_t series;
  uint64_t left_out; /* values that the format has not (InfluxDB: NaN, infinities) */
  uint64_t other;    /* series that the format has not: distributions, or for hdr samples */
} pl_export_counts;

/* Takes the next piece of text. A negative code ends the export and is its result. */
typedef int (*pl_export_fn)(void *user, pl_str text);

/* Errors: PL_EINVAL (unknown format, its message lists them), PL_ENOMEM, those of the reader and of fn. */
int pl_export(const pl_allocator *a, pl_reader *r, const pl_export_options *o, pl_export_fn fn, void *user, pl_export_counts *counts, pl_error *err) PL_MUSTCHECK;

#endif
