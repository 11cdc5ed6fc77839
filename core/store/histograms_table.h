/* The table histograms(series_id, run_id, resolution_s, ts_ms, count, sum, min, max, hist): every stored histogram, a row of histogram_rows or one
 * in a chunk. What reads histograms reads it, and the views are made of it. */
#ifndef PL_STORE_HISTOGRAMS_TABLE_H
#define PL_STORE_HISTOGRAMS_TABLE_H

#include "store/archive.h"

/* Registers it at the archive's connection. An SQLite code. */
int pl_histograms_table_register(pl_archive *a);

#endif
