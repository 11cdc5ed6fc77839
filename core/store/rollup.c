/* A gauge collects its period; a counter holds one sample back until the next one says whether it stays. */
#include "store/rollup.h"

#include <math.h>

void pl_rollup_init(pl_rollup *r, int64_t period_ns, bool counter)
{
  *r = (pl_rollup){.period_ns = period_ns, .counter = counter};
}

int64_t pl_rollup_period(int64_t ts_ns, int64_t period_ns)
{
  return ts_ns / period_ns - (ts_ns % period_ns < 0);
}

static pl_rolled single(int64_t ts_ns, double value)
{
  return (pl_rolled){ts_ns, value, value, value, 1};
}

/* ---- Counters --------------------------------------------------------------------------------------- */

/* Whether increases between a and b cannot be told from what is around them. */
static bool is_break(double a, double b)
{
  return isnan(a) || isnan(b) || b < a;
}

static size_t add_to_counter(pl_rollup *r, const pl_rolled *s, pl_rolled *out)
{
  int64_t apart = r->begun ? pl_rollup_period(s->ts_ns, r->period_ns) - pl_rollup_period(r->last.ts_ns, r->period_ns) : 2;
  bool broken = r->begun && is_break(r->last.value, s->value);
  bool stays = r->begun && (r->keep || broken || apart > 0);
  if (stays)
    *out = r->last;
  r->keep = broken || apart > 1;
  r->last = single(s->ts_ns, s->value);
  r->begun = true;
  return stays;
}

/* ---- Gauges ----------------------------------------------------------------------------------------- */

/* Of one number, and of several that are all the same, it is that number, to the last bit. */
static double mean_of(const pl_rollup *r)
{
  bool same = !r->several || r->last.least == r->last.greatest;
  return same ? r->last.value : (double)(r->sum / (long double)r->last.n);
}

static size_t end_gauge(pl_rollup *r, pl_rolled *out)
{
  size_t n = 0;
  if (r->last.n > 0) {
    out[n] = r->last;
    out[n++].value = mean_of(r);
  }
  if (r->odd)
    out[n++] = single(r->odd_ns, r->odd_value);
  r->last.n = 0;
  r->sum = 0;
  r->odd = false;
  return n;
}

static void take(pl_rollup *r, const pl_rolled *s)
{
  if (isnan(s->value)) {
    r->odd = true;
    r->odd_ns = s->ts_ns;
    r->odd_value = s->value;
    return;
  }
  pl_rolled *p = &r->last;
  r->several = p->n > 0;
  if (!r->several)
    p->value = s->value;
  p->least = p->n > 0 ? fmin(p->least, s->least) : s->least;
  p->greatest = p->n > 0 ? fmax(p->greatest, s->greatest) : s->greatest;
  p->n += s->n;
  p->ts_ns = s->ts_ns;
  r->sum += (long double)s->value * (long double)s->n;
  r->odd = false;
}

static size_t add_to_gauge(pl_rollup *r, const pl_rolled *s, pl_rolled *out)
{
  int64_t before = r->odd ? r->odd_ns : r->last.ts_ns;
  bool other = r->begun && pl_rollup_period(s->ts_ns, r->period_ns) != pl_rollup_period(before, r->period_ns);
  size_t n = other ? end_gauge(r, out) : 0;
  r->begun = true;
  take(r, s);
  return n;
}

/* ---- Both ------------------------------------------------------------------------------------------- */

size_t pl_rollup_add(pl_rollup *r, const pl_rolled *s, pl_rolled out[PL_ROLLED_MAX])
{
  return r->counter ? add_to_counter(r, s, out) : add_to_gauge(r, s, out);
}

size_t pl_rollup_end(pl_rollup *r, pl_rolled out[PL_ROLLED_MAX])
{
  if (!r->begun)
    return 0;
  r->begun = false;
  if (!r->counter)
    return end_gauge(r, out);
  *out = r->last;
  return 1;
}
