/* Scans: the samples of one series and run in order of time, each time once, from chunks and head. */
#ifndef PL_STORE_SCAN_H
#define PL_STORE_SCAN_H

#include "store/archive.h"

typedef struct pl_range {
  int64_t series, run;
  int64_t from_ns, to_ns; /* both inclusive */
} pl_range;

/* Starts a scan; the archive is held until it is closed. Several may be open. Errors as pl_archive_hold
 * and pl_archive_whole. */
int pl_scan_open(pl_archive *a, const pl_range *range, pl_scan **out, pl_error *err) PL_MUSTCHECK;
/* The next sample: 1, 0 at the end, or an error: PL_ECORRUPT, PL_EVERSION (a chunk cannot be read), or a statement's. */
int pl_scan_next(pl_scan *s, int64_t *ts_ns, double *value, pl_error *err) PL_MUSTCHECK;
/* The next samples together, as many as lie so: 1, 0 at the end, or an error likewise. They are the scan's until it is asked again. */
int pl_scan_span(pl_scan *s, const int64_t **times_ns, const double **values, size_t *n, pl_error *err) PL_MUSTCHECK;
/* NULL is fine. */
void pl_scan_close(pl_scan *s);

/* Frees one that is closed; the archive does it. NULL is fine. */
void pl_scan_free(pl_scan *s);

#endif
