/* A run's load as k6's JSON output: a line that declares each metric, then a line a point under k6's names, in milliseconds. */
#ifndef PL_INGEST_EXPORT_K6_H
#define PL_INGEST_EXPORT_K6_H

#include "ingest/export.h"

/* As pl_export with the format "k6-json". k6 writes a point for each request: here they are those of the distributions, values to three digits, at
 * the end of their second; what only counts is a point a sample. Points of one series are in the order of time. o: with both times set. */
int pl_export_k6(const pl_allocator *a, pl_reader *r, const pl_export_options *o, pl_export_fn fn, void *user, pl_export_counts *counts, pl_error *err) PL_MUSTCHECK;

#endif
