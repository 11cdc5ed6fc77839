/* points in SQL: every stored sample as a row of series_id, run_id, ts_ns and value, wherever it is kept. */
#ifndef PL_STORE_POINTS_TABLE_H
#define PL_STORE_POINTS_TABLE_H

#include "store/archive.h"

/* Registers it on the archive's connection; destroy (NULL: nobody) is called with the archive when the connection forgets the table,
 * also after an error. An SQLite code. */
int pl_points_table_register(pl_archive *a, void (*destroy)(void *archive));

#endif
