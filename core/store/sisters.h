/* Samples that stand for several since a gc, and what is known of those: their least, greatest, number, sum. */
#ifndef PL_STORE_SISTERS_H
#define PL_STORE_SISTERS_H

#include "store/scan.h"
#include "store/store.h"

typedef struct pl_sister_scan pl_sister_scan;

/* The sisters of a series by part (VALUE, LEAST, GREATEST, NUMBER), 0 where there is none. */
int pl_sisters_find(pl_archive *a, int64_t series, int64_t sisters[PL_PART_SISTERS], pl_error *err) PL_MUSTCHECK;

/* Starts a scan of the range whose values are a part of what each sample stands for. */
int pl_sister_scan_open(pl_archive *a, const pl_range *range, enum pl_sample_part part, pl_sister_scan **out, pl_error *err) PL_MUSTCHECK;
/* As pl_scan_span. */
int pl_sister_scan_span(pl_sister_scan *p, const int64_t **times_ns, const double **values, size_t *n, pl_error *err) PL_MUSTCHECK;
/* NULL is fine. */
void pl_sister_scan_close(pl_sister_scan *p);

#endif
