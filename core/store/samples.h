/* samples(name, run, have) in SQL: the samples of a metric as a table with ts (seconds since 1970), value, labels (JSON), instance, role
 * and the run's id. run: an id of 26 characters, or its beginning; without it, or where it is NULL: all runs and what belongs
 * to none. have: labels that the series have, '{"job":"shop"}'; null: those that have none of that name; without it: all series.
 * In order of time. That, and an equality on labels or instance, reads the series meant alone. */
#ifndef PL_STORE_SAMPLES_H
#define PL_STORE_SAMPLES_H

#include "store/sqlite_api.h"

/* Registers it on a connection; an SQLite code. */
int pl_samples_register(sqlite3 *db);

#endif
