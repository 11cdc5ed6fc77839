/* The window is looked at anew with each value: half a millisecond for a few hundred, and equal to the offline answer without a second method. */
#include "analysis/change/stream.h"

#include <math.h>
#include <string.h>

#include "analysis/change/shift.h"
#include "base/error.h"

static void take(pl_change_stream *s, double value)
{
  if (s->n == PL_CHANGE_STREAM_WINDOW) {
    memmove(s->values, s->values + 1, (s->n - 1) * sizeof *s->values);
    s->n--;
    s->gone++;
  }
  s->values[s->n++] = value;
}

/* In how many values in a row a change has been at the index, with this one. */
static size_t times_of(const pl_change_stream *s, size_t index)
{
  for (size_t i = 0; i < s->n_seen; i++) {
    if (s->seen[i].index == index)
      return s->seen[i].times + 1;
  }
  return 1;
}

/* Whether a change, which has been at its place so many times in a row, is sure. Behind one that was there before so many values lay, it is strong. */
static bool is_confirmed(const pl_change_stream *s, size_t index, size_t times)
{
  bool strong = s->gone + s->n - index <= PL_MODEL_LEAST;
  return times >= (strong ? PL_CHANGE_STREAM_STRONG : PL_CHANGE_STREAM_TIMES);
}

int pl_change_stream_push(pl_change_stream *s, double value, const pl_allocator *a, const pl_change_ask *ask, pl_changes *out, pl_error *err)
{
  *out = (pl_changes){.alloc = a};
  if (isinf(value))
    return pl_fail(err, PL_EINVAL, "value %zu is infinite", s->gone + s->n + 1);
  take(s, value);
  int code = pl_shift_find(a, s->values, s->n, ask, out, err);
  if (code)
    return code;
  size_t kept = 0, n_seen = 0;
  pl_change_seen seen[PL_CHANGE_STREAM_SEEN];
  for (size_t i = 0; i < out->n; i++) {
    pl_change c = out->list[i];
    c.index += s->gone;
    size_t times = times_of(s, c.index);
    if (n_seen < PL_CHANGE_STREAM_SEEN)
      seen[n_seen++] = (pl_change_seen){c.index, times};
    if (c.index < s->past || !is_confirmed(s, c.index, times))
      continue;
    out->list[kept++] = c;
  }
  out->n = kept;
  memcpy(s->seen, seen, n_seen * sizeof *seen);
  s->n_seen = n_seen;
  if (kept > 0)
    s->past = out->list[kept - 1].index + PL_MODEL_LEAST;
  return PL_OK;
}
