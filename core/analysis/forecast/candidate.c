/* See candidate.h. */
#include "analysis/forecast/candidate.h"

#include <math.h>
#include <string.h>

#include "analysis/forecast/median.h"
#include "analysis/forecast/profile.h"
#include "analysis/forecast/theil_sen.h"
#include "analysis/gaps.h"

enum { AROUND = 5, ROUNDS = 5, PARTS = 8, SELDOM = 20 };

static const double wild = 6;

bool pl_candidate_fits(pl_outlook_model model, const double *y, size_t n, const pl_outlook_spec *spec)
{
  size_t known = 0;
  double least = INFINITY, most = -INFINITY;
  for (size_t i = 0; i < n; i++) {
    if (isnan(y[i]))
      continue;
    known++;
    least = fmin(least, y[i]);
    most = fmax(most, y[i]);
  }
  size_t rows = known > spec->k ? known - spec->k : 0;
  switch (model) {
  case PL_OUTLOOK_LEVEL: return rows >= 1;
  case PL_OUTLOOK_DRIFT: return rows >= 4;
  case PL_OUTLOOK_HALF: return rows >= 24;
  case PL_OUTLOOK_QUARTER: return rows >= 60;
  case PL_OUTLOOK_GROWTH:
  case PL_OUTLOOK_LEVELLING: return rows >= 8 && most > least;
  case PL_OUTLOOK_LOGISTIC: return rows >= 8 && spec->ceiling > 0 && most > least;
  case PL_OUTLOOK_COMBINED: return spec->k ? rows >= 4 : rows >= 1;
  case PL_OUTLOOK_MODELS: break;
  }
  return false;
}

static size_t first_of(pl_outlook_model model, size_t n)
{
  return model == PL_OUTLOOK_HALF ? n / 2 : model == PL_OUTLOOK_QUARTER ? n - n / 4 : 0;
}

static bool has_trend(pl_outlook_model model)
{
  return model != PL_OUTLOOK_LEVEL && model != PL_OUTLOOK_LOGISTIC;
}

bool pl_candidate_spoken_of(const pl_outlook_spec *spec, size_t i)
{
  for (size_t j = 0; j < spec->k; j++)
    if (spec->x[i * spec->k + j] != 0)
      return true;
  return false;
}

/* Distance of z[i] from the median of what is around it, the slope apart, which would make the ends look wild. */
static double apart(const double *z, size_t n, double slope, size_t i)
{
  double near[2 * AROUND + 1];
  size_t kept = 0;
  for (size_t j = i > AROUND ? i - AROUND : 0; j < n && j <= i + AROUND; j++)
    if (!isnan(z[j]))
      near[kept++] = z[j] - slope * ((double)j - (double)i);
  return z[i] - pl_median_in(near, kept);
}

/* Those of far[from] to far[to - 1] that are known, into out; how many. */
static size_t known_of(const double *far, size_t from, size_t to, double *out)
{
  size_t kept = 0;
  for (size_t i = from; i < to; i++)
    if (!isnan(far[i]))
      out[kept++] = far[i];
  return kept;
}

/* far[n] by what is wild, over 1 then: by the spread of all, or of the part of the series where that is wider, as of what grows by a share. False: there are
 * too
 * few, or most are the same. scratch[n]. */
static bool measure(double *far, size_t n, double *scratch)
{
  size_t kept = known_of(far, 0, n, scratch);
  double all = kept > 4 * AROUND ? wild * pl_mad_in(scratch, kept) : 0;
  for (size_t part = 0; part < PARTS && all > 0; part++) {
    size_t from = n * part / PARTS, to = n * (part + 1) / PARTS;
    kept = known_of(far, from, to, scratch);
    double limit = kept > 4 * AROUND ? fmax(all, wild * pl_mad_in(scratch, kept)) : all;
    for (size_t i = from; i < to; i++)
      far[i] = fabs(far[i]) / limit;
  }
  return all > 0;
}

/* Wild values of z[n], whose robust slope is given, become gaps. Where more than a tenth are wild none is, or with `more` the furthest tenth. far[n],
 * scratch[n]. */
static void clean(double *z, size_t n, double slope, const pl_outlook_spec *spec, bool more, double *far, double *scratch)
{
  size_t found = 0;
  double limit = 1;
  for (size_t i = 0; i < n; i++)
    far[i] = isnan(z[i]) ? NAN : apart(z, n, slope, i);
  if (!measure(far, n, scratch))
    return;
  for (size_t i = 0; i < n; i++)
    found += far[i] > 1 && !pl_candidate_spoken_of(spec, i);
  size_t kept = known_of(far, 0, n, scratch);
  if (found * 10 > kept && !more)
    return;
  if (found * 10 > kept)
    limit = fmax(1, pl_quantile_in(scratch, kept, 0.9));
  for (size_t i = 0; i < n; i++)
    if (far[i] > limit && !pl_candidate_spoken_of(spec, i))
      z[i] = NAN;
}

/* The trend at step i: 1 at the last value, but of what levels out 1 at the first. */
static double trend_at(const pl_candidate *c, size_t i)
{
  return c->model == PL_OUTLOOK_LEVELLING ? exp(-c->rate * (double)i) : (double)(i + 1) / (double)c->n;
}

/* The columns of steps from ... from + count - 1 into out, k each: 1, the trend, the regressors. */
static void columns(const pl_candidate *c, const pl_outlook_spec *spec, size_t from, size_t count, double *out)
{
  for (size_t i = 0; i < count; i++) {
    *out++ = 1;
    if (has_trend(c->model))
      *out++ = trend_at(c, from + i);
    for (size_t j = 0; j < spec->k; j++)
      *out++ = spec->x[(from + i) * spec->k + j];
  }
}

/* z = y without seasons; those ahead into c. scratch[n + h]. */
static int take_seasons(const pl_allocator *a, const pl_outlook_spec *spec, pl_candidate *c, double *z, double *scratch)
{
  size_t n = c->n, h = c->h;
  memset(scratch, 0, (n + h) * sizeof *scratch);
  int code = pl_profile(a, z, n, spec->seasons, spec->n_seasons, n + h, scratch);
  if (code)
    return code;
  for (size_t i = 0; i < n; i++)
    z[i] -= scratch[i];
  memcpy(c->season, scratch + n, h * sizeof *scratch);
  return PL_OK;
}

/* Wild values of z[n] become gaps; more: as of clean. scratch and far are n values each. */
static int take_wild(const pl_allocator *a, const pl_outlook_spec *spec, bool more, double *z, size_t n, double *far, double *scratch)
{
  pl_line line;
  int code = pl_theil_sen(a, z, n, &line);
  if (code == PL_OK)
    clean(z, n, line.slope, spec, more, far, scratch);
  return code;
}

/* A round of pl_candidate_take_wild: kept[n] is y without what is wild by the seasons of what kept was; more: as of clean. Whether that is what it was.
 * space: 4 n. */
static int take_wild_anew(const pl_allocator *a, const pl_outlook_spec *spec, bool more, const double *y, double *kept, size_t n, double *space, bool *same)
{
  double *season = space, *z = season + n, *far = z + n, *scratch = far + n;
  memset(season, 0, n * sizeof *season);
  int code = pl_profile(a, kept, n, spec->seasons, spec->n_seasons, n, season);
  for (size_t i = 0; i < n; i++)
    z[i] = y[i] - season[i];
  code = code ? code : take_wild(a, spec, more, z, n, far, scratch);
  *same = true;
  for (size_t i = 0; i < n && code == PL_OK; i++) {
    *same = *same && isnan(z[i]) == isnan(kept[i]);
    kept[i] = isnan(z[i]) ? NAN : y[i];
  }
  return code;
}

int pl_candidate_take_wild(const pl_allocator *a, const pl_outlook_spec *spec, double *y, size_t n)
{
  double *kept = pl_alloc(a, 5 * n * sizeof *kept);
  bool same = false;
  int code = kept ? PL_OK : PL_ENOMEM;
  if (kept)
    memcpy(kept, y, n * sizeof *y);
  for (int i = 0; i < ROUNDS && code == PL_OK && !same; i++)
    code = take_wild_anew(a, spec, true, y, kept, n, kept + n, &same);
  if (code == PL_OK)
    code = take_wild_anew(a, spec, false, y, kept, n, kept + n, &same);
  size_t found = 0, known = 0;
  for (size_t i = 0; i < n && code == PL_OK; i++) {
    known += isnan(y[i]) ? 0 : 1;
    found += isnan(kept[i]) && !isnan(y[i]) ? 1 : 0;
  }
  if (code == PL_OK && found * SELDOM <= known)
    memcpy(y, kept, n * sizeof *y);
  pl_free(a, kept, 5 * n * sizeof *kept);
  return code == PL_ENOMEM ? code : PL_OK;
}

/* Where the series lies, seasons apart or not. */
typedef struct range {
  double least, most;
} range;

static void turn(double *y, size_t n)
{
  for (size_t i = 0; i < n; i++)
    y[i] = -y[i];
}

/* By what steps do, else by the bend; y without gaps. */
static int offset_of(const double *y, range r, double bend, pl_candidate *c)
{
  c->by_spread = pl_walking_offset(y, c->n, r.least, r.most, &c->offset) == PL_OK;
  return c->by_spread ? PL_OK : pl_growth_offset(y, c->n, r.least, r.most, bend, &c->offset);
}

/* The offset of growth: by what seasons do, else by the bend; of series that grow so downwards that of -y. z: y without seasons and wild values; scratch and
 * more: n values each. */
static int find_offset(const double *y, const double *z, const pl_outlook_spec *spec, pl_candidate *c, range r, double *scratch, double *more)
{
  const range turned = {-r.most, -r.least};
  size_t n = c->n, season = 0;
  for (size_t s = 0; s < spec->n_seasons; s++)
    season = spec->seasons[s] <= n / 3 ? spec->seasons[s] : season;
  for (size_t i = 0; i < n; i++)
    more[i] = isnan(z[i]) ? NAN : y[i];
  if (pl_gaps_fill(more, n, season, scratch) == n)
    return PL_EINVAL;
  if (pl_seasonal_offset(scratch, n, season, r.least, r.most, &c->by_spread, &c->offset) == PL_OK)
    return PL_OK;
  turn(scratch, n);
  int code = pl_seasonal_offset(scratch, n, season, turned.least, turned.most, &c->by_spread, &c->offset);
  if (code) {
    pl_gaps_fill(z, n, 0, scratch);
    if (offset_of(scratch, r, spec->bend, c) == PL_OK)
      return PL_OK;
    turn(scratch, n);
    code = offset_of(scratch, turned, spec->bend, c);
  }
  c->upside_down = true;
  c->offset = -c->offset;
  return code;
}

/* z = the logarithm of y over the offset of its growth, or under it. Wild values are left out before that is found; what lies beyond it is a gap. */
static int take_logarithm(const pl_allocator *a, const double *y, const pl_outlook_spec *spec, pl_candidate *c, double *z, double *scratch, double *more)
{
  size_t n = c->n;
  range r = {INFINITY, -INFINITY};
  int code = take_seasons(a, spec, c, z, scratch);
  if (code == PL_OK)
    code = take_wild(a, spec, false, z, n, scratch, more);
  for (size_t i = 0; i < n && code == PL_OK; i++) {
    r.least = fmin(r.least, isnan(z[i]) ? INFINITY : y[i]);
    r.most = fmax(r.most, isnan(z[i]) ? -INFINITY : y[i]);
  }
  c->offset = spec->offset;
  c->upside_down = spec->upside_down;
  if (code == PL_OK && !spec->known)
    code = find_offset(y, z, spec, c, r, scratch, more);
  for (size_t i = 0; i < n && code == PL_OK; i++) {
    double over = c->upside_down ? c->offset - y[i] : y[i] - c->offset;
    z[i] = over > 0 ? log(over) : NAN;
  }
  return code;
}

/* The rate of a series that levels out. z: y without seasons; scratch and more: n values each. */
static int find_rate(const pl_allocator *a, const double *z, const pl_outlook_spec *spec, pl_candidate *c, double *scratch, double *more)
{
  size_t n = c->n;
  c->rate = spec->rate;
  if (spec->known)
    return PL_OK;
  double *kept = pl_alloc(a, n * sizeof *kept);
  if (!kept)
    return PL_ENOMEM;
  memcpy(kept, z, n * sizeof *kept);
  int code = take_wild(a, spec, false, kept, n, scratch, more);
  if (code == PL_OK && pl_gaps_fill(kept, n, 0, scratch) == n)
    code = PL_EINVAL;
  if (code == PL_OK)
    code = pl_levelling_rate(scratch, n, spec->bend, &c->rate);
  pl_free(a, kept, n * sizeof *kept);
  return code;
}

/* z = y as the model sees it, without seasons; the seasons ahead into c. scratch[n + h], more[n]. */
static int prepare(const pl_allocator *a, const double *y, const pl_outlook_spec *spec, pl_candidate *c, double *z, double *scratch, double *more)
{
  size_t n = c->n;
  memcpy(z, y, n * sizeof *z);
  int code = c->model == PL_OUTLOOK_GROWTH ? take_logarithm(a, y, spec, c, z, scratch, more) : PL_OK;
  if (code == PL_OK)
    code = take_seasons(a, spec, c, z, scratch);
  if (code == PL_OK && c->model == PL_OUTLOOK_LEVELLING)
    code = find_rate(a, z, spec, c, scratch, more);
  if (code || c->model != PL_OUTLOOK_LOGISTIC)
    return code;
  c->offset = spec->zero;
  for (size_t i = 0; i < n; i++)
    z[i] -= c->offset;
  code = pl_logistic_fit(a, z, n, spec->ceiling, &c->growth);
  for (size_t i = 0; i < n && code == PL_OK; i++)
    z[i] -= pl_logistic_at(&c->growth, (double)i);
  return code;
}

/* A model without a trend gets none from its innovations. */
static void stand_still(pl_drift *d)
{
  for (size_t i = 0; i < d->n_innovation; i++)
    d->innovation[i] -= d->centre;
  d->centre = 0;
}

/* What regressors of a row do, by the regression. */
static double done(const pl_candidate *c, const double *row)
{
  double sum = 0;
  for (size_t j = 2; j < c->drift.k; j++)
    sum += row[j] * c->drift.fit.coefficient[j];
  return sum;
}

/* The combination, of y[n] without what regressors did, and without what was wild, NaN in z. */
static int combine(const pl_allocator *a, const double *y, const pl_outlook_spec *spec, const pl_forecast_past *past, pl_candidate *c, double *z,
                   const double *rows)
{
  pl_forecast_options o = {.alloc = a, .no_season = spec->n_seasons == 0, .found = spec->found, .cancelled = spec->stopped, .user = spec->of};
  if (past)
    o.past = *past;
  for (size_t i = 0; i < spec->n_seasons; i++)
    o.seasons[i] = spec->seasons[i];
  for (size_t i = 0; i < c->n; i++)
    z[i] = isnan(z[i]) ? NAN : y[i] - done(c, rows + i * c->drift.k);
  return pl_combination_fit(&o, z, c->n, c->h, &c->combined);
}

static int fit(const pl_allocator *a, const double *y, const pl_outlook_spec *spec, const pl_forecast_past *past, pl_candidate *c, double *space)
{
  size_t n = c->n, k = 1 + has_trend(c->model) + spec->k, from = first_of(c->model, n);
  double *z = space, *scratch = z + n, *rows = scratch + n + c->h;
  int code = prepare(a, y, spec, c, z, scratch, rows);
  if (code == PL_OK)
    code = take_wild(a, spec, false, z, n, scratch, rows);
  if (code)
    return code;
  columns(c, spec, from, n - from, rows);
  columns(c, spec, n, c->h, c->rows);
  if (c->model == PL_OUTLOOK_COMBINED && spec->k == 0)
    return combine(a, y, spec, past, c, z, rows);
  code = pl_drift_fit(a, z + from, rows, n - from, k, &c->drift);
  if (code == PL_OK && c->model == PL_OUTLOOK_COMBINED)
    return combine(a, y, spec, past, c, z, rows);
  if (code == PL_OK && !has_trend(c->model))
    stand_still(&c->drift);
  return code;
}

int pl_candidate_fit(const pl_allocator *a, pl_outlook_model model, const double *y, size_t n, const pl_outlook_spec *spec, size_t h,
                     const pl_forecast_past *past, pl_candidate *out)
{
  size_t k = 2 + spec->k, space_n = n * (2 + k) + h;
  pl_candidate c = {.model = model, .h = h, .n = n, .columns = k, .rows = pl_alloc(a, h * k * sizeof *c.rows), .season = pl_alloc(a, h * sizeof *c.season)};
  double *space = pl_alloc(a, space_n * sizeof *space);
  int code = c.rows && c.season && space ? fit(a, y, spec, past, &c, space) : PL_ENOMEM;
  pl_free(a, space, space_n * sizeof *space);
  if (code == PL_OK) {
    *out = c;
    return code;
  }
  pl_candidate_free(a, &c);
  return code;
}

/* What the model sees, as a value at step i. */
static double undo(const pl_candidate *c, size_t i, double z, bool seasons)
{
  if (seasons)
    z += c->season[i];
  if (c->model == PL_OUTLOOK_GROWTH)
    return c->offset + (c->upside_down ? -1 : 1) * exp(fmin(z, 600));
  return c->model == PL_OUTLOOK_LOGISTIC ? c->offset + z + pl_logistic_at(&c->growth, (double)(c->n + i)) : z;
}

void pl_candidate_ahead(const pl_candidate *c, bool seasons, double *mean, double *sd)
{
  if (c->model == PL_OUTLOOK_COMBINED) {
    pl_combination_ahead(&c->combined, mean, sd);
    for (size_t i = 0; i < c->h; i++)
      mean[i] += done(c, c->rows + i * c->drift.k) - (seasons ? 0 : c->season[i]);
    return;
  }
  pl_drift_ahead(&c->drift, c->rows, c->h, mean, sd);
  for (size_t i = 0; i < c->h; i++) {
    mean[i] = undo(c, i, mean[i], seasons);
    if (sd)
      sd[i] = sqrt(sd[i]) * (c->model == PL_OUTLOOK_GROWTH ? fabs(mean[i] - c->offset) : 1);
  }
}

double pl_candidate_done(const pl_candidate *c, size_t i)
{
  return done(c, c->rows + i * c->drift.k);
}

void pl_candidate_path(const pl_candidate *c, double wider, pl_rng *rng, double *out)
{
  if (c->model == PL_OUTLOOK_COMBINED) {
    pl_combination_path(&c->combined, wider, rng, out);
    for (size_t i = 0; i < c->h; i++)
      out[i] += done(c, c->rows + i * c->drift.k);
    return;
  }
  pl_drift_path(&c->drift, c->rows, c->h, wider, rng, out);
  for (size_t i = 0; i < c->h; i++)
    out[i] = undo(c, i, out[i], true);
}

void pl_candidate_free(const pl_allocator *a, pl_candidate *c)
{
  pl_free(a, c->rows, c->h * c->columns * sizeof *c->rows);
  pl_free(a, c->season, c->h * sizeof *c->season);
  pl_drift_free(a, &c->drift);
  pl_combination_free(&c->combined);
  memset(c, 0, sizeof *c);
}
