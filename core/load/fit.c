/* Sends of a second come from the workers' frames unsorted, and from a busy worker not all: what follows such a gap in our knowledge
 * has no neighbour. */
#include "load/fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/goodness.h"
#include "load/recorder.h"

enum { STAGES_MAX = 64, GAPS_MIN = 100 };

void pl_fit_init(pl_fit *f, const pl_scenario *s, uint64_t seed)
{
  bool told = s->model == PL_MODEL_OPEN && s->law != PL_ARRIVAL_TRACE && s->n_stages <= STAGES_MAX;
  memset(f, 0, sizeof *f);
  f->scenario = told ? s : NULL;
  pl_rng_init(&f->rng, seed, 0, 0, 0);
  for (int i = 0; i < 4; i++)
    f->cut_ns[i] = UINT64_MAX;
}

void pl_fit_fini(pl_fit *f, const pl_allocator *a)
{
  pl_free(a, f->times, f->cap_times * sizeof *f->times);
}

static int quarter_of(uint64_t t, uint64_t second_ns)
{
  uint64_t q = t > second_ns ? (t - second_ns) / PL_FRAME_NS : 0;
  return q < 4 ? (int)q : 3;
}

int pl_fit_add(pl_fit *f, const pl_sends *sends, uint64_t begin_ns, uint64_t second_ns, const pl_allocator *a)
{
  if (!f->scenario || !sends->n)
    return PL_OK;
  if (f->n_times + sends->n > f->cap_times) {
    size_t cap = 2 * f->cap_times + PL_SENDS;
    uint64_t *p = pl_realloc(a, f->times, f->cap_times * sizeof *p, cap * sizeof *p);
    if (!p)
      return PL_ENOMEM;
    f->times = p;
    f->cap_times = cap;
  }
  for (uint32_t i = 0; i < sends->n; i++)
    f->times[f->n_times++] = begin_ns + sends->after_ns[i];
  if (sends->n == PL_SENDS) {
    uint64_t last = begin_ns + sends->after_ns[PL_SENDS - 1], *cut = &f->cut_ns[quarter_of(last, second_ns)];
    *cut = last < *cut ? last : *cut;
  }
  return PL_OK;
}

static void add_gap(pl_fit *f, uint64_t from_ns, uint64_t to_ns)
{
  const pl_scenario *s = f->scenario;
  double gap = pl_stages_area(s->stages, s->n_stages, to_ns - f->begin_ns) - pl_stages_area(s->stages, s->n_stages, from_ns - f->begin_ns);
  uint64_t place = f->gaps < PL_FIT_SAMPLE ? f->gaps : pl_rng_below(&f->rng, f->gaps + 1);
  if (place < PL_FIT_SAMPLE)
    f->sample[place] = gap;
  f->gaps++;
  f->sum += gap;
  f->squares += gap * gap;
}

static int by_time(const void *a, const void *b)
{
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

void pl_fit_close(pl_fit *f, uint64_t second_ns)
{
  if (f->n_times)
    qsort(f->times, f->n_times, sizeof *f->times, by_time);
  for (size_t i = 0; i < f->n_times; i++) {
    uint64_t t = f->times[i];
    bool known = t <= f->cut_ns[quarter_of(t, second_ns)] && t >= f->begin_ns;
    if (known && f->last_ns && t >= f->last_ns)
      add_gap(f, f->last_ns, t);
    if (!known || t >= f->last_ns)
      f->last_ns = known ? t : 0;
  }
  f->n_times = 0;
  for (int i = 0; i < 4; i++) {
    if (f->cut_ns[i] != UINT64_MAX && i == 3)
      f->last_ns = 0; /* what was sent until the next second is not known */
    f->cut_ns[i] = UINT64_MAX;
  }
}

bool pl_fit_get(const pl_fit *f, pl_fit_result *out)
{
  double sorted[PL_FIT_SAMPLE], n = (double)f->gaps;
  size_t sampled = f->gaps < PL_FIT_SAMPLE ? (size_t)f->gaps : PL_FIT_SAMPLE;
  if (!f->scenario || f->gaps < GAPS_MIN)
    return false;
  double mean = f->sum / n, variance = fmax(0, f->squares / n - mean * mean);
  *out = (pl_fit_result){.gaps = f->gaps, .mean = mean, .cv = mean > 0 ? sqrt(variance) / mean : 0, .ks = NAN, .p = NAN};
  if (f->scenario->law == PL_ARRIVAL_POISSON) {
    memcpy(sorted, f->sample, sampled * sizeof *sorted);
    out->ks = pl_ks_exponential(sorted, sampled);
    out->p = pl_ks_p(out->ks, sampled);
  }
  return true;
}
