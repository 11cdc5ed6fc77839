/* A load's histograms and totals become series load_*; the run is desk->run, the source kind "load". */
#include "engine/figures.h"

#include "base/error.h"
#include "engine/slow.h"

enum { LABELS = 20, SLOW_MAX = 500, KEPT_MAX = 200 };

struct pl_figures {
  pl_desk *desk;
  pl_load_sink sink;
  uint32_t source;
  bool has_source;
  uint32_t slow, kept; /* examples of this second, and requests that were chosen */
};

/* Names by enum pl_dist; phases share one name and have a label. */
static const char *const dist_names[] = {"load_latency_seconds", "load_service_seconds", "load_schedule_lag_seconds",
                                         "load_iteration_seconds", "load_group_seconds"};

static bool find_source(pl_figures *f, pl_error *err)
{
  if (f->has_source)
    return true;
  pl_feed_source source = {PL_STR("load"), pl_str_of(f->desk->instance), PL_STR("generator"), PL_STR("synthetic")};
  f->has_source = pl_feed_source_get(f->desk->feed, &source, &f->source, err) == PL_OK;
  return f->has_source;
}

/* Tags stand behind the name (load/plan.h): they become labels of their own. */
static size_t key_labels(const pl_load_key *key, pl_label *labels)
{
  size_t n = 0;
  if (key->scenario.len)
    labels[n++] = (pl_label){PL_STR("scenario"), key->scenario};
  pl_str tags = key->name, name = pl_str_cut(&tags, PL_TAG_MARK);
  if (name.len)
    labels[n++] = (pl_label){PL_STR("name"), name};
  while (tags.data && n < LABELS - 4) {
    pl_str value = pl_str_cut(&tags, PL_TAG_MARK), tag = pl_str_cut(&value, '=');
    labels[n++] = (pl_label){tag, value};
  }
  if (key->method.len)
    labels[n++] = (pl_label){PL_STR("method"), key->method};
  return n;
}

/* The feed's handle of a load series; false when it cannot be had. */
static bool find_series(pl_figures *f, const char *name, enum pl_series_kind kind, const char *unit,
                        const pl_label *labels, size_t n, uint32_t *out)
{
  pl_error err = {0};
  pl_series_spec spec = {.name = pl_str_of(name), .labels = labels, .n_labels = n, .kind = kind, .unit = pl_str_of(unit)};
  bool found = find_source(f, &err) && pl_feed_series(f->desk->feed, f->source, &spec, out, &err) == PL_OK;
  if (!found)
    pl_desk_lost(f->desk, "load", &err);
  return found;
}

static void on_dist(void *user, const pl_load_key *key, enum pl_dist which, int64_t ts_ms, unsigned resolution_s,
                    const pl_hist *h)
{
  pl_figures *f = user;
  pl_label labels[LABELS];
  size_t n = key_labels(key, labels);
  bool phase = which >= PL_DIST_PHASE;
  if (phase)
    labels[n++] = (pl_label){PL_STR("phase"), pl_str_of(pl_phase_name((enum pl_phase)(which - PL_DIST_PHASE)))};
  uint32_t series;
  if (find_series(f, phase ? "load_phase_seconds" : dist_names[which], PL_SERIES_DIST, "seconds", labels, n, &series))
    (void)pl_feed_dist(f->desk->feed, series, f->desk->run, ts_ms, resolution_s, h);
  pl_turn_offer(f->desk->turn);
}

static void write_sample(pl_figures *f, const char *metric, enum pl_series_kind kind, const pl_label *labels, size_t n,
                         int64_t ts_ms, double value)
{
  uint32_t series;
  if (find_series(f, metric, kind, "", labels, n, &series))
    (void)pl_feed_sample(f->desk->feed, series, f->desk->run, ts_ms * (int64_t)PL_MS_NS, value);
  pl_turn_offer(f->desk->turn);
}

static size_t count_labels(const pl_load_key *key, const char *label, pl_str value, const char *label2, pl_str value2, pl_label *labels)
{
  size_t n = key_labels(key, labels);
  if (label)
    labels[n++] = (pl_label){pl_str_of(label), value};
  if (label2)
    labels[n++] = (pl_label){pl_str_of(label2), value2};
  return n;
}

static void on_count(void *user, const char *metric, const pl_load_key *key, const char *label, pl_str value,
                     const char *label2, pl_str value2, int64_t ts_ms, double total)
{
  pl_label labels[LABELS];
  size_t n = count_labels(key, label, value, label2, value2, labels);
  write_sample(user, metric, PL_SERIES_COUNTER, labels, n, ts_ms, total);
}

static void on_begun(void *user)
{
  const pl_figures *f = user;
  pl_feed_begin_load(f->desk->feed);
}

static bool on_looks_ahead(void *user)
{
  const pl_figures *f = user;
  return pl_feed_looks_ahead(f->desk->feed);
}

static void on_ahead(void *user, const char *metric, const pl_load_key *key, const char *label, pl_str value, const char *label2, pl_str value2,
                     int64_t ts_ms, double total)
{
  pl_figures *f = user;
  pl_label labels[LABELS];
  size_t n = count_labels(key, label, value, label2, value2, labels);
  uint32_t series;
  if (find_series(f, metric, PL_SERIES_COUNTER, "", labels, n, &series))
    pl_feed_ahead(f->desk->feed, series, ts_ms, total);
  pl_turn_offer(f->desk->turn);
}

static bool on_judge_ahead(void *user, double share)
{
  const pl_figures *f = user;
  return pl_feed_judge_ahead(f->desk->feed, share);
}

static void on_gauge(void *user, const char *metric, const pl_load_key *key, int64_t ts_ms, double value)
{
  pl_label labels[LABELS];
  size_t n = key_labels(key, labels);
  write_sample(user, metric, PL_SERIES_GAUGE, labels, n, ts_ms, value);
}

/* At most so many in ten seconds: with more names the later ones go without. */
static void on_examples(void *user, const pl_load_key *key, const pl_example_list *list, int64_t start_ms, uint64_t start_ns)
{
  pl_figures *f = user;
  if (f->slow + list->n > SLOW_MAX)
    return;
  f->slow += list->n;
  pl_slow_store(f->desk, "slow", key, list->items, list->n, start_ms, start_ns);
}

/* At most so many in a second: each is a record of its own. */
static void on_kept(void *user, const pl_load_key *key, const pl_kept_list *list, int64_t start_ms, uint64_t start_ns)
{
  pl_figures *f = user;
  uint32_t room = KEPT_MAX - f->kept, n = list->n < room ? list->n : room;
  f->kept += n;
  pl_slow_store(f->desk, "request", key, list->items, n, start_ms, start_ns);
}

static void on_second(void *user, int64_t ts_ms)
{
  pl_figures *f = user;
  f->slow = f->kept = 0;
  pl_store_quiet(f->desk->store);
  pl_feed_second(f->desk->feed, ts_ms);
}

static void on_done(void *user)
{
  (void)user;
}

pl_figures *pl_figures_new(pl_desk *desk)
{
  pl_figures *f = pl_alloc_zero(desk->alloc, 1, sizeof *f);
  if (!f)
    return NULL;
  f->desk = desk;
  f->sink = (pl_load_sink){on_dist, on_count, on_gauge, on_examples, on_second, on_done, f, on_kept, on_begun, on_looks_ahead, on_ahead, on_judge_ahead};
  return f;
}

void pl_figures_free(pl_figures *f)
{
  if (f)
    pl_free(f->desk->alloc, f, sizeof *f);
}

const pl_load_sink *pl_figures_sink(const pl_figures *f)
{
  return &f->sink;
}
