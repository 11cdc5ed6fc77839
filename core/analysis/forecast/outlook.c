/* See outlook.h. Values are brought to -1 ... 1 first, so that no product of theirs overflows and no model sees where they lie. */
#include "analysis/forecast/outlook.h"

#include <math.h>
#include <string.h>

#include "analysis/forecast/candidate.h"
#include "analysis/forecast/level.h"
#include "analysis/forecast/median.h"
#include "analysis/forecast/period.h"
#include "analysis/forecast/resolution.h"
#include "analysis/forecast/share.h"
#include "analysis/normal.h"

enum { MODELS = PL_OUTLOOK_MODELS, ORIGINS = 6, TEST_MIN = 12, PATHS_MAX = 1000, PATHS_MIN = 200, PATH_VALUES = 4000000, ARRIVALS = 3 };
enum { BENDS = 5 };                         /* of a curve, among its paths */
enum { SEED = 0x6f75746c, JUMPS = 0x100 }; /* streams: one each model, and of steps in the level */

/* No mean, path or interval is larger. */
static const double huge = 1e308;

/* What the back-test saw: at origin o and step i, model m said mean and sd. */
typedef struct backtest {
  size_t origins, steps, at[ORIGINS];
  double *mean, *sd; /* [o][m][i] */
  size_t cells;      /* of each */
  bool tried[MODELS];
  double mae[MODELS], wider[MODELS];
  double naive;
} backtest;

typedef struct work {
  const pl_allocator *a;
  const double *y;     /* (value / unit - centre) / size, without what is wild, and then by share */
  const double *whole; /* with it: what the back-test is told by */
  size_t n;
  double unit, centre, size, least; /* least: of the values as they came, as is the ceiling */
  double resolution;                /* of the values at -1 ... 1 */
  pl_share share;                   /* y is these values, where that takes them */
  double ceiling;
  const pl_outlook_spec *spec; /* with its ceiling and zero on that scale */
  backtest test;
  pl_candidate fitted[MODELS]; /* once, to all values: the combination and curves */
} work;

const char *pl_outlook_name(pl_outlook_model m)
{
  static const char *const names[] = {"level", "drift", "recent drift", "latest drift", "growth", "logistic", "combination", "levelling"};
  return m < PL_OUTLOOK_MODELS ? names[m] : "";
}

static bool stopped(const work *w)
{
  return w->spec->stopped && w->spec->stopped(w->spec->of);
}

static double *said(const work *w, double *of, size_t o, size_t m)
{
  return of + (o * MODELS + m) * w->test.steps;
}

/* The season that the naive method repeats. */
static size_t naive_season(const work *w, size_t n)
{
  for (size_t s = w->spec->n_seasons; s-- > 0;)
    if (w->spec->seasons[s] <= n / 2)
      return w->spec->seasons[s];
  return 1;
}

/* What the seasonal naive method says of step i after n: the last known value of that phase. */
static double naive_ahead(const work *w, size_t n, size_t i)
{
  size_t p = naive_season(w, n), ahead = i % p;
  for (size_t back = 1; back * p <= n + ahead; back++) {
    size_t at = n + ahead - back * p;
    if (at < n && !isnan(w->whole[at]))
      return w->whole[at];
  }
  return NAN;
}

/* From the half of the values on, and where the combination has seen a quarter of what it can. */
static void place_origins(work *w)
{
  backtest *t = &w->test;
  size_t known = 0, seen = w->n > PL_FORECAST_VALUES_MAX ? w->n - PL_FORECAST_VALUES_MAX / 4 * 3 : 0;
  for (size_t i = 0; i < w->n; i++)
    known += isnan(w->y[i]) ? 0 : 1;
  if (known < TEST_MIN)
    return;
  t->steps = w->n / 4 < w->spec->horizon ? w->n / 4 : w->spec->horizon;
  size_t last = w->n - t->steps, half = w->n / 2 > seen ? w->n / 2 : seen, first = half < last ? half : last;
  t->origins = last - first + 1 < ORIGINS ? last - first + 1 : ORIGINS;
  for (size_t o = 0; o < t->origins; o++)
    t->at[o] = t->origins > 1 ? first + (last - first) * o / (t->origins - 1) : last;
}

/* Whether the least value is that of half of them or more: counts of what happens now and then. What is robust takes all others for wild, and their
 * median for the mean. */
static bool is_intermittent(const work *w)
{
  double least = INFINITY, known = 0, same = 0;
  for (size_t i = 0; i < w->n; i++)
    least = fmin(least, w->y[i]);
  for (size_t i = 0; i < w->n; i++) {
    known += !isnan(w->y[i]);
    same += w->y[i] == least;
  }
  return same >= known / 2 && same < known * 0.95;
}

/* Fits the combination to all values, and asks what it says from the origins: its weights and orders are those of the end, its widths, too. */
static int ask_combination(work *w)
{
  backtest *t = &w->test;
  size_t h = w->spec->horizon;
  double *said_then = pl_alloc(w->a, (t->origins * t->steps + 2 * h) * sizeof *said_then), *sd = said_then + t->origins * t->steps;
  const pl_forecast_past past = {t->at, t->origins, t->steps, said_then};
  int code = said_then ? pl_candidate_fit(w->a, PL_OUTLOOK_COMBINED, w->y, w->n, w->spec, h, &past, &w->fitted[PL_OUTLOOK_COMBINED]) : PL_ENOMEM;
  if (code == PL_OK) {
    pl_candidate_ahead(&w->fitted[PL_OUTLOOK_COMBINED], true, sd + h, sd);
    for (size_t o = 0; o < t->origins; o++) {
      memcpy(said(w, t->mean, o, PL_OUTLOOK_COMBINED), said_then + o * t->steps, t->steps * sizeof *sd);
      memcpy(said(w, t->sd, o, PL_OUTLOOK_COMBINED), sd, t->steps * sizeof *sd);
    }
  }
  pl_free(w->a, said_then, (t->origins * t->steps + 2 * h) * sizeof *said_then);
  return code;
}

/* Whether it bends as all values tell, which is known but roughly. */
static bool is_curve(size_t m)
{
  return m == PL_OUTLOOK_GROWTH || m == PL_OUTLOOK_LEVELLING;
}

/* Lets another model look ahead from an origin. What regressors do there is the same for the drift and for the combination. A curve keeps the offset or the
 * rate that all values tell, as the combination keeps its orders: half of them seldom tell a bend from a line. */
static int look_from(work *w, size_t o, size_t m)
{
  backtest *t = &w->test;
  pl_candidate c = {0};
  pl_outlook_spec spec = *w->spec;
  spec.known = is_curve(m);
  spec.offset = w->fitted[m].offset;
  spec.upside_down = w->fitted[m].upside_down;
  spec.rate = w->fitted[m].rate;
  int code = pl_candidate_fit(w->a, (pl_outlook_model)m, w->y, t->at[o], &spec, t->steps, NULL, &c);
  if (code)
    return code;
  pl_candidate_ahead(&c, true, said(w, t->mean, o, m), said(w, t->sd, o, m));
  for (size_t i = 0; m == PL_OUTLOOK_DRIFT && i < t->steps; i++)
    said(w, t->mean, o, PL_OUTLOOK_COMBINED)[i] += pl_candidate_done(&c, i);
  pl_candidate_free(w->a, &c);
  return PL_OK;
}

static bool is_fatal(int code)
{
  return code == PL_ENOMEM || code == PL_ECANCELED;
}

/* Fits curves to all values, and says which can be. */
static int try_curves(work *w, bool *tried)
{
  for (size_t m = 0; m < MODELS; m++) {
    if (!is_curve(m) || !tried[m])
      continue;
    int code = pl_candidate_fit(w->a, (pl_outlook_model)m, w->y, w->n, w->spec, w->spec->horizon, NULL, &w->fitted[m]);
    tried[m] = code == PL_OK;
    if (is_fatal(code))
      return code;
  }
  /* What comes down to a level has left nothing of it that a logarithm would tell from noise. */
  tried[PL_OUTLOOK_GROWTH] = tried[PL_OUTLOOK_GROWTH] && !(tried[PL_OUTLOOK_LEVELLING] && w->fitted[PL_OUTLOOK_GROWTH].drift.fit.coefficient[1] < 0);
  return PL_OK;
}

/* Lets each model look ahead from each origin. A model that one origin cannot take is not among those. */
static int look(work *w)
{
  backtest *t = &w->test;
  bool rare = !w->spec->k && is_intermittent(w);
  int code = stopped(w) ? PL_ECANCELED : ask_combination(w);
  for (size_t m = 0; m < MODELS; m++)
    t->tried[m] = (m == PL_OUTLOOK_COMBINED ? code == PL_OK : !rare) && pl_candidate_fits((pl_outlook_model)m, w->y, w->n, w->spec);
  t->tried[PL_OUTLOOK_GROWTH] = t->tried[PL_OUTLOOK_GROWTH] && !(w->share.size > 0); /* its trends grow so */
  if (!is_fatal(code))
    code = try_curves(w, t->tried);
  for (size_t o = 0; o < t->origins && !is_fatal(code); o++) {
    for (size_t m = 0; m < MODELS && !is_fatal(code); m++) {
      t->tried[m] = t->tried[m] && pl_candidate_fits((pl_outlook_model)m, w->y, t->at[o], w->spec);
      if (!t->tried[m] || m == PL_OUTLOOK_COMBINED)
        continue;
      code = stopped(w) ? PL_ECANCELED : look_from(w, o, m);
      t->tried[m] = code == PL_OK;
    }
  }
  return is_fatal(code) ? code : PL_OK;
}

/* Errors of a model: their mean, but of what is wild, into mae; how much wider they are than it says, with that, into wider. ratio[origins * steps]. */
static void weigh(work *w, size_t m, double *ratio)
{
  backtest *t = &w->test;
  double sum = 0;
  size_t kept = 0, rated = 0;
  for (size_t o = 0; o < t->origins; o++) {
    for (size_t i = 0; i < t->steps; i++) {
      double say = said(w, t->mean, o, m)[i], error = fabs(w->y[t->at[o] + i] - say), all = fabs(w->whole[t->at[o] + i] - say), sd = said(w, t->sd, o, m)[i];
      sum += isnan(error) ? 0 : error;
      kept += isnan(error) ? 0 : 1;
      if (sd > 0 && !isnan(all))
        ratio[rated++] = all / sd;
    }
  }
  t->mae[m] = kept ? sum / (double)kept : 0;
  double seen = rated ? pl_quantile_in(ratio, rated, 0.9) / 1.6448536269514722 : 1;
  double variance = (fmin(seen * seen, 100) * (double)t->origins + 4) / ((double)t->origins + 4);
  t->wider[m] = fmin(fmax(sqrt(variance), 0.5), 4);
}

/* Weights by 1 / MAE^8: models that share values err alike, and many that are nearly as good would widen what none of them says. Without a back-test
 * the combination alone. */
static bool set_weights(work *w, double weight[MODELS])
{
  backtest *t = &w->test;
  double least = INFINITY, sum = 0;
  for (size_t m = 0; m < MODELS; m++)
    if (t->tried[m] && t->origins)
      least = fmin(least, t->mae[m]);
  for (size_t m = 0; m < MODELS; m++) {
    double ratio = t->origins && t->mae[m] > 0 ? least / t->mae[m] : 1;
    /* Without a back-test nothing speaks for a curve; the combination knows how little few values say. */
    bool in = t->tried[m] && (t->origins || m == (t->tried[PL_OUTLOOK_COMBINED] ? PL_OUTLOOK_COMBINED : PL_OUTLOOK_LEVEL));
    weight[m] = in ? fmax(pow(ratio, 8), 1e-12) : 0;
    weight[m] = weight[m] < 0.01 ? 0 : weight[m];
    sum += weight[m];
  }
  for (size_t m = 0; m < MODELS; m++)
    weight[m] = sum > 0 ? weight[m] / sum : 0;
  return sum > 0;
}

/* Mean absolute difference of values a season apart: the unit of MASE. */
static double naive_scale(const work *w)
{
  size_t p = naive_season(w, w->n), kept = 0;
  double sum = 0;
  for (size_t i = p; i < w->n; i++) {
    double d = fabs(w->whole[i] - w->whole[i - p]);
    if (isnan(d))
      continue;
    sum += d;
    kept++;
  }
  return kept && sum > 0 ? sum / (double)kept : NAN;
}

/* Errors of the mixture at the origins. */
static void report(work *w, pl_outlook *out)
{
  backtest *t = &w->test;
  double sum = 0, naive = 0, unit = naive_scale(w), far = pl_normal_inverse((1 + w->spec->level) / 2);
  size_t kept = 0, naives = 0, inside = 0;
  for (size_t o = 0; o < t->origins; o++) {
    for (size_t i = 0; i < t->steps; i++) {
      double truth = w->whole[t->at[o] + i], mean = 0, second = 0, before = naive_ahead(w, t->at[o], i);
      if (isnan(truth))
        continue;
      for (size_t m = 0; m < MODELS; m++) {
        double say = said(w, t->mean, o, m)[i], sd = said(w, t->sd, o, m)[i] * t->wider[m];
        if (out->weight[m] > 0) {
          mean += out->weight[m] * say;
          second += out->weight[m] * (sd * sd + say * say);
        }
      }
      sum += fabs(truth - mean);
      inside += fabs(truth - mean) <= far * sqrt(fmax(second - mean * mean, 0)) + 1e-12;
      kept++;
      naive += isnan(before) ? 0 : fabs(truth - before);
      naives += isnan(before) ? 0 : 1;
    }
  }
  out->origins = t->origins;
  out->tested = t->steps;
  out->mase = kept ? sum / (double)kept / unit : NAN;
  out->naive_mase = naives ? naive / (double)naives / unit : NAN;
  out->coverage = kept ? (double)inside / (double)kept : NAN;
}

/* Draws paths of a curve, whose bend is known but roughly: each part of them has its own, evenly from its normal distribution. */
static int draw_curve(work *w, size_t m, size_t from, size_t to, pl_rng *rng, pl_outlook *out)
{
  int code = PL_OK;
  for (size_t part = 0, next; part < BENDS && code == PL_OK; part++, from = next) {
    pl_outlook_spec spec = *w->spec;
    pl_candidate c = {0};
    next = from + (to - from) / (BENDS - part);
    spec.bend = pl_normal_inverse(((double)part + 0.5) / BENDS);
    code = stopped(w) ? PL_ECANCELED : pl_candidate_fit(w->a, (pl_outlook_model)m, w->y, w->n, &spec, out->horizon, NULL, &c);
    for (size_t j = from; j < next && code == PL_OK; j++)
      pl_candidate_path(&c, w->test.wider[m], rng, out->paths + j * out->horizon);
    pl_candidate_free(w->a, &c);
  }
  return code;
}

/* Draws this model's share of the paths, from number `from` on, and adds its mean. */
static int draw(work *w, size_t m, size_t from, size_t to, double *plain, pl_outlook *out)
{
  pl_candidate fresh = {0}, *c = m == PL_OUTLOOK_COMBINED || is_curve(m) ? &w->fitted[m] : &fresh;
  size_t h = out->horizon;
  int code = c == &fresh ? pl_candidate_fit(w->a, (pl_outlook_model)m, w->y, w->n, w->spec, h, NULL, c) : PL_OK;
  if (code)
    return code;
  pl_candidate_ahead(c, false, plain, NULL);
  out->slope += h > 1 ? out->weight[m] * (pl_share_undo(&w->share, plain[h - 1]) - pl_share_undo(&w->share, plain[0])) / (double)(h - 1) : 0;
  pl_candidate_ahead(c, true, plain, NULL);
  for (size_t i = 0; i < h; i++)
    out->mean[i] += out->weight[m] * plain[i];
  pl_rng rng;
  pl_rng_init(&rng, SEED, m, 0, 0);
  if (is_curve(m))
    code = draw_curve(w, m, from, to, &rng, out);
  for (size_t j = from; j < to && !is_curve(m); j++)
    pl_candidate_path(c, w->test.wider[m], &rng, out->paths + j * h);
  pl_candidate_free(w->a, &fresh);
  return code;
}

static int draw_all(work *w, pl_outlook *out)
{
  double *plain = pl_alloc(w->a, out->horizon * sizeof *plain), reached = 0;
  int code = plain ? PL_OK : PL_ENOMEM;
  size_t from = 0, last = 0;
  for (size_t m = 0; m < MODELS; m++)
    last = out->weight[m] > 0 ? m : last;
  for (size_t m = 0; m < MODELS && code == PL_OK; m++) {
    if (!(out->weight[m] > 0))
      continue;
    reached += out->weight[m];
    size_t to = m == last ? out->n_paths : (size_t)round(reached * (double)out->n_paths);
    code = stopped(w) ? PL_ECANCELED : draw(w, m, from, to, plain, out);
    from = to;
  }
  pl_free(w->a, plain, out->horizon * sizeof *plain);
  return code;
}

int pl_outlook_interval(const pl_allocator *a, const pl_outlook *o, double level, double *lo, double *hi)
{
  double *column = pl_alloc(a, o->n_paths * sizeof *column), edge = (1 - level) / 2, half = o->resolution / 2;
  if (!column)
    return PL_ENOMEM;
  for (size_t i = 0; i < o->horizon; i++) {
    for (size_t j = 0; j < o->n_paths; j++)
      column[j] = o->paths[j * o->horizon + i];
    lo[i] = fmax(fmin(pl_quantile_in(column, o->n_paths, edge), o->mean[i] - half), o->least);
    hi[i] = fmin(fmax(pl_quantile_in(column, o->n_paths, 1 - edge), o->mean[i] + half), o->most);
  }
  pl_free(a, column, o->n_paths * sizeof *column);
  return PL_OK;
}

/* Whether the series comes back to its least value again and again, and stays there for half of the time or more. */
static bool rests(const work *w)
{
  double least = INFINITY, before = NAN;
  size_t arrivals = 0;
  for (size_t i = 0; i < w->n; i++)
    least = fmin(least, w->y[i]);
  for (size_t i = 0; i < w->n; i++) {
    if (isnan(w->y[i]))
      continue;
    arrivals += w->y[i] == least && before > least;
    before = w->y[i];
  }
  return arrivals >= ARRIVALS && is_intermittent(w);
}

/* A value of the models' scale in the series' own, within what is possible. */
static double back(const work *w, const pl_outlook *out, double z)
{
  z = pl_share_undo(&w->share, z);
  return fmin(fmax((w->centre + z * w->size) * w->unit, out->least), out->most);
}

/* Adds the steps in the level that may come behind the quiet ones (level.h) to paths in the series' own scale. */
static void add_jumps(const work *w, pl_outlook *out)
{
  const pl_level_steps *s = &out->steps;
  double size = s->n ? s->size[0] * w->size * w->unit : 0;
  pl_rng rng;
  pl_rng_init(&rng, SEED, JUMPS, 0, 0);
  for (size_t j = 0; j < out->n_paths && s->chance > 0; j++) {
    double lift = 0;
    for (size_t i = s->quiet; i < out->horizon; i++) {
      double *at = &out->paths[j * out->horizon + i];
      if (pl_rng_unit(&rng) < s->chance)
        lift += pl_rng_below(&rng, 2) ? size : -size;
      *at = fmin(fmax(*at + lift, out->least), out->most);
    }
  }
}

/* Brings all back to the series' scale, keeps what was never negative so, and everything below the ceiling. */
static void finish(const work *w, pl_outlook *out)
{
  out->least = rests(w) ? w->least : w->least >= 0 ? 0 : -huge;
  out->most = w->ceiling > 0 ? w->ceiling : huge;
  for (size_t i = 0; i < out->horizon; i++)
    out->mean[i] = back(w, out, out->mean[i]);
  for (size_t i = 0; i < out->horizon * out->n_paths; i++)
    out->paths[i] = back(w, out, out->paths[i]);
  add_jumps(w, out);
  out->slope *= w->size * w->unit;
  out->shares = w->share.size > 0;
  out->resolution = w->resolution * w->size * w->unit;
}

static int allocate(const pl_allocator *a, pl_outlook *out)
{
  size_t h = out->horizon;
  out->mean = pl_alloc_zero(a, h, sizeof *out->mean);
  out->lo = pl_alloc(a, h * sizeof *out->lo);
  out->hi = pl_alloc(a, h * sizeof *out->hi);
  out->paths = pl_alloc(a, out->n_paths * h * sizeof *out->paths);
  return out->mean && out->lo && out->hi && out->paths ? PL_OK : PL_ENOMEM;
}

static int test_all(work *w)
{
  backtest *t = &w->test;
  place_origins(w);
  t->cells = t->origins * MODELS * t->steps + 1;
  t->mean = pl_alloc_zero(w->a, t->cells, sizeof *t->mean);
  t->sd = pl_alloc_zero(w->a, t->cells, sizeof *t->sd);
  double *ratio = pl_alloc(w->a, t->cells * sizeof *ratio);
  int code = t->mean && t->sd && ratio ? look(w) : PL_ENOMEM;
  for (size_t m = 0; m < MODELS && code == PL_OK; m++) {
    t->wider[m] = 1;
    if (t->tried[m] && t->origins)
      weigh(w, m, ratio);
  }
  pl_free(w->a, ratio, t->cells * sizeof *ratio);
  return code;
}

static int run(work *w, pl_outlook *out)
{
  int code = test_all(w);
  if (code == PL_OK)
    code = allocate(w->a, out);
  if (code == PL_OK && !set_weights(w, out->weight))
    code = PL_EINVAL;
  if (code == PL_OK) {
    report(w, out);
    code = draw_all(w, out);
  }
  if (code == PL_OK) {
    finish(w, out);
    code = pl_outlook_interval(w->a, out, w->spec->level, out->lo, out->hi);
  }
  for (size_t m = 0; m < MODELS; m++)
    pl_candidate_free(w->a, &w->fitted[m]);
  pl_free(w->a, w->test.mean, w->test.cells * sizeof(double));
  pl_free(w->a, w->test.sd, w->test.cells * sizeof(double));
  return code;
}

/* A share of 2^-30 of the spread of z[n], a power of two; 0 where it has none. scratch[n]. */
static double grain_of(const double *z, size_t n, double *scratch)
{
  size_t kept = 0;
  for (size_t i = 0; i < n; i++)
    if (!isnan(z[i]))
      scratch[kept++] = z[i];
  double spread = pl_mad_in(scratch, kept);
  return spread > 0 ? ldexp(1, ilogb(spread) - 30) : 0;
}

/* Rounds z[n] to its resolution, else to its grain: what the rounding of shifted and scaled numbers leaves would turn close choices over, of parameters and
 * of which path is whose. scratch[n]. */
static void round_all(double *z, size_t n, double *scratch)
{
  double resolution = pl_resolution(z, n), grain = grain_of(z, n, scratch), steps = round(2 / resolution);
  for (size_t i = 0; i < n; i++) {
    if (resolution > 0)
      z[i] = 2 * (round((z[i] + 1) / 2 * steps) / steps) - 1;
    else if (grain > 0)
      z[i] = round(z[i] / grain) * grain;
  }
}

/* Brings y[n] to -1 ... 1 into z; a constant keeps its sign and has a size of 1. False: there is no value. scratch[n]. */
static bool standardise(const double *y, double *z, double *scratch, work *w)
{
  double lo = INFINITY, hi = -INFINITY;
  for (size_t i = 0; i < w->n; i++) {
    z[i] = isfinite(y[i]) ? y[i] : NAN;
    lo = fmin(lo, z[i]);
    hi = fmax(hi, z[i]);
  }
  double most = fmax(fabs(lo), fabs(hi));
  w->least = lo;
  w->unit = most > 1e-290 ? most : 1;
  w->centre = hi > lo ? lo / w->unit / 2 + hi / w->unit / 2 : 0;
  w->size = hi > lo ? hi / w->unit / 2 - lo / w->unit / 2 : 1;
  /* Of values that are one but for rounding. */
  w->size = w->size > 0 ? w->size : 1;
  for (size_t i = 0; i < w->n; i++)
    z[i] = (z[i] / w->unit - w->centre) / w->size;
  if (hi > lo)
    round_all(z, w->n, scratch);
  return lo <= hi;
}

/* Brings z[n] to its last level. Values of which regressors speak are not asked: what lasts for some steps would be a step there and one back. scratch[n]. */
static int find_level(const work *w, double *z, double *scratch, pl_level_steps *out)
{
  for (size_t i = 0; i < w->n; i++)
    scratch[i] = pl_candidate_spoken_of(w->spec, i) ? NAN : z[i];
  const pl_outlook_spec *spec = w->spec;
  int code = pl_level_steps_find(w->a, scratch, w->n, spec->seasons, spec->n_seasons, spec->horizon, spec->stopped, spec->of, out);
  if (code == PL_OK)
    pl_level_steps_align(out, z, w->n);
  return code;
}

/* Leaves out what is wild, but of counts of what happens now and then; z and whole, which keeps it, are brought to their last level. scratch[n]. */
static int make_even(const work *w, double *z, double *whole, double *scratch, pl_level_steps *steps)
{
  memcpy(whole, z, w->n * sizeof *z);
  int code = is_intermittent(w) ? PL_OK : pl_candidate_take_wild(w->a, w->spec, z, w->n);
  code = code ? code : find_level(w, z, scratch, steps);
  if (code == PL_OK)
    pl_level_steps_align(steps, whole, w->n);
  return code;
}

/* Takes z[n], and whole[n], to where shares add up, if there are some; counts of what happens now and then have none. scratch[n]. */
static int find_share(work *w, double *z, double *whole, double *scratch)
{
  if (!w->spec->k && is_intermittent(w))
    return PL_OK;
  int code = pl_share_find(w->a, z, w->n, w->spec, &w->share);
  if (code || !(w->share.size > 0))
    return code;
  pl_share_take(&w->share, z, w->n);
  pl_share_take(&w->share, whole, w->n);
  round_all(z, w->n, scratch);
  round_all(whole, w->n, scratch);
  return PL_OK;
}

/* Steps as they are in the series that was given, of which `skip` values were left out. */
static void tell_steps(const work *w, size_t skip, pl_level_steps *s)
{
  for (size_t k = 0; k < s->n; k++) {
    s->index[k] += skip;
    s->size[k] = fmin(fmax(s->size[k] * w->size * w->unit, -huge), huge);
  }
}

int pl_outlook_periods(const pl_allocator *a, const double *y, size_t n, double step_s, size_t out[PL_SEASONS_MAX], size_t *count)
{
  int code = pl_periods_find(a, y, n, step_s, 0, out, count);
  double *kept = pl_alloc(a, n * sizeof *kept);
  code = kept || n == 0 ? code : PL_ENOMEM;
  for (bool more = n > 0; more && code == PL_OK;) {
    pl_outlook_spec known = {.n_seasons = *count};
    size_t found[PL_SEASONS_MAX], found_n = 0;
    memcpy(known.seasons, out, sizeof known.seasons);
    memcpy(kept, y, n * sizeof *y);
    code = pl_candidate_take_wild(a, &known, kept, n);
    code = code ? code : pl_periods_find(a, kept, n, step_s, 0, found, &found_n);
    more = code == PL_OK && found_n > *count;
    if (more)
      memcpy(out, found, sizeof found);
    *count = more ? found_n : *count;
  }
  pl_free(a, kept, n * sizeof *kept);
  return code;
}

static bool is_valid(const pl_outlook_spec *s)
{
  return s->horizon >= 1 && s->horizon <= PL_OUTLOOK_HORIZON && s->k <= PL_OUTLOOK_REGRESSORS && (s->k == 0 || s->x) && s->n_seasons <= PL_SEASONS_MAX &&
         s->level > 0 && s->level < 1;
}

int pl_outlook_of(const pl_allocator *a, const double *y, size_t n, const pl_outlook_spec *spec, pl_outlook *out)
{
  if (n == 0 || !is_valid(spec))
    return PL_EINVAL;
  size_t skip = n > PL_OUTLOOK_VALUES ? n - PL_OUTLOOK_VALUES : 0;
  pl_outlook_spec s = *spec;
  size_t cells = 3 * (n - skip);
  double *mine = pl_alloc(a, cells * sizeof *mine);
  if (!mine)
    return PL_ENOMEM;
  work w = {.a = a, .y = mine, .whole = mine + 2 * (n - skip), .n = n - skip, .ceiling = spec->ceiling, .spec = &s};
  bool any = standardise(y + skip, mine, mine + w.n, &w);
  s.x = s.k ? s.x + skip * s.k : NULL;
  s.ceiling = s.ceiling / w.unit / w.size;
  s.zero = -w.centre / w.size;
  s.known = false;
  s.bend = 0;
  size_t paths = (size_t)PATH_VALUES / s.horizon;
  pl_outlook o = {.horizon = s.horizon, .n_paths = paths > PATHS_MAX ? PATHS_MAX : paths < PATHS_MIN ? PATHS_MIN : paths};
  int code = any ? make_even(&w, mine, mine + 2 * w.n, mine + w.n, &o.steps) : PL_EINVAL;
  w.resolution = pl_resolution(mine, w.n);
  code = code ? code : find_share(&w, mine, mine + 2 * w.n, mine + w.n);
  s.ceiling = w.share.size > 0 ? 0 : s.ceiling;
  code = code ? code : run(&w, &o);
  tell_steps(&w, skip, &o.steps);
  pl_free(a, mine, cells * sizeof *mine);
  if (code == PL_OK)
    *out = o;
  else
    pl_outlook_free(a, &o);
  return code;
}

void pl_outlook_free(const pl_allocator *a, pl_outlook *o)
{
  pl_free(a, o->mean, o->horizon * sizeof *o->mean);
  pl_free(a, o->lo, o->horizon * sizeof *o->lo);
  pl_free(a, o->hi, o->horizon * sizeof *o->hi);
  pl_free(a, o->paths, o->n_paths * o->horizon * sizeof *o->paths);
  memset(o, 0, sizeof *o);
}
