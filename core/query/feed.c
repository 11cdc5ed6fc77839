/* The feed keeps, for each series, its id in the store and which watches want it. A series is looked up by
 * the bytes of its source's number and "\0name\0label\0value..." once; afterwards everything is an array access. */
#include "query/feed.h"

#include <string.h>

#include "base/error.h"
#include "base/map.h"
#include "query/growth.h"
#include "store/labels.h"

enum { FEED_SOURCES = 4096, KEY_MAX = 16384 };

typedef struct feed_source {
  int64_t id;
  pl_feed_source labels; /* strings live in the intern table of sources */
} feed_source;

/* One watch that wants a series. */
typedef struct feed_tap {
  uint32_t watch;
  int slot;
} feed_tap;

typedef struct feed_series {
  int64_t id;
  enum pl_series_kind kind;
  uint32_t source;
  feed_tap *taps;
  uint32_t n_taps;
  bool counts_load;   /* a counter of a load: watches see where it grew */
  pl_growth growth;
  uint32_t seen;      /* watches [0, seen) were asked about this series */
} feed_series;

struct pl_feed {
  const pl_allocator *alloc;
  pl_store *store;
  pl_intern *source_keys;
  feed_source *sources;
  size_t cap_sources;
  pl_intern *series_keys;
  feed_series *series;
  size_t cap_series;
  pl_watch *watches[PL_FEED_WATCHES];
  bool broken[PL_FEED_WATCHES];
  uint32_t n_watches;
  pl_parts parts;
  int64_t second; /* the last one that ended, of the wall */
};

pl_feed *pl_feed_new(const pl_allocator *a, pl_store *store)
{
  pl_feed *f = pl_alloc_zero(a, 1, sizeof *f);
  if (!f)
    return NULL;
  f->alloc = a;
  f->store = store;
  f->source_keys = pl_intern_new(a, FEED_SOURCES);
  f->series_keys = pl_intern_new(a, PL_FEED_SERIES);
  if (!f->source_keys || !f->series_keys) {
    pl_feed_free(f);
    return NULL;
  }
  return f;
}

void pl_feed_free(pl_feed *f)
{
  if (!f)
    return;
  for (uint32_t i = 0; i < f->n_watches; i++)
    pl_watch_free(f->watches[i]);
  uint32_t n = f->series_keys ? pl_intern_count(f->series_keys) : 0;
  for (uint32_t i = 0; i < n && i < f->cap_series; i++)
    pl_free(f->alloc, f->series[i].taps, f->series[i].n_taps * sizeof *f->series[i].taps);
  pl_free(f->alloc, f->series, f->cap_series * sizeof *f->series);
  pl_free(f->alloc, f->sources, f->cap_sources * sizeof *f->sources);
  pl_intern_free(f->series_keys);
  pl_intern_free(f->source_keys);
  pl_free(f->alloc, f, sizeof *f);
}

/* code: of pl_intern_id. what: many of them. */
static int not_kept(int64_t code, const char *what, int most, pl_error *err)
{
  if (code == PL_ELIMIT)
    return pl_fail(err, PL_ELIMIT, "too many %s: at most %d a run", what, most);
  return pl_fail(err, PL_ENOMEM, "out of memory for %s", what);
}

/* Appends s and a NUL to a key; false when it is full. */
static bool key_add(char *key, size_t *len, pl_str s)
{
  if (*len + s.len + 1 > KEY_MAX)
    return false;
  if (s.len)
    memcpy(key + *len, s.data, s.len);
  key[*len + s.len] = '\0';
  *len += s.len + 1;
  return true;
}

/* The next NUL-ended piece of a stored key. */
static pl_str key_next(const char **at)
{
  pl_str s = pl_str_of(*at);
  *at += s.len + 1;
  return s;
}

int pl_feed_source_get(pl_feed *f, const pl_feed_source *source, uint32_t *out, pl_error *err)
{
  char key[KEY_MAX];
  size_t len = 0;
  if (!key_add(key, &len, source->kind) || !key_add(key, &len, source->instance) ||
      !key_add(key, &len, source->role) || !key_add(key, &len, source->origin))
    return pl_fail(err, PL_ELIMIT, "the labels of a source are longer than %d bytes", KEY_MAX);
  uint32_t before = pl_intern_count(f->source_keys);
  int64_t n = pl_intern_find(f->source_keys, (pl_str){key, len});
  if (n >= 0) {
    *out = (uint32_t)n;
    return PL_OK;
  }
  int64_t id;
  int code = pl_store_source(f->store, source->kind, source->instance, source->role, source->origin, &id, err);
  if (code)
    return code;
  if (!pl_reach(f->alloc, (void **)&f->sources, &f->cap_sources, before, sizeof *f->sources))
    return pl_fail(err, PL_ENOMEM, "out of memory for a source");
  n = pl_intern_id(f->source_keys, (pl_str){key, len});
  if (n < 0)
    return not_kept(n, "sources", FEED_SOURCES, err);
  const char *at = pl_intern_key(f->source_keys, (uint32_t)n).data;
  feed_source *s = &f->sources[n];
  s->id = id;
  s->labels.kind = key_next(&at);
  s->labels.instance = key_next(&at);
  s->labels.role = key_next(&at);
  s->labels.origin = key_next(&at);
  *out = (uint32_t)n;
  return PL_OK;
}

/* Asks the watches that do not know this series yet whether they want it. */
static int tap_series(pl_feed *f, feed_series *s, const pl_series_spec *spec, pl_error *err)
{
  const pl_feed_source *source = &f->sources[s->source].labels;
  pl_label labels[PL_LABELS_MAX + 4];
  size_t n = spec->n_labels; /* the store takes no more than the most */
  if (n)
    memcpy(labels, spec->labels, n * sizeof *labels);
  labels[n++] = (pl_label){PL_STR("source"), source->kind};
  labels[n++] = (pl_label){PL_STR("instance"), source->instance};
  labels[n++] = (pl_label){PL_STR("role"), source->role};
  labels[n++] = (pl_label){PL_STR("origin"), source->origin};
  pl_series_info info = {s->id, s->kind, spec->name, spec->unit, labels, n};
  for (; s->seen < f->n_watches; s->seen++) {
    int slot = pl_watch_series(f->watches[s->seen], &info);
    if (slot < 0)
      continue;
    feed_tap *taps = pl_realloc(f->alloc, s->taps, s->n_taps * sizeof *taps, (s->n_taps + 1) * sizeof *taps);
    if (!taps)
      return pl_fail(err, PL_ENOMEM, "out of memory for a live objective");
    s->taps = taps;
    s->taps[s->n_taps++] = (feed_tap){s->seen, slot};
  }
  return PL_OK;
}

int pl_feed_series(pl_feed *f, uint32_t source, const pl_series_spec *spec, uint32_t *out, pl_error *err)
{
  char key[KEY_MAX];
  size_t len = 0;
  bool fits = key_add(key, &len, (pl_str){(const char *)&source, sizeof source}) && key_add(key, &len, spec->name);
  for (size_t i = 0; i < spec->n_labels && fits; i++)
    fits = key_add(key, &len, spec->labels[i].name) && key_add(key, &len, spec->labels[i].value);
  if (!fits)
    return pl_fail(err, PL_ELIMIT, "the labels of %.*s are longer than %d bytes", (int)spec->name.len,
                   spec->name.data, KEY_MAX);
  int64_t n = pl_intern_find(f->series_keys, (pl_str){key, len});
  if (n < 0) {
    pl_series_spec owned = *spec;
    owned.source = f->sources[source].id;
    int64_t id;
    int code = pl_store_series(f->store, &owned, &id, err);
    if (code)
      return code;
    if (!pl_reach(f->alloc, (void **)&f->series, &f->cap_series, pl_intern_count(f->series_keys), sizeof *f->series))
      return pl_fail(err, PL_ENOMEM, "out of memory for a series");
    n = pl_intern_id(f->series_keys, (pl_str){key, len});
    if (n < 0)
      return not_kept(n, "series", PL_FEED_SERIES, err);
    f->series[n] = (feed_series){.id = id, .kind = spec->kind, .source = source};
    f->series[n].counts_load = pl_growth_is_of_load(spec->name, spec->kind, f->sources[source].labels.kind);
  }
  *out = (uint32_t)n;
  return tap_series(f, &f->series[n], spec, err);
}

int64_t pl_feed_series_id(const pl_feed *f, uint32_t series)
{
  return f->series[series].id;
}

int pl_feed_sample(pl_feed *f, uint32_t series, int64_t run, int64_t ts_ns, double value)
{
  feed_series *s = &f->series[series];
  int64_t ts_ms = ts_ns / (int64_t)PL_MS_NS, seen_ms = s->counts_load ? pl_growth_from_ms(&s->growth, ts_ms, value) : ts_ms;
  for (uint32_t i = 0; i < s->n_taps; i++)
    pl_watch_sample(f->watches[s->taps[i].watch], s->taps[i].slot, seen_ms, value);
  return pl_store_sample(f->store, s->id, run, ts_ns, value);
}

int pl_feed_record(pl_feed *f, const char *operation, const pl_field *fields, size_t n, pl_error *err)
{
  return pl_store_record(f->store, operation, fields, n, NULL, err);
}

int pl_feed_dist(pl_feed *f, uint32_t series, int64_t run, int64_t ts_ms, unsigned resolution_s, const pl_hist *h)
{
  feed_series *s = &f->series[series];
  for (uint32_t i = 0; i < s->n_taps && resolution_s == 1; i++)
    pl_watch_dist(f->watches[s->taps[i].watch], s->taps[i].slot, ts_ms, h);
  return pl_store_dist(f->store, s->id, run, ts_ms, resolution_s, h);
}

/* The name and labels of a series, out of its key. */
static pl_series_spec spec_of(const pl_feed *f, uint32_t series, pl_label labels[PL_LABELS_MAX])
{
  pl_str key = pl_intern_key(f->series_keys, series);
  const char *at = key.data + sizeof(uint32_t) + 1, *end = key.data + key.len;
  pl_series_spec spec = {.name = key_next(&at), .labels = labels};
  while (at < end && spec.n_labels < PL_LABELS_MAX) {
    labels[spec.n_labels].name = key_next(&at);
    labels[spec.n_labels++].value = key_next(&at);
  }
  return spec;
}

/* Shows the newest watch the series that the feed has: a sampler keeps its handles and asks for none again. */
static int tap_known(pl_feed *f, pl_error *err)
{
  uint32_t n = pl_intern_count(f->series_keys);
  for (uint32_t i = 0; i < n; i++) {
    pl_label labels[PL_LABELS_MAX];
    pl_series_spec spec = spec_of(f, i, labels);
    int code = tap_series(f, &f->series[i], &spec, err);
    if (code)
      return code;
  }
  return PL_OK;
}

int pl_feed_watch(pl_feed *f, pl_watch *watch, uint32_t *out, pl_error *err)
{
  if (f->n_watches == PL_FEED_WATCHES) {
    pl_watch_free(watch);
    return pl_fail(err, PL_ELIMIT, "too many live objectives: at most %d a run", PL_FEED_WATCHES);
  }
  int code = PL_OK;
  for (size_t i = 0; i < f->parts.n && !code; i++)
    code = pl_watch_part(watch, &f->parts.list[i], err);
  *out = f->n_watches;
  f->watches[f->n_watches++] = watch;
  return code ? code : tap_known(f, err);
}

pl_watch *pl_feed_watch_at(pl_feed *f, uint32_t number)
{
  return number < f->n_watches ? f->watches[number] : NULL;
}

uint32_t pl_feed_watches(const pl_feed *f)
{
  return f->n_watches;
}

void pl_feed_second(pl_feed *f, int64_t ts_ms)
{
  if (ts_ms / 1000 <= f->second && f->second)
    return;
  f->second = ts_ms / 1000;
  for (uint32_t i = 0; i < f->n_watches; i++)
    f->broken[i] = pl_watch_second(f->watches[i], ts_ms);
}

void pl_feed_begin_load(pl_feed *f)
{
  memset(f->broken, 0, sizeof f->broken);
  for (uint32_t i = 0; i < f->n_watches; i++)
    pl_watch_begin_load(f->watches[i]);
}

bool pl_feed_looks_ahead(const pl_feed *f)
{
  for (uint32_t i = 0; i < f->n_watches; i++) {
    if (pl_watch_looks_ahead(f->watches[i]))
      return true;
  }
  return false;
}

void pl_feed_ahead(pl_feed *f, uint32_t series, int64_t ts_ms, double value)
{
  const feed_series *s = &f->series[series];
  for (uint32_t i = 0; i < s->n_taps; i++) {
    pl_watch *w = f->watches[s->taps[i].watch];
    if (pl_watch_looks_ahead(w))
      pl_watch_ahead(w, s->taps[i].slot, ts_ms, value, !s->growth.any);
  }
}

bool pl_feed_judge_ahead(pl_feed *f, double share)
{
  bool broken = false;
  for (uint32_t i = 0; i < f->n_watches; i++) {
    bool now = pl_watch_looks_ahead(f->watches[i]) && pl_watch_judge_ahead(f->watches[i], share);
    f->broken[i] = f->broken[i] || now;
    broken = broken || now;
  }
  return broken;
}

int64_t pl_feed_last_second(const pl_feed *f)
{
  return f->second;
}

bool pl_feed_watch_broken(const pl_feed *f, uint32_t number)
{
  return number < f->n_watches && f->broken[number];
}

int pl_feed_part(pl_feed *f, const pl_part *part, pl_error *err)
{
  int code = pl_parts_add(&f->parts, part, err);
  for (uint32_t i = 0; i < f->n_watches && !code; i++)
    code = pl_watch_part(f->watches[i], part, err);
  return code;
}
