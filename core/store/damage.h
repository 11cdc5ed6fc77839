/* What `perilune db check` asks of stored samples and histograms, as functions of SQL: NULL for what is whole, else what is wrong. */
#ifndef PL_STORE_DAMAGE_H
#define PL_STORE_DAMAGE_H

#include "store/archive.h"

/* Registers chunk_damage(data, from_ns, to_ns, n), batch_damage(data, n) and hist_damage(hist, count) on the archive's connection; an
 * SQLite code. */
int pl_damage_register(pl_archive *a);

#endif
