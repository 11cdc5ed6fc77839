/* Reading for PromQL: which series there are, and what of them an evaluation needs. */
#include "query/selection.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"

static const int64_t MS_NS = (int64_t)PL_MS_NS;

/* ---- Series ----------------------------------------------------------------------------------- */

static bool test_holds(const pl_label_test *t, const pl_label_set *s)
{
  pl_str value = pl_label_set_find(s, t->label);
  if (t->op == PL_LABEL_MATCHES || t->op == PL_LABEL_DIFFERS)
    return pl_regex_matches(t->regex, value.data ? value : PL_STR(""), NULL) == (t->op == PL_LABEL_MATCHES);
  pl_matcher m = {.label = t->label, .op = t->op == PL_LABEL_EQ ? PL_MATCH_EQ : PL_MATCH_NE, .value = t->value};
  return pl_matcher_holds(&m, s->label, s->n);
}

/* Series as they come, in blocks that double. */
typedef struct finder {
  pl_evaluation *e;
  const pl_selector *selector;
  pl_selected *found;
  size_t n, cap;
} finder;

static int keep(finder *f, const pl_selected *s)
{
  if (f->n == f->cap) {
    size_t cap = f->cap ? 2 * f->cap : 16;
    pl_selected *more = pl_arena_alloc(f->e->arena, cap, sizeof *more);
    if (!more)
      return pl_evaluation_full(f->e);
    if (f->n)
      memcpy(more, f->found, f->n * sizeof *more);
    f->found = more;
    f->cap = cap;
  }
  f->found[f->n++] = *s;
  return PL_OK;
}

/* The labels of a series with its name, in order, the first one of a name, without empty ones; the texts are still the reader's. */
static pl_label_set borrow_labels(const pl_series_info *info, pl_label *out)
{
  const pl_label name = {pl_name_label, info->name};
  size_t n = 0;
  bool named = false;
  for (size_t i = 0; i < info->n_labels; i++) {
    const pl_label *l = &info->labels[i];
    if (!named && pl_text_compare(name.name, l->name) < 0) {
      out[n++] = name;
      named = true;
    }
    if (l->value.len && !(n && pl_str_eq(out[n - 1].name, l->name)))
      out[n++] = *l;
  }
  if (!named)
    out[n++] = name;
  return (pl_label_set){out, n};
}

static int copy_labels(pl_evaluation *e, const pl_label_set *s, pl_label_set *out)
{
  size_t bytes = 0;
  for (size_t i = 0; i < s->n; i++)
    bytes += s->label[i].name.len + s->label[i].value.len;
  pl_label *labels = pl_arena_alloc(e->arena, s->n, sizeof *labels);
  char *text = pl_arena_alloc(e->arena, bytes, 1);
  if (!labels || !text)
    return pl_evaluation_full(e);
  for (size_t i = 0; i < s->n; i++) {
    const pl_str *from[] = {&s->label[i].name, &s->label[i].value};
    pl_str *to[] = {&labels[i].name, &labels[i].value};
    for (size_t part = 0; part < 2; part++) {
      memcpy(text, from[part]->data, from[part]->len);
      *to[part] = (pl_str){text, from[part]->len};
      text += from[part]->len;
    }
  }
  *out = (pl_label_set){labels, s->n};
  return PL_OK;
}

enum { LABELS = 64 }; /* more than a series has: its own forty, its source's four, its name */

static int on_series(void *user, const pl_series_info *info)
{
  finder *f = user;
  pl_label labels[LABELS];
  if (info->n_labels >= LABELS)
    return PL_ELIMIT;
  pl_label_set set = borrow_labels(info, labels);
  for (size_t i = 0; i < f->selector->n_tests; i++) {
    if (!test_holds(&f->selector->tests[i], &set))
      return 0;
  }
  pl_selected s = {.series = info->id, .is_dist = info->kind == PL_SERIES_DIST};
  int code = copy_labels(f->e, &set, &s.labels);
  return code ? code : keep(f, &s);
}

static int by_labels(const void *a_, const void *b_)
{
  const pl_selected *a = a_, *b = b_;
  return pl_label_set_compare(&a->labels, &b->labels);
}

int pl_selection_read(pl_evaluation *e, const pl_selector *s, pl_selection *out)
{
  finder f = {.e = e, .selector = s};
  pl_str name = {"", 0};
  for (size_t i = 0; i < s->n_tests; i++) {
    if (s->tests[i].op == PL_LABEL_EQ && pl_str_eq(s->tests[i].label, pl_name_label))
      name = s->tests[i].value;
  }
  int code = pl_reader_series(e->reader, name, NULL, 0, 0, on_series, &f, e->err);
  if (code)
    return pl_fail(e->err, code, "the series cannot be read");
  if (f.n)
    qsort(f.found, f.n, sizeof *f.found, by_labels);
  *out = (pl_selection){f.found, f.n};
  return PL_OK;
}

/* ---- Samples ---------------------------------------------------------------------------------- */

void pl_sample_buffer_fini(pl_sample_buffer *b)
{
  pl_free(b->alloc, b->times_ns, b->times_cap * sizeof *b->times_ns);
  pl_free(b->alloc, b->values, b->values_cap * sizeof *b->values);
  *b = (pl_sample_buffer){.alloc = b->alloc, .max = b->max};
}

static int grow(pl_sample_buffer *b)
{
  size_t cap = b->values_cap ? 2 * b->values_cap : 1024;
  if (b->n == b->max)
    return PL_ELIMIT;
  cap = cap < b->max ? cap : b->max;
  int64_t *times = b->times_cap < cap ? pl_realloc(b->alloc, b->times_ns, b->times_cap * sizeof *times, cap * sizeof *times) : b->times_ns;
  if (!times)
    return PL_ENOMEM;
  b->times_ns = times;
  b->times_cap = cap;
  double *values = pl_realloc(b->alloc, b->values, b->values_cap * sizeof *values, cap * sizeof *values);
  if (!values)
    return PL_ENOMEM;
  b->values = values;
  b->values_cap = cap;
  return PL_OK;
}

static int add_samples(pl_sample_buffer *b, const int64_t *times_ns, const double *values, size_t n)
{
  while (b->values_cap - b->n < n) {
    int code = grow(b);
    if (code)
      return code;
  }
  memcpy(b->times_ns + b->n, times_ns, n * sizeof *times_ns);
  memcpy(b->values + b->n, values, n * sizeof *values);
  b->n += n;
  return PL_OK;
}

/* Merges what came from `middle` on into what was there; of two at one time the later one stays. */
static int merge_samples(pl_sample_buffer *b, size_t middle)
{
  if (middle == 0 || middle == b->n || b->times_ns[middle - 1] < b->times_ns[middle])
    return PL_OK;
  size_t left = middle, right = b->n - middle, to = b->n, bytes = right * (sizeof *b->times_ns + sizeof *b->values);
  int64_t *times = pl_alloc(b->alloc, bytes);
  if (!times)
    return PL_ENOMEM;
  double *values = (double *)(times + right);
  memcpy(times, b->times_ns + middle, right * sizeof *times);
  memcpy(values, b->values + middle, right * sizeof *values);
  while (right > 0) {
    bool is_left = left > 0 && b->times_ns[left - 1] > times[right - 1];
    if (left > 0 && b->times_ns[left - 1] == times[right - 1])
      left--;
    to--;
    b->times_ns[to] = is_left ? b->times_ns[left - 1] : times[right - 1];
    b->values[to] = is_left ? b->values[left - 1] : values[right - 1];
    left -= is_left;
    right -= !is_left;
  }
  /* Twins left a gap between what stayed at its place and what was moved. */
  memmove(b->times_ns + left, b->times_ns + to, (b->n - to) * sizeof *b->times_ns);
  memmove(b->values + left, b->values + to, (b->n - to) * sizeof *b->values);
  b->n -= to - left;
  pl_free(b->alloc, times, bytes);
  return PL_OK;
}

static int64_t range_of(const pl_when *w)
{
  return w->range_ms ? w->range_ms : PL_LOOKBACK_MS;
}

/* A walk along one series. Samples come in order and go when no step needs them any more. */
typedef struct walk {
  pl_evaluation *e;
  const pl_when *when;
  int64_t series;
  enum pl_sample_part part;
  pl_step_fn fn;
  void *user;
  pl_sample_buffer *samples;
  size_t step;       /* the next one */
  size_t first, end; /* what the last step had */
  size_t fall;       /* the last sample before `end` that is less than the one before it; 0: none */
} walk;

/* Nanoseconds of a time; one that they cannot tell is the last that they can. */
static int64_t ns_of(int64_t ms)
{
  const int64_t most = INT64_MAX / MS_NS - 1;
  return (ms > most ? most : ms < -most ? -most : ms) * MS_NS;
}

static int64_t end_of(const walk *w, size_t step)
{
  return ns_of(pl_when_ms(w->e, w->when, step));
}

static int64_t begin_of(const walk *w, size_t step)
{
  return ns_of(pl_when_ms(w->e, w->when, step) - range_of(w->when));
}

/* Moves to the samples of a step. */
static void move(walk *w, int64_t from_ns, int64_t to_ns)
{
  const pl_sample_buffer *b = w->samples;
  for (; w->end < b->n && b->times_ns[w->end] <= to_ns; w->end++) {
    if (w->end > 0 && b->values[w->end] < b->values[w->end - 1])
      w->fall = w->end;
  }
  while (w->first < w->end && b->times_ns[w->first] <= from_ns)
    w->first++;
}

/* Samples before `first` go when they are more than what stays, so that each is moved at most once on average. */
static void drop_old(walk *w)
{
  pl_sample_buffer *b = w->samples;
  size_t gone = w->first;
  if (gone == 0 || gone < b->n - gone)
    return;
  memmove(b->times_ns, b->times_ns + gone, (b->n - gone) * sizeof *b->times_ns);
  memmove(b->values, b->values + gone, (b->n - gone) * sizeof *b->values);
  b->n -= gone;
  w->end -= gone;
  w->fall -= w->fall < gone ? w->fall : gone;
  w->first = 0;
}

/* Takes the steps that are known to be complete: before the newest sample, or all at the end. */
static int take_steps(walk *w, bool is_end)
{
  const pl_sample_buffer *b = w->samples;
  for (; w->step < w->e->steps; w->step++) {
    pl_step_samples s = {.from_ns = begin_of(w, w->step), .to_ns = end_of(w, w->step)};
    if (!is_end && (b->n == 0 || b->times_ns[b->n - 1] <= s.to_ns))
      break;
    move(w, s.from_ns, s.to_ns);
    if (w->first == w->end)
      continue;
    s.piece = (pl_piece){b->times_ns + w->first, b->values + w->first, w->end - w->first, w->fall > w->first};
    int code = w->fn(w->user, w->step, &s);
    if (code)
      return code;
  }
  drop_old(w);
  return PL_OK;
}

static void drop_stale(pl_sample_buffer *b, size_t from)
{
  size_t to = from;
  for (size_t i = from; i < b->n; i++) {
    b->times_ns[to] = b->times_ns[i];
    b->values[to] = b->values[i];
    to += !pl_is_absent(b->values[i]);
  }
  b->n = to;
}

static bool has_stale(const double *values, size_t n)
{
  bool any = false;
  for (size_t i = 0; i < n; i++)
    any |= pl_is_absent(values[i]);
  return any;
}

static int collect_span(void *user, const int64_t *times_ns, const double *values, size_t n)
{
  walk *w = user;
  size_t from = w->samples->n;
  int code = add_samples(w->samples, times_ns, values, n);
  if (!code && w->when->range_ms && has_stale(values, n))
    drop_stale(w->samples, from);
  return code;
}

static int walk_span(void *user, const int64_t *times_ns, const double *values, size_t n)
{
  int code = collect_span(user, times_ns, values, n);
  return code ? code : take_steps(user, false);
}

/* Gives what lies between marks of staleness on at once: all of it belongs to the only step. */
static int give_span(void *user, const int64_t *times_ns, const double *values, size_t n)
{
  walk *w = user;
  pl_step_samples s = {.from_ns = begin_of(w, 0), .to_ns = end_of(w, 0), .more = true};
  bool stale = has_stale(values, n);
  int code = PL_OK;
  for (size_t from = 0, to = 0; !code && from < n; from = to + 1) {
    for (to = stale ? from : n; to < n && !pl_is_absent(values[to]); to++) {
    }
    s.piece = (pl_piece){times_ns + from, values + from, to - from, true};
    if (s.piece.n)
      code = w->fn(w->user, 0, &s);
  }
  return code;
}

static int read_run(walk *w, int64_t run, pl_span_fn fn)
{
  pl_evaluation *e = w->e;
  int64_t from_ns = begin_of(w, 0) + 1, to_ns = end_of(w, e->steps - 1) + 1;
  return w->part == PL_PART_VALUE ? pl_reader_spans(e->reader, w->series, run, from_ns, to_ns, fn, w, e->err)
                                  : pl_reader_parts(e->reader, w->series, run, from_ns, to_ns, w->part, fn, w, e->err);
}

/* Of several runs all samples are needed to know their order. */
static int collect_run(void *user, int64_t run)
{
  walk *w = user;
  size_t middle = w->samples->n;
  int code = read_run(w, run, collect_span);
  return code ? code : merge_samples(w->samples, middle);
}

typedef struct run_count {
  size_t n;
  int64_t run;
} run_count;

static int count_run(void *user, int64_t run)
{
  run_count *c = user;
  *c = (run_count){c->n + 1, run};
  return c->n > 1;
}

/* Calls fn with each run whose data of a series count. */
static int each_run(pl_evaluation *e, int64_t series, enum pl_series_kind kind, pl_run_fn fn, void *user)
{
  if (e->run == 0)
    return pl_reader_runs(e->reader, series, kind, fn, user, e->err);
  int code = fn(user, 0);
  return code ? code : fn(user, e->run);
}

static int read_all(walk *w, bool whole)
{
  run_count c = {0};
  int code = w->e->run == 0 ? pl_reader_runs(w->e->reader, w->series, PL_SERIES_GAUGE, count_run, &c, w->e->err) : PL_OK;
  if (code)
    return code;
  if (c.n == 1 && w->when->range_ms && w->e->steps == 1 && !whole) {
    code = read_run(w, c.run, give_span);
    return code ? code : w->fn(w->user, 0, &(pl_step_samples){.from_ns = begin_of(w, 0), .to_ns = end_of(w, 0)});
  }
  code = c.n == 1 ? read_run(w, c.run, walk_span) : each_run(w->e, w->series, PL_SERIES_GAUGE, collect_run, w);
  return code ? code : take_steps(w, true);
}

static int fail_walk(pl_evaluation *e, int code)
{
  if (code == PL_ELIMIT)
    return pl_fail(e->err, code, "more than %zu samples of one series are needed at once: ask for a shorter range, or a shorter time", e->samples->max);
  return pl_fail(e->err, code, "the samples of a series cannot be read");
}

int pl_selection_walk(pl_evaluation *e, const pl_when *when, const pl_selected *of, bool whole, pl_step_fn fn, void *user)
{
  walk w = {.e = e, .when = when, .series = of->series, .part = of->part, .fn = fn, .user = user, .samples = e->samples};
  e->samples->n = 0;
  int code = read_all(&w, whole);
  return code ? fail_walk(e, code) : PL_OK;
}

int pl_selection_walk_values(pl_evaluation *e, const pl_when *when, const pl_evaluation *at, const double *values, pl_step_fn fn, void *user)
{
  walk w = {.e = e, .when = when, .fn = fn, .user = user, .samples = e->samples};
  int code = PL_OK;
  e->samples->n = 0;
  for (size_t i = 0; !code && i < at->steps; i++) {
    int64_t time_ns = ns_of(pl_step_ms(at, i));
    if (!pl_is_absent(values[i]))
      code = add_samples(e->samples, &time_ns, &values[i], 1);
  }
  if (!code)
    code = take_steps(&w, true);
  return code ? fail_walk(e, code) : PL_OK;
}

/* ---- Distributions ---------------------------------------------------------------------------- */

enum { RESOLUTION_S = 1 };

typedef struct dist_walk {
  pl_evaluation *e;
  const pl_when *when;
  pl_hist **steps;
  int64_t series;
} dist_walk;

static int take_dist(dist_walk *w, size_t step, const pl_hist *h)
{
  if (!w->steps[step]) {
    w->steps[step] = pl_arena_alloc(w->e->arena, 1, sizeof *w->steps[step]);
    if (!w->steps[step])
      return pl_evaluation_full(w->e);
    pl_hist_init(w->steps[step], &w->e->in_arena);
  } else if (!w->when->range_ms) {
    pl_hist_clear(w->steps[step]);
  }
  return pl_hist_add(w->steps[step], h) ? pl_evaluation_full(w->e) : PL_OK;
}

/* Gives an interval to all steps in whose range it ends. */
static int on_dist(void *user, int64_t ts_ms, const pl_hist *h)
{
  dist_walk *w = user;
  const pl_evaluation *e = w->e;
  int64_t end_ms = ts_ms + RESOLUTION_S * 1000, late = end_ms - pl_when_ms(e, w->when, 0);
  size_t step = late <= 0 ? 0 : (size_t)((late + e->step_ms - 1) / e->step_ms);
  for (; step < e->steps && pl_when_ms(e, w->when, step) - range_of(w->when) < end_ms; step++) {
    int code = take_dist(w, step, h);
    if (code)
      return code;
  }
  return 0;
}

static int read_dists(void *user, int64_t run)
{
  dist_walk *w = user;
  const pl_evaluation *e = w->e;
  int64_t from_ms = pl_when_ms(e, w->when, 0) - range_of(w->when), to_ms = pl_when_ms(e, w->when, e->steps - 1);
  return pl_reader_dists(e->reader, w->series, run, RESOLUTION_S, from_ms - RESOLUTION_S * 1000, to_ms, on_dist, w, e->err);
}

int pl_selection_dists(pl_evaluation *e, const pl_when *when, const pl_selected *of, pl_hist ***out)
{
  dist_walk w = {.e = e, .when = when, .series = of->series, .steps = pl_arena_alloc(e->arena, e->steps, sizeof *w.steps)};
  if (!w.steps)
    return pl_evaluation_full(e);
  int code = each_run(e, of->series, PL_SERIES_DIST, read_dists, &w);
  if (code)
    return pl_fail(e->err, code, "the distributions of a series cannot be read");
  *out = NULL;
  for (size_t i = 0; i < e->steps; i++) {
    if (w.steps[i])
      *out = w.steps;
  }
  return PL_OK;
}
