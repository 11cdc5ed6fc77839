/* See bucket_dists.h. Buckets are known by numbers that stay; each histogram lists its own by their bounds. */
#include "ingest/bucket_dists.h"

#include <math.h>
#include <string.h>

#include "format/lines.h"

enum { LABELS_MAX = 128, PIECES_MOST = 64 };
#define NS_OF_ONE 1e9

static const double DIST_MOST = (double)PL_HIST_MAX_VALUE / NS_OF_ONE;

typedef struct bucket {
  double bound;     /* may be infinite */
  uint32_t owner;   /* of histograms */
  bool fresh;       /* it came in this scrape */
  bool known;       /* `last` is there */
  double now, last; /* counts: of this scrape, of the one before */
} bucket;

typedef struct histogram {
  uint32_t series;   /* of the feed */
  uint32_t *buckets; /* numbers from 0, ascending bounds */
  size_t n, cap;
  bool fresh;        /* one of them came in this scrape */
  bool bad;          /* has values below 0 */
} histogram;

struct pl_bucket_dists {
  const pl_allocator *alloc;
  pl_intake *in;
  bucket *buckets;
  size_t n_buckets, buckets_cap;
  histogram *list;
  size_t n, cap;
  uint32_t *at; /* by the feed's handle: of list, from 1 */
  size_t at_cap;
  pl_hist hist; /* while one is written */
};

pl_bucket_dists *pl_bucket_dists_new(const pl_allocator *a, pl_intake *in)
{
  pl_bucket_dists *d = pl_alloc_zero(a, 1, sizeof *d);
  if (!d)
    return NULL;
  d->alloc = a;
  d->in = in;
  pl_hist_init(&d->hist, a);
  return d;
}

void pl_bucket_dists_free(pl_bucket_dists *d)
{
  if (!d)
    return;
  for (size_t i = 0; i < d->n; i++)
    pl_free(d->alloc, d->list[i].buckets, d->list[i].cap * sizeof *d->list[i].buckets);
  pl_free(d->alloc, d->list, d->cap * sizeof *d->list);
  pl_free(d->alloc, d->buckets, d->buckets_cap * sizeof *d->buckets);
  pl_free(d->alloc, d->at, d->at_cap * sizeof *d->at);
  pl_hist_fini(&d->hist);
  pl_free(d->alloc, d, sizeof *d);
}

/* ---- Buckets --------------------------------------------------------------------------------------------- */

/* The histogram of a series, or NULL where there is no room. */
static histogram *histogram_of(pl_bucket_dists *d, uint32_t series)
{
  if (!pl_reach(d->alloc, (void **)&d->at, &d->at_cap, series, sizeof *d->at))
    return NULL;
  if (d->at[series])
    return &d->list[d->at[series] - 1];
  if (d->n == PL_BUCKET_DISTS || !pl_reach(d->alloc, (void **)&d->list, &d->cap, d->n, sizeof *d->list))
    return NULL;
  d->list[d->n] = (histogram){.series = series};
  d->at[series] = (uint32_t)d->n + 1;
  return &d->list[d->n++];
}

/* The bucket of that bound, made when new: its number from 1, 0: there is no room. */
static uint32_t bucket_of(pl_bucket_dists *d, histogram *h, double bound)
{
  size_t at = 0;
  while (at < h->n && d->buckets[h->buckets[at]].bound < bound)
    at++;
  if (at < h->n && d->buckets[h->buckets[at]].bound == bound)
    return h->buckets[at] + 1;
  if (h->n == PL_BUCKETS_OF_ONE || !pl_reach(d->alloc, (void **)&h->buckets, &h->cap, h->n, sizeof *h->buckets) ||
      !pl_reach(d->alloc, (void **)&d->buckets, &d->buckets_cap, d->n_buckets, sizeof *d->buckets))
    return 0;
  memmove(h->buckets + at + 1, h->buckets + at, (h->n++ - at) * sizeof *h->buckets);
  h->buckets[at] = (uint32_t)d->n_buckets;
  h->bad = h->bad || bound < 0;
  d->buckets[d->n_buckets] = (bucket){.bound = bound, .owner = (uint32_t)(h - d->list)};
  return (uint32_t)++d->n_buckets;
}

static uint32_t refuse(pl_bucket_dists *d, enum pl_reason why)
{
  pl_intake_refuse(d->in, why, 1);
  return 0;
}

uint32_t pl_bucket_dists_find(pl_bucket_dists *d, const pl_intake_series *s)
{
  const pl_str end = PL_STR("_bucket");
  pl_label labels[LABELS_MAX];
  pl_intake_series own = *s;
  double bound = NAN;
  if (s->name.len <= end.len || !pl_str_ends(s->name, end) || s->n_labels > LABELS_MAX)
    return 0;
  own.name.len -= end.len;
  own.labels = labels;
  own.n_labels = 0;
  own.kind = PL_SERIES_DIST;
  for (size_t i = 0; i < s->n_labels; i++) {
    if (!pl_str_eqc(s->labels[i].name, "le"))
      labels[own.n_labels++] = s->labels[i];
    else if (!pl_number_read(s->labels[i].value, &bound))
      return refuse(d, PL_REASON_BUCKETS);
  }
  if (isnan(bound))
    return refuse(d, PL_REASON_BUCKETS);
  int64_t series = pl_intake_find(d->in, &own);
  histogram *h = series >= 0 ? histogram_of(d, (uint32_t)series) : NULL;
  uint32_t number = h ? bucket_of(d, h, bound) : 0;
  return number ? number : refuse(d, PL_REASON_SERIES);
}

void pl_bucket_dists_put(pl_bucket_dists *d, uint32_t number, double count)
{
  bucket *b = &d->buckets[number - 1];
  b->now = count;
  b->fresh = true;
  d->list[b->owner].fresh = true;
}

/* ---- Distributions --------------------------------------------------------------------------------------- */

/* Whether the buckets that came, the last one without a bound, are a histogram: none counts less than the one before. One that a target has
 * no more, or left out, is part of the next. */
static bool is_whole(const pl_bucket_dists *d, const histogram *h)
{
  double before = 0, bound = 0;
  for (size_t i = 0; i < h->n; i++) {
    const bucket *b = &d->buckets[h->buckets[i]];
    if (!b->fresh)
      continue;
    if (!(b->now >= before) || !isfinite(b->now))
      return false;
    before = b->now;
    bound = b->bound;
  }
  return !h->bad && isinf(bound);
}

/* Whether the scrape before had all that came in this one. */
static bool has_before(const pl_bucket_dists *d, const histogram *h)
{
  for (size_t i = 0; i < h->n; i++) {
    const bucket *b = &d->buckets[h->buckets[i]];
    if (b->fresh && !b->known)
      return false;
  }
  return true;
}

/* Spreads values evenly over (from, to]. */
static void record(pl_hist *hist, double from, double to, uint64_t count)
{
  uint64_t pieces = count < PIECES_MOST ? count : PIECES_MOST;
  for (uint64_t i = 0; i < pieces; i++) {
    double value = from + (to - from) * ((double)i + 0.5) / (double)pieces;
    pl_hist_record_n(hist, (uint64_t)llround(value * NS_OF_ONE), count / pieces + (i < count % pieces));
  }
}

static bool began_anew(const pl_bucket_dists *d, const histogram *h)
{
  for (size_t i = 0; i < h->n; i++) {
    const bucket *b = &d->buckets[h->buckets[i]];
    if (b->fresh && b->now < b->last)
      return true;
  }
  return false;
}

/* What came since the last scrape. Counts of neighbours may have been taken a moment apart: what would be less than none is none. False: values
 * lie where no distribution has any. */
static bool write_dist(pl_bucket_dists *d, const histogram *h, int64_t ts_ns)
{
  bool anew = began_anew(d, h);
  double below = 0, from = 0;
  pl_hist_clear(&d->hist);
  for (size_t i = 0; i < h->n; i++) {
    const bucket *b = &d->buckets[h->buckets[i]];
    if (!b->fresh)
      continue;
    double up_to = b->now - (anew ? 0 : b->last), came = up_to - below;
    double to = isinf(b->bound) ? from : b->bound;
    if (came >= 0.5 && to > DIST_MOST)
      return false;
    if (came >= 0.5)
      record(&d->hist, from, to, (uint64_t)llround(came));
    below = up_to > below ? up_to : below;
    from = to;
  }
  if (d->hist.count)
    pl_intake_store_dist(d->in, h->series, ts_ns / (int64_t)PL_S_NS * 1000, &d->hist);
  return true;
}

static void turn(pl_bucket_dists *d, histogram *h, int64_t ts_ns)
{
  bool whole = is_whole(d, h);
  if (!whole || (has_before(d, h) && !write_dist(d, h, ts_ns)))
    (void)refuse(d, PL_REASON_BUCKETS);
  h->fresh = false;
  for (size_t i = 0; i < h->n; i++) {
    bucket *b = &d->buckets[h->buckets[i]];
    b->known = whole && b->fresh;
    b->last = b->now;
    b->fresh = false;
  }
}

void pl_bucket_dists_turn(pl_bucket_dists *d, int64_t ts_ns)
{
  for (size_t i = 0; i < d->n; i++) {
    if (d->list[i].fresh)
      turn(d, &d->list[i], ts_ns);
  }
}
