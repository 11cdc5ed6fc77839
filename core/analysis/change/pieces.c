/* Places are counted from the middle of the history, so that sums of long ones lose few digits. */
#include "analysis/change/pieces.h"

bool pl_pieces_init(pl_pieces *p, const pl_allocator *a, const double *y, size_t n, bool lines)
{
  *p = (pl_pieces){.alloc = a, .n = n, .lines = lines};
  p->sum = pl_alloc(a, (n + 1) * sizeof *p->sum);
  p->moment = lines ? pl_alloc(a, (n + 1) * sizeof *p->moment) : NULL;
  if (!p->sum || (lines && !p->moment)) {
    pl_pieces_fini(p);
    return false;
  }
  p->sum[0] = 0;
  if (lines)
    p->moment[0] = 0;
  for (size_t i = 0; i < n; i++) {
    p->sum[i + 1] = p->sum[i] + y[i];
    p->squares += y[i] * y[i];
    if (lines)
      p->moment[i + 1] = p->moment[i] + y[i] * ((double)i - (double)n / 2);
  }
  return true;
}

void pl_pieces_fini(pl_pieces *p)
{
  if (p->alloc) {
    pl_free(p->alloc, p->sum, (p->n + 1) * sizeof *p->sum);
    pl_free(p->alloc, p->moment, (p->n + 1) * sizeof *p->moment);
  }
  *p = (pl_pieces){0};
}

static void rest_of(const double *y, size_t from, size_t to, bool line, double *rest)
{
  double m = (double)(to - from), mean = 0, slope = 0, middle = (m - 1) / 2;
  for (size_t i = from; i < to; i++)
    mean += y[i];
  mean /= m;
  for (size_t i = from; line && i < to; i++)
    slope += ((double)(i - from) - middle) * y[i];
  slope = line && m > 2 ? 12 * slope / (m * (m * m - 1)) : 0;
  for (size_t i = from; i < to; i++)
    rest[i] = y[i] - mean - slope * ((double)(i - from) - middle);
}

void pl_pieces_rest(const double *y, size_t n, bool lines, const size_t *cuts, size_t k, double *rest)
{
  for (size_t j = 0, from = 0; j <= k; j++) {
    size_t to = j < k ? cuts[j] : n;
    rest_of(y, from, to, lines, rest);
    from = to;
  }
}
