/* See group.h. One allocation holds the group and its members. */
#include "analysis/anomaly/group.h"

#include <math.h>
#include <string.h>

static const double CLIP = 8;          /* mean deviations: what is beyond counts as these */
static const double LATE = 1 / 1024.0; /* least weight of a new row */
enum { SUMS = 2 };

/* Moments of what one series adds to a sum. */
typedef struct moments {
  double mean, variance;
} moments;

typedef struct member {
  pl_detector detector;
  moments adds[SUMS];
  double now[SUMS]; /* what it adds at this row */
  uint64_t begin;   /* the group's row of its first value */
  uint64_t rows;    /* of the group since then */
  double odd;       /* its share in what is odd at this row, before they are made to add up to 1 */
} member;

struct pl_group {
  const pl_allocator *alloc;
  size_t n, bytes;
  uint64_t rows;
  pl_tail tail[SUMS];
  moments sum[SUMS];
  pl_plain plain; /* the first sum, less its mean */
  pl_alarm alarm;
  size_t worst; /* the series that contributed most to the alert in force */
  member members[];
};

pl_group *pl_group_new(const pl_allocator *alloc, size_t n)
{
  if (n < 1 || n > PL_GROUP_MOST)
    return NULL;
  size_t bytes = sizeof(pl_group) + n * sizeof(member);
  pl_group *g = pl_alloc(alloc, bytes);
  if (!g)
    return NULL;
  memset(g, 0, bytes);
  g->alloc = alloc;
  g->n = n;
  g->bytes = bytes;
  pl_tail_init(&g->tail[0], 1);
  pl_tail_init(&g->tail[1], 16);
  for (size_t i = 0; i < n; i++)
    pl_detector_init(&g->members[i].detector);
  return g;
}

bool pl_group_join(pl_group **g)
{
  pl_group *old = *g;
  size_t bytes = old->bytes + sizeof(member);
  pl_group *grown = old->n < PL_GROUP_MOST ? pl_realloc(old->alloc, old, old->bytes, bytes) : NULL;
  if (!grown)
    return false;
  memset(&grown->members[grown->n], 0, sizeof(member));
  pl_detector_init(&grown->members[grown->n].detector);
  grown->n++;
  grown->bytes = bytes;
  *g = grown;
  return true;
}

void pl_group_free(pl_group *g)
{
  if (g)
    pl_free(g->alloc, g, g->bytes);
}

/* The square of a deviation by its usual size, clipped. */
static double squared(double off, double spread)
{
  double z = spread > 0 ? fabs(off) / spread : off != 0 ? CLIP : 0;
  z = z < CLIP ? z : CLIP;
  return z * z;
}

static void learn(moments *m, double x, uint64_t rows)
{
  double w = 1 / (double)(rows + 1), off = x - m->mean;
  w = w > LATE ? w : LATE;
  m->mean += w * off;
  m->variance += w * (off * off - m->variance);
}

/* What a member adds to a sum at this row. */
static double part_of(const member *m, int k)
{
  if (m->begin < PL_ANOMALY_WARM)
    return m->now[k];
  return m->rows < PL_ANOMALY_WARM ? 0 : m->now[k] - m->adds[k].mean;
}

/* One series of a row: what it adds to the sums, by what was known before. */
static pl_anomaly see(member *m, int64_t time_ns, double value)
{
  const pl_anomaly_view *v = &m->detector.raw;
  for (int k = 0; k < SUMS; k++)
    m->now[k] = m->adds[k].mean;
  m->odd = 0;
  if (!isfinite(value))
    return (pl_anomaly){0};
  double spread = v->spread, level = v->level, known = v->n > 0;
  pl_anomaly a = pl_detector_add(&m->detector, time_ns, value);
  m->now[0] = known ? squared(value * PL_ANOMALY_UNIT - level, spread) : 0;
  m->now[1] = known ? squared(v->fast[0] - v->slow[1], spread) : 0;
  for (int k = 0; k < SUMS; k++)
    m->odd += fmax(0, m->now[k] - m->adds[k].mean);
  m->odd += 4.6 * a.rarity; /* -2 ln of its chance, as Fisher's sum has it */
  return a;
}

/* The same, and when it began. */
static pl_anomaly see_member(const pl_group *g, member *m, int64_t time_ns, double value)
{
  bool begins = !m->detector.n, there;
  pl_anomaly a = see(m, time_ns, value);
  there = m->detector.n > 0;
  if (there && begins)
    m->begin = g->rows;
  else if (there)
    m->rows++;
  return a;
}

/* How many of the series are independent, 1 to n. */
static double independent(const pl_group *g)
{
  double apart = 0, n = (double)g->n;
  for (size_t i = 0; i < g->n; i++)
    apart += g->members[i].adds[0].variance;
  double k = g->sum[0].variance > 0 ? n * apart / g->sum[0].variance : 1;
  return k < 1 ? 1 : k > n ? n : k;
}

/* The rarity of the sums by those before them, which they then join. */
static double see_sums(pl_group *g)
{
  double rarest = 0;
  int plain = pl_plain_is(&g->plain, 0);
  for (int k = 0; k < SUMS; k++) {
    double sum = 0;
    for (size_t i = 0; i < g->n; i++) {
      member *m = &g->members[i];
      sum += part_of(m, k);
      learn(&m->adds[k], m->now[k], m->begin < PL_ANOMALY_WARM ? g->rows : m->rows);
    }
    double rarity = pl_tail_rarity(&g->tail[k], sum) * (plain ? PL_ALARM_PLAIN : 1);
    rarest = rarity > rarest ? rarity : rarest;
    pl_tail_add(&g->tail[k], sum);
    if (k == 0)
      pl_plain_add(&g->plain, sum - g->sum[k].mean);
    learn(&g->sum[k], sum, g->rows);
  }
  return g->n > 1 && g->rows >= PL_ANOMALY_WARM ? rarest : 0;
}

/* Which series is the oddest, and its share. */
static void blame(const pl_group *g, pl_group_row *out)
{
  double all = 0;
  for (size_t i = 0; i < g->n; i++) {
    all += g->members[i].odd;
    if (g->members[i].odd > g->members[out->series].odd)
      out->series = i;
  }
  out->share = all > 0 ? g->members[out->series].odd / all : 0;
}

/* An alert begins: the series that contributed most says what it is, now or when rows have come after it. */
static void begin(pl_group *g, const pl_anomaly *each, pl_group_row *out)
{
  pl_anomaly_kind kind = each[out->series].kind;
  g->worst = out->series;
  out->kind = kind ? kind : PL_ANOMALY_SPIKE;
  if (!kind)
    pl_detector_raise(&g->members[g->worst].detector, out->kind);
}

void pl_group_add(pl_group *g, int64_t time_ns, const double *values, pl_group_row *out)
{
  pl_anomaly each[PL_GROUP_MOST], of_worst = {0};
  double alone = 0;
  *out = (pl_group_row){0};
  for (size_t i = 0; i < g->n; i++) {
    each[i] = see_member(g, &g->members[i], time_ns, values[i]);
    alone = each[i].rarity > alone ? each[i].rarity : alone;
    if (i == g->worst)
      of_worst = each[i];
  }
  pl_detector *worst = &g->members[g->worst].detector;
  if (g->alarm.n && of_worst.named && worst->n - 1 - of_worst.ago == worst->alarm.at) {
    out->named = of_worst.named;
    out->ago = g->rows - g->alarm.at;
  }
  blame(g, out);
  alone -= log10(independent(g));
  double together = see_sums(g);
  out->rarity = fmax(0, fmax(alone, together));
  if (pl_alarm_add(&g->alarm, out->rarity, &out->score))
    begin(g, each, out);
  g->rows++;
}

pl_anomaly_kind pl_group_name(const pl_group *g, uint64_t *ago)
{
  uint64_t own;
  pl_anomaly_kind kind = pl_detector_name(&g->members[g->worst].detector, &own);
  if (kind)
    *ago = g->rows - 1 - g->alarm.at;
  return kind;
}
