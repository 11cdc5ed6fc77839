/* See statsd.h. A metric stands under the feed's handle of its series, which all intakes of a run share, so that a value is found by one
 * look-up of its intake. Distributions are stored under the begin of their second, all others under its end. */
#include "ingest/statsd.h"

#include <assert.h>
#include <math.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/map.h"
#include "format/statsd_line.h"

enum { MEMBER_MAX = 4096 }; /* bytes of a set's member */

static const double DIST_MOST = (double)PL_HIST_MAX_VALUE / 1e9;

typedef struct metric {
  enum pl_statsd_type type;
  uint32_t series; /* of the feed */
  bool fresh;      /* something came in this second */
  double value;    /* of a counter: all in all; of a gauge: at present; of a set: members in this second */
  pl_hist *hist;   /* of times and histograms, in 1e-9 */
} metric;

struct pl_statsd {
  const pl_allocator *alloc;
  pl_feed *feed;
  int64_t run;
  pl_intake *in; /* of the lines that are taken */
  metric *metrics;
  uint32_t n;
  size_t cap;
  uint32_t *places; /* by the feed's handle: 1 + the place of its metric; 0: it has none */
  size_t cap_places;
  uint32_t dists;
  pl_intern *members; /* of the second: handle, then the text; NULL: none came yet */
  pl_buf key;
  int64_t second; /* since 1970, of what is fresh */
  bool fresh;
};

/* ---- Metrics --------------------------------------------------------------------------------------- */

static bool is_dist(enum pl_statsd_type type)
{
  return type == PL_STATSD_TIMER || type == PL_STATSD_HISTOGRAM || type == PL_STATSD_DISTRIBUTION;
}

static enum pl_series_kind kind_of(enum pl_statsd_type type)
{
  return is_dist(type) ? PL_SERIES_DIST : type == PL_STATSD_COUNTER ? PL_SERIES_COUNTER : PL_SERIES_GAUGE;
}

/* Makes room for one more metric, of this series. */
static bool grow(pl_statsd *s, uint32_t series)
{
  return pl_reach(s->alloc, (void **)&s->places, &s->cap_places, series, sizeof *s->places) &&
         pl_reach(s->alloc, (void **)&s->metrics, &s->cap, s->n, sizeof *s->metrics);
}

/* The metric of a series; NULL: *why it is refused. */
static metric *metric_of(pl_statsd *s, uint32_t series, enum pl_statsd_type type, enum pl_reason *why)
{
  if (series < s->cap_places && s->places[series]) {
    metric *m = &s->metrics[s->places[series] - 1];
    *why = PL_REASON_KIND;
    return m->type == type ? m : NULL;
  }
  *why = PL_REASON_BUSY;
  if (!grow(s, series))
    return NULL;
  metric made = {.type = type, .series = series};
  if (is_dist(type)) {
    *why = PL_REASON_SERIES;
    made.hist = s->dists < PL_STATSD_DISTS ? pl_alloc_zero(s->alloc, 1, sizeof *made.hist) : NULL;
    if (!made.hist)
      return NULL;
    pl_hist_init(made.hist, s->alloc);
    s->dists++;
  }
  s->metrics[s->n] = made;
  s->places[series] = ++s->n;
  return &s->metrics[s->n - 1];
}

/* ---- Values ---------------------------------------------------------------------------------------- */

/* Counts a member where it is new in this second; false: there are too many. */
static bool add_member(pl_statsd *s, metric *m, pl_str text)
{
  if (!s->members)
    s->members = pl_intern_new(s->alloc, PL_STATSD_MEMBERS);
  pl_buf_clear(&s->key);
  if (!s->members || pl_buf_add(&s->key, &m->series, sizeof m->series) || pl_buf_add(&s->key, text.data, text.len))
    return false;
  uint32_t before = pl_intern_count(s->members);
  if (pl_intern_id(s->members, (pl_str){s->key.data, s->key.len}) < 0)
    return false;
  m->value += pl_intern_count(s->members) - before;
  return true;
}

static void add_value(metric *m, const pl_statsd_sample *v)
{
  if (m->hist)
    pl_hist_record_n(m->hist, (uint64_t)llround(v->value * (m->type == PL_STATSD_TIMER ? 1e6 : 1e9)), (uint64_t)llround(1 / v->rate));
  else if (m->type == PL_STATSD_COUNTER)
    m->value += v->value / v->rate;
  else
    m->value = v->relative ? m->value + v->value : v->value;
}

/* Whether a value may be of that type. */
static bool value_good(const pl_statsd_sample *v)
{
  if (v->type == PL_STATSD_SET || v->type == PL_STATSD_GAUGE)
    return true;
  double most = v->type == PL_STATSD_TIMER ? DIST_MOST * 1000 : v->type == PL_STATSD_COUNTER ? HUGE_VAL : DIST_MOST;
  return v->value >= 0 && v->value <= most && v->rate * PL_STATSD_WEIGHT >= 1;
}

static int64_t find(pl_statsd *s, const pl_statsd_sample *v)
{
  pl_label labels[PL_LINE_TAGS];
  for (size_t i = 0; i < v->n_tags; i++)
    labels[i] = (pl_label){v->tags[i].name, v->tags[i].value.len ? v->tags[i].value : PL_STR("true")};
  pl_intake_series series = {.source = PL_STR("statsd"), .name = v->name, .labels = labels, .n_labels = v->n_tags, .kind = kind_of(v->type),
                             .unit = v->type == PL_STATSD_TIMER ? PL_STR("seconds") : PL_STR(""), .help = PL_STR("")};
  return pl_intake_find(s->in, &series);
}

static int refuse(pl_statsd *s, enum pl_reason why)
{
  pl_intake_refuse(s->in, why, 1);
  return PL_OK;
}

/* The store keeps its errors. */
static void write_value(pl_statsd *s, const metric *m, int64_t ts_ns)
{
  (void)pl_feed_sample(s->feed, m->series, s->run, ts_ns, m->value);
}

static int on_sample(void *statsd, const pl_statsd_sample *v)
{
  pl_statsd *s = statsd;
  enum pl_reason why;
  if (!value_good(v))
    return refuse(s, PL_REASON_VALUE);
  int64_t series = find(s, v);
  if (series < 0)
    return refuse(s, pl_intake_reason(series));
  metric *m = metric_of(s, (uint32_t)series, v->type, &why);
  if (!m)
    return refuse(s, why);
  if (m->type == PL_STATSD_SET && !add_member(s, m, v->text))
    return refuse(s, PL_REASON_MEMBERS);
  if (m->type != PL_STATSD_SET)
    add_value(m, v);
  pl_intake_count(s->in);
  if (v->has_time && (m->type == PL_STATSD_GAUGE || m->type == PL_STATSD_COUNTER))
    write_value(s, m, v->time_ns);
  else
    m->fresh = s->fresh = true;
  return PL_OK;
}

static int on_refused(void *statsd, const pl_refused *r)
{
  (void)r;
  return refuse(statsd, PL_REASON_LINE);
}

void pl_statsd_take(pl_statsd *s, pl_intake *in, pl_lines *lines, pl_str *text, bool last, int64_t now_ns)
{
  const pl_statsd_events events = {on_sample, on_refused, s};
  pl_statsd_turn(s, now_ns);
  s->second = now_ns / (int64_t)PL_S_NS;
  s->in = in;
  int code = pl_statsd_read(lines, text, last, &events);
  assert(!code); /* no event ends it */
  (void)code;
}

/* ---- Seconds --------------------------------------------------------------------------------------- */

static void write_metric(pl_statsd *s, metric *m, int64_t end_ns)
{
  m->fresh = false;
  if (m->hist) {
    (void)pl_feed_dist(s->feed, m->series, s->run, s->second * 1000, 1, m->hist);
    pl_hist_clear(m->hist);
    return;
  }
  write_value(s, m, end_ns);
  if (m->type == PL_STATSD_SET)
    m->value = 0;
}

void pl_statsd_flush(pl_statsd *s, int64_t now_ns)
{
  int64_t end_ns = (s->second + 1) * (int64_t)PL_S_NS;
  if (now_ns >= s->second * (int64_t)PL_S_NS && now_ns < end_ns)
    end_ns = now_ns;
  for (uint32_t i = 0; i < s->n && s->fresh; i++) {
    if (s->metrics[i].fresh)
      write_metric(s, &s->metrics[i], end_ns);
  }
  s->fresh = false;
  pl_intern_free(s->members);
  s->members = NULL;
}

void pl_statsd_turn(pl_statsd *s, int64_t now_ns)
{
  if (s->fresh && now_ns / (int64_t)PL_S_NS != s->second)
    pl_statsd_flush(s, now_ns);
}

int pl_statsd_new(const pl_allocator *alloc, pl_feed *feed, int64_t run, pl_statsd **out, pl_error *err)
{
  pl_statsd *s = pl_alloc_zero(alloc, 1, sizeof *s);
  if (!s)
    return pl_fail(err, PL_ENOMEM, "out of memory for StatsD");
  s->alloc = alloc;
  s->feed = feed;
  s->run = run;
  pl_buf_init(&s->key, alloc, MEMBER_MAX);
  *out = s;
  return PL_OK;
}

void pl_statsd_free(pl_statsd *s)
{
  if (!s)
    return;
  for (uint32_t i = 0; i < s->n; i++) {
    if (s->metrics[i].hist)
      pl_hist_fini(s->metrics[i].hist);
    pl_free(s->alloc, s->metrics[i].hist, sizeof *s->metrics[i].hist);
  }
  pl_free(s->alloc, s->metrics, s->cap * sizeof *s->metrics);
  pl_free(s->alloc, s->places, s->cap_places * sizeof *s->places);
  pl_intern_free(s->members);
  pl_buf_fini(&s->key);
  pl_free(s->alloc, s, sizeof *s);
}
