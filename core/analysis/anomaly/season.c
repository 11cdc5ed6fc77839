/* See season.h. */
#include "analysis/anomaly/season.h"

#include <math.h>
#include <string.h>

static const int64_t DAY_NS = INT64_C(86400000000000), WEEK_NS = INT64_C(604800000000000);
static const double LATE = 1 / 1024.0, OLD = 0.1;  /* least weights of a row in an error, in a part of a profile */
static const double BY_MEAN = 0.7, BY_WRONG = 0.6; /* so much less than other errors is that of a season */
static const double TRUST = 0.9; /* a season of no calendar must err so much less than the day or the week */
static const double GAIN = 0.5;  /* of a period's error that is mended at once */
static const double FAR = 3;     /* mean errors at which what is left of a row is clipped */
static const double SURE = 3;    /* standard errors that a shift is away from none */
static const double WHOLE = 0.02; /* rows: so near a whole period is taken for it */
static const double DUST = 1e-12; /* of the size of rows: so little is left of one that was foretold exactly, and only by rounding */
static const double MOST = 8;     /* mean errors: a larger one counts as these, so that no spike unlearns a season */
enum { YOUNG = 24, TRIAL = 100 }; /* rows from which on errors are clipped; rows at least by which a learnt season is tried */
enum { DAY, WEEK, OWN };
enum { SEEDED = 3 };              /* turns that what the rings say counts for */

/* The weight of a new value in an average that begins as a plain mean. */
static double weight(uint64_t n, double least)
{
  double w = 1 / (double)(n + 1);
  return w > least ? w : least;
}

static int64_t within(int64_t time_ns, int64_t span)
{
  int64_t r = time_ns % span;
  return r < 0 ? r + span : r;
}

/* Another part than `at`, each as often: the multiples of the golden ratio lie evenly (H. Weyl, "Über die Gleichverteilung von Zahlen mod. Eins", 1916). */
static size_t wrong_part(uint64_t turn, size_t at, size_t parts)
{
  uint32_t golden = (uint32_t)turn * UINT32_C(2654435769);
  size_t other = at + 1 + (size_t)((uint64_t)golden * (parts - 1) >> 32);
  return other < parts ? other : other - parts;
}

/* How a season foretold a row: judged by it, and joined to it. share: of the mean's error what it leaves, above 1 where it is not to be
 * trusted; rest: what is left of the row. Whether it foretold anything. */
static int hear(pl_seasons *s, pl_season *season, size_t at, size_t parts, int known, double x, double *share, double *rest)
{
  pl_season_part *part = &season->part[at];
  *share = 2;
  known = known && part->n > 0;
  if (known) {
    double w = weight(season->judged, LATE);
    const pl_season_part *wrong = &season->part[wrong_part(season->judged, at, parts)];
    *rest = fabs(x - part->mean) > DUST * s->size ? x - part->mean : 0;
    if (season->error < BY_MEAN * season->mean_error && season->error < BY_WRONG * season->wrong_error)
      *share = season->error / season->mean_error;
    double most = season->judged >= YOUNG ? MOST * season->mean_error : INFINITY;
    season->error += w * (fmin(most, fabs(*rest)) - season->error);
    season->mean_error += w * (fmin(most, fabs(x - s->mean)) - season->mean_error);
    season->wrong_error += w * (fmin(most, fabs(x - (wrong->n ? wrong->mean : s->mean))) - season->wrong_error);
    season->judged++;
  }
  part->mean += weight(part->n, OLD) * (x - part->mean);
  part->n++;
  return known;
}

/* Begins a season of `rows` rows at the row that was added last, with what a ring holds of its turns. */
static void begin(pl_seasons *s, double rows, int ring)
{
  double reach = PL_PERIOD_SLOTS * pow(PL_PERIOD_STEP, ring);
  memset(&s->own, 0, sizeof s->own);
  s->rows = rows;
  s->parts = (uint32_t)fmin(rows + 0.5, PL_SEASON_PARTS);
  s->at = s->pull = s->hold = 0;
  for (uint32_t p = 0; p < s->parts; p++) {
    pl_season_part *part = &s->own.part[p];
    for (double ago = rows - p * rows / s->parts; ago < reach; ago += rows) {
      double v = pl_period_value(&s->period, ring, (uint64_t)(ago + 0.5));
      if (isnan(v))
        continue;
      part->n++;
      part->mean += (v - part->mean) / part->n;
    }
    part->n = part->n < SEEDED ? part->n : SEEDED;
  }
}

/* Parts to each side over which the slope of a profile is taken: the noise of its parts must not pass for slope. */
static size_t base_of(const pl_seasons *s)
{
  return s->parts / 16 > 1 ? s->parts / 16 : 1;
}

/* Mends the period once the shift of the rows against the profile is sure, which grows with the mean age of its rows, in turns. The shift is that of least squares, of
 * what is left of rows on the slope of the profile: pull / hold parts, with the variance of a row by hold. */
static void mend(pl_seasons *s)
{
  double shift = s->pull / s->hold, error = s->own.error / 0.8 / s->own.mean_error / sqrt(s->hold), age = fmin(1 / OLD, (s->own.part[0].n + 1) / 2.0) * s->parts / s->rows;
  if (!(fabs(shift) > SURE * error))
    return;
  s->rows = fmax(PL_PERIOD_LEAST, s->rows - GAIN / fmax(1, age) * fmax(-(double)base_of(s), fmin((double)base_of(s), shift)) * s->rows / s->parts);
  double whole = floor(s->rows + 0.5);
  s->rows = fabs(s->rows - whole) < WHOLE ? whole : s->rows;
  s->pull = s->hold = 0;
}

/* Counts what a row tells of the shift; in parts of the mean error, and what was long ago less. */
static void pull(pl_seasons *s, size_t at, int turned, double rest)
{
  const pl_season_part *part = s->own.part;
  size_t base = base_of(s);
  double slope = (part[(at + base) % s->parts].mean / 2 - part[(at + s->parts - base) % s->parts].mean / 2) / (double)base, unit = s->own.mean_error, most = FAR * unit;
  if (turned) {
    mend(s);
    s->pull *= 1 - OLD;
    s->hold *= 1 - OLD;
  }
  if (!(unit > 0))
    return;
  s->pull += fmax(-most, fmin(most, rest)) / unit * (slope / unit);
  s->hold += slope / unit * (slope / unit);
}

/* Whether the season that was learnt has not foretold enough yet. */
static int is_on_trial(const pl_seasons *s)
{
  return s->rows > 0 && (double)s->own.judged < fmax(TRIAL, s->rows);
}

/* The same of the season that was learnt. */
static int hear_own(pl_seasons *s, uint64_t missing, double x, double *share, double *rest)
{
  double on = s->at + 1 + (double)missing;
  s->at = fmod(on, s->rows);
  size_t at = (size_t)(s->at * s->parts / s->rows + 0.5) % s->parts;
  int known = hear(s, &s->own, at, s->parts, 1, x, share, rest);
  pull(s, at, on >= s->rows, known ? *rest : 0);
  if (is_on_trial(s))
    *share = 2;
  return known;
}

/* Looks for a period, which is left aside while the one learnt before is tried or trusted. */
static void learn(pl_seasons *s, uint64_t missing, double x, int good)
{
  int ring = 0;
  double found = pl_period_add(&s->period, x, missing, &ring);
  if (found > 0 && !good && !is_on_trial(s))
    begin(s, found, ring);
}

pl_season_state pl_seasons_add(pl_seasons *s, int64_t time_ns, uint64_t missing, double x, double *rest)
{
  if (!s->n)
    s->first_ns = time_ns;
  s->size += weight(s->n, LATE) * (fabs(x) - s->size);
  double age = ((double)time_ns - (double)s->first_ns) / 1e9 / 86400, share[3] = {2, 2, 2}, left[3];
  size_t day = (size_t)(within(time_ns, DAY_NS) / (DAY_NS / PL_SEASON_DAY)), week = (size_t)(within(time_ns, WEEK_NS) / (WEEK_NS / PL_SEASON_WEEK));
  s->place[DAY] = day;
  s->place[WEEK] = week;
  s->kept_at = s->kept_of == OWN + 1 ? fmod(s->kept_at + 1 + (double)missing, s->kept_rows) : 0;
  int known[3] = {hear(s, &s->day, day, PL_SEASON_DAY, age >= 2, x, &share[0], &left[0]), hear(s, &s->week, week, PL_SEASON_WEEK, age >= 14, x, &share[1], &left[1])};
  share[0] = age >= 3 ? share[0] : 2;
  share[1] = age >= 21 ? share[1] : 2;
  known[2] = s->rows > 0 && hear_own(s, missing, x, &share[2], &left[2]);
  learn(s, missing, x, share[2] < 1);
  s->mean += weight(s->n++, LATE) * (x - s->mean);
  int best = share[1] < share[0] || !known[0];
  best = known[2] && (share[2] < TRUST * share[best] || !known[best]) ? 2 : best;
  if (!known[best])
    return PL_SEASON_NONE;
  *rest = left[best];
  s->best = best;
  return share[best] < 1 ? PL_SEASON_TRUSTED : PL_SEASON_KNOWN;
}

/* The part of the kept profile that the last row falls into. */
static size_t kept_part(const pl_seasons *s)
{
  return s->kept_of == OWN + 1 ? (size_t)(s->kept_at * s->kept_parts / s->kept_rows + 0.5) % s->kept_parts : s->place[s->kept_of - 1];
}

void pl_seasons_keep(pl_seasons *s, double x, double rest)
{
  const pl_season *season = s->best == DAY ? &s->day : s->best == WEEK ? &s->week : &s->own;
  for (size_t i = 0; i < PL_SEASON_PARTS; i++)
    s->kept[i] = season->part[i].n ? season->part[i].mean : NAN;
  s->kept_of = s->best + 1;
  s->kept_rows = s->rows;
  s->kept_at = s->at;
  s->kept_parts = s->parts;
  s->kept[kept_part(s)] = x - rest;
}

void pl_seasons_rest_kept(const pl_seasons *s, double x, double *rest)
{
  if (s->kept_of && !isnan(s->kept[kept_part(s)]))
    *rest = x - s->kept[kept_part(s)];
}
