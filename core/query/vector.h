/* Vectors of PromQL: label sets, each with a value at every step of the evaluation. */
#ifndef PL_QUERY_VECTOR_H
#define PL_QUERY_VECTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "analysis/hist.h"
#include "base/arena.h"
#include "format/stale.h"
#include "query/promql_tree.h"
#include "store/store.h"

/* What one evaluation shares. Everything that it makes lies in the arena. Single thread. */
typedef struct pl_evaluation {
  pl_arena *arena;
  pl_allocator in_arena; /* the arena as an allocator, for histograms */
  pl_reader *reader;
  int64_t run;           /* whose samples count, beside those of no run; 0: of all */
  int64_t from_ms, step_ms;
  size_t steps;          /* at least 1 */
  int64_t start_ms, end_ms; /* of the whole question: what start() and end() are */
  pl_str text;           /* of the expression, for messages */
  struct pl_sample_buffer *samples; /* of the series that is being read */
  pl_error *err;
} pl_evaluation;

/* An evaluation of an instant, 1970, without a text, over the samples of all runs: set what differs. All that is given stays the caller's. */
void pl_evaluation_init(pl_evaluation *e, pl_arena *arena, pl_reader *reader, struct pl_sample_buffer *samples, pl_error *err);

/* The time of step i, wall milliseconds. */
static inline int64_t pl_step_ms(const pl_evaluation *e, size_t i)
{
  return e->from_ms + (int64_t)i * e->step_ms;
}

/* The time that step i looks at. */
static inline int64_t pl_when_ms(const pl_evaluation *e, const pl_when *w, size_t i)
{
  int64_t at_ms = w->anchor == PL_AT_STEP ? pl_step_ms(e, i) : w->anchor == PL_AT_TIME ? w->at_ms : w->anchor == PL_AT_START ? e->start_ms : e->end_ms;
  return at_ms - w->offset_ms;
}

/* ---- Values: NaN is one; the mark of staleness, a NaN of its own, says that there is none. ------ */

static inline bool pl_is_absent(double v)
{
  return pl_is_stale(v);
}

/* Writes the mark to n values. */
void pl_values_clear(double *values, size_t n);

/* ---- Label sets: sorted by name, no name twice, no empty value; the metric's name is __name__ ---- */

typedef struct pl_label_set {
  const pl_label *label;
  size_t n;
} pl_label_set;

extern const pl_str pl_name_label; /* "__name__" */

/* < 0, 0, > 0: order by bytes. */
int pl_text_compare(pl_str a, pl_str b);
/* The value of a label; data NULL: there is none. */
pl_str pl_label_set_find(const pl_label_set *s, pl_str name);
/* Those labels of s that are in the list (keep), or that are not (and, as ever then, not the name). PL_ENOMEM, PL_ELIMIT. */
int pl_label_set_select(pl_evaluation *e, const pl_label_set *s, const pl_label_list *list, bool keep, pl_label_set *out) PL_MUSTCHECK;
/* s without the metric's name: shares its labels where it can. PL_ENOMEM, PL_ELIMIT. */
int pl_label_set_unnamed(pl_evaluation *e, const pl_label_set *s, pl_label_set *out) PL_MUSTCHECK;
/* s with a label set, or, with an empty value, without it. PL_ENOMEM, PL_ELIMIT. */
int pl_label_set_put(pl_evaluation *e, const pl_label_set *s, pl_str name, pl_str value, pl_label_set *out) PL_MUSTCHECK;
/* < 0, 0, > 0: order by name and value, label by label. */
int pl_label_set_compare(const pl_label_set *a, const pl_label_set *b);
/* {name="value", ...}, cut to fit. */
void pl_label_set_text(const pl_label_set *s, char *out, size_t size);

/* Label sets to numbers 0, 1, 2 ... in the order in which they came. */
typedef struct pl_label_map {
  pl_label_set *sets; /* of each number */
  size_t n;
  uint32_t *slots;    /* number + 1 */
  size_t n_slots;
} pl_label_map;

/* most: how many different sets will come at the most. PL_ENOMEM, PL_ELIMIT. */
int pl_label_map_init(pl_evaluation *e, pl_label_map *m, size_t most) PL_MUSTCHECK;
/* The number of a set, a new one where it is new. The labels stay the caller's. */
size_t pl_label_map_number(pl_label_map *m, const pl_label_set *s);

/* Things by the group that each is in: those of group i are order[starts[i]] to before order[starts[i + 1]]. */
typedef struct pl_members {
  size_t *order, *starts;
} pl_members;

#define PL_NO_GROUP SIZE_MAX

/* Sorts n things with these numbers of groups (PL_NO_GROUP: in none) below n_groups. PL_ENOMEM, PL_ELIMIT. */
int pl_members_find(pl_evaluation *e, const size_t *numbers, size_t n, size_t n_groups, pl_members *out) PL_MUSTCHECK;

/* ---- Vectors ---------------------------------------------------------------------------------- */

typedef struct pl_element {
  pl_label_set labels;
  double *values;  /* of each step, or absent */
  pl_hist **dists; /* of distributions: of each step, or NULL; there are no values then */
} pl_element;

/* Whether an element has a value or a distribution at a step. */
static inline bool pl_element_has(const pl_element *x, size_t step)
{
  return x->dists ? x->dists[step] != NULL : !pl_is_absent(x->values[step]);
}

/* A scalar is one element without labels that has a value at every step. */
typedef struct pl_vector {
  pl_element *elements;
  size_t n;
} pl_vector;

/* Room for n elements without labels or values. PL_ENOMEM, PL_ELIMIT. */
int pl_vector_init(pl_evaluation *e, pl_vector *v, size_t n) PL_MUSTCHECK;
/* A scalar, whose value at each step is the caller's to set. PL_ENOMEM, PL_ELIMIT. */
int pl_vector_init_scalar(pl_evaluation *e, pl_vector *v) PL_MUSTCHECK;
/* A value for each step, all absent; NULL (and the error told) when there is no room. */
double *pl_values_new(pl_evaluation *e) PL_MUSTCHECK;

/* Puts elements of the same labels together. PL_EINVAL where two of them have a value or a distribution at one step, or one has values, one distributions. at: of the expression that made them. */
int pl_vector_join(pl_evaluation *e, pl_vector *v, size_t at) PL_MUSTCHECK;

/* PL_ENOMEM, or PL_ELIMIT with what an evaluation may hold: whichever it was that refused memory last. */
int pl_evaluation_full(pl_evaluation *e);
/* Fails at a place of the expression. */
int pl_evaluation_fail(pl_evaluation *e, size_t at, int code, const char *format, ...) PL_PRINTF(4, 5);

#endif
