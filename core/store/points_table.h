/* points in SQL: every stored sample as a row of series_id, run_id, ts_ns and value, wherever it is kept. */
#ifndef PL_STORE_POINTS_TABLE_H
#define PL_STORE_POINTS_TABLE_H

#include "store/archive.h"

/* Registers it on the archive's connection; an SQLite code. */
int pl_points_table_register(pl_archive *a);

#endif
