/* The series of a selector and their samples. */
#ifndef PL_QUERY_SELECTION_H
#define PL_QUERY_SELECTION_H

#include "query/vector.h"
#include "query/window.h"

/* How long a sample stands for what follows it. */
enum { PL_LOOKBACK_MS = 300000 };

typedef struct pl_selected {
  int64_t series;
  bool is_dist;
  enum pl_sample_part part; /* of the samples that each one stands for what is walked along */
  pl_label_set labels;
} pl_selected;

typedef struct pl_selection {
  pl_selected *series; /* in order of their labels */
  size_t n;
} pl_selection;

/* The series that a selector names. Errors: of the reader; PL_ELIMIT. */
int pl_selection_read(pl_evaluation *e, const pl_selector *s, pl_selection *out) PL_MUSTCHECK;

/* Samples of one step, from_ns < t <= to_ns, no time twice: all of them, or a piece. */
typedef struct pl_step_samples {
  int64_t from_ns, to_ns;
  pl_piece piece; /* its n may be 0 in the last one */
  bool more;      /* another piece follows */
} pl_step_samples;

/* Gets a step and what it needs; valid during the call. A negative code is the walk's result. */
typedef int (*pl_step_fn)(void *user, size_t step, const pl_step_samples *s);

/* Room for the samples that a walk looks at: those of one step, and some thousand more; of a series under several runs all. Zero but for
 * alloc and max. */
typedef struct pl_sample_buffer {
  const pl_allocator *alloc;
  int64_t *times_ns;
  double *values;
  size_t n, times_cap, values_cap;
  size_t max; /* most samples */
} pl_sample_buffer;

/* Frees the samples; the buffer can be used again. */
void pl_sample_buffer_fini(pl_sample_buffer *b);

/* Calls fn for every step that has samples of a series where it looks, in their order: of a range without the marks of staleness, of an
 * instant those of the last five minutes. whole: every step in one call; else a range that is the only step may come in pieces, in no more memory
 * than a piece. Errors: of the reader; PL_ELIMIT. */
int pl_selection_walk(pl_evaluation *e, const pl_when *when, const pl_selected *of, bool whole, pl_step_fn fn, void *user) PL_MUSTCHECK;

/* The same, whole, of the values that an element has at the steps of `at`: they are the samples. Errors: PL_ENOMEM, PL_ELIMIT. */
int pl_selection_walk_values(pl_evaluation *e, const pl_when *when, const pl_evaluation *at, const double *values, pl_step_fn fn, void *user) PL_MUSTCHECK;

/* The distributions of a series at every step: of an instant the newest of the last five minutes, of a range all of it merged. An
 * interval stands at its end. Steps that look at one time must be one step. *out: NULL where there is none. Errors: of the reader; PL_ELIMIT. */
int pl_selection_dists(pl_evaluation *e, const pl_when *when, const pl_selected *of, pl_hist ***out) PL_MUSTCHECK;

#endif
