/* Changes of a history that goes on: each new value says what it shows. */
#ifndef PL_ANALYSIS_CHANGE_STREAM_H
#define PL_ANALYSIS_CHANGE_STREAM_H

#include "analysis/change/change.h"

enum { PL_CHANGE_STREAM_WINDOW = 512 /* values that are kept */, PL_CHANGE_STREAM_SEEN = 128, PL_CHANGE_STREAM_TIMES = 3, PL_CHANGE_STREAM_STRONG = 2 };

/* Where the value before had a change, and in how many values in a row. */
typedef struct pl_change_seen {
  size_t index, times;
} pl_change_seen;

/* The last values of a history; {0} has seen none. */
typedef struct pl_change_stream {
  double values[PL_CHANGE_STREAM_WINDOW];
  size_t n;    /* values that are kept */
  size_t gone; /* values before them */
  size_t past; /* changes in front of it were told, or lie too far back */
  pl_change_seen seen[PL_CHANGE_STREAM_SEEN];
  size_t n_seen;
} pl_change_stream;

/* Takes the next value (NaN: missing) and gives the changes that it is the first to confirm: those of pl_shift_find over the values that are kept which lie
 * where the two values before had them too (right after a change its place still moves), or where the value before had one already by fewer than PL_MODEL_LEAST
 * values, for which the evidence is very strong; PL_MODEL_LEAST values or more behind the last one told. Up to PL_CHANGE_STREAM_WINDOW values that is the
 * answer of the whole history; its index counts from the history's begin always. out is made here. An infinity is not taken (PL_EINVAL), all is as before.
 * Errors else: PL_ENOMEM, PL_ECANCELED: the value is taken, and what it shows is told with the next one.
 * Time: bounded, that of PL_CHANGE_STREAM_WINDOW values. */
int pl_change_stream_push(pl_change_stream *s, double value, const pl_allocator *a, const pl_change_ask *ask, pl_changes *out, pl_error *err) PL_MUSTCHECK;

#endif
