/* A timeline in memory for tests of PromQL, and what one kind of node gives over it, as text: a line for each element, "{label="value"} 1 _ 3"
 * with a value a step, _ where there is none and [n] for a distribution of n values. Labels of the source are left out. */
#ifndef TEST_QUERY_EVALUATED_H
#define TEST_QUERY_EVALUATED_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "query/evaluate.h"
#include "query/selection.h"
#include "support/failing.h"

enum { BEGIN_S = 1700000000, STEP_S = 10 };
#define BEGIN_MS (INT64_C(1000) * BEGIN_S)

typedef struct evaluated {
  pl_store *store;
  pl_reader *reader;
  pl_arena arena;
  pl_error err;
  pl_sample_buffer samples;
  pl_evaluation e; /* of one step at BEGIN_S; further ones are STEP_S apart */
} evaluated;

/* The fixture. */
static inline int evaluated_open(void **state)
{
  static evaluated f;
  pl_store_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system};
  f = (evaluated){.samples = {.alloc = &pl_alloc_default, .max = 1 << 16}};
  assert_int_equal(pl_store_open(&o, &f.store, NULL), PL_OK);
  assert_int_equal(pl_reader_of(f.store, &f.reader, NULL), PL_OK);
  pl_arena_init(&f.arena, &pl_alloc_default, 1 << 24);
  pl_evaluation_init(&f.e, &f.arena, f.reader, &f.samples, &f.err);
  f.e.from_ms = BEGIN_MS;
  f.e.step_ms = STEP_S * 1000;
  *state = &f;
  return 0;
}

static inline int evaluated_close(void **state)
{
  evaluated *f = *state;
  pl_sample_buffer_fini(&f->samples);
  pl_arena_fini(&f->arena);
  pl_reader_close(f->reader);
  pl_store_close(f->store);
  return 0;
}

/* ---- Samples ---------------------------------------------------------------------------------- */

static inline pl_node *parsed(evaluated *f, const char *text)
{
  pl_node *n = NULL;
  f->e.text = pl_str_of(text);
  if (pl_promql_parse(&f->arena, f->e.text, &n, &f->err))
    fail_msg("%s", f->err.message);
  return n;
}

/* The id of a series, written as its selector: name{label='value'}. */
static inline int64_t make_series(evaluated *f, const char *selector, enum pl_series_kind kind)
{
  const pl_selector *s = &parsed(f, selector)->selector;
  pl_label labels[8];
  pl_series_spec spec = {.labels = labels, .kind = kind};
  int64_t id;
  for (size_t i = 0; i < s->n_tests; i++) {
    if (pl_str_eq(s->tests[i].label, pl_name_label))
      spec.name = s->tests[i].value;
    else
      labels[spec.n_labels++] = (pl_label){s->tests[i].label, s->tests[i].value};
  }
  assert_int_equal(pl_store_source(f->store, PL_STR("import"), PL_STR("here"), PL_STR("both"), PL_STR("production"), &spec.source, NULL), PL_OK);
  assert_int_equal(pl_store_series(f->store, &spec, &id, NULL), PL_OK);
  return id;
}

static inline void put(evaluated *f, int64_t series, int64_t run, int64_t second, double v)
{
  assert_int_equal(pl_store_sample(f->store, series, run, (BEGIN_S + second) * (int64_t)PL_S_NS, v), 0);
}

/* n values, a millisecond apart, in the second that begins there. */
static inline void put_dist(evaluated *f, int64_t series, int64_t run, int64_t second, uint64_t first_ms, uint64_t n)
{
  pl_hist h;
  pl_hist_init(&h, &pl_alloc_default);
  for (uint64_t i = 0; i < n; i++)
    pl_hist_record(&h, (first_ms + i) * PL_MS_NS);
  assert_int_equal(pl_store_dist(f->store, series, run, BEGIN_MS + second * 1000, 1, &h), 0);
  pl_hist_fini(&h);
}

static inline void commit(evaluated *f)
{
  assert_int_equal(pl_store_commit(f->store, NULL), PL_OK);
}

/* A series with a value at each step: "1 2 _ 4", where _ is the mark of staleness. */
static inline void given(evaluated *f, const char *selector, const char *values)
{
  int64_t series = make_series(f, selector, PL_SERIES_GAUGE), second = 0;
  for (const char *at = values; *at; second += STEP_S) {
    char *end;
    double v = strtod(at, &end);
    if (end == at) {
      pl_values_clear(&v, 1);
      end++;
    }
    put(f, series, 0, second, v);
    at = *end ? end + 1 : end;
  }
  commit(f);
}

/* ---- Results ---------------------------------------------------------------------------------- */

/* Writes labels but for those of the source, and returns the length. */
static inline size_t show_labels(const pl_label_set *s, char *out, size_t size)
{
  static const pl_str of_source[] = {{"source", 6}, {"instance", 8}, {"role", 4}, {"origin", 6}};
  pl_label shown[64];
  size_t n = 0;
  for (size_t i = 0; i < s->n; i++) {
    bool hidden = false;
    for (size_t j = 0; j < 4; j++)
      hidden = hidden || pl_str_eq(s->label[i].name, of_source[j]);
    if (!hidden)
      shown[n++] = s->label[i];
  }
  pl_label_set_text(&(pl_label_set){shown, n}, out, size);
  return strlen(out);
}

static inline void show_value(const pl_element *x, size_t step, char *out, size_t size)
{
  if (x->dists ? !x->dists[step] : pl_is_absent(x->values[step]))
    (void)snprintf(out, size, " _");
  else if (x->dists)
    (void)snprintf(out, size, " [%llu]", (unsigned long long)x->dists[step]->count);
  else if (isnan(x->values[step]))
    (void)snprintf(out, size, " nan");
  else
    (void)snprintf(out, size, " %.10g", x->values[step]);
}

/* The text of a vector, in the fixture's arena. */
static inline const char *show(evaluated *f, const pl_vector *v)
{
  enum { SIZE = 4096 };
  char *text = pl_arena_alloc(&f->arena, SIZE, 1);
  size_t n = 0;
  assert_non_null(text);
  for (size_t i = 0; i < v->n; i++) {
    if (i)
      n += (size_t)snprintf(text + n, SIZE - n, "\n");
    n += show_labels(&v->elements[i].labels, text + n, SIZE - n);
    for (size_t step = 0; step < f->e.steps; step++) {
      show_value(&v->elements[i], step, text + n, SIZE - n);
      n += strlen(text + n);
    }
  }
  return text;
}

/* A function of evaluate.h. */
typedef int (*evaluate_fn)(pl_evaluation *e, const pl_node *n, pl_vector *out);

/* The text of what a function gives for an expression whose root is of its kind. */
static inline const char *given_by(evaluated *f, evaluate_fn fn, const char *expression)
{
  pl_vector v;
  pl_node *n = parsed(f, expression);
  if (fn(&f->e, n, &v))
    fail_msg("%s", f->err.message);
  return show(f, &v);
}

/* Asserts that a function refuses an expression with this code and says so. */
static inline void refused_by(evaluated *f, evaluate_fn fn, const char *expression, int code, const char *part)
{
  pl_vector v;
  pl_node *n = parsed(f, expression);
  assert_int_equal(fn(&f->e, n, &v), code);
  assert_int_equal(f->err.code, code);
  if (!strstr(f->err.message, part))
    fail_msg("\"%s\" does not say \"%s\"", f->err.message, part);
  f->err = (pl_error){0};
}

#define EVALUATED_TEST(name) cmocka_unit_test_setup_teardown(name, evaluated_open, evaluated_close)

#endif
