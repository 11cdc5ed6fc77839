/* Rows of a database as a file of NDJSON without a name: what is read at random, by several threads, is a file. */
#ifndef PL_BIND_SPOOL_H
#define PL_BIND_SPOOL_H

#include "base/alloc.h"
#include "base/str.h"

#include "perilune/error.h"

/* *fd: the rows of a SELECT on the SQLite file at path; the caller closes it. A column that is NULL is left out. Errors: as of
 * pl_foreign_rows; PL_EINVAL for a blob. */
int pl_spool_sqlite(const pl_allocator *a, const char *path, pl_str sql, int *fd, pl_error *err) PL_MUSTCHECK;

#endif
