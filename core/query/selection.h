/* The series of a selector and their samples. */
#ifndef PL_QUERY_SELECTION_H
#define PL_QUERY_SELECTION_H

#include "query/vector.h"

/* How long a sample stands for what follows it. */
enum { PL_LOOKBACK_MS = 300000 };

typedef struct pl_selected {
  int64_t series;
  bool is_dist;
  pl_label_set labels;
} pl_selected;

typedef struct pl_selection {
  pl_selected *series; /* in order of their labels */
  size_t n;
} pl_selection;

/* The series that a selector names. Errors: of the reader; PL_ELIMIT. */
int pl_selection_read(pl_evaluation *e, const pl_selector *s, pl_selection *out) PL_MUSTCHECK;

/* Samples of a series in order of time, no time twice. */
typedef struct pl_sample_buffer {
  const pl_allocator *alloc;
  int64_t *times_ns;
  double *values;
  size_t n, times_cap, values_cap;
  size_t max; /* most samples of one series */
} pl_sample_buffer;

void pl_sample_buffer_fini(pl_sample_buffer *b);

/* Reads the samples of a selector's series that any step needs into e->samples: of a range without the marks of staleness. Errors: of
 * the reader; PL_ELIMIT. */
int pl_selection_samples(pl_evaluation *e, const pl_selector *s, const pl_selected *of, pl_sample_buffer **out) PL_MUSTCHECK;

/* The distributions of a series at every step: of an instant the newest of the last five minutes, of a range all of it merged. An
 * interval stands at its end. *out: NULL where there is none. Errors: of the reader; PL_ELIMIT. */
int pl_selection_dists(pl_evaluation *e, const pl_selector *s, const pl_selected *of, pl_hist ***out) PL_MUSTCHECK;

#endif
