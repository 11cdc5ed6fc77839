/* See growth.h. */
#include "analysis/forecast/growth.h"

#include <math.h>
#include <stdbool.h>

enum { LINE_MIN = 3, SEARCHES = 20, RATES = 24, LEVELLING_MIN = 12, WALK_MIN = 20 };

/* By how much the series has to grow, or shrink, over its offset, and does by the weakest bend; how far below the least value the offset lies: in deviations
 * of the noise there, and at least and at most in shares of the range. */
static const double enough = 1.5, hardly = 1.05, clear = 4, near = 1e-4, below = 0.1;

/* How often what is above the level that a series comes to may become e times less over it. */
static const double levelled = 20;

/* The same of seasons: their least values lie near the offset where they are deep. */
static const double spreads = 1.2, nearer = 0.025;

/* The same of steps: how many standard errors their sizes' ratio is from none; and the squared coefficient of variation of a size, of Laplace's
 * distribution, whose tails are heavier than a normal one's. */
static const double surely = 3, uneven = 1;

static double mean_of(const double *y, size_t n)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    sum += y[i] / (double)n;
  return sum;
}

/* Variance of the mean of y[n] whose values deviate from their line independently. */
static double error_of(const double *y, size_t n)
{
  double mean = mean_of(y, n), along = 0, wide = 0, squares = 0;
  for (size_t i = 0; i < n; i++) {
    double t = (double)i - (double)(n - 1) / 2;
    along += t * (y[i] - mean);
    wide += t * t;
    squares += (y[i] - mean) * (y[i] - mean);
  }
  return n > 2 ? fmax(squares - along * along / wide, 0) / (double)(n - 2) / (double)n : 0;
}

/* The ratio of the differences of thirds' means, its logarithm `deviate` standard errors further from 0: such that the offset, first - before / (ratio - 1),
 * has its error by the delta method. */
static double bent(const double *y, size_t third, double before, double ratio, double deviate)
{
  double by_last = 1 / ((ratio - 1) * (ratio - 1)), by_before = (1 - 2 * ratio) * by_last; /* the offset's slopes by the last difference, and the one before */
  double first = (1 - by_before) * (1 - by_before) * error_of(y, third);
  double second = (by_before - by_last) * (by_before - by_last) * error_of(y + third, third), last = by_last * by_last * error_of(y + 2 * third, third);
  double error = sqrt(first + second + last) / (fabs(before) * by_last * ratio), size = fabs(log(ratio));
  return exp(copysign(fmax(size + deviate * error, log(hardly) / 3), log(ratio)));
}

/* Sums of moments and values, both from a middle. */
typedef struct sums {
  double n, t, y, tt, ty, yy;
} sums;

static void add(sums *s, double t, double y)
{
  s->n += 1;
  s->t += t;
  s->y += y;
  s->tt += t * t;
  s->ty += t * y;
  s->yy += y * y;
}

/* Squares of what a line leaves of them. */
static double left_by_line(const sums *s)
{
  double tt = s->tt - s->t * s->t / s->n, ty = s->ty - s->t * s->y / s->n, yy = s->yy - s->y * s->y / s->n;
  return fmax(yy - (tt > 0 ? ty * ty / tt : 0), 0);
}

/* Squares of what the best two lines, one behind the other, leave of y[n]. */
static double left_by_two(const double *y, size_t n, double mean)
{
  sums all = {0}, left = {0};
  double middle = (double)n / 2, least = INFINITY;
  for (size_t i = 0; i < n; i++)
    add(&all, (double)i - middle, y[i] - mean);
  for (size_t i = 0; i + LINE_MIN < n; i++) {
    add(&left, (double)i - middle, y[i] - mean);
    sums right = {all.n - left.n, all.t - left.t, all.y - left.y, all.tt - left.tt, all.ty - left.ty, all.yy - left.yy};
    least = i + 1 >= LINE_MIN ? fmin(least, left_by_line(&left) + left_by_line(&right)) : least;
  }
  return least;
}

/* Squares of what a curve leaves that grows by a rate a step, its offset and size such that it leaves least. */
static double left_by_curve(const double *y, size_t n, double mean, double rate)
{
  sums s = {0};
  for (size_t i = 0; i < n; i++)
    add(&s, exp(rate * (rate > 0 ? (double)i - (double)n : (double)i)), y[i] - mean);
  return left_by_line(&s);
}

/* The same of the rate that leaves least, from half of the given one to twice it. */
static double left_by_best_curve(const double *y, size_t n, double mean, double rate)
{
  double low = log(0.5), high = log(2);
  for (int i = 0; i < SEARCHES; i++) {
    double third = (high - low) / 3;
    if (left_by_curve(y, n, mean, rate * exp(low + third)) < left_by_curve(y, n, mean, rate * exp(high - third)))
      high -= third;
    else
      low += third;
  }
  return left_by_curve(y, n, mean, rate * exp(low));
}

/* Whether y[n] is clearly two lines, such as a step or a ramp, and no curve that grows by about a rate a step: by the Bayesian information criterion, as if
 * four parameters told them apart. Two do; what the search for the place where the lines part finds in noise is worth the others. */
static bool is_broken(const double *y, size_t n, double rate)
{
  double mean = mean_of(y, n);
  return left_by_best_curve(y, n, mean, rate) > left_by_two(y, n, mean) * pow((double)n, 4 / (double)n);
}

/* Residuals of a curve with a known rate: their squares, and the slope of the curve by the rate's logarithm, as far as neither a nor b can make up for it,
 * per b. What they go together from one to the next, at least 0 and at most `most`, makes the rate less sure than so many values would. */
static double error_of_rate(const double *y, size_t n, double rate)
{
  static const double most = 0.9;
  double mean = mean_of(y, n), before = 0, squares = 0, next = 0;
  sums s = {0}, slopes = {0};
  for (size_t i = 0; i < n; i++) {
    double t = rate * (double)i;
    add(&s, exp(-t), y[i] - mean);
    add(&slopes, exp(-t), t * exp(-t));
  }
  double tt = s.tt - s.t * s.t / s.n, b = (s.ty - s.t * s.y / s.n) / tt, a = (s.y - b * s.t) / s.n;
  for (size_t i = 0; i < n; i++) {
    double e = y[i] - mean - a - b * exp(-rate * (double)i);
    squares += e * e;
    next += e * before;
    before = e;
  }
  double carry = squares > 0 ? fmin(fmax(next / squares, 0), most) : 0;
  return sqrt(squares / (double)(n - 3) * (1 + carry) / (1 - carry) / left_by_line(&slopes)) / fabs(b);
}

/* The rate that leaves least among RATES from low to high, evenly by their logarithm, and then near it. */
static double best_rate(const double *y, size_t n, double mean, double low, double high)
{
  double least = INFINITY, best = low, step = log(high / low) / (RATES - 1);
  for (int i = 0; i < RATES; i++) {
    double rate = low * exp(step * i), left = left_by_curve(y, n, mean, -rate);
    best = left < least ? rate : best;
    least = fmin(least, left);
  }
  double from = log(best) - step, to = log(best) + step;
  for (int i = 0; i < SEARCHES; i++) {
    double third = (to - from) / 3;
    if (left_by_curve(y, n, mean, -exp(from + third)) < left_by_curve(y, n, mean, -exp(to - third)))
      to -= third;
    else
      from += third;
  }
  return exp((from + to) / 2);
}

int pl_levelling_rate(const double *y, size_t n, double deviate, double *rate)
{
  if (n < LEVELLING_MIN)
    return PL_EINVAL;
  double mean = mean_of(y, n), low = log(enough) / (double)n, high = levelled / (double)n, best = best_rate(y, n, mean, low, high);
  sums line = {0};
  for (size_t i = 0; i < n; i++)
    add(&line, (double)i - (double)n / 2, y[i] - mean);
  double left = left_by_curve(y, n, mean, -best) * pow((double)n, 4 / (double)n);
  if (!(best > low && best < high && left_by_line(&line) > left) || is_broken(y, n, -best))
    return PL_EINVAL;
  double error = deviate != 0 ? error_of_rate(y, n, best) : 0;
  *rate = fmin(fmax(best * exp(deviate * error), low), high);
  return PL_OK;
}

/* How far below the least value the offset has to lie, so that noise is a small part of what the logarithm is taken of: y[n] is the third with it. */
static double clearance(const double *y, size_t n, double range)
{
  return fmin(fmax(clear * sqrt(error_of(y, n) * (double)n), near * range), below * range);
}

int pl_growth_offset(const double *y, size_t n, double least, double most, double deviate, double *offset)
{
  size_t third = n / 3;
  if (third < 2)
    return PL_EINVAL;
  const double *from = y + (n - 3 * third);
  double first = mean_of(from, third), before = mean_of(from + third, third) - first, behind = mean_of(from + 2 * third, third) - first - before;
  double ratio = behind / before, grown = pow(fmax(ratio, 1 / ratio), 3);
  if (!(ratio > 0 && behind > before && grown >= enough) || (deviate == 0 && is_broken(from, 3 * third, log(ratio) / (double)third)))
    return PL_EINVAL;
  ratio = deviate != 0 ? bent(from, third, before, ratio, deviate) : ratio;
  *offset = fmin(first - before / (ratio - 1), least - clearance(ratio > 1 ? from : from + 2 * third, third, most - least));
  return PL_OK;
}

/* Mean distance of y[n], whole seasons of `season` steps, from each one's mean and a line through that. */
static double spread_of(const double *y, size_t n, size_t season, double slope)
{
  double sum = 0;
  for (size_t from = 0; from < n; from += season) {
    double mean = mean_of(y + from, season);
    for (size_t i = 0; i < season; i++)
      sum += fabs(y[from + i] - mean - slope * ((double)i - (double)(season - 1) / 2)) / (double)n;
  }
  return sum;
}

int pl_seasonal_offset(const double *y, size_t n, size_t season, double least, double most, bool *clearly, double *offset)
{
  size_t third = season > 1 ? n / 3 / season * season : 0;
  if (third == 0)
    return PL_EINVAL;
  const double *from = y + (n - 3 * third), *between = from + third, *to = between + third;
  double first = mean_of(from, third), middle = mean_of(between, third), last = mean_of(to, third), steps = (double)third;
  double before = spread_of(from, third, season, (middle - first) / steps), behind = spread_of(to, third, season, (last - middle) / steps);
  double ratio = behind / before;
  if (!(before > 0 && fmax(ratio, 1 / ratio) >= spreads && (last - first) * (behind - before) > 0))
    return PL_EINVAL;
  double none = first - before * (last - first) / (behind - before);
  *clearly = fabs(log(ratio)) > surely * sqrt(2 * uneven / (double)third) && none < least - nearer * (most - least);
  *offset = fmin(none, least - nearer * (most - least));
  return PL_OK;
}

/* Mean size of the steps of y[n] about the mean step. */
static double step_of(const double *y, size_t n)
{
  double mean = (y[n - 1] - y[0]) / (double)(n - 1), sum = 0;
  for (size_t i = 1; i < n; i++)
    sum += fabs(y[i] - y[i - 1] - mean) / (double)(n - 1);
  return sum;
}

/* Whether y[n] deviates from a line and from a curve as what wanders does: the mean square of its second differences is less than one and a half times that
 * of its deviations, where of independent values it is six times as much, and of a walk nearly nothing (as von Neumann 1941, of first differences, in which a
 * curve would be seen). */
static bool wanders(const double *y, size_t n)
{
  size_t third = n / 3;
  double mean = mean_of(y, n), middle = mean_of(y + third, third), ratio = (mean_of(y + 2 * third, third) - middle) / (middle - mean_of(y, third));
  double bends = 0;
  sums line = {0};
  for (size_t i = 0; i < n; i++)
    add(&line, (double)i - (double)n / 2, y[i] - mean);
  for (size_t i = 2; i < n; i++)
    bends += (y[i] - 2 * y[i - 1] + y[i - 2]) * (y[i] - 2 * y[i - 1] + y[i - 2]) / (double)(n - 2);
  double left = left_by_line(&line);
  left = ratio > 0 && ratio != 1 ? fmin(left, left_by_best_curve(y, n, mean, log(ratio) / (double)third)) : left;
  return bends < 1.5 * left / (double)n;
}

int pl_walking_offset(const double *y, size_t n, double least, double most, double *offset)
{
  size_t third = n / 3;
  if (third < WALK_MIN)
    return PL_EINVAL;
  const double *from = y + (n - 3 * third), *to = from + 2 * third;
  double first = mean_of(from, third), last = mean_of(to, third), before = step_of(from, third), behind = step_of(to, third);
  double size = log(behind / before), error = sqrt(2 * uneven / (double)third);
  if (!(before > 0 && fabs(size) > surely * error && (last - first) * size > 0 && wanders(from, 3 * third)))
    return PL_EINVAL;
  double none = first - (last - first) / (exp(size) - 1);
  if (!(none < least - below * (most - least)))
    return PL_EINVAL;
  *offset = none;
  return PL_OK;
}
