/* See scrape.h. What a series' text means (its handle, or that it is dropped) is found once; later scrapes look the text up. Samples wait
 * until the whole answer is known to be good. A round is one scrape: `rounds` tells in which one each series came last. */
#include "ingest/scrape.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/map.h"
#include "format/openmetrics_number.h"
#include "format/prometheus_text.h"
#include "format/stale.h"
#include "ingest/bucket_dists.h"
#include "ingest/message.h"

enum {
  TEXTS_LEAST = 10000,      /* texts of series that are kept whatever an answer has: beyond them and twice its samples all are forgotten */
  TEXTS_MOST = 1 << 20,
  LINE_MEMORY = 1 << 20,    /* bytes of the labels of a series in the making, and of a target's */
  LABEL_BYTES = 4096,       /* of a name or a value */
  EXEMPLARS_MOST = 200000,  /* of a target, all in all */
  WHY_TEXT = 60,            /* bytes of a name that a message shows */
  DROPPED = -1 - PL_REASONS /* in place of a handle: the rules drop the series; below every pl_intake_refusal */
};
#define ANY_RATE 1e12 /* samples a second: a target is asked, so that no rate is kept */

/* Series that tell of the scrape itself. */
enum report { UP, DURATION, SAMPLES, KEPT, ADDED, REPORTS };
static const struct {
  const char *name, *unit, *help;
} reports[REPORTS] = {
    [UP] = {"up", "", "Whether the target answered"},
    [DURATION] = {"scrape_duration_seconds", "seconds", "How long the scrape took"},
    [SAMPLES] = {"scrape_samples_scraped", "", "Samples that the target exposed"},
    [KEPT] = {"scrape_samples_post_metric_relabeling", "", "Samples that the rules left"},
    [ADDED] = {"scrape_series_added", "", "Series that the scrape before did not have"},
};

/* What the text of a series means. */
typedef struct meaning {
  int64_t series;  /* the feed's handle, a pl_intake_refusal, or DROPPED */
  uint32_t bucket; /* of bucket_dists; 0: none */
} meaning;

typedef struct waiting {
  uint32_t series, bucket;
  bool timed; /* by the target: it is not watched for staleness */
  int64_t ts_ns;
  double value;
} waiting;

/* Series of a round, by the feed's handles. */
typedef struct series_list {
  uint32_t *list;
  size_t n, cap;
} series_list;

typedef struct scrape {
  const pl_allocator *alloc;
  pl_scrape_limits limits;
  bool honor_labels, honor_timestamps, stopped;
  pl_intake *intake;
  pl_relabel *rules;
  pl_arena memory;     /* of the target's labels */
  pl_label labels[PL_SCRAPE_TARGET_LABELS];
  size_t n_labels;
  pl_arena line;       /* of the line that is read */
  pl_intern *texts;    /* series as they stand in the answer -> */
  meaning *found;      /* what they mean */
  size_t found_cap;
  pl_bucket_dists *dists; /* NULL: none are wanted */
  uint32_t *rounds;    /* by the feed's handle */
  size_t rounds_cap;
  uint32_t round;
  waiting *waiting;
  size_t n_waiting, waiting_cap;
  series_list there, before;
  int64_t reports[REPORTS];
  pl_scraped *now; /* while an answer is read */
} scrape;

struct pl_scrapes {
  pl_scrapes_place place;
  scrape *list[PL_SCRAPES_MAX];
  uint32_t n;
};

/* ---- Labels of a series ----------------------------------------------------------------------------------- */

static int no_memory(scrape *s)
{
  return pl_fail(&s->now->failed, PL_ENOMEM, "out of memory");
}

static int too_many_labels(scrape *s)
{
  return pl_fail(&s->now->failed, PL_ELIMIT, "a series has more than %d labels", PL_RELABEL_LABELS);
}

static int put(scrape *s, pl_label_bag *b, pl_str name, pl_str value)
{
  return pl_label_bag_set(b, name, value) ? too_many_labels(s) : PL_OK;
}

/* The name with exported_ in front, as often as it takes to be free. */
static int put_exported(scrape *s, pl_label_bag *b, pl_label own)
{
  const pl_str prefix = PL_STR("exported_");
  pl_str name = own.name;
  do {
    char *text = pl_arena_take(&s->line, prefix.len + name.len);
    if (!text)
      return no_memory(s);
    memcpy(text, prefix.data, prefix.len);
    memcpy(text + prefix.len, name.data, name.len);
    name = (pl_str){text, prefix.len + name.len};
  } while (pl_label_bag_get(b, name).len);
  return put(s, b, name, own.value);
}

/* Adds the target's labels. A series' own of the same name win, or are renamed, those with short names first. */
static int add_target(scrape *s, pl_label_bag *b)
{
  const pl_label_bag own = *b;
  int code = PL_OK;
  for (size_t i = 0; i < s->n_labels && !code; i++) {
    if (!s->honor_labels || !pl_label_bag_get(&own, s->labels[i].name).len)
      code = put(s, b, s->labels[i].name, s->labels[i].value);
  }
  for (size_t i = 0; i < s->n_labels && !code && !s->honor_labels; i++) {
    pl_label old = {s->labels[i].name, pl_label_bag_get(&own, s->labels[i].name)};
    if (old.value.len)
      code = put_exported(s, b, old);
  }
  return code;
}

/* The value of a label as OpenMetrics would write it: numbers of buckets and quantiles. */
static pl_str value_of(scrape *s, const pl_prometheus_sample *from, const pl_tag *tag)
{
  enum { NUMBER = 32 };
  const char *number = from->family->type == PL_PROMETHEUS_HISTOGRAM ? "le" : from->family->type == PL_PROMETHEUS_SUMMARY ? "quantile" : "";
  double v;
  char *text = pl_str_eqc(tag->name, number) && pl_number_read(tag->value, &v) ? pl_arena_take(&s->line, NUMBER) : NULL;
  return text ? (pl_str){text, pl_openmetrics_number(v, text)} : tag->value;
}

static int check_limits(scrape *s, const pl_label_bag *b)
{
  const pl_scrape_limits *l = &s->limits;
  pl_str name = pl_label_bag_get(b, PL_STR("__name__"));
  int shown = (int)(name.len < WHY_TEXT ? name.len : WHY_TEXT);
  if (l->labels && b->n > l->labels)
    return pl_fail(&s->now->failed, PL_ELIMIT, "label_limit: %.*s has %zu labels", shown, name.data, b->n);
  for (size_t i = 0; i < b->n; i++) {
    if (l->name_bytes && b->list[i].name.len > l->name_bytes)
      return pl_fail(&s->now->failed, PL_ELIMIT, "label_name_length_limit: %.*s has a name of %zu bytes", shown, name.data, b->list[i].name.len);
    if (l->value_bytes && b->list[i].value.len > l->value_bytes)
      return pl_fail(&s->now->failed, PL_ELIMIT, "label_value_length_limit: %.*s has a value of %zu bytes", shown, name.data, b->list[i].value.len);
  }
  return PL_OK;
}

/* The series that labels with a name are. */
static meaning series_of(scrape *s, pl_label_bag *b, const pl_prometheus_sample *from)
{
  meaning m = {.bucket = 0};
  pl_intake_series series = {.source = PL_STR("scrape"), .name = pl_label_bag_get(b, PL_STR("__name__")), .labels = b->list,
                             .kind = from && pl_prometheus_counts(from) ? PL_SERIES_COUNTER : PL_SERIES_GAUGE};
  if (from)
    series.unit = from->family->unit, series.help = from->family->help;
  (void)pl_label_bag_set(b, PL_STR("__name__"), PL_STR(""));
  series.n_labels = b->n;
  if (s->dists && from && from->family->type == PL_PROMETHEUS_HISTOGRAM)
    m.bucket = pl_bucket_dists_find(s->dists, &series);
  m.series = pl_intake_find(s->intake, &series);
  return m;
}

static int relabel(scrape *s, pl_label_bag *b, bool *kept)
{
  int code = pl_relabel_apply(s->rules, b, kept);
  if (!code || code == PL_ENOMEM)
    return code ? no_memory(s) : PL_OK;
  return pl_fail(&s->now->failed, code, "the rules give a series more than %d labels, or texts of more than %d KiB", PL_RELABEL_LABELS, PL_RELABEL_TEXTS >> 10);
}

/* What the series of a sample means, which was never seen before. */
static int find(scrape *s, const pl_prometheus_sample *from, meaning *out)
{
  pl_label_bag b = {.n = 0};
  bool kept = true;
  pl_arena_reset(&s->line);
  int code = put(s, &b, PL_STR("__name__"), from->name);
  for (size_t i = 0; i < from->n_labels && !code; i++)
    code = put(s, &b, from->labels[i].name, value_of(s, from, &from->labels[i]));
  if (!code)
    code = add_target(s, &b);
  if (!code)
    code = relabel(s, &b, &kept);
  *out = (meaning){.series = DROPPED};
  if (code || !kept || !b.n)
    return code;
  if (!pl_label_bag_get(&b, PL_STR("__name__")).len)
    return pl_fail(&s->now->failed, PL_EPARSE, "line %llu: the rules leave no name", (unsigned long long)from->line);
  code = check_limits(s, &b);
  if (!code)
    *out = series_of(s, &b, from);
  return code;
}

/* Forgets all texts: they are found anew. False, and nothing is forgotten, where there is no memory for that. */
static bool forget(scrape *s)
{
  pl_intern *texts = pl_intern_new(s->alloc, TEXTS_MOST);
  if (!texts)
    return false;
  pl_intern_free(s->texts);
  s->texts = texts;
  return true;
}

/* Remembers what a text means. */
static int remember(scrape *s, pl_str text, meaning found)
{
  int64_t id = pl_intern_id(s->texts, text);
  if (id == PL_ELIMIT && forget(s))
    id = pl_intern_id(s->texts, text);
  if (id < 0 || !pl_reach(s->alloc, (void **)&s->found, &s->found_cap, (size_t)id, sizeof *s->found))
    return no_memory(s);
  s->found[id] = found;
  return PL_OK;
}

/* ---- An answer ------------------------------------------------------------------------------------------- */

static int wait_for_end(scrape *s, meaning m, const pl_prometheus_sample *from)
{
  if (!pl_reach(s->alloc, (void **)&s->waiting, &s->waiting_cap, s->n_waiting, sizeof *s->waiting))
    return no_memory(s);
  bool timed = from->has_time && s->honor_timestamps;
  s->waiting[s->n_waiting++] = (waiting){(uint32_t)m.series, m.bucket, timed, timed ? from->time_ns : s->now->at_ns, from->value};
  return PL_OK;
}

static int on_sample(void *user, const pl_prometheus_sample *from)
{
  scrape *s = user;
  int64_t known = pl_intern_find(s->texts, from->series);
  meaning found;
  int code = PL_OK;
  s->now->samples++;
  if (known >= 0) {
    found = s->found[known];
  } else {
    code = find(s, from, &found);
    if (!code)
      code = remember(s, from->series, found);
  }
  if (code || found.series == DROPPED)
    return code;
  s->now->kept++;
  if (found.series >= 0) {
    if (from->exemplar)
      (void)pl_intake_exemplar(s->intake, (uint32_t)found.series, s->now->at_ns, from->exemplar);
    return wait_for_end(s, found, from);
  }
  pl_intake_refuse(s->intake, PL_REASON_EXEMPLAR, from->exemplar != NULL);
  pl_intake_refuse(s->intake, pl_intake_reason(found.series), 1);
  return PL_OK;
}

/* Lines that break no more than a rule of OpenMetrics are refused alone, as Prometheus takes them; others spoil the answer. */
static int on_refused(void *user, const pl_refused *r)
{
  scrape *s = user;
  if (r->reason == PL_REFUSED_TWICE || r->reason == PL_REFUSED_TYPE || r->reason == PL_REFUSED_ORDER || r->reason == PL_REFUSED_EXEMPLAR) {
    pl_intake_refuse(s->intake, PL_REASON_LINE, 1);
    return PL_OK;
  }
  return pl_fail(&s->now->failed, PL_EPARSE, "line %llu: %s", (unsigned long long)r->line, pl_refusal_text(r->reason));
}

static int read_answer(scrape *s)
{
  const pl_prometheus_events events = {on_sample, on_refused, s};
  pl_scraped *now = s->now;
  bool open = pl_type_is(now->type, "application/openmetrics-text");
  pl_str text = now->body;
  pl_prometheus *p;
  if (!open && now->type.len && !pl_type_is(now->type, "text/plain"))
    return pl_fail(&now->failed, PL_EPROTO, "the answer is %.*s, no metrics", (int)(now->type.len < WHY_TEXT ? now->type.len : WHY_TEXT), now->type.data);
  if (pl_prometheus_new(s->alloc, open ? PL_PROMETHEUS_OPENMETRICS : PL_PROMETHEUS_TEXT, &events, &p))
    return no_memory(s);
  int code = pl_prometheus_read(p, &text, true);
  pl_prometheus_free(p);
  if (!code && s->limits.samples && now->kept > s->limits.samples)
    code = pl_fail(&now->failed, PL_ELIMIT, "sample_limit: it has %llu samples", (unsigned long long)now->kept);
  if (code && !now->failed.code)
    (void)pl_fail(&now->failed, code, "%s", pl_code_name(code));
  return code;
}

/* ---- Rounds ---------------------------------------------------------------------------------------------- */

/* Whether a series came in this round already; notes that it did. */
static bool came(scrape *s, uint32_t series, bool *is_new)
{
  if (!pl_reach(s->alloc, (void **)&s->rounds, &s->rounds_cap, series, sizeof *s->rounds))
    return true;
  uint32_t last = s->rounds[series];
  *is_new = !last || last + 1 < s->round;
  s->rounds[series] = s->round;
  return last == s->round;
}

static void store(scrape *s, const waiting *w)
{
  bool is_new = false;
  if (!w->timed && came(s, w->series, &is_new)) {
    pl_intake_refuse(s->intake, PL_REASON_TWICE, 1);
    return;
  }
  pl_intake_sample(s->intake, w->series, w->ts_ns, w->value);
  s->now->added += is_new;
  if (w->bucket)
    pl_bucket_dists_put(s->dists, w->bucket, w->value);
  if (!w->timed && pl_reach(s->alloc, (void **)&s->there.list, &s->there.cap, s->there.n, sizeof *s->there.list))
    s->there.list[s->there.n++] = w->series;
}

static void mark(scrape *s, uint32_t series, int64_t at_ns)
{
  pl_intake_store(s->intake, series, at_ns, pl_stale());
}

/* The end of a round: series of the one before that did not come get the marker. */
static void turn(scrape *s, int64_t at_ns)
{
  for (size_t i = 0; i < s->before.n; i++) {
    if (s->rounds[s->before.list[i]] != s->round)
      mark(s, s->before.list[i], at_ns);
  }
  series_list spare = s->before;
  s->before = s->there;
  s->there = spare;
  s->there.n = 0;
}

static void report(scrape *s, enum report which, double value)
{
  if (s->reports[which] < 0) {
    pl_label_bag b = {.n = 0};
    (void)pl_label_bag_set(&b, PL_STR("__name__"), pl_str_of(reports[which].name));
    for (size_t i = 0; i < s->n_labels; i++)
      (void)pl_label_bag_set(&b, s->labels[i].name, s->labels[i].value);
    s->reports[which] = series_of(s, &b, NULL).series;
  }
  if (s->reports[which] < 0)
    pl_intake_refuse(s->intake, pl_intake_reason(s->reports[which]), 1);
  else
    pl_intake_sample(s->intake, (uint32_t)s->reports[which], s->now->at_ns, value);
}

static void take(scrape *s, pl_scraped *now)
{
  s->now = now;
  s->n_waiting = 0;
  s->round++;
  bool up = now->body.data && !read_answer(s);
  for (size_t i = 0; i < s->n_waiting && up; i++)
    store(s, &s->waiting[i]);
  up ? pl_intake_exemplars_store(s->intake) : pl_intake_exemplars_drop(s->intake);
  if (s->dists)
    pl_bucket_dists_turn(s->dists, now->at_ns);
  turn(s, now->at_ns);
  if (up && pl_intern_count(s->texts) > TEXTS_LEAST + 2 * now->samples)
    (void)forget(s); /* most of them came once, and will not come again */
  report(s, UP, up);
  report(s, DURATION, now->seconds);
  report(s, SAMPLES, (double)now->samples);
  report(s, KEPT, (double)now->kept);
  report(s, ADDED, (double)now->added);
  s->now = NULL;
}

/* ---- Targets --------------------------------------------------------------------------------------------- */

static void free_scrape(scrape *s)
{
  pl_bucket_dists_free(s->dists);
  pl_intake_free(s->intake);
  pl_relabel_free(s->rules);
  pl_arena_fini(&s->memory);
  pl_arena_fini(&s->line);
  pl_intern_free(s->texts);
  pl_free(s->alloc, s->found, s->found_cap * sizeof *s->found);
  pl_free(s->alloc, s->rounds, s->rounds_cap * sizeof *s->rounds);
  pl_free(s->alloc, s->waiting, s->waiting_cap * sizeof *s->waiting);
  pl_free(s->alloc, s->there.list, s->there.cap * sizeof *s->there.list);
  pl_free(s->alloc, s->before.list, s->before.cap * sizeof *s->before.list);
  pl_free(s->alloc, s, sizeof *s);
}

/* Short names first: see add_target. */
static void keep_label(scrape *s, pl_label label)
{
  size_t at = s->n_labels++;
  for (; at > 0 && s->labels[at - 1].name.len > label.name.len; at--)
    s->labels[at] = s->labels[at - 1];
  s->labels[at] = (pl_label){pl_arena_copy(&s->memory, label.name), pl_arena_copy(&s->memory, label.value)};
}

static int set_up(scrape *s, const pl_scrapes_place *p, const pl_scrape_options *o, int64_t run, pl_error *err)
{
  const pl_intake_options intake = {.alloc = p->alloc, .clock = p->clock, .feed = p->feed, .run = run, .instance = pl_str_of(p->instance), .role = o->role, .origin = o->origin,
                                    .limits = {.series = PL_FEED_SERIES, .labels = PL_INTAKE_LABELS, .label_bytes = LABEL_BYTES,
                                               .events = {[PL_EVENT_EXEMPLAR] = EXEMPLARS_MOST}, .samples_per_s = ANY_RATE}};
  int code = pl_intake_new(&intake, &s->intake, err);
  if (code)
    return code;
  s->texts = pl_intern_new(p->alloc, TEXTS_MOST);
  if (o->distributions)
    s->dists = pl_bucket_dists_new(p->alloc, s->intake);
  for (size_t i = 0; i < o->n_labels; i++)
    keep_label(s, o->labels[i]);
  return s->texts && !s->memory.bad && (s->dists || !o->distributions) ? PL_OK : pl_fail(err, PL_ENOMEM, "out of memory for a target");
}

int pl_scrapes_start(pl_scrapes *all, const pl_scrape_options *o, int64_t run, uint32_t *id, pl_error *err)
{
  const pl_allocator *a = all->place.alloc;
  bool fits = all->n < PL_SCRAPES_MAX && o->n_labels <= PL_SCRAPE_TARGET_LABELS;
  scrape *s = fits ? pl_alloc_zero(a, 1, sizeof *s) : NULL;
  if (!s) {
    pl_relabel_free(o->rules);
    return fits ? pl_fail(err, PL_ENOMEM, "out of memory for a target")
                : pl_fail(err, PL_ELIMIT, "at most %d targets in one run, with %d labels each", PL_SCRAPES_MAX, PL_SCRAPE_TARGET_LABELS);
  }
  s->alloc = a;
  s->rules = o->rules;
  s->limits = o->limits;
  s->honor_labels = o->honor_labels;
  s->honor_timestamps = o->honor_timestamps;
  for (int i = 0; i < REPORTS; i++)
    s->reports[i] = -1;
  pl_arena_init(&s->memory, a, LINE_MEMORY);
  pl_arena_init(&s->line, a, LINE_MEMORY);
  int code = set_up(s, &all->place, o, run, err);
  if (code) {
    free_scrape(s);
    return code;
  }
  all->list[all->n] = s;
  *id = all->n++;
  return PL_OK;
}

pl_scrapes *pl_scrapes_new(const pl_scrapes_place *place)
{
  pl_scrapes *all = pl_alloc_zero(place->alloc, 1, sizeof *all);
  if (all)
    all->place = *place;
  return all;
}

void pl_scrapes_free(pl_scrapes *all)
{
  if (!all)
    return;
  for (uint32_t i = 0; i < all->n; i++)
    free_scrape(all->list[i]);
  pl_free(all->place.alloc, all, sizeof *all);
}

int pl_scrapes_take(pl_scrapes *all, uint32_t id, pl_scraped *now, pl_error *err)
{
  if (id >= all->n || all->list[id]->stopped)
    return pl_fail(err, PL_EMISUSE, "there is no such target");
  take(all->list[id], now);
  return PL_OK;
}

void pl_scrapes_stop(pl_scrapes *all, uint32_t id, int64_t at_ns)
{
  if (id >= all->n || all->list[id]->stopped)
    return;
  scrape *s = all->list[id];
  s->stopped = true;
  s->round++;
  turn(s, at_ns);
  for (int i = 0; i < REPORTS; i++) {
    if (s->reports[i] >= 0)
      mark(s, (uint32_t)s->reports[i], at_ns);
  }
}

const pl_intake_counts *pl_scrapes_counts(const pl_scrapes *all, uint32_t id)
{
  return id < all->n ? pl_intake_counts_of(all->list[id]->intake) : NULL;
}
