/* A pass goes over all series for one stretch of time, [done, end). It is cut into parcels; each series knows the last of its samples that went. */
#include "ingest/outlet.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/map.h"
#include "store/labels.h"

enum { SERIES_MAX = 1 << 20, TEXTS_MAX = 512 << 20, BODY_MAX = 32 << 20, PASS_S = 60, SAMPLES_MAX = 5000 };
/* A series that goes out. */
typedef struct entry {
  int64_t id;
  enum pl_series_kind kind;
  pl_str name, unit;
  const pl_label *labels;
  size_t n_labels;
  int64_t last_ns; /* the last that went; before it: one before the outlet's begin */
  uint64_t sent;   /* samples, or seconds */
  uint64_t count;  /* of a distribution, with sum: all that went */
  double sum;
  pl_parcel_second now; /* of a format of `state`: the last sample, that of a plain series its first part */
} entry;

struct pl_outlet {
  const pl_allocator *alloc;
  pl_outlet_options o;
  pl_arena texts;
  pl_intern *ids, *families; /* ids: of series, as they number the entries; families: those that were told of */
  entry *entries;
  size_t cap, n, at;        /* at: the entry that a pass has come to */
  bool fresh;               /* something new is in the parcel */
  bool empty;               /* the last pass found nothing: the next one begins where something is */
  int64_t done_ns, end_ns;  /* of the pass */
  pl_parcel parcel;
  pl_buf seconds;
  bool full;
  uint64_t passed_over;     /* samples that share a step with one that went */
};

/* ---- Series ------------------------------------------------------------------------------------------ */

/* A name that every system takes: letters, digits and _. */
static pl_str plain_name(pl_outlet *o, pl_str name)
{
  pl_str copy = pl_arena_copy(&o->texts, name);
  char *at = copy.data ? pl_arena_alloc(&o->texts, copy.len + 1, 1) : NULL;
  for (size_t i = 0; at && i < copy.len; i++) {
    char c = copy.data[i];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (i > 0 && c >= '0' && c <= '9');
    at[i] = letter ? c : '_';
  }
  return (pl_str){at, copy.len};
}

static bool has_label(const pl_label *labels, size_t n, pl_str name)
{
  for (size_t i = 0; i < n; i++) {
    if (pl_str_eq(labels[i].name, name))
      return true;
  }
  return false;
}

/* The labels that all series get, and a series' own that have a value; of several with one name the first. */
static int take_labels(pl_outlet *o, entry *e, const pl_series_info *info)
{
  pl_label labels[PL_LABELS_MAX + 4 + PL_OUTLET_LABELS];
  size_t n = o->o.n_labels;
  memcpy(labels, o->o.labels, n * sizeof *labels);
  for (size_t i = 0; i < info->n_labels && !o->texts.bad; i++) {
    pl_str name = plain_name(o, info->labels[i].name);
    if (info->labels[i].value.len && !has_label(labels, n, name))
      labels[n++] = (pl_label){name, pl_arena_copy(&o->texts, info->labels[i].value)};
  }
  if (o->texts.bad)
    return o->texts.bad;
  pl_labels_sort(labels, n);
  pl_label *copy = pl_arena_alloc(&o->texts, n + 1, sizeof *copy);
  if (!copy)
    return o->texts.bad;
  memcpy(copy, labels, n * sizeof *copy);
  e->labels = copy;
  e->n_labels = n;
  return PL_OK;
}

static int on_series(void *user, const pl_series_info *info)
{
  pl_outlet *o = user;
  if (pl_str_eqc(info->name, PL_OUTLET_CURSOR))
    return PL_OK;
  int64_t at = pl_intern_id(o->ids, (pl_str){(const char *)&info->id, sizeof info->id});
  if (at < 0)
    return (int)at;
  if ((size_t)at < o->n)
    return PL_OK;
  if (!pl_reach(o->alloc, (void **)&o->entries, &o->cap, (size_t)at, sizeof *o->entries))
    return PL_ENOMEM;
  entry *e = &o->entries[at];
  *e = (entry){.id = info->id, .kind = info->kind, .last_ns = o->o.from_ns == PL_OUTLET_ALL ? PL_OUTLET_ALL : o->o.from_ns - 1};
  e->name = pl_arena_copy(&o->texts, info->name);
  e->unit = pl_arena_copy(&o->texts, info->unit);
  o->n = (size_t)at + 1;
  return take_labels(o, e, info);
}

static int on_first_span(void *user, const int64_t *times_ns, const double *values, size_t n)
{
  int64_t *first_ns = user;
  (void)values;
  (void)n;
  *first_ns = times_ns[0] < *first_ns ? times_ns[0] : *first_ns;
  return 1;
}

static int on_first_dist(void *user, int64_t ts_ms, const pl_hist *h)
{
  (void)h;
  return on_first_span(user, &(int64_t){ts_ms * (int64_t)PL_MS_NS}, NULL, 1);
}

/* Goes on to the first sample before to_ns that did not go, over the time in which there is none. */
static int jump(pl_outlet *o, pl_reader *r, int64_t to_ns, pl_error *err)
{
  int64_t first_ns = to_ns, ms = (int64_t)PL_MS_NS;
  int code = PL_OK;
  for (size_t i = 0; !code && i < o->n; i++) {
    const entry *e = &o->entries[i];
    code = e->kind == PL_SERIES_DIST ? pl_reader_dists(r, e->id, o->o.run, 1, e->last_ns / ms + 1, first_ns / ms, on_first_dist, &first_ns, err)
                                     : pl_reader_spans(r, e->id, o->o.run, e->last_ns + 1, first_ns, on_first_span, &first_ns, err);
  }
  if (!code && first_ns > o->done_ns)
    o->done_ns = o->end_ns = first_ns;
  if (!code && o->o.from_ns == PL_OUTLET_ALL && !o->parcel.begin_ns)
    o->parcel.begin_ns = o->done_ns;
  return code;
}

static int begin_pass(pl_outlet *o, pl_reader *r, int64_t to_ns, pl_error *err)
{
  int code = pl_reader_series(r, o->o.metric, NULL, 0, o->o.run, on_series, o, err);
  if (code)
    return pl_fail(err, code, "export: %s", err && err->code ? err->message : pl_code_text(code));
  o->at = 0;
  if (o->empty)
    code = jump(o, r, to_ns, err);
  o->empty = true;
  bool whole = o->parcel.format->state || to_ns - o->done_ns <= PASS_S * (int64_t)PL_S_NS;
  o->end_ns = whole ? to_ns : o->done_ns + PASS_S * (int64_t)PL_S_NS;
  return code;
}

/* ---- Samples ------------------------------------------------------------------------------------------ */

/* Whether a family is told of for the first time. */
static bool is_first(pl_outlet *o, pl_str family)
{
  return pl_intern_find(o->families, family) < 0 && pl_intern_id(o->families, family) >= 0;
}

typedef struct taking {
  pl_outlet *o;
  entry *e;
} taking;

static void begin_plain(pl_outlet *o, const entry *e)
{
  bool counter = e->kind == PL_SERIES_COUNTER;
  const pl_parcel_series s = {.name = e->name, .family = e->name, .unit = e->unit, .type = counter ? PL_REMOTE_COUNTER : PL_REMOTE_GAUGE,
                              .monotonic = counter, .first = is_first(o, e->name), .labels = e->labels, .n_labels = e->n_labels};
  pl_parcel_series_begin(&o->parcel, &s);
}

static int on_span(void *user, const int64_t *times_ns, const double *values, size_t n)
{
  taking *t = user;
  int64_t step = t->o->parcel.format->step_ns;
  for (size_t i = 0; i < n && !t->o->full; i++) {
    bool together = t->e->sent > 0 && times_ns[i] / step == t->e->last_ns / step;
    t->e->last_ns = times_ns[i];
    t->e->sent++;
    if (together) {
      t->o->passed_over++;
      continue;
    }
    t->o->fresh = true;
    t->o->empty = false;
    t->e->now = (pl_parcel_second){times_ns[i], {values[i]}};
    if (t->o->parcel.format->state)
      continue;
    if (!t->o->parcel.open)
      begin_plain(t->o, t->e);
    pl_parcel_sample(&t->o->parcel, times_ns[i], values[i]);
    t->o->full = t->o->parcel.samples >= t->o->o.samples_max;
  }
  return t->o->full;
}

/* ---- Distributions ------------------------------------------------------------------------------------- */

static int on_dist(void *user, int64_t ts_ms, const pl_hist *h)
{
  taking *t = user;
  pl_outlet *o = t->o;
  t->e->last_ns = ts_ms * (int64_t)PL_MS_NS;
  t->e->sent++;
  t->e->count += h->count;
  t->e->sum += h->sum / 1e9;
  pl_parcel_second s = {.ts_ns = (ts_ms + 1000) * (int64_t)PL_MS_NS};
  for (size_t i = 0; i < PL_PARCEL_QUANTILES; i++)
    s.part[i] = h->count ? (double)pl_hist_quantile(h, pl_parcel_quantiles[i]) / 1e9 : NAN;
  s.part[PL_PARCEL_SUM] = t->e->sum;
  s.part[PL_PARCEL_COUNT] = (double)t->e->count;
  t->e->now = s;
  o->fresh = true;
  o->empty = false;
  if (o->parcel.format->state)
    return PL_OK;
  int code = pl_buf_add(&o->seconds, &s, sizeof s);
  o->full = o->parcel.samples + PL_PARCEL_PARTS * (o->seconds.len / sizeof s) >= o->o.samples_max;
  return code ? code : o->full;
}

static void put_summary(pl_outlet *o, const entry *e, const pl_parcel_second *seconds, size_t n)
{
  const pl_parcel_series s = {.name = e->name, .family = e->name, .unit = e->unit, .type = PL_REMOTE_SUMMARY, .first = is_first(o, e->name),
                              .labels = e->labels, .n_labels = e->n_labels};
  pl_parcel_summary(&o->parcel, &s, seconds, n);
}

/* The seconds of a distribution that have ended by the end of the pass. */
static int put_dists(pl_outlet *o, pl_reader *r, entry *e, pl_error *err)
{
  taking t = {o, e};
  pl_buf_clear(&o->seconds);
  int64_t ms = (int64_t)PL_MS_NS, from_ms = e->last_ns / ms + 1, to_ms = o->end_ns / ms - 999;
  int code = pl_reader_dists(r, e->id, o->o.run, 1, from_ms, to_ms, on_dist, &t, err);
  if (!code && o->seconds.len)
    put_summary(o, e, (const void *)o->seconds.data, o->seconds.len / sizeof(pl_parcel_second));
  return code;
}

/* ---- Parcels ------------------------------------------------------------------------------------------- */

/* The last sample of a series, whether it is new or not. */
static void put_state(pl_outlet *o, const entry *e)
{
  if (e->kind == PL_SERIES_DIST) {
    put_summary(o, e, &e->now, 1);
    return;
  }
  begin_plain(o, e);
  pl_parcel_sample(&o->parcel, e->now.ts_ns, e->now.part[0]);
}

static int put_entry(pl_outlet *o, pl_reader *r, entry *e, pl_error *err)
{
  taking t = {o, e};
  int code = e->kind == PL_SERIES_DIST ? put_dists(o, r, e, err)
                                       : pl_reader_spans(r, e->id, o->o.run, e->last_ns + 1, o->end_ns, on_span, &t, err);
  if (!code && o->parcel.format->state && e->sent)
    put_state(o, e);
  pl_parcel_series_end(&o->parcel);
  return code;
}

static int fill(pl_outlet *o, pl_reader *r, int64_t to_ns, pl_error *err)
{
  int code = PL_OK;
  while (!code && !o->full) {
    if (o->at < o->n) {
      code = put_entry(o, r, &o->entries[o->at], err);
      o->at += !o->full;
      continue;
    }
    o->done_ns = o->end_ns;
    if (o->fresh || o->done_ns >= to_ns)
      break;
    code = begin_pass(o, r, to_ns, err);
  }
  return code;
}

/* Each parcel of a state tells its families anew. */
static int forget_families(pl_outlet *o)
{
  pl_intern_free(o->families);
  o->families = pl_intern_new(o->alloc, SERIES_MAX);
  return o->families ? PL_OK : PL_ENOMEM;
}

int pl_outlet_next(pl_outlet *o, pl_reader *r, int64_t to_ns, const pl_parcel **out, pl_error *err)
{
  pl_parcel_clear(&o->parcel);
  o->full = o->fresh = false;
  int code = o->parcel.format->state ? forget_families(o) : PL_OK;
  if (!code)
    code = pl_reader_hold(r, err);
  if (code)
    return code;
  code = fill(o, r, to_ns, err);
  pl_reader_release(r);
  if (!code && o->fresh && pl_parcel_seal(&o->parcel))
    code = pl_fail(err, o->parcel.body.bad, "export: a message of more than %d MiB, or out of memory", BODY_MAX >> 20);
  if (code)
    return code;
  *out = &o->parcel;
  return o->fresh;
}

int64_t pl_outlet_done(const pl_outlet *o)
{
  return o->done_ns;
}

uint64_t pl_outlet_passed_over(const pl_outlet *o)
{
  return o->passed_over;
}

static int count_span(void *user, const int64_t *times_ns, const double *values, size_t n)
{
  (void)times_ns;
  (void)values;
  *(uint64_t *)user += n;
  return 0;
}

static int count_dist(void *user, int64_t ts_ms, const pl_hist *h)
{
  (void)ts_ms;
  (void)h;
  ++*(uint64_t *)user;
  return 0;
}

int pl_outlet_left(pl_outlet *o, pl_reader *r, int64_t to_ns, uint64_t *out, pl_error *err)
{
  uint64_t left = 0;
  int64_t ms = (int64_t)PL_MS_NS;
  int code = pl_reader_series(r, o->o.metric, NULL, 0, o->o.run, on_series, o, err);
  for (size_t i = 0; !code && i < o->n; i++) {
    const entry *e = &o->entries[i];
    uint64_t there = 0;
    code = e->kind == PL_SERIES_DIST ? pl_reader_dists(r, e->id, o->o.run, 1, o->o.from_ns / ms, to_ns / ms - 999, count_dist, &there, err)
                                     : pl_reader_spans(r, e->id, o->o.run, o->o.from_ns, to_ns, count_span, &there, err);
    if (there > e->sent)
      left += (there - e->sent) * (e->kind == PL_SERIES_DIST ? PL_PARCEL_PARTS : 1);
  }
  if (!code)
    *out = left;
  return code;
}

/* ---- Life ---------------------------------------------------------------------------------------------- */

static int copy_options(pl_outlet *o, const pl_outlet_options *options)
{
  o->o = *options;
  o->o.samples_max = options->samples_max ? options->samples_max : SAMPLES_MAX;
  o->o.metric = pl_arena_copy(&o->texts, options->metric);
  pl_label *labels = pl_arena_alloc(&o->texts, options->n_labels + 1, sizeof *labels);
  for (size_t i = 0; labels && i < options->n_labels; i++)
    labels[i] = (pl_label){plain_name(o, options->labels[i].name), pl_arena_copy(&o->texts, options->labels[i].value)};
  o->o.labels = labels;
  return o->texts.bad;
}

int pl_outlet_new(const pl_allocator *a, const pl_outlet_options *options, pl_outlet **out, pl_error *err)
{
  const pl_parcel_format *format = pl_parcel_format_of(options->format);
  if (!format)
    return pl_fail(err, PL_EINVAL, "export: nothing is sent as \"%s\" (%s)", options->format, pl_parcel_formats());
  if (options->n_labels > PL_OUTLET_LABELS)
    return pl_fail(err, PL_ELIMIT, "export: more than %d labels", PL_OUTLET_LABELS);
  pl_outlet *o = pl_alloc_zero(a, 1, sizeof *o);
  if (!o)
    return pl_fail(err, PL_ENOMEM, "export: out of memory");
  o->alloc = a;
  o->done_ns = o->end_ns = options->from_ns;
  pl_arena_init(&o->texts, a, TEXTS_MAX);
  pl_parcel_init(&o->parcel, a, format, BODY_MAX);
  o->empty = options->from_ns == PL_OUTLET_ALL;
  o->parcel.begin_ns = o->empty ? 0 : options->from_ns;
  pl_buf_init(&o->seconds, a, BODY_MAX);
  o->ids = pl_intern_new(a, SERIES_MAX);
  o->families = pl_intern_new(a, SERIES_MAX);
  if (!o->ids || !o->families || copy_options(o, options)) {
    pl_outlet_free(o);
    return pl_fail(err, PL_ENOMEM, "export: out of memory");
  }
  *out = o;
  return PL_OK;
}

void pl_outlet_free(pl_outlet *o)
{
  if (!o)
    return;
  pl_arena_fini(&o->texts);
  pl_parcel_fini(&o->parcel);
  pl_buf_fini(&o->seconds);
  pl_intern_free(o->ids);
  pl_intern_free(o->families);
  pl_free(o->alloc, o->entries, o->cap * sizeof *o->entries);
  pl_free(o->alloc, o, sizeof *o);
}
