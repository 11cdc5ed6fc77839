/* Kneedle. The curve is sorted by x; of a falling convex one (and a rising convex one) the mirror image is looked at. */
#include "analysis/capacity/kneedle.h"

#include <math.h>
#include <stdlib.h>

typedef struct point {
  double x, y;
  size_t place;
} point;

typedef struct curve {
  point *points;      /* sorted by x */
  double *x, *above;  /* normalised x; what the turned curve lies above the diagonal */
  size_t n;
  bool from_the_end;  /* the turned curve's first point is the last one */
} curve;

static int by_x(const void *a, const void *b)
{
  const point *p = a, *q = b;
  int order = (p->x > q->x) - (p->x < q->x);
  return order ? order : (p->place > q->place) - (p->place < q->place);
}

static void normalise(curve *c, const pl_curve *from, double y_min, double y_max)
{
  double x_min = c->points[0].x, x_range = c->points[c->n - 1].x - x_min;
  bool upside_down = from->convex;
  c->from_the_end = from->convex != from->decreasing;
  for (size_t i = 0; i < c->n; i++) {
    const point *p = &c->points[c->from_the_end ? c->n - 1 - i : i];
    double y = (p->y - y_min) / (y_max - y_min);
    c->x[i] = (c->points[i].x - x_min) / x_range;
    c->above[i] = (upside_down ? 1 - y : y) - c->x[i];
  }
}

static bool is_top(const curve *c, size_t i)
{
  return (i == 0 || c->above[i] >= c->above[i - 1]) && (i + 1 == c->n || c->above[i] >= c->above[i + 1]);
}

static bool is_bottom(const curve *c, size_t i)
{
  return (i == 0 || c->above[i] <= c->above[i - 1]) && (i + 1 == c->n || c->above[i] <= c->above[i + 1]);
}

/* The knees in order of the turned curve. */
static void look(const curve *c, double s, pl_knee *out, double *all)
{
  double threshold = 0, step = fabs(c->x[c->n - 1] - c->x[0]) / (double)(c->n - 1), last = NAN;
  size_t top = 0;
  bool begun = false;
  for (size_t i = 0; i + 1 < c->n; i++) {
    if (is_top(c, i)) {
      begun = true;
      top = i;
      threshold = c->above[i] - s * step;
    }
    if (!begun)
      continue;
    if (is_bottom(c, i))
      threshold = 0;
    if (c->above[i + 1] >= threshold)
      continue;
    const point *p = &c->points[c->from_the_end ? c->n - 1 - top : top];
    if (!out->found)
      *out = (pl_knee){.found = true, .x = p->x, .y = p->y, .n_all = 0};
    if (p->x == last)
      continue;
    last = p->x;
    if (all)
      all[out->n_all] = p->x;
    out->n_all++;
  }
  for (size_t i = 0; all && c->from_the_end && i < out->n_all / 2; i++) {
    double x = all[i];
    all[i] = all[out->n_all - 1 - i];
    all[out->n_all - 1 - i] = x;
  }
}

static int check(const pl_curve *from, double *y_min, double *y_max, pl_error *err)
{
  if (!from->n || from->n > PL_KNEE_MAX)
    return pl_fail(err, PL_EINVAL, from->n ? "more than %d points" : "there are no points", PL_KNEE_MAX);
  if (!(from->s >= 0 && isfinite(from->s)))
    return pl_fail(err, PL_EINVAL, "a sensitivity of %g; it is 0 or more", from->s);
  *y_min = *y_max = from->y[0];
  for (size_t i = 0; i < from->n; i++) {
    if (!(fabs(from->x[i]) <= 1e150 && fabs(from->y[i]) <= 1e150))
      return pl_fail(err, PL_EINVAL, "point %zu: x = %g, y = %g; both are finite, at most 1e150", i + 1, from->x[i], from->y[i]);
    *y_min = fmin(*y_min, from->y[i]);
    *y_max = fmax(*y_max, from->y[i]);
  }
  return PL_OK;
}

int pl_kneedle(const pl_allocator *a, const pl_curve *from, pl_knee *out, double *all, pl_error *err)
{
  double y_min = 0, y_max = 0;
  pl_knee knee = {.x = NAN, .y = NAN};
  int code = check(from, &y_min, &y_max, err);
  if (code)
    return code;
  size_t n = from->n;
  curve c = {.points = pl_alloc(a, n * sizeof(point)), .x = pl_alloc(a, n * sizeof(double)), .above = pl_alloc(a, n * sizeof(double)), .n = n};
  if (!c.points || !c.x || !c.above) {
    code = pl_fail(err, PL_ENOMEM, "looking for a knee");
    goto done;
  }
  for (size_t i = 0; i < n; i++)
    c.points[i] = (point){from->x[i], from->y[i], i};
  qsort(c.points, n, sizeof *c.points, by_x);
  if (n < 3) {
    knee.why = "fewer than three points have no knee";
  } else if (y_max <= y_min || c.points[n - 1].x <= c.points[0].x) {
    knee.why = y_max <= y_min ? "y is the same everywhere" : "x is the same everywhere";
  } else {
    normalise(&c, from, y_min, y_max);
    look(&c, from->s, &knee, all);
    knee.why = knee.found ? NULL : "the curve does not turn away from the straight line far enough";
  }
  *out = knee;
done:
  pl_free(a, c.points, n * sizeof(point));
  pl_free(a, c.x, n * sizeof(double));
  pl_free(a, c.above, n * sizeof(double));
  return code;
}
