/* Series of a run are read one after another into points, which are then given second by second in order of time. */
#include "query/replay.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "query/growth.h"

enum {
  POINTS_MAX = 20000000,
  LOOK_BACK_S = 3600,
  GAP_S = 7200, /* longer than any window: of a longer gap as many seconds are given, and all slides out */
};

/* A series that the watch looks at. */
typedef struct source {
  int64_t id;
  int slot;
  enum pl_series_kind kind;
  bool counts_load;
} source;

/* A sample, or the histogram of a second. */
typedef struct point {
  int64_t ts_ns;   /* of a load's counter: where it grew */
  size_t order;
  int slot;
  double value;
  pl_hist *hist;
} point;

typedef struct replay {
  const pl_allocator *alloc;
  pl_reader *reader;
  pl_watch *watch;
  int64_t run;
  pl_error *err;
  point *points;
  size_t n, cap;
  int slot;
  int64_t from_ms, to_ms; /* what is read */
  bool ranged;            /* what lies before from_ms is wanted for one sample only: of counters, the last */
  point before;           /* that sample; ts_ns 0: none */
  bool counts_load;       /* what is read is a counter of a load */
  pl_growth growth;
  pl_parts scenarios;     /* ranged: those that were seen, each with the range as its part */
  source *series;         /* no more than a watch has slots */
  size_t n_series, cap_series;
} replay;

static int no_memory(pl_error *err)
{
  return pl_fail(err, PL_ENOMEM, "out of memory for the run's figures");
}

static void free_hist(const pl_allocator *a, pl_hist *h)
{
  if (!h)
    return;
  pl_hist_fini(h);
  pl_free(a, h, sizeof *h);
}

/* NULL: no memory. */
static pl_hist *copy_hist(const pl_allocator *a, const pl_hist *h)
{
  pl_hist *copy = pl_alloc(a, sizeof *copy);
  if (!copy)
    return NULL;
  pl_hist_init(copy, a);
  if (pl_hist_add(copy, h) == PL_OK)
    return copy;
  free_hist(a, copy);
  return NULL;
}

static int add_point(replay *r, int64_t ts_ns, double value, const pl_hist *h)
{
  if (r->n == POINTS_MAX)
    return pl_fail(r->err, PL_ELIMIT, "more than %d samples of an objective's metrics in one run: fewer labels or a shorter time make fewer", POINTS_MAX);
  if (!pl_reach(r->alloc, (void **)&r->points, &r->cap, r->n, sizeof *r->points))
    return no_memory(r->err);
  point p = {ts_ns, r->n, r->slot, value, h ? copy_hist(r->alloc, h) : NULL};
  if (h && !p.hist)
    return no_memory(r->err);
  r->points[r->n++] = p;
  return 0;
}

static int on_sample(void *user, int64_t ts_ns, double value)
{
  replay *r = user;
  if (r->counts_load)
    ts_ns = pl_growth_from_ms(&r->growth, ts_ns / (int64_t)PL_MS_NS, value) * (int64_t)PL_MS_NS;
  if (r->ranged && ts_ns >= r->to_ms * (int64_t)PL_MS_NS)
    return 1; /* no more are wanted */
  if (r->ranged && ts_ns < r->from_ms * (int64_t)PL_MS_NS) {
    r->before = (point){.ts_ns = ts_ns, .slot = r->slot, .value = value};
    return PL_OK;
  }
  if (r->before.ts_ns) {
    int code = add_point(r, r->before.ts_ns, r->before.value, NULL);
    r->before.ts_ns = 0;
    if (code)
      return code;
  }
  return add_point(r, ts_ns, value, NULL);
}

static int on_dist(void *user, int64_t ts_ms, const pl_hist *h)
{
  return add_point(user, ts_ms * (int64_t)PL_MS_NS, 0, h);
}

/* The range is a measured part of this scenario ("": of what belongs to none). */
static int measure_range(replay *r, pl_str scenario)
{
  pl_part part = {.from_ms = r->from_ms, .to_ms = r->to_ms, .drained_ms = r->to_ms, .whole = true};
  (void)pl_copy(part.scenario, sizeof part.scenario, scenario);
  for (size_t i = 0; i < r->scenarios.n; i++) {
    if (strcmp(r->scenarios.list[i].scenario, part.scenario) == 0)
      return PL_OK;
  }
  int code = pl_parts_add(&r->scenarios, &part, r->err);
  return code ? code : pl_watch_part(r->watch, &part, r->err);
}

static int measure_scenario_of(replay *r, const pl_series_info *info)
{
  for (size_t i = 0; r->ranged && i < info->n_labels; i++) {
    if (pl_str_eqc(info->labels[i].name, "scenario"))
      return measure_range(r, info->labels[i].value);
  }
  return PL_OK;
}

static bool is_of_load(const pl_series_info *info)
{
  for (size_t i = 0; i < info->n_labels; i++) {
    if (pl_str_eqc(info->labels[i].name, "source"))
      return pl_growth_is_of_load(info->name, info->kind, info->labels[i].value);
  }
  return false;
}

static int on_series(void *user, const pl_series_info *info)
{
  replay *r = user;
  int code = measure_scenario_of(r, info);
  if (code)
    return code;
  int slot = pl_watch_series(r->watch, info);
  if (slot < 0)
    return 0;
  if (!pl_reach(r->alloc, (void **)&r->series, &r->cap_series, r->n_series, sizeof *r->series))
    return no_memory(r->err);
  r->series[r->n_series++] = (source){info->id, slot, info->kind, is_of_load(info)};
  return 0;
}

static int on_part(void *user, const pl_field *f, size_t n)
{
  replay *r = user;
  pl_part part = {.from_ms = f[1].integer, .to_ms = f[2].integer, .drained_ms = f[3].integer};
  (void)n;
  (void)pl_copy(part.scenario, sizeof part.scenario, f[0].bytes);
  return pl_watch_part(r->watch, &part, r->err);
}

/* A load's counter tells of a second when it is over: of one that begins within a range, behind it. */
static int read_samples(replay *r, const source *s)
{
  int64_t from_ns = INT64_MIN, to_ns = INT64_MAX;
  if (r->ranged) {
    from_ns = (r->from_ms - (s->kind == PL_SERIES_COUNTER ? LOOK_BACK_S * 1000 : 0)) * (int64_t)PL_MS_NS;
    to_ns = (r->to_ms + (s->counts_load ? LOOK_BACK_S * 1000 : 0)) * (int64_t)PL_MS_NS;
  }
  r->before.ts_ns = 0;
  r->counts_load = s->counts_load;
  r->growth = (pl_growth){0};
  return pl_reader_samples(r->reader, s->id, r->run, from_ns, to_ns, on_sample, r, r->err);
}

static int read_series(replay *r, const char *name)
{
  size_t first = r->n_series;
  int code = pl_reader_series(r->reader, pl_str_of(name), NULL, 0, r->run, on_series, r, r->err);
  for (size_t i = first; i < r->n_series && !code; i++) {
    r->slot = r->series[i].slot;
    if (r->series[i].kind == PL_SERIES_DIST)
      code = pl_reader_dists(r->reader, r->series[i].id, r->run, 1, r->from_ms, r->to_ms, on_dist, r, r->err);
    else
      code = read_samples(r, &r->series[i]);
  }
  return code;
}

static int by_time(const void *a, const void *b)
{
  const point *x = a, *y = b;
  if (x->ts_ns != y->ts_ns)
    return x->ts_ns < y->ts_ns ? -1 : 1;
  if (x->slot != y->slot)
    return x->slot - y->slot;
  return x->order < y->order ? -1 : x->order > y->order;
}

static int64_t second_of(const point *p)
{
  return p->ts_ns / (int64_t)PL_S_NS;
}

/* Seconds of the wall: a point belongs to the second in which it lies. */
static void give(replay *r)
{
  int64_t second = r->n ? second_of(&r->points[0]) : 0;
  for (size_t i = 0; i < r->n; i++) {
    const point *p = &r->points[i];
    for (; second_of(p) > second; second++) {
      (void)pl_watch_second(r->watch, second * 1000);
      if (second_of(p) - second > GAP_S)
        second = second_of(p) - GAP_S;
    }
    if (p->hist)
      pl_watch_dist(r->watch, p->slot, p->ts_ns / (int64_t)PL_MS_NS, p->hist);
    else
      pl_watch_sample(r->watch, p->slot, p->ts_ns / (int64_t)PL_MS_NS, p->value);
  }
  if (r->n)
    (void)pl_watch_second(r->watch, second * 1000);
}

static replay *replay_new(const pl_allocator *a, pl_reader *reader, int64_t run, pl_watch *w, pl_error *err)
{
  replay *r = pl_alloc_zero(a, 1, sizeof *r);
  if (!r) {
    (void)no_memory(err);
    return NULL;
  }
  r->alloc = a;
  r->reader = reader;
  r->watch = w;
  r->run = run;
  r->err = err;
  r->from_ms = INT64_MIN;
  r->to_ms = INT64_MAX;
  return r;
}

static void replay_free(replay *r)
{
  const pl_allocator *a = r->alloc;
  for (size_t i = 0; i < r->n; i++)
    free_hist(a, r->points[i].hist);
  pl_free(a, r->points, r->cap * sizeof *r->points);
  pl_free(a, r->series, r->cap_series * sizeof *r->series);
  pl_free(a, r, sizeof *r);
}

/* Reads the points of all the metrics that the watch looks at, in order of time. */
static int read_all(replay *r)
{
  const char *metrics[PL_WATCH_METRICS];
  size_t n = pl_watch_metrics(r->watch, metrics);
  int code = PL_OK;
  for (size_t i = 0; i < n && !code; i++)
    code = read_series(r, metrics[i]);
  if (!code && r->n)
    qsort(r->points, r->n, sizeof *r->points, by_time);
  return code;
}

int pl_replay(const pl_allocator *a, pl_reader *reader, int64_t run, const pl_parts *parts, bool alone, pl_watch *w,
              pl_error *err)
{
  replay *r = replay_new(a, reader, run, w, err);
  if (!r)
    return PL_ENOMEM;
  pl_field fields[] = {{.name = "run", .type = PL_FIELD_INT, .integer = run}};
  int code = alone ? PL_OK : pl_reader_record(reader, "parts_of", fields, 1, on_part, r, err);
  for (size_t i = 0; parts && i < parts->n && !code; i++)
    code = pl_watch_part(w, &parts->list[i], err);
  if (!code)
    code = read_all(r);
  if (!code) {
    give(r);
    pl_watch_second_pass(w);
    give(r);
  }
  replay_free(r);
  return code;
}

int pl_replay_range(const pl_allocator *a, pl_reader *reader, int64_t run, int64_t from_ms, int64_t to_ms, pl_watch *w, pl_error *err)
{
  replay *r = replay_new(a, reader, run, w, err);
  if (!r)
    return PL_ENOMEM;
  r->from_ms = from_ms;
  r->to_ms = to_ms;
  r->ranged = true;
  int code = measure_range(r, PL_STR(""));
  if (!code)
    code = read_all(r);
  if (!code)
    give(r);
  replay_free(r);
  return code;
}
