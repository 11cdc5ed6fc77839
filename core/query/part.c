/* See part.h. */
#include "query/part.h"

#include <string.h>

#include "base/error.h"

int pl_parts_add(pl_parts *p, const pl_part *part, pl_error *err)
{
  for (size_t i = 0; i < p->n; i++) {
    if (p->list[i].drained_ms == INT64_MAX && strcmp(p->list[i].scenario, part->scenario) == 0) {
      p->list[i] = *part;
      return PL_OK;
    }
  }
  if (p->n == PL_PARTS_MAX)
    return pl_fail(err, PL_ELIMIT, "more than %d measured loads in one run; their objectives could not be judged", PL_PARTS_MAX);
  p->list[p->n++] = *part;
  return PL_OK;
}

static bool is_of(const pl_part *part, const char *scenario)
{
  return !scenario[0] || strcmp(scenario, part->scenario) == 0;
}

/* How much of the second of ts_ms lies in the part. */
static int64_t overlap_ms(const pl_part *part, int64_t ts_ms)
{
  if (part->whole)
    return ts_ms >= part->from_ms && ts_ms < part->to_ms ? 1000 : 0;
  int64_t from = ts_ms > part->from_ms ? ts_ms : part->from_ms, to = ts_ms + 1000 < part->to_ms ? ts_ms + 1000 : part->to_ms;
  return to > from ? to - from : 0;
}

bool pl_parts_count(const pl_parts *p, const char *scenario, int64_t ts_ms, bool drained)
{
  for (size_t i = 0; i < p->n; i++) {
    const pl_part *part = &p->list[i];
    /* A second belongs to the part in which it ends. */
    if (is_of(part, scenario) && ts_ms + 999 >= part->from_ms && ts_ms < (drained ? part->drained_ms : part->to_ms))
      return true;
  }
  return p->n == 0;
}

int64_t pl_parts_first_ms(const pl_parts *p, const char *scenario)
{
  int64_t first = INT64_MAX;
  for (size_t i = 0; i < p->n; i++) {
    if (is_of(&p->list[i], scenario) && p->list[i].from_ms < first)
      first = p->list[i].from_ms;
  }
  return first;
}

double pl_parts_covered_s(const pl_parts *p, const char *scenario, int64_t ts_ms)
{
  double most = 0;
  for (size_t i = 0; i < p->n; i++) {
    const pl_part *part = &p->list[i];
    double covered = is_of(part, scenario) ? (double)overlap_ms(part, ts_ms) / 1000 : 0;
    if (covered > most)
      most = covered;
  }
  return p->n ? most : 1;
}
