/* See detector.h. */
#include "analysis/anomaly/detector.h"

#include <math.h>
#include <string.h>

static const double FORETOLD = 0.8; /* of a rarity where the row before foretells a row in part, and nothing else does */
static const double OF_LEVEL = -0.031; /* autocorrelation of what independent values leave of an average of weight a: (-a + a (1 - a) / (2 - a)) / (1 + a / (2 - a)) */
static const double FAST[PL_ANOMALY_SCALES] = {1 / 4.0, 1 / 16.0, 1 / 64.0}, SLOW[PL_ANOMALY_SCALES] = {1 / 32.0, 1 / 128.0, 1 / 512.0};
static const double OFF_LEVEL = 1.1765; /* variance of a row less the average of weight 0.3 before it, against that of the row: 2 / (2 - 0.3) */
static const double CLIP = 8;   /* mean deviations: what is beyond counts as these */
static const double SURE = 5.3; /* standard errors that begin an alert: once in ten million independent values of a normal law */
static const double MOSTLY = 0.5; /* of a difference: what one row brings of one that leaks slowly is far less, of one that leaps it is nearly all */
enum { MISSING_MOST = 1 << 20 }; /* rows that are missing in one place: more are no more */
enum { LAW_ROWS = 512 }; /* as many as the slowest average holds: by then a mean deviation is known to a thirtieth */

void pl_detector_init(pl_detector *d)
{
  memset(d, 0, sizeof *d);
  pl_tail *tails[] = {&d->run, &d->gap, &d->raw.spike, &d->rest.spike};
  pl_tail_init(&d->raw.variance, 32);
  pl_tail_init(&d->rest.variance, 32);
  for (size_t i = 0; i < sizeof tails / sizeof *tails; i++)
    pl_tail_init(tails[i], 1);
  for (int i = 0; i < PL_ANOMALY_SCALES; i++) {
    pl_tail_init(&d->raw.shift[i], 1 / FAST[i]);
    pl_tail_init(&d->rest.shift[i], 1 / FAST[i]);
  }
}

const char *pl_anomaly_kind_name(pl_anomaly_kind kind)
{
  static const char *const names[] = {"", "spike", "level shift", "variance", "flat line", "missing data", "lost season", "slow leak"};
  return kind <= PL_ANOMALY_LEAK ? names[kind] : "";
}

/* Keeps the rarest. */
static void offer(pl_anomaly *best, double rarity, pl_anomaly_kind kind)
{
  if (rarity > best->rarity)
    *best = (pl_anomaly){.rarity = rarity, .kind = kind};
}

/* The rarity of a magnitude by those before it, which it then joins. */
static double judge(pl_tail *t, double m)
{
  double rarity = pl_tail_rarity(t, m);
  pl_tail_add(t, m);
  return rarity;
}

/* The same of a residual of the local level. Where rows are plain, or foretold but for plain news, one far value tells nothing of the next: what is far for the
 * third time is a habit there only when it comes on time, then no news at all, and what is as rare as a score of 1 is no part of the tail. */
static double judge_spike(pl_tail *t, double m, int alone)
{
  if (!alone)
    return judge(t, m);
  double rarity = pl_tail_is_on_time(t, m) ? 0 : pl_tail_rarity_anew(t, m);
  if (rarity * PL_ALARM_PLAIN >= 2 * PL_ALARM_LEVEL)
    pl_tail_add_told(t, m);
  else
    pl_tail_add(t, m);
  return rarity;
}

/* The weight of a new value in an average that begins as a plain mean. */
static double weight(uint64_t n, double least)
{
  double w = 1 / (double)(n + 1);
  return w > least ? w : least;
}

/* What the law of plain noise says of the difference m of the slowest averages: its distance in standard errors, where it is also beyond what came before: an edge of a season that its profile is too coarse for comes again with each turn. Of
 * independent values the averages of weights a and b have the variances a / (2 - a) and b / (2 - b), and the covariance a b / (a + b - a b). */
static double by_law(const pl_anomaly_view *v, double m, double rarity)
{
  const double a = FAST[PL_ANOMALY_SCALES - 1], b = SLOW[PL_ANOMALY_SCALES - 1];
  double error = v->spread * sqrt(v->square / OFF_LEVEL * (a / (2 - a) + b / (2 - b) - 2 * a * b / (a + b - a * b)));
  if (!(rarity > 0) || v->n < LAW_ROWS || !(error > 0) || pl_tail_is_habit(&v->shift[PL_ANOMALY_SCALES - 1], m))
    return 0;
  double z = m / error / SURE;
  return PL_ALARM_LEVEL * fmin(z * z, 2);
}

/* What a difference of the slowest averages tells of: a leak, where it grew slowly. */
static pl_anomaly_kind slowest(const pl_anomaly_view *v)
{
  return v->leapt ? PL_ANOMALY_SPIKE : PL_ANOMALY_LEAK;
}

/* Takes a far row out of the level when the next one is back: its echo there would be most of the few magnitudes that a tail of plain noise rests on, and
 * hide the next far one. What is no noise is left alone, for there a far row tells of the next ones. */
static void forget_far(pl_anomaly_view *v, double x)
{
  if (v->far && fabs(x - v->level_before) < fabs(x - v->level))
    v->level = v->level_before;
}

/* A row of one view, of plain noise or not, foretold but for plain news or not: the rarest that is seen goes to best, what the law says of a leak to leak. */
static void see(pl_anomaly_view *v, double x, int plain, int foretold, int seasonal, pl_anomaly *best, double *leak)
{
  if (plain)
    forget_far(v, x);
  double off = v->n ? fabs(x - v->level) : 0;
  v->level_before = v->level;
  v->far = off > CLIP * v->spread && v->spread > 0;
  offer(best, judge_spike(&v->spike, off, v->far && (plain || foretold)), PL_ANOMALY_SPIKE);
  v->level += weight(v->n, 0.3) * (x - v->level);
  for (int i = 0; i < PL_ANOMALY_SCALES; i++) {
    double was = fabs(v->fast[i] - v->slow[i]);
    v->fast[i] += weight(v->n, FAST[i]) * (x - v->fast[i]);
    v->slow[i] += weight(v->n, SLOW[i]) * (x - v->slow[i]);
    double m = fabs(v->fast[i] - v->slow[i]), rarity = judge(&v->shift[i], m);
    v->leapt = m - was > MOSTLY * m; /* of the slowest, which is the last */
    pl_anomaly_kind kind = seasonal ? PL_ANOMALY_SEASON : i == PL_ANOMALY_SCALES - 1 ? slowest(v) : PL_ANOMALY_SHIFT;
    offer(best, rarity, kind);
    *leak = by_law(v, m, rarity); /* of the slowest, too */
  }
  v->late += weight(v->n, 1 / 32.0) * (off - v->late);
  v->spread += weight(v->n, 1 / 1024.0) * (off - v->spread);
  double part = v->spread > 0 ? fmin(off / v->spread, CLIP) : 0;
  v->square += weight(v->n, 1 / 1024.0) * (part * part - v->square);
  double ratio = v->spread > 0 && v->late > 0 ? fabs(log2(v->late / v->spread)) : 0;
  offer(best, judge(&v->variance, ratio), PL_ANOMALY_VARIANCE);
  v->n++;
}

/* Counts what tells whether the rows are plain noise. */
static void see_plain(pl_detector *d, double x)
{
  if (!d->n)
    return;
  double off = x - d->raw.fast[1];
  pl_plain_add(&d->news, off - fmax(0, pl_plain_correlation(&d->off)) * d->off_last);
  pl_plain_add(&d->off, off);
  pl_plain_add(&d->steps, x - d->last);
  d->off_last = off;
}

/* The same of what the season leaves. */
static void see_rest(pl_detector *d, double rest)
{
  if (d->rest.n)
    pl_plain_add(&d->rest_off, rest - d->rest.fast[1]);
}

/* Runs of one value: an ended run joins those before it, the running one is judged by them. */
static void see_run(pl_detector *d, double x, pl_anomaly *best)
{
  if (x == d->last) {
    d->same++;
    if (d->same > 8)
      offer(best, pl_tail_rarity(&d->run, (double)d->same), PL_ANOMALY_FLAT);
    return;
  }
  if (d->same)
    pl_tail_add(&d->run, (double)d->same);
  d->last = x;
  d->same = 1;
}

/* Judges the distance to the row before; how many rows are missing there. */
static uint64_t see_gap(pl_detector *d, int64_t time_ns, pl_anomaly *best)
{
  uint64_t missing = 0;
  double gap = d->n && time_ns > d->last_ns ? (double)time_ns - (double)d->last_ns : 0;
  if (gap > 0) {
    double rarity = judge(&d->gap, gap);
    if (gap > 3 * d->step_ns)
      offer(best, rarity, PL_ANOMALY_MISSING);
    if (d->n > PL_ANOMALY_WARM / 2 && gap > 1.5 * d->step_ns)
      missing = (uint64_t)fmin(gap / d->step_ns - 0.5, MISSING_MOST);
    d->step_ns += weight(d->n, 0.02) * ((gap > 2 * d->step_ns && d->step_ns > 0 ? 2 * d->step_ns : gap) - d->step_ns);
  }
  if (!d->n || time_ns > d->last_ns)
    d->last_ns = time_ns;
  return missing;
}

/* Names the alert in force when it is time, or when the next one begins; then that one waits for its name. Until it has it, rows are held against the season
 * as it was at the alert: one that learns a new level would look like one that is lost. */
static void name(pl_detector *d, uint64_t last_alert, double x, double rest, int seasonal, pl_anomaly *a)
{
  if (a->kind)
    a->named = pl_naming_of(&d->naming);
  double kept = rest;
  if (pl_naming_is_seasonal(&d->naming))
    pl_seasons_rest_kept(&d->seasons, x, &kept);
  pl_naming_add(&d->naming, x, rest, kept);
  if (!a->kind && pl_naming_is_due(&d->naming))
    a->named = pl_naming_of(&d->naming);
  a->ago = a->named ? d->n - last_alert : 0;
  if (!a->kind)
    return;
  pl_naming_begin(&d->naming, a->kind, seasonal);
  if (seasonal)
    pl_seasons_keep(&d->seasons, x, rest);
}

/* The oddest of what was seen: of the first rows by themselves, later by the tails. */
static pl_anomaly oddest(pl_detector *d, int64_t time_ns, double x, double *rest, int *seasonal)
{
  pl_anomaly best = {0}, other = {0}, gap = {0};
  pl_anomaly_kind kind = PL_ANOMALY_NONE;
  uint64_t missing = see_gap(d, time_ns, &gap);
  double leak = 0, rest_leak = 0, of_raw;
  int level = pl_plain_is(&d->off, OF_LEVEL), plain = level || pl_plain_is(&d->steps, 0), rest_plain = 0, foretold = pl_plain_is(&d->news, 0);
  double young = d->n < PL_ANOMALY_WARM ? pl_young_add(&d->young, x, &kind) : 0;
  see_plain(d, x);
  see(&d->raw, x, plain, foretold, 0, &best, &leak);
  of_raw = leak = level ? leak : 0;
  pl_season_state season = pl_seasons_add(&d->seasons, time_ns, missing, x, rest);
  if (season != PL_SEASON_NONE) {
    rest_plain = pl_plain_is(&d->rest_off, OF_LEVEL);
    see_rest(d, *rest);
    see(&d->rest, *rest, rest_plain, foretold, 1, &other, &rest_leak);
  }
  *seasonal = season == PL_SEASON_TRUSTED;
  if (*seasonal) {
    offer(&best, other.rarity, other.kind);
    plain |= rest_plain;
    leak = rest_plain ? fmax(leak, rest_leak) : leak;
  }
  best.rarity *= plain ? PL_ALARM_PLAIN : foretold ? FORETOLD : 1;
  offer(&best, leak, slowest(leak > of_raw ? &d->rest : &d->raw));
  offer(&best, gap.rarity, gap.kind);
  see_run(d, x, &best);
  return d->n < PL_ANOMALY_WARM ? (pl_anomaly){.rarity = fmin(young, 2) * PL_ALARM_LEVEL, .kind = kind} : best;
}

pl_anomaly pl_detector_add(pl_detector *d, int64_t time_ns, double value)
{
  if (!isfinite(value))
    return (pl_anomaly){0};
  double x = value * PL_ANOMALY_UNIT, rest = 0;
  uint64_t last_alert = d->alarm.at;
  int seasonal;
  pl_anomaly a = oddest(d, time_ns, x, &rest, &seasonal);
  if (!pl_alarm_add(&d->alarm, a.rarity, &a.score))
    a.kind = PL_ANOMALY_NONE;
  name(d, last_alert, x, seasonal ? rest : x, seasonal, &a);
  d->n++;
  return a;
}

void pl_detector_raise(pl_detector *d, pl_anomaly_kind kind)
{
  pl_naming_begin(&d->naming, kind, 0);
  d->alarm.at = d->n ? d->n - 1 : 0;
}

pl_anomaly_kind pl_detector_name(const pl_detector *d, uint64_t *ago)
{
  pl_anomaly_kind kind = pl_naming_of(&d->naming);
  if (kind)
    *ago = d->n - 1 - d->alarm.at;
  return kind;
}
