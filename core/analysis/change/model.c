/* The criterion of all models of a short path is computed; of a long one on a grid that becomes finer about the least. */
#include "analysis/change/model.h"

#include <math.h>
#include <string.h>

#include "analysis/change/locate.h"
#include "analysis/change/partition.h"
#include "perilune/error.h"

enum { STRETCH = 3 * PL_MODEL_LEAST /* values on average */, RESTLESS_CUTS = 5, SHAPE_CUTS = 9, ALL_MODELS = 64, ROUNDS = 6, STEPS = 6 };

#define PARAMETER (5.0 / 3)  /* log n; Schwarz has 1: more leaves room for noise that is not normal */
#define VERY_STRONG 10.0    /* twice a log of a Bayes factor */
#define MEMORY_MOST 0.8
#define SHAPE_INFLATION 3.0 /* (1 + 1/2) / (1 - 1/2) */
#define CANDIDATES 2.0      /* log n of the largest model */
#define LEAST_PART 1e-3     /* of the noise between neighbours; what is new is no less */

typedef struct chooser {
  const double *y;
  size_t n;
  double noise;
  double *rest;
  const pl_change_ask *ask;
  const pl_path *path;
  bool lines, coarse; /* coarse: cuts stay where sums have them */
  size_t *cuts;      /* n: of the model that is looked at */
  size_t *kept;      /* n: of the best of those allowed */
  double unbound;    /* the least criterion of any number of cuts */
  size_t unbound_n;  /* and its number */
  double best;       /* the least of those allowed */
  size_t best_n;
  pl_change_noise best_noise;
} chooser;

static double parameters_of(bool lines)
{
  return lines ? 3 : 2; /* a level or a line, and a place */
}

/* Of the first n cuts in c->cuts: the penalty for lengths. */
static double lengths(const chooser *c, size_t k)
{
  double sum = 0;
  for (size_t j = 0, from = 0; j <= k; j++) {
    size_t to = j < k ? c->cuts[j] : c->n;
    sum += log((double)(to - from) / (double)c->n);
    from = to;
  }
  return c->lines ? 2 * sum : sum;
}

static bool too_many(const chooser *c, size_t k)
{
  return k > 1 && (k + 1) * STRETCH * (c->lines ? 2 : 1) > c->n;
}

/* The penalty of few values for each coefficient, which places are not: of levels or lines, of the noise, and its variance. */
static double few(const chooser *c, size_t k, unsigned order)
{
  double m = (double)((k + 1) * (c->lines ? 2 : 1) + order + 1);
  return 2 * m * (m + 1) / fmax(1, (double)c->n - m - 1);
}

/* What is left of the first k cuts in c->cuts, as noise. */
static void measure(const chooser *c, size_t k, pl_change_noise *noise)
{
  pl_pieces_rest(c->y, c->n, c->lines, c->cuts, k, c->rest);
  pl_change_noise_measure(c->rest, c->n, LEAST_PART * c->noise, noise);
}

/* Moves cuts between levels to where noise that remembers has them, if that leaves less. */
static void locate(chooser *c, size_t k, pl_change_noise *noise)
{
  pl_change_noise moved;
  if (c->lines || c->coarse || !pl_change_locate(c->y, c->n, noise, PL_MODEL_LEAST, c->cuts, k))
    return;
  measure(c, k, &moved);
  if (moved.criterion < noise->criterion)
    *noise = moved;
  else
    pl_path_cuts(c->path, k, c->cuts);
}

/* Judges the model of k cuts. */
static double judge(chooser *c, size_t k)
{
  pl_change_noise noise;
  double size = log((double)c->n);
  pl_path_cuts(c->path, k, c->cuts);
  measure(c, k, &noise);
  locate(c, k, &noise);
  double criterion = noise.criterion + few(c, k, noise.order) + PARAMETER * parameters_of(c->lines) * (double)k * size + lengths(c, k);
  if (!c->lines && k > 0 && c->n - c->cuts[k - 1] < PL_MODEL_LEAST)
    criterion += VERY_STRONG;
  if (c->lines)
    criterion += size + VERY_STRONG;
  if (criterion < c->unbound) {
    c->unbound = criterion;
    c->unbound_n = k;
  }
  if (!too_many(c, k) && criterion < c->best) {
    c->best = criterion;
    c->best_n = k;
    c->best_noise = noise;
    memcpy(c->kept, c->cuts, k * sizeof *c->kept);
  }
  return criterion;
}

static int judge_range(chooser *c, size_t from, size_t to, size_t step)
{
  for (size_t k = from; k <= to; k += step) {
    if (pl_change_is_stopped(c->ask))
      return PL_ECANCELED;
    (void)judge(c, k);
  }
  return PL_OK;
}

/* Closer models about the best: those between what was judged, and in the last round all, with their cuts where noise has them. */
static int judge_near(chooser *c)
{
  size_t all = c->path->n, low = c->best_n / 2, high = c->best_n * 2;
  int code = PL_OK;
  for (int round = 0; round < ROUNDS && !code && c->coarse; round++) {
    size_t to = high < all ? high : all, step = (to - low) / STEPS, best = c->best_n;
    step = step ? step : 1;
    c->coarse = step > 1 && round + 1 < ROUNDS;
    for (size_t k = c->coarse ? low + step : low; k <= to && !code; k += step)
      code = c->coarse && k == best ? PL_OK : judge_range(c, k, k, 1);
    low = c->best_n > step ? c->best_n - step : 0;
    high = c->best_n + step;
  }
  return code;
}

/* All models, or those of a grid of powers of 2, then closer ones. */
static int judge_path(chooser *c)
{
  size_t all = c->path->n;
  c->coarse = all > ALL_MODELS;
  if (!c->coarse)
    return judge_range(c, 0, all, 1);
  int code = judge_range(c, 0, 0, 1);
  for (size_t k = 1; !code && k < 2 * all; k *= 2)
    code = judge_range(c, k < all ? k : all, k < all ? k : all, 1);
  return code ? code : judge_near(c);
}

/* Candidates of one kind, cut and ordered. */
static int make_path(const chooser *c, const pl_allocator *a, bool lines, pl_path *path)
{
  pl_pieces pieces;
  size_t n, least = PL_MODEL_LEAST * (lines ? 2 : 1), last = lines ? least : PL_MODEL_LAST;
  if (!pl_pieces_init(&pieces, a, c->y, c->n, lines))
    return PL_ENOMEM;
  bool ok = pl_partition(&pieces, CANDIDATES * log((double)c->n) * c->noise, least, last, c->cuts, &n) && pl_path_init(path, &pieces, c->cuts, n);
  pl_pieces_fini(&pieces);
  return ok ? PL_OK : PL_ENOMEM;
}

static void keep(const chooser *c, const pl_path *path, size_t k, pl_change_model *out)
{
  out->lines = c->lines;
  out->n = k;
  pl_path_cuts(path, k, out->cuts);
}

/* Levels and lines about which there is no noise. */
static void choose_shape(chooser *c, const pl_path *paths, pl_change_model *out)
{
  double least = HUGE_VAL, size = log((double)c->n), all = paths[0].left[0];
  out->shape = true;
  for (int kind = 0; kind < 2; kind++) {
    c->lines = kind == 1;
    for (size_t k = 0; k <= paths[kind].n && k <= SHAPE_CUTS; k++) {
      double spent = PARAMETER * parameters_of(c->lines) * (double)k + kind;
      double criterion = (double)c->n * log(fmax(paths[kind].left[k], 1e-12 * all)) + SHAPE_INFLATION * size * spent;
      if (criterion < least) {
        least = criterion;
        keep(c, &paths[kind], k, out);
      }
    }
  }
  pl_pieces_rest(c->y, c->n, out->lines, out->cuts, out->n, c->rest);
  pl_change_noise_measure(c->rest, c->n, LEAST_PART * c->noise, &out->noise);
}

static int choose(chooser *c, const pl_allocator *a, pl_path *paths, pl_change_model *out)
{
  bool restless = false;
  out->criterion = HUGE_VAL;
  out->shape = false;
  for (int kind = 0; kind < 2; kind++) {
    c->lines = kind == 1;
    c->best = c->unbound = HUGE_VAL;
    int code = pl_change_is_stopped(c->ask) ? PL_ECANCELED : make_path(c, a, c->lines, &paths[kind]);
    c->path = &paths[kind];
    code = code ? code : judge_path(c);
    if (code)
      return code;
    restless |= !c->lines && c->unbound_n >= RESTLESS_CUTS && too_many(c, c->unbound_n);
    if (c->best < out->criterion) {
      out->criterion = c->best;
      out->noise = c->best_noise;
      out->lines = c->lines;
      out->n = c->best_n;
      memcpy(out->cuts, c->kept, out->n * sizeof *out->cuts);
    }
  }
  if (restless || out->noise.memory > MEMORY_MOST)
    choose_shape(c, paths, out);
  return PL_OK;
}

int pl_change_choose(const double *y, size_t n, double noise, const pl_allocator *a, const pl_change_ask *ask, double *rest, pl_change_model *out)
{
  chooser c = {.y = y, .n = n, .noise = noise, .rest = rest, .ask = ask};
  pl_path paths[2] = {{0}, {0}};
  c.cuts = pl_alloc(a, n * sizeof *c.cuts);
  c.kept = pl_alloc(a, n * sizeof *c.kept);
  int code = c.cuts && c.kept ? choose(&c, a, paths, out) : PL_ENOMEM;
  for (int kind = 0; kind < 2; kind++)
    pl_path_fini(&paths[kind]);
  pl_free(a, c.cuts, n * sizeof *c.cuts);
  pl_free(a, c.kept, n * sizeof *c.kept);
  return code;
}
