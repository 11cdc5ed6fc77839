/* What `perilune db check` asks of stored samples and histograms, as functions of SQL: NULL for what is whole, else what is wrong. */
#ifndef PL_STORE_DAMAGE_H
#define PL_STORE_DAMAGE_H

#include "store/archive.h"

/* What is not damage of the bytes. */
#define PL_DAMAGE_NEWER "a newer form"
#define PL_DAMAGE_UNSEEN "not looked at: out of memory"
#define PL_DAMAGE_TIMES "its times are not those of its row"
#define PL_DAMAGE_SAMPLES "it has not as many samples as its row says"

/* Registers chunk_damage(data, from_ns, to_ns, n), batch_damage(data, n), hist_damage(hist, count) and hist_chunk_damage(data, from_ms, to_ms, n) on the
 * archive's connection, and what whole bytes say: chunk_part and hist_chunk_part(data, 0 first time, 1 last time, 2 how many), batch_n(data)
 * samples; NULL for damaged ones. An SQLite code. */
int pl_damage_register(pl_archive *a);

#endif
