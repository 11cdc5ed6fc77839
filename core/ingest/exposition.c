/* Of each run a table of its series, which knows the last sample or second of each: only what came since is read. A page is drawn from
 * the tables of all its runs, sorted by family, so that a family stands together. */
#include "ingest/exposition.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/map.h"
#include "format/openmetrics_number.h"
#include "format/stale.h"
#include "ingest/outlet.h"

enum { SERIES_MAX = 1 << 20, TEXTS_MAX = 512 << 20, LABELS_MAX = 1 << 20, BUCKETS = 22, NUMBER_ROOM = 40 };

/* Bounds of buckets in units of a distribution's 1e-9, which are nanoseconds of those in seconds; the last bucket has none. */
static const uint64_t bounds[BUCKETS] = {
    100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000, 25000000, 50000000, 100000000, 250000000, 500000000, 1000000000, 2500000000,
    5000000000, 10000000000, 25000000000, 50000000000, 100000000000, 250000000000, 500000000000, 1000000000000};

typedef struct total {
  uint64_t bucket[BUCKETS]; /* those at most its bound, and more than the one before */
  uint64_t count;
  double sum;
} total;

typedef struct entry {
  int64_t id;
  enum pl_series_kind kind;
  pl_str name, unit, family, labels; /* labels: as in a line, without the braces */
  int64_t last_ns;                   /* of the newest sample, or of the last second that is in the total */
  double value;
  total *total; /* of a distribution */
  bool there;   /* it has a value */
} entry;

typedef struct table {
  int64_t run;
  pl_arena texts;
  pl_intern *ids; /* of series, as they number the entries */
  entry *entries;
  size_t cap, n;
  bool whole; /* all was read of a run that has ended */
} table;

struct pl_exposition {
  const pl_allocator *alloc;
  table *tables[PL_EXPOSITION_RUNS];
  pl_buf scratch;
};

/* ---- Series ------------------------------------------------------------------------------------------ */

static void put_escaped(pl_buf *out, pl_str s)
{
  for (size_t i = 0; i < s.len; i++) {
    char c = s.data[i];
    if (c == '\\' || c == '"' || c == '\n')
      (void)pl_buf_addc(out, '\\');
    (void)pl_buf_addc(out, c == '\n' ? 'n' : c);
  }
}

/* Own labels of a series come before those of its source with the same name. */
static bool is_label(const pl_series_info *info, size_t i)
{
  bool again = i > 0 && pl_str_eq(info->labels[i - 1].name, info->labels[i].name);
  return info->labels[i].value.len && !again;
}

static pl_str label_text(pl_exposition *x, table *t, const pl_series_info *info)
{
  pl_buf_clear(&x->scratch);
  for (size_t i = 0; i < info->n_labels; i++) {
    if (!is_label(info, i))
      continue;
    (void)pl_buf_addf(&x->scratch, "%s%.*s=\"", x->scratch.len ? "," : "", (int)info->labels[i].name.len, info->labels[i].name.data);
    put_escaped(&x->scratch, info->labels[i].value);
    (void)pl_buf_addc(&x->scratch, '"');
  }
  return pl_arena_copy(&t->texts, (pl_str){x->scratch.data ? x->scratch.data : "", x->scratch.len});
}

/* A counter is of the family of its name without _total. */
static pl_str family_of(enum pl_series_kind kind, pl_str name)
{
  const pl_str ending = PL_STR("_total");
  if (kind == PL_SERIES_COUNTER && name.len > ending.len && pl_str_ends(name, ending))
    name.len -= ending.len;
  return name;
}

typedef struct reading {
  pl_exposition *x;
  table *t;
} reading;

static int on_series(void *user, const pl_series_info *info)
{
  const reading *r = user;
  table *t = r->t;
  if (pl_str_eqc(info->name, PL_OUTLET_CURSOR))
    return PL_OK;
  int64_t at = pl_intern_id(t->ids, (pl_str){(const char *)&info->id, sizeof info->id});
  if (at < 0)
    return (int)at;
  if ((size_t)at < t->n)
    return PL_OK;
  if (!pl_reach(r->x->alloc, (void **)&t->entries, &t->cap, (size_t)at, sizeof *t->entries))
    return PL_ENOMEM;
  entry *e = &t->entries[at];
  *e = (entry){.id = info->id, .kind = info->kind, .name = pl_arena_copy(&t->texts, info->name), .unit = pl_arena_copy(&t->texts, info->unit),
               .labels = label_text(r->x, t, info), .last_ns = INT64_MIN};
  e->family = family_of(e->kind, e->name);
  e->total = e->kind == PL_SERIES_DIST ? pl_arena_take(&t->texts, sizeof *e->total) : NULL;
  t->n = (size_t)at + 1;
  return r->x->scratch.bad ? r->x->scratch.bad : t->texts.bad;
}

static int on_span(void *user, const int64_t *times_ns, const double *values, size_t n)
{
  entry *e = user;
  e->last_ns = times_ns[n - 1];
  e->value = values[n - 1];
  return 0;
}

static int on_dist(void *user, int64_t ts_ms, const pl_hist *h)
{
  entry *e = user;
  e->last_ns = ts_ms * (int64_t)PL_MS_NS;
  size_t i = 0;
  uint32_t index = 0;
  uint64_t lowest, highest, count;
  while (pl_hist_next(h, &index, &lowest, &highest, &count)) {
    while (i < BUCKETS && lowest > bounds[i])
      i++;
    if (i < BUCKETS)
      e->total->bucket[i] += count;
  }
  e->total->count += h->count;
  e->total->sum += h->sum / 1e9;
  return 0;
}

static int read_entry(pl_reader *r, const pl_exposition_run *run, entry *e, pl_error *err)
{
  int64_t ms = (int64_t)PL_MS_NS, from_ns = e->last_ns == INT64_MIN ? INT64_MIN : e->last_ns + 1;
  int code = e->kind == PL_SERIES_DIST ? pl_reader_dists(r, e->id, run->run, 1, from_ns / ms + (from_ns > 0), run->settled_ns / ms, on_dist, e, err)
                                       : pl_reader_spans(r, e->id, run->run, from_ns, INT64_MAX, on_span, e, err);
  e->there = e->last_ns != INT64_MIN && (e->kind == PL_SERIES_DIST || !pl_is_stale(e->value));
  return code;
}

/* ---- Tables ------------------------------------------------------------------------------------------ */

static void table_free(const pl_allocator *a, table *t)
{
  if (!t)
    return;
  pl_arena_fini(&t->texts);
  pl_intern_free(t->ids);
  pl_free(a, t->entries, t->cap * sizeof *t->entries);
  pl_free(a, t, sizeof *t);
}

static table *table_new(const pl_allocator *a, int64_t run)
{
  table *t = pl_alloc_zero(a, 1, sizeof *t);
  if (!t)
    return NULL;
  t->run = run;
  pl_arena_init(&t->texts, a, TEXTS_MAX);
  t->ids = pl_intern_new(a, SERIES_MAX);
  if (t->ids)
    return t;
  table_free(a, t);
  return NULL;
}

/* The tables of runs that are not asked for any more. */
static void forget(pl_exposition *x, const pl_exposition_run *runs, size_t n)
{
  for (size_t i = 0; i < PL_EXPOSITION_RUNS; i++) {
    bool kept = false;
    for (size_t k = 0; x->tables[i] && k < n; k++)
      kept = kept || runs[k].run == x->tables[i]->run;
    if (kept)
      continue;
    table_free(x->alloc, x->tables[i]);
    x->tables[i] = NULL;
  }
}

/* The table of a run; there is room for it. NULL: no memory. */
static table *table_of(pl_exposition *x, int64_t run)
{
  table **room = NULL;
  for (size_t i = 0; i < PL_EXPOSITION_RUNS; i++) {
    if (x->tables[i] && x->tables[i]->run == run)
      return x->tables[i];
    room = !x->tables[i] && !room ? &x->tables[i] : room;
  }
  return room ? *room = table_new(x->alloc, run) : NULL;
}

static int read_run(pl_exposition *x, pl_reader *r, const pl_exposition_run *run, table **out, pl_error *err)
{
  table *t = table_of(x, run->run);
  if (!t)
    return pl_fail(err, PL_ENOMEM, "out of memory");
  *out = t;
  if (t->whole)
    return PL_OK;
  int code = pl_reader_series(r, (pl_str){"", 0}, NULL, 0, run->run, on_series, &(reading){x, t}, err);
  if (code)
    return pl_fail(err, code, "%s", pl_code_text(code));
  for (size_t i = 0; !code && i < t->n; i++)
    code = read_entry(r, run, &t->entries[i], err);
  t->whole = !code && run->settled_ns == INT64_MAX;
  return code;
}

/* ---- The page ------------------------------------------------------------------------------------------ */

typedef struct page {
  const entry **list; /* sorted */
  size_t n;
  pl_intern *taken; /* names of samples of the families so far */
  enum pl_exposition_format format;
  pl_buf *out;
} page;

static int compare_texts(pl_str a, pl_str b)
{
  int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);
  return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_entries(const void *a_, const void *b_)
{
  const entry *a = *(const entry *const *)a_, *b = *(const entry *const *)b_;
  int order = compare_texts(a->family, b->family);
  if (!order)
    order = compare_texts(a->name, b->name);
  if (!order)
    order = (a->kind > b->kind) - (a->kind < b->kind);
  return order ? order : compare_texts(a->labels, b->labels);
}

static bool is_same_family(const entry *a, const entry *b)
{
  return a->kind == b->kind && pl_str_eq(a->name, b->name);
}

/* Takes the names that samples of a family have; false: another family has one of them. */
static bool take_names(page *p, const entry *e)
{
  static const char *const of_dist[] = {"", "_bucket", "_count", "_sum", "_created", NULL};
  static const char *const of_counter[] = {"", "_total", "_created", NULL};
  static const char *const of_others[] = {"", NULL};
  bool counter = e->family.len < e->name.len;
  const char *const *all = e->kind == PL_SERIES_DIST ? of_dist : counter ? of_counter : of_others;
  char name[1024];
  bool all_free = true;
  for (size_t i = 0; all[i] && all_free; i++) {
    int n = snprintf(name, sizeof name, "%.*s%s", (int)e->family.len, e->family.data, all[i]);
    uint32_t before = pl_intern_count(p->taken);
    int64_t id = n < (int)sizeof name ? pl_intern_id(p->taken, pl_str_of(name)) : 0;
    p->out->bad = id < 0 ? (int)id : p->out->bad;
    all_free = pl_intern_count(p->taken) > before;
  }
  return all_free;
}

static void put_family(page *p, const entry *e)
{
  bool open = p->format == PL_EXPOSITION_OPENMETRICS;
  const char *plain = e->kind == PL_SERIES_GAUGE ? "gauge" : e->family.len < e->name.len || !open ? "counter" : "unknown";
  pl_str name = open ? e->family : e->name;
  (void)pl_buf_addf(p->out, "# TYPE %.*s %s\n", (int)name.len, name.data, e->kind == PL_SERIES_DIST ? "histogram" : plain);
  bool ends = e->unit.len && name.len > e->unit.len && name.data[name.len - e->unit.len - 1] == '_' && pl_str_ends(name, e->unit);
  if (open && ends)
    (void)pl_buf_addf(p->out, "# UNIT %.*s %.*s\n", (int)name.len, name.data, (int)e->unit.len, e->unit.data);
}

/* name{labels,le="bound"} and a blank. */
static void put_name(page *p, const entry *e, const char *suffix, const char *bound)
{
  (void)pl_buf_addf(p->out, "%.*s%s", (int)e->name.len, e->name.data, suffix);
  if (e->labels.len || bound)
    (void)pl_buf_addc(p->out, '{');
  (void)pl_buf_add(p->out, e->labels.data, e->labels.len);
  if (bound)
    (void)pl_buf_addf(p->out, "%sle=\"%s\"", e->labels.len ? "," : "", bound);
  (void)pl_buf_adds(p->out, e->labels.len || bound ? "} " : " ");
}

static void put_value(page *p, double value)
{
  char text[NUMBER_ROOM];
  (void)pl_buf_add(p->out, text, pl_double_text(value, text));
  (void)pl_buf_addc(p->out, '\n');
}

static void put_histogram(page *p, const entry *e)
{
  uint64_t at_most = 0;
  char bound[NUMBER_ROOM];
  for (size_t i = 0; i < BUCKETS; i++) {
    bound[pl_openmetrics_number((double)bounds[i] / 1e9, bound)] = '\0';
    at_most += e->total->bucket[i];
    put_name(p, e, "_bucket", bound);
    put_value(p, (double)at_most);
  }
  put_name(p, e, "_bucket", "+Inf");
  put_value(p, (double)e->total->count);
  put_name(p, e, "_count", NULL);
  put_value(p, (double)e->total->count);
  put_name(p, e, "_sum", NULL);
  put_value(p, e->total->sum);
}

static void put_entry(page *p, const entry *e)
{
  if (e->kind == PL_SERIES_DIST) {
    put_histogram(p, e);
  } else if (e->kind == PL_SERIES_GAUGE || e->value >= 0) {
    put_name(p, e, "", NULL);
    put_value(p, e->value);
  }
}

static int draw(page *p)
{
  bool told = false;
  qsort(p->list, p->n, sizeof(const entry *), compare_entries);
  for (size_t i = 0; i < p->n && !p->out->bad; i++) {
    const entry *e = p->list[i], *before = i ? p->list[i - 1] : NULL;
    if (!before || !is_same_family(before, e)) {
      told = take_names(p, e);
      if (told)
        put_family(p, e);
    }
    if (told)
      put_entry(p, e);
  }
  return p->format == PL_EXPOSITION_OPENMETRICS ? pl_buf_adds(p->out, "# EOF\n") : p->out->bad;
}

/* Whether an entry tells of now. While its run goes on a distribution does, however long ago its last value came. */
static bool is_current(const entry *e, const pl_exposition_run *run)
{
  bool ended = run->settled_ns == INT64_MAX;
  if (!e->there || (ended && e->kind == PL_SERIES_GAUGE))
    return false;
  return (!ended && e->kind == PL_SERIES_DIST) || e->last_ns >= run->current_ns;
}

/* The entries of all tables that tell of now, each name with its labels once: the first table's. */
static int collect(const pl_exposition *x, table *const *tables, const pl_exposition_run *runs, size_t n, page *p)
{
  pl_intern *seen = pl_intern_new(x->alloc, PL_EXPOSITION_RUNS * SERIES_MAX);
  pl_buf key;
  pl_buf_init(&key, x->alloc, LABELS_MAX);
  int code = seen ? PL_OK : PL_ENOMEM;
  for (size_t t = 0; !code && t < n; t++) {
    for (size_t i = 0; !code && i < tables[t]->n; i++) {
      const entry *e = &tables[t]->entries[i];
      if (!is_current(e, &runs[t]))
        continue;
      pl_buf_clear(&key);
      (void)pl_buf_addf(&key, "%.*s{", (int)e->name.len, e->name.data);
      (void)pl_buf_add(&key, e->labels.data, e->labels.len);
      uint32_t before = pl_intern_count(seen);
      int64_t id = !key.bad ? pl_intern_id(seen, (pl_str){key.data, key.len}) : 0;
      code = id < 0 ? (int)id : key.bad;
      if (!code && pl_intern_count(seen) > before)
        p->list[p->n++] = e;
    }
  }
  pl_buf_fini(&key);
  pl_intern_free(seen);
  return code;
}

static int draw_tables(const pl_exposition *x, table *const *tables, const pl_exposition_run *runs, size_t n, enum pl_exposition_format format, pl_buf *out)
{
  size_t most = 1;
  for (size_t i = 0; i < n; i++)
    most += tables[i]->n;
  page p = {.list = pl_alloc_zero(x->alloc, most, sizeof *p.list), .taken = pl_intern_new(x->alloc, PL_EXPOSITION_RUNS * SERIES_MAX), .format = format, .out = out};
  int code = p.list && p.taken ? collect(x, tables, runs, n, &p) : PL_ENOMEM;
  if (!code)
    code = draw(&p);
  pl_free(x->alloc, p.list, most * sizeof *p.list);
  pl_intern_free(p.taken);
  return code;
}

int pl_exposition_write(pl_exposition *x, pl_reader *r, const pl_exposition_run *runs, size_t n, enum pl_exposition_format format, pl_buf *out, pl_error *err)
{
  table *tables[PL_EXPOSITION_RUNS];
  if (n > PL_EXPOSITION_RUNS)
    return pl_fail(err, PL_ELIMIT, "metrics: more than %d runs", PL_EXPOSITION_RUNS);
  forget(x, runs, n);
  int code = pl_reader_hold(r, err);
  if (code)
    return code;
  for (size_t i = 0; !code && i < n; i++)
    code = read_run(x, r, &runs[i], &tables[i], err);
  pl_reader_release(r);
  if (code)
    return pl_fail_in(err, "metrics");
  code = draw_tables(x, tables, runs, n, format, out);
  return code ? pl_fail(err, code, "metrics: a page of more than %d MiB, or out of memory", PL_EXPOSITION_BODY >> 20) : PL_OK;
}

/* ---- Life ---------------------------------------------------------------------------------------------- */

pl_exposition *pl_exposition_new(const pl_allocator *a)
{
  pl_exposition *x = pl_alloc_zero(a, 1, sizeof *x);
  if (!x)
    return NULL;
  x->alloc = a;
  pl_buf_init(&x->scratch, a, LABELS_MAX);
  return x;
}

void pl_exposition_free(pl_exposition *x)
{
  if (!x)
    return;
  for (size_t i = 0; i < PL_EXPOSITION_RUNS; i++)
    table_free(x->alloc, x->tables[i]);
  pl_buf_fini(&x->scratch);
  pl_free(x->alloc, x, sizeof *x);
}
