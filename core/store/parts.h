/* Samples that stand for several since a gc, and what is known of those: their least, greatest, number, sum. */
#ifndef PL_STORE_PARTS_H
#define PL_STORE_PARTS_H

#include "store/scan.h"
#include "store/store.h"

typedef struct pl_parts pl_parts;

/* The sisters of a series by part (VALUE, LEAST, GREATEST, NUMBER), 0 where there is none. */
int pl_parts_find(pl_archive *a, int64_t series, int64_t sisters[PL_PART_SISTERS], pl_error *err) PL_MUSTCHECK;

/* Starts a scan of the range whose values are a part of what each sample stands for. */
int pl_parts_open(pl_archive *a, const pl_range *range, enum pl_sample_part part, pl_parts **out, pl_error *err) PL_MUSTCHECK;
/* As pl_scan_span. */
int pl_parts_span(pl_parts *p, const int64_t **times_ns, const double **values, size_t *n, pl_error *err) PL_MUSTCHECK;
/* NULL is fine. */
void pl_parts_close(pl_parts *p);

#endif
