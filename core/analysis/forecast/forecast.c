/* See forecast.h. Work is done on prepared values (prepare.h), so that results follow shifts and scales of the series. Memory of a call comes
 * from an arena that ends with it. */
#include "analysis/forecast/forecast.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "analysis/forecast/interval.h"
#include "analysis/forecast/level.h"
#include "analysis/forecast/period.h"
#include "analysis/forecast/pool.h"
#include "analysis/forecast/prepare.h"
#include "analysis/forecast/resolution.h"
#include "analysis/normal.h"
#include "analysis/student.h"
#include "base/arena.h"

enum {
  JUDGES = 12,  /* of the newest moments of the back-test, whose errors weigh models */
  FEW = 5,      /* values, below which equal ones may be so by chance */
  ENOUGH = 96,  /* values, from which on errors of the back-test tell models apart, also without a season */
  ARENA_MAX = 1 << 28,
};

typedef struct work {
  const pl_forecast_options *o;
  pl_forecast_result *r;
  pl_arena arena;
  pl_prepared p;
  pl_pool pool;
  pl_level_steps steps;
  size_t h;       /* steps with those of the gap at the end */
  size_t first;   /* value of the series that is the first one of p */
  size_t most;    /* steps that any forecast of the past or the future has */
  size_t origins; /* of the back-test */
  size_t stride;  /* steps between them */
  double least;   /* half width of an interval: of half the resolution */
  bool weigh;     /* models by their errors there */
  double *f;      /* h */
  double *errors; /* origins rows of h */
  double *naive;  /* likewise, of the naive forecast */
} work;

const char *pl_forecast_model_name(enum pl_forecast_model m)
{
#define NAME(symbol, name) name,
  static const char *const names[] = {PL_FORECAST_MODEL_MAP(NAME)};
#undef NAME
  return m < PL_FORECAST_MODELS ? names[m] : "";
}

enum pl_forecast_model pl_forecast_model_of(const char *name)
{
  int m = 0;
  while (m < PL_FORECAST_MODELS && strcmp(pl_forecast_model_name((enum pl_forecast_model)m), name) != 0)
    m++;
  return (enum pl_forecast_model)m;
}

void pl_forecast_result_fini(pl_forecast_result *r)
{
  if (r->alloc)
    pl_free(r->alloc, r->mean, r->horizon * (1 + 2 * r->n_levels) * sizeof *r->mean);
  *r = (pl_forecast_result){0};
}

static bool are_valid(const pl_forecast_options *o)
{
  if (o->horizon < 1 || o->horizon > PL_FORECAST_HORIZON_MAX || o->n_levels > PL_FORECAST_LEVELS || (unsigned)o->model >= PL_FORECAST_MODELS)
    return false;
  for (size_t i = 0; i < o->n_levels; i++) {
    if (!(o->levels[i] > 0 && o->levels[i] < 1))
      return false;
  }
  return o->past.steps <= o->horizon;
}

static int make_result(const pl_forecast_options *o, pl_forecast_result *r)
{
  *r = (pl_forecast_result){.alloc = o->alloc, .horizon = o->horizon, .n_levels = o->n_levels, .mase = NAN, .mase_naive = NAN, .carry = 1};
  r->mean = pl_alloc_zero(o->alloc, o->horizon * (1 + 2 * o->n_levels), sizeof *r->mean);
  if (!r->mean)
    return PL_ENOMEM;
  r->lo = r->mean + o->horizon;
  r->hi = r->lo + o->n_levels * o->horizon;
  for (size_t i = 0; i < PL_FORECAST_LEVELS; i++)
    r->coverage[i] = NAN;
  return 0;
}

/* Which seasons are used: of those given, the ones that the series has, and multiples of a single one; with none given, those that are found. */
static int choose_seasons(work *w)
{
  const size_t *given = w->o->seasons;
  size_t *seasons = w->pool.seasons, found = 0;
  for (size_t i = 0; i < PL_FORECAST_SEASONS && given[i]; i++) {
    if (w->o->found ? w->p.n >= 2 * given[i] : pl_has_season(w->p.z, w->p.n, given[i]))
      seasons[found++] = given[i];
  }
  bool look = !w->o->found && (given[0] < 2 || (found == 1 && !given[1]));
  return look ? pl_periods_find(w->o->alloc, w->p.z, w->p.n, 0, seasons[0], seasons, &found) : 0;
}

/* The series at its last level. */
static int find_level(work *w)
{
  int code = pl_level_steps_find(w->o->alloc, w->p.z, w->p.n, NULL, 0, w->h, w->o->cancelled, w->o->user, &w->steps);
  if (!code)
    pl_level_steps_align(&w->steps, w->p.z, w->p.n);
  return code;
}

/* Seasons, then gaps filled by the longest one's shape. */
static int find_shape(work *w, const double *y, size_t n)
{
  size_t longest = 0;
  double *scratch = pl_arena_alloc(&w->arena, 2 * w->p.n, sizeof *scratch);
  if (!scratch)
    return PL_ENOMEM;
  if (w->o->no_season)
    return 0;
  int code = choose_seasons(w);
  if (code)
    return code;
  for (size_t i = 0; i < PL_FORECAST_SEASONS; i++)
    longest = w->pool.seasons[i] > longest ? w->pool.seasons[i] : longest;
  if (w->p.missing && longest) {
    pl_season_shape(w->p.z, w->p.n, longest, scratch, scratch + w->p.n);
    pl_prepare_season(&w->p, y, n, scratch, longest);
  }
  return 0;
}

static bool is_cancelled(const work *w)
{
  return w->o->cancelled && w->o->cancelled(w->o->user);
}

/* The longest season, 1 for none: what is naive repeats it. */
static size_t period_of(const work *w)
{
  size_t m = 1;
  for (size_t i = 0; i < PL_FORECAST_SEASONS; i++)
    m = w->pool.seasons[i] > m ? w->pool.seasons[i] : m;
  return m;
}

static size_t least_of(size_t a, size_t b)
{
  return a < b ? a : b;
}

/* How many moments there are room for: the first one leaves two cycles and a value more, at least six values. Widths of intervals are told the better the
 * longer the past is that they come from: there are more than judge models, where they leave half of the values. */
static void plan_origins(work *w)
{
  size_t least = 2 * period_of(w) + 1 > 6 ? 2 * period_of(w) + 1 : 6, room = w->p.n > least ? w->p.n - least : 0;
  w->stride = w->h > 6 ? w->h / 6 : 1;
  w->weigh = w->p.n >= ENOUGH || w->pool.seasons[0];
  size_t all = room / w->stride, recent = least_of(all, w->p.n / 2 / w->stride);
  w->origins = w->weigh && recent > JUDGES ? least_of(recent, PL_ORIGINS_MAX) : least_of(all, JUDGES);
}

/* All models' forecasts from moment i; how many steps are known of what came. */
static size_t look_back(work *w, size_t i, double *each)
{
  size_t n = w->p.n - (i + 1) * w->stride, known = w->p.n - n < w->h ? w->p.n - n : w->h;
  pl_pool_each(&w->pool, w->p.z, n, known, each);
  pl_naive(w->p.z, n, period_of(w), known, w->naive + i * w->h);
  return known;
}

/* Adds to the sums of squared errors of each model. */
static void add_squares(const work *w, const double *each, size_t known, double *squares)
{
  for (size_t m = 0; m < pl_pool_size(&w->pool); m++) {
    for (size_t k = 0; k < known; k++) {
      double e = w->f[k] - each[m * known + k];
      squares[m] += e * e;
    }
  }
}

/* Forecasts from the past; then weights of the models by their errors, and errors of the combination. */
static int back_test(work *w)
{
  double squares[PL_POOL_MODELS] = {0};
  size_t row = PL_POOL_MODELS * w->h, known[PL_ORIGINS_MAX];
  double *each = pl_arena_alloc(&w->arena, w->origins * row + 1, sizeof *each);
  if (!each)
    return PL_ENOMEM;
  for (size_t i = 0; i < w->origins; i++) {
    if (is_cancelled(w))
      return PL_ECANCELED;
    known[i] = look_back(w, i, each + i * row);
    memcpy(w->f, w->p.z + w->p.n - (i + 1) * w->stride, known[i] * sizeof *w->f);
    if (i < JUDGES)
      add_squares(w, each + i * row, known[i], squares);
  }
  if (w->weigh)
    pl_pool_weigh(&w->pool, squares);
  for (size_t i = 0; i < w->origins; i++) {
    const double *y = w->p.z + w->p.n - (i + 1) * w->stride;
    double *errors = w->errors + i * w->h, *naive = w->naive + i * w->h;
    pl_pool_combine(&w->pool, each + i * row, known[i], errors);
    for (size_t k = 0; k < w->h; k++) {
      errors[k] = k < known[i] ? y[k] - errors[k] : NAN;
      naive[k] = k < known[i] ? y[k] - naive[k] : NAN;
    }
  }
  return 0;
}

static double mean_size(const double *e, size_t n)
{
  double sum = 0, count = 0;
  for (size_t i = 0; i < n; i++) {
    if (!isnan(e[i])) {
      sum += fabs(e[i]);
      count++;
    }
  }
  return count > 0 ? sum / count : NAN;
}

/* Correlation of errors with those a step later, of one moment's forecast; their mean is part of them. */
static double carry_of(const work *w)
{
  double xy = 0, xx = 0, yy = 0;
  for (size_t i = 0; i < w->origins * w->h; i++) {
    double x = w->errors[i], y = (i + 1) % w->h ? w->errors[i + 1] : NAN;
    if (isnan(x) || isnan(y))
      continue;
    xy += x * y;
    xx += x * x;
    yy += y * y;
  }
  return xx > 0 && yy > 0 ? fmin(fmax(xy / sqrt(xx * yy), 0), 1) : 1;
}

static void score(work *w)
{
  size_t m = period_of(w), n = w->p.n;
  double within = 0;
  for (size_t t = m; t < n; t++)
    within += fabs(w->p.z[t] - w->p.z[t - m]) / (double)(n - m);
  w->r->origins = w->origins;
  w->r->carry = carry_of(w);
  if (!w->origins || !(within > 0))
    return;
  w->r->mase = mean_size(w->errors, w->origins * w->h) / within;
  w->r->mase_naive = mean_size(w->naive, w->origins * w->h) / within;
}

/* Of a walk whose n - 1 steps have a mean size of 1: they tell its deviation, sqrt(pi / 2), with so many degrees of freedom. */
static double walk_quantile(size_t n, double level)
{
  return 1.2533141373155003 * pl_student_quantile((1 + level) / 2, n > 2 ? (double)(n - 1) : 1);
}

static void write_intervals(work *w, const double *scale, double *scratch)
{
  const pl_past_errors past = {w->errors, w->origins, w->h, w->stride};
  for (size_t i = 0; i < w->o->n_levels; i++) {
    double q = w->origins ? pl_error_quantile(&past, scale, w->o->levels[i], scratch) : walk_quantile(w->p.n, w->o->levels[i]), inside = 0, all = 0;
    for (size_t k = 0; k < w->origins * w->h; k++) {
      if (!isnan(w->errors[k])) {
        all++;
        inside += fabs(w->errors[k]) <= q * scale[k % w->h];
      }
    }
    w->r->coverage[i] = all > 0 ? inside / all : NAN;
    double far = pl_normal_inverse((1 + w->o->levels[i]) / 2);
    for (size_t k = 0; k < w->o->horizon; k++) {
      double jumps = pl_level_steps_variance(&w->steps, w->p.ahead + k + 1), f = w->f[w->p.ahead + k];
      double half = fmax(jumps > 0 ? hypot(q * scale[w->p.ahead + k], far * sqrt(jumps)) : q * scale[w->p.ahead + k], w->least);
      w->r->lo[i * w->o->horizon + k] = pl_prepared_value(&w->p, f - half);
      w->r->hi[i * w->o->horizon + k] = pl_prepared_value(&w->p, f + half);
    }
  }
}

/* How many values the models may see of those before a moment: not the gap before it, whose filling knows what came later; its length into *gap. */
static size_t known_at(const work *w, const double *y, size_t moment, size_t *gap)
{
  size_t at = moment;
  while (at > w->first && !isfinite(y[at - 1]))
    at--;
  *gap = moment - at;
  return at > w->first ? at - w->first : 0;
}

/* The most steps of a forecast: a gap before a moment of the past is forecast, too. */
static size_t most_steps(const work *w, const double *y)
{
  const pl_forecast_past *past = &w->o->past;
  size_t most = w->h, gap;
  for (size_t i = 0; i < past->n; i++) {
    if (known_at(w, y, past->at[i], &gap) && gap + past->steps > most)
      most = gap + past->steps;
  }
  return most;
}

/* What the combination says from the moments that are asked for. */
static int look_from(work *w, const double *y, double *each, double *f)
{
  const pl_forecast_past *past = &w->o->past;
  for (size_t i = 0; i < past->n; i++) {
    size_t gap, n = known_at(w, y, past->at[i], &gap);
    if (is_cancelled(w))
      return PL_ECANCELED;
    if (n > 0) {
      pl_pool_each(&w->pool, w->p.z, n, gap + past->steps, each);
      pl_pool_combine(&w->pool, each, gap + past->steps, f);
    }
    for (size_t k = 0; k < past->steps; k++)
      past->said[i * past->steps + k] = n > 0 ? pl_prepared_value(&w->p, f[gap + k]) : NAN;
  }
  return 0;
}

static int make_room(work *w)
{
  size_t cells = (w->origins + 1) * w->h;
  w->pool.scratch = pl_arena_alloc(&w->arena, pl_pool_scratch(w->p.n, w->most, w->pool.seasons), sizeof(double));
  w->f = pl_arena_alloc(&w->arena, w->h, sizeof(double));
  w->errors = pl_arena_alloc(&w->arena, cells, sizeof(double));
  w->naive = pl_arena_alloc(&w->arena, cells, sizeof(double));
  return w->pool.scratch && w->f && w->errors && w->naive ? 0 : PL_ENOMEM;
}

/* Every step is the one value. How much so few values vary is not known: the chance that the next one is another falls with their number, and what
 * another one would be is told by their size alone. */
static void write_constant(work *w)
{
  pl_forecast_result *r = w->r;
  double v = pl_prepared_value(&w->p, 0);
  r->model = "constant";
  for (size_t k = 0; k < w->o->past.n * w->o->past.steps; k++)
    w->o->past.said[k] = v;
  for (size_t k = 0; k < r->horizon * (1 + 2 * r->n_levels); k++)
    r->mean[k] = v;
  for (size_t i = 0; i < r->n_levels && w->p.n < FEW; i++) {
    double q = pl_student_quantile((1 + w->o->levels[i]) / 2, 2) / pl_student_quantile(0.975, 2) / (double)w->p.n;
    for (size_t k = 0; k < r->horizon; k++) {
      double half = fmin(fabs(v) * q * sqrt((double)(k + 1)), DBL_MAX / 2 - fabs(v) / 2);
      r->lo[i * r->horizon + k] = v - half;
      r->hi[i * r->horizon + k] = v + half;
    }
  }
}

/* Parameters have seen the values that the back-test forecasts: by Akaike's final prediction error (1969) errors are sqrt((n + k) / (n - k)) as large
 * where they have not, with about k = 4 of them. */
static double inflation(size_t n)
{
  const double k = 4;
  return n > 8 ? sqrt(((double)n + k) / ((double)n - k)) : sqrt(3);
}

static int run(work *w, const double *y)
{
  double *scale, *scratch;
  plan_origins(w);
  w->most = most_steps(w, y);
  int code = make_room(w);
  if (code)
    return code;
  double *each = pl_arena_alloc(&w->arena, PL_POOL_MODELS * w->most, sizeof *each), *f = pl_arena_alloc(&w->arena, w->most, sizeof *f);
  if (!each || !f)
    return PL_ENOMEM;
  pl_pool_each(&w->pool, w->p.z, w->p.n, w->h, each);
  code = back_test(w);
  pl_pool_combine(&w->pool, each, w->h, w->f);
  if (!code)
    code = look_from(w, y, each, f);
  scale = pl_arena_alloc(&w->arena, w->h, sizeof *scale);
  scratch = pl_arena_alloc(&w->arena, (w->origins + 1) * w->h, sizeof *scratch);
  if (code || !scale || !scratch)
    return code ? code : PL_ENOMEM;
  score(w);
  pl_error_scale(&(pl_past_errors){w->errors, w->origins, w->h, w->stride}, scale, scratch);
  for (size_t k = 0; k < w->h; k++) /* no past to learn from: the mean step, 1, of a walk */
    scale[k] = w->origins ? scale[k] * inflation(w->p.n) : sqrt((double)(k + 1));
  for (size_t k = 0; k < w->o->horizon; k++)
    w->r->mean[k] = pl_prepared_value(&w->p, w->f[w->p.ahead + k]);
  write_intervals(w, scale, scratch);
  w->r->model = pl_forecast_model_name(w->o->model);
  memcpy(w->r->seasons, w->pool.seasons, sizeof w->pool.seasons);
  return 0;
}

static int forecast(work *w, const double *y, size_t n)
{
  double *z = pl_arena_alloc(&w->arena, n < PL_FORECAST_VALUES_MAX ? n + 1 : PL_FORECAST_VALUES_MAX, sizeof *z);
  if (!z)
    return PL_ENOMEM;
  if (!pl_prepare(y, n, PL_FORECAST_VALUES_MAX, z, &w->p))
    return PL_EINVAL;
  w->h = w->o->horizon + w->p.ahead;
  if (w->h > 2 * PL_FORECAST_HORIZON_MAX)
    return PL_EINVAL;
  w->first = n - w->p.ahead - w->p.n;
  w->r->used = w->p.n;
  w->r->missing = w->p.missing;
  if (!(w->p.scale > 0)) {
    write_constant(w);
    return 0;
  }
  w->pool.model = w->o->model;
  w->least = pl_resolution(y + w->first, w->p.n) / 2 / w->p.unit / w->p.scale;
  int code = find_level(w);
  code = code ? code : find_shape(w, y, n);
  return code ? code : run(w, y);
}

int pl_forecast(const double *y, size_t n, const pl_forecast_options *o, pl_forecast_result *r)
{
  work w = {.o = o, .r = r};
  *r = (pl_forecast_result){0};
  if (!are_valid(o) || n == 0)
    return PL_EINVAL;
  int code = make_result(o, r);
  if (code)
    return code;
  pl_arena_init(&w.arena, o->alloc, ARENA_MAX);
  code = forecast(&w, y, n);
  pl_arena_fini(&w.arena);
  if (code)
    pl_forecast_result_fini(r);
  return code;
}
