/* Series read before they are asked for. Whoever asks again for many asks in the order in which they were made, such as a sampler in
 * the next run: where two that lie behind each other were asked for, those behind them are read together. */
#ifndef PL_STORE_AHEAD_H
#define PL_STORE_AHEAD_H

#include "base/buf.h"
#include "store/sqlite_api.h"
#include "store/store.h"

enum { PL_AHEAD_ROWS = 128 };

/* Zero-initialised: nothing was read. */
typedef struct pl_ahead {
  struct {
    int64_t id;
    enum pl_series_kind kind;
    size_t at, len; /* of the key in `keys` */
  } rows[PL_AHEAD_ROWS];
  size_t n, at;       /* rows, and the one that is expected next */
  int64_t found;      /* the id that was found last; 0: none */
  pl_buf keys;
  sqlite3_stmt *next;
} pl_ahead;

/* After it nothing is read. */
void pl_ahead_fini(pl_ahead *a);

/* Appends the key of a series to b: "source\0name\0labels". What b has no room for makes it bad. */
void pl_ahead_key(pl_buf *b, int64_t source, pl_str name, pl_str labels);

/* Whether the series of this key was read; then *id and *kind are its. */
bool pl_ahead_find(pl_ahead *a, pl_str key, int64_t *id, enum pl_series_kind *kind);

/* The series of this id was found without it: reads those behind it where that one lay behind the last. A failure leaves none read. */
void pl_ahead_go_on(pl_ahead *a, const pl_allocator *alloc, sqlite3 *db, int64_t id);

#endif
