/* See exemplars.h. What is stored of a series' present stretch is replaced: by the times it is found in the timeline itself. */
#include "ingest/exemplars.h"

#include <stdlib.h>

#include "base/json.h"

enum { WAITING_MAX = 100000, TEXTS_MAX = 64 << 20 };

/* One that waits. */
typedef struct entry {
  uint32_t series;
  size_t number;  /* in the order in which they came */
  int64_t ts_ns;
  size_t at, len; /* of its data in `texts` */
} entry;

struct pl_exemplars {
  const pl_allocator *alloc;
  pl_feed *feed;
  int64_t run;
  entry *list;
  size_t n, cap;
  pl_buf texts, events;
  int64_t *stored;   /* by the feed's handle: 1 + the latest stretch that has one; 0: none has */
  size_t stored_cap;
};

/* What is to be stored. */
typedef struct plan {
  size_t added, left;
  bool replaces;   /* some of it is in place of what is there: */
  int64_t from_ns; /* from this time on */
} plan;

pl_exemplars *pl_exemplars_new(const pl_allocator *a, pl_feed *feed, int64_t run)
{
  pl_exemplars *x = pl_alloc_zero(a, 1, sizeof *x);
  if (!x)
    return NULL;
  x->alloc = a;
  x->feed = feed;
  x->run = run;
  pl_buf_init(&x->texts, a, TEXTS_MAX);
  pl_buf_init(&x->events, a, 2 * (size_t)TEXTS_MAX);
  return x;
}

void pl_exemplars_free(pl_exemplars *x)
{
  if (!x)
    return;
  pl_buf_fini(&x->texts);
  pl_buf_fini(&x->events);
  pl_free(x->alloc, x->list, x->cap * sizeof *x->list);
  pl_free(x->alloc, x->stored, x->stored_cap * sizeof *x->stored);
  pl_free(x->alloc, x, sizeof *x);
}

void pl_exemplars_drop(pl_exemplars *x)
{
  x->n = 0;
  pl_buf_clear(&x->texts);
  pl_buf_clear(&x->events);
}

static pl_str cut(pl_str text, size_t most)
{
  return (pl_str){text.data, text.len < most ? text.len : most};
}

static void put_data(pl_json_out *json, int64_t series, const pl_exemplar *e, size_t text_max)
{
  pl_json_begin_object(json);
  pl_json_key(json, PL_STR("series"));
  pl_json_int(json, series);
  pl_json_key(json, PL_STR("value"));
  pl_json_double(json, e->value);
  if (e->trace_id[0]) {
    pl_json_key(json, PL_STR("trace_id"));
    pl_json_string(json, pl_str_of(e->trace_id));
  }
  if (e->span_id[0]) {
    pl_json_key(json, PL_STR("span_id"));
    pl_json_string(json, pl_str_of(e->span_id));
  }
  pl_json_key(json, PL_STR("attributes"));
  pl_json_begin_object(json);
  for (size_t i = 0; i < e->n_tags; i++) {
    enum pl_exemplar_id id = pl_exemplar_id_of(e->tags[i].name);
    bool is_id = (id == PL_EXEMPLAR_TRACE && e->trace_id[0]) || (id == PL_EXEMPLAR_SPAN && e->span_id[0]);
    if (is_id || !e->tags[i].name.len || e->tags[i].name.len > text_max)
      continue;
    pl_json_key(json, e->tags[i].name);
    pl_json_string(json, cut(e->tags[i].value, text_max));
  }
  pl_json_end_object(json);
  pl_json_end_object(json);
}

bool pl_exemplars_add(pl_exemplars *x, uint32_t series, const pl_exemplar *e, size_t text_max)
{
  pl_json_out json;
  size_t at = x->texts.len;
  if (x->n == WAITING_MAX || !pl_reach(x->alloc, (void **)&x->list, &x->cap, x->n, sizeof *x->list) ||
      !pl_reach(x->alloc, (void **)&x->stored, &x->stored_cap, series, sizeof *x->stored))
    return false;
  pl_json_out_init(&json, &x->texts);
  put_data(&json, pl_feed_series_id(x->feed, series), e, text_max);
  if (x->texts.bad)
    return false;
  x->list[x->n] = (entry){series, x->n, e->time_ns, at, x->texts.len - at};
  x->n++;
  return true;
}

/* The stretch of a time. */
static int64_t stretch(int64_t ts_ns)
{
  return ts_ns / PL_EXEMPLARS_EVERY_NS;
}

static int by_stretch(const void *a_, const void *b_)
{
  const entry *a = a_, *b = b_;
  if (a->series != b->series)
    return a->series < b->series ? -1 : 1;
  if (a->ts_ns != b->ts_ns)
    return a->ts_ns < b->ts_ns ? -1 : 1;
  return a->number < b->number ? -1 : a->number > b->number;
}

/* Whether a newer one of the same series and stretch comes next. */
static bool is_outdone(const pl_exemplars *x, size_t i)
{
  const entry *e = &x->list[i];
  return i + 1 < x->n && e[1].series == e->series && stretch(e[1].ts_ns) == stretch(e->ts_ns);
}

static void write_event(pl_exemplars *x, const entry *e)
{
  (void)pl_buf_addf(&x->events, "%s{\"ts_ns\":%lld,\"data\":", x->events.len ? "," : "[", (long long)e->ts_ns);
  (void)pl_buf_add(&x->events, x->texts.data + e->at, e->len);
  (void)pl_buf_addc(&x->events, '}');
}

static plan write_events(pl_exemplars *x, size_t room)
{
  plan p = {.from_ns = INT64_MAX};
  qsort(x->list, x->n, sizeof *x->list, by_stretch);
  for (size_t i = 0; i < x->n; i++) {
    const entry *e = &x->list[i];
    int64_t *stored = &x->stored[e->series], now = stretch(e->ts_ns) + 1;
    if (is_outdone(x, i))
      continue;
    if (now > *stored && p.added == room) {
      p.left++;
      continue;
    }
    p.added += now > *stored;
    p.replaces = p.replaces || now <= *stored;
    p.from_ns = stretch(e->ts_ns) * PL_EXEMPLARS_EVERY_NS < p.from_ns ? stretch(e->ts_ns) * PL_EXEMPLARS_EVERY_NS : p.from_ns;
    *stored = now > *stored ? now : *stored;
    write_event(x, e);
  }
  if (x->events.len)
    (void)pl_buf_addc(&x->events, ']');
  return p;
}

static int store(const pl_exemplars *x, const plan *p, pl_error *err)
{
  const pl_str events = {x->events.data, x->events.len};
  const pl_field fields[] = {{.name = "run", .type = PL_FIELD_INT, .integer = x->run},
                             {.name = "events", .type = PL_FIELD_TEXT, .bytes = events},
                             {.name = "every_ns", .type = PL_FIELD_INT, .integer = PL_EXEMPLARS_EVERY_NS},
                             {.name = "from_ns", .type = PL_FIELD_INT, .integer = p->from_ns}};
  int code = p->replaces ? pl_feed_record(x->feed, "exemplars_drop", fields, 4, err) : PL_OK;
  return code ? code : pl_feed_record(x->feed, "exemplars_put", fields, 2, err);
}

int pl_exemplars_store(pl_exemplars *x, size_t room, size_t *n, size_t *left, pl_error *err)
{
  *n = *left = 0;
  if (!x->n)
    return PL_OK;
  plan p = write_events(x, room);
  int code = x->events.bad ? x->events.bad : x->events.len ? store(x, &p, err) : PL_OK;
  if (!code) {
    *n = p.added;
    *left = p.left;
  }
  pl_exemplars_drop(x);
  return code;
}
