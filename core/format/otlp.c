/* See otlp.h. As with remote write no tree is made, and fields may stand in any order: what heads a message is read before what
 * it holds, and a message that is whole is known to be before anything is told. Field numbers are those of opentelemetry-proto 1. */
#include "format/otlp.h"

#include <math.h>
#include <string.h>

#include "format/otlp_parts.h"

typedef struct reading {
  pl_otlp_walk walk;
  const pl_otlp_events *events;
  int code; /* what an event gave */
  pl_otlp_attributes point, exemplar;
  pl_otlp_metric metric;
  pl_otlp_quantile quantiles[PL_OTLP_QUANTILES];
  double bounds[PL_OTLP_BUCKETS];
  uint64_t counts[PL_OTLP_BUCKETS + 1];
} reading;

/* A sint32, whatever the bytes say. */
static int32_t signed_of(uint64_t v)
{
  return (int32_t)pl_wire_unzigzag((uint32_t)v);
}

/* ---- Buckets ------------------------------------------------------------------------------------------- */

/* Appends the numbers of eight bytes of a field that is repeated, packed or not; *n counts also those beyond `most`. */
static bool read_fixed(const pl_wire_field *f, uint64_t *list, size_t most, size_t *n)
{
  pl_str rest = f->bytes;
  uint64_t v = f->value;
  if (f->type != PL_WIRE_BYTES && f->type != PL_WIRE_64)
    return true;
  bool one = f->type == PL_WIRE_64;
  while (one || rest.len) {
    if (!one && !pl_wire_fixed(&rest, 8, &v))
      return false;
    if (*n < most)
      list[*n] = v;
    ++*n;
    one = false;
  }
  return true;
}

/* One side of an exponential histogram. */
typedef struct side {
  int64_t offset;
  size_t n; /* 0: nothing was counted there */
  bool counted;
  uint64_t counts[PL_OTLP_BUCKETS];
} side;

static bool read_counts(const pl_wire_field *f, side *s)
{
  pl_str rest = f->bytes;
  uint64_t v = f->value;
  bool one = f->type == PL_WIRE_VARINT;
  while (one || (f->type == PL_WIRE_BYTES && rest.len)) {
    if (!one && !pl_wire_varint(&rest, &v))
      return false;
    if (s->n < PL_OTLP_BUCKETS)
      s->counts[s->n] = v;
    s->n++;
    s->counted = s->counted || v;
    one = false;
  }
  return true;
}

static bool read_side(pl_str text, side *s)
{
  pl_wire_field f;
  bool good = true;
  int more = 0;
  s->offset = 0;
  s->n = 0;
  s->counted = false;
  while (good && (more = pl_wire_next(&text, &f)) > 0) {
    if (f.number == 1 && f.type == PL_WIRE_VARINT)
      s->offset = signed_of(f.value);
    else if (f.number == 2)
      good = read_counts(&f, s);
  }
  if (!s->counted)
    s->n = 0;
  return good && more == 0;
}

typedef struct exponential {
  int64_t scale;
  uint64_t zeros;
  double zero_threshold;
  side positive, negative;
} exponential;

/* base ^ index, base being 2 ^ (2 ^ -scale). */
static double bound_of(const exponential *e, int64_t index)
{
  return exp2(ldexp((double)index, (int)-e->scale));
}

static void add_bucket(reading *r, pl_otlp_point *p, double bound, uint64_t count)
{
  p->good = p->good && p->n_bounds < PL_OTLP_BUCKETS && isfinite(bound) && (p->n_bounds == 0 || bound > r->bounds[p->n_bounds - 1]);
  if (!p->good)
    return;
  r->bounds[p->n_bounds] = bound;
  r->counts[p->n_bounds++] = count;
}

/* From the lowest bucket to the highest. What lies before the first one of a side gets a bound of its own. */
static void spread(reading *r, const exponential *e, pl_otlp_point *p)
{
  const side *low = &e->negative, *high = &e->positive;
  p->good = e->scale >= -20 && e->scale <= 30 && low->n <= PL_OTLP_BUCKETS && high->n <= PL_OTLP_BUCKETS;
  if (p->good && low->n)
    add_bucket(r, p, -bound_of(e, low->offset + (int64_t)low->n), 0);
  for (size_t i = low->n; i > 0 && p->good; i--)
    add_bucket(r, p, -bound_of(e, low->offset + (int64_t)i - 1), low->counts[i - 1]);
  if (e->zeros || low->n || !high->n)
    add_bucket(r, p, e->zero_threshold, e->zeros);
  if (p->good && high->n)
    add_bucket(r, p, bound_of(e, high->offset), 0);
  for (size_t i = 0; i < high->n && p->good; i++)
    add_bucket(r, p, bound_of(e, high->offset + (int64_t)i + 1), high->counts[i]);
  r->counts[p->n_bounds] = 0;
}

/* ---- Points -------------------------------------------------------------------------------------------- */

/* What points of all kinds have: times, flags, and but for numbers a count and a sum. */
static void read_common(const pl_wire_field *f, uint32_t flags, pl_otlp_point *p)
{
  if (f->number == 3 && f->type == PL_WIRE_64)
    p->time_ns = (int64_t)f->value;
  else if (f->number == flags && f->type == PL_WIRE_VARINT)
    p->no_value = f->value & 1;
}

static void read_totals(const pl_wire_field *f, pl_otlp_point *p)
{
  if (f->number == 4 && f->type == PL_WIRE_64) {
    p->count = f->value;
  } else if (f->number == 5 && f->type == PL_WIRE_64) {
    p->sum = pl_otlp_double(f->value);
    p->has_sum = true;
  }
}

static bool read_number(reading *r, pl_str text, pl_otlp_point *p)
{
  pl_wire_field f;
  int more;
  (void)r;
  while ((more = pl_wire_next(&text, &f)) > 0) {
    read_common(&f, 8, p);
    if (f.number == 4 && f.type == PL_WIRE_64)
      p->value = pl_otlp_double(f.value);
    else if (f.number == 6 && f.type == PL_WIRE_64)
      p->value = (double)(int64_t)f.value;
  }
  return more == 0;
}

static bool read_histogram(reading *r, pl_str text, pl_otlp_point *p)
{
  uint64_t bits[PL_OTLP_BUCKETS];
  pl_wire_field f;
  size_t n_counts = 0, n_bounds = 0;
  bool good = true;
  int more = 0;
  while (good && (more = pl_wire_next(&text, &f)) > 0) {
    read_common(&f, 10, p);
    read_totals(&f, p);
    if (f.number == 6)
      good = read_fixed(&f, r->counts, PL_OTLP_BUCKETS + 1, &n_counts);
    else if (f.number == 7)
      good = read_fixed(&f, bits, PL_OTLP_BUCKETS, &n_bounds);
  }
  if (n_counts == 0 && n_bounds == 0)
    r->counts[n_counts++] = p->count; /* one bucket for all */
  p->good = n_bounds <= PL_OTLP_BUCKETS && n_counts == n_bounds + 1;
  for (size_t i = 0; i < n_bounds && p->good; i++) {
    r->bounds[i] = pl_otlp_double(bits[i]);
    p->good = isfinite(r->bounds[i]) && (i == 0 || r->bounds[i] > r->bounds[i - 1]);
  }
  p->n_bounds = p->good ? n_bounds : 0;
  return good && more == 0;
}

static bool read_exponential(reading *r, pl_str text, pl_otlp_point *p)
{
  exponential e = {.scale = 0};
  pl_wire_field f;
  bool good = true;
  int more = 0;
  while (good && (more = pl_wire_next(&text, &f)) > 0) {
    read_common(&f, 10, p);
    read_totals(&f, p);
    if (f.number == 6 && f.type == PL_WIRE_VARINT)
      e.scale = signed_of(f.value);
    else if (f.number == 7 && f.type == PL_WIRE_64)
      e.zeros = f.value;
    else if (f.number == 14 && f.type == PL_WIRE_64)
      e.zero_threshold = pl_otlp_double(f.value);
    else if (pl_otlp_is_bytes(&f, 8) || pl_otlp_is_bytes(&f, 9))
      good = read_side(f.bytes, f.number == 8 ? &e.positive : &e.negative);
  }
  if (good && more == 0)
    spread(r, &e, p);
  return good && more == 0;
}

static bool read_quantile(pl_str text, pl_otlp_quantile *q)
{
  pl_wire_field f;
  int more;
  *q = (pl_otlp_quantile){0, 0};
  while ((more = pl_wire_next(&text, &f)) > 0) {
    if (f.type == PL_WIRE_64 && f.number == 1)
      q->quantile = pl_otlp_double(f.value);
    else if (f.type == PL_WIRE_64 && f.number == 2)
      q->value = pl_otlp_double(f.value);
  }
  return more == 0;
}

static bool read_summary(reading *r, pl_str text, pl_otlp_point *p)
{
  pl_otlp_quantile extra;
  pl_wire_field f;
  bool good = true;
  int more = 0;
  while (good && (more = pl_wire_next(&text, &f)) > 0) {
    read_common(&f, 8, p);
    read_totals(&f, p);
    if (pl_otlp_is_bytes(&f, 6)) {
      good = read_quantile(f.bytes, p->n_quantiles < PL_OTLP_QUANTILES ? &r->quantiles[p->n_quantiles] : &extra);
      p->n_quantiles++;
    }
  }
  p->good = p->n_quantiles <= PL_OTLP_QUANTILES;
  p->has_sum = true;
  return good && more == 0;
}

/* By kind: how its points are read, and which field has their attributes. */
static const struct point_kind {
  bool (*read)(reading *r, pl_str text, pl_otlp_point *p);
  uint32_t attributes, exemplars;
} kinds[] = {
    [PL_OTLP_GAUGE] = {read_number, 7, 5},             [PL_OTLP_SUM] = {read_number, 7, 5},   [PL_OTLP_HISTOGRAM] = {read_histogram, 9, 8},
    [PL_OTLP_EXPONENTIAL] = {read_exponential, 1, 11}, [PL_OTLP_SUMMARY] = {read_summary, 7, 0},
};

static bool read_exemplar(reading *r, pl_str text, pl_exemplar *e)
{
  pl_wire_field f;
  int more = 0;
  *e = (pl_exemplar){.tags = r->exemplar.list};
  if (!pl_otlp_attributes_read(text, 7, &r->exemplar))
    return false;
  e->n_tags = r->exemplar.n < PL_OTLP_TAGS ? r->exemplar.n : PL_OTLP_TAGS;
  while ((more = pl_wire_next(&text, &f)) > 0) {
    if (f.number == 2 && f.type == PL_WIRE_64)
      e->time_ns = (int64_t)f.value;
    else if (f.number == 3 && f.type == PL_WIRE_64)
      e->value = pl_otlp_double(f.value);
    else if (f.number == 6 && f.type == PL_WIRE_64)
      e->value = (double)(int64_t)f.value;
    else if (pl_otlp_is_bytes(&f, 4))
      pl_otlp_id(f.bytes, PL_SPAN_ID, e->span_id);
    else if (pl_otlp_is_bytes(&f, 5))
      pl_otlp_id(f.bytes, PL_TRACE_ID, e->trace_id);
  }
  return more == 0;
}

static bool take_exemplars(reading *r, pl_str text, const pl_otlp_point *p)
{
  uint32_t number = kinds[r->metric.kind].exemplars;
  pl_exemplar e;
  pl_wire_field f;
  bool good = true;
  while (good && !r->code && number && r->events->exemplar && pl_wire_next(&text, &f) > 0) {
    if (!pl_otlp_is_bytes(&f, number))
      continue;
    good = read_exemplar(r, f.bytes, &e);
    if (good && r->walk.tells)
      r->code = r->events->exemplar(r->events->user, &r->metric, p, &e);
  }
  return good;
}

static bool take_point(reading *r, pl_str text)
{
  const struct point_kind *k = &kinds[r->metric.kind];
  pl_otlp_point p = {.good = true, .bounds = r->bounds, .counts = r->counts, .quantiles = r->quantiles};
  bool good = pl_otlp_attributes_read(text, k->attributes, &r->point) && k->read(r, text, &p);
  p.tags = r->point.list;
  p.n_tags = r->point.n;
  if (good && r->walk.tells)
    r->code = r->events->point(r->events->user, &r->metric, &p);
  return good && !r->code && take_exemplars(r, text, &p) && !r->code;
}

/* ---- What holds them ------------------------------------------------------------------------------------- */

/* Gauge, Sum, Histogram and so on: what heads it, then its points. */
static bool take_points(reading *r, pl_str text)
{
  pl_wire_field f;
  pl_str rest = text;
  bool good = true;
  int more = 0;
  r->metric.delta = r->metric.monotonic = false;
  while (pl_wire_next(&rest, &f) > 0) {
    if (f.number == 2 && f.type == PL_WIRE_VARINT)
      r->metric.delta = f.value == 1;
    else if (f.number == 3 && f.type == PL_WIRE_VARINT)
      r->metric.monotonic = f.value;
  }
  while (good && (more = pl_wire_next(&text, &f)) > 0) {
    if (pl_otlp_is_bytes(&f, 1))
      good = take_point(r, f.bytes);
  }
  return good && more >= 0;
}

static enum pl_otlp_kind kind_of(const pl_wire_field *f)
{
  static const enum pl_otlp_kind by_number[] = {[5] = PL_OTLP_GAUGE, [7] = PL_OTLP_SUM, [9] = PL_OTLP_HISTOGRAM, [10] = PL_OTLP_EXPONENTIAL,
                                                [11] = PL_OTLP_SUMMARY};
  return f->type == PL_WIRE_BYTES && f->number < sizeof by_number / sizeof *by_number ? by_number[f->number] : PL_OTLP_NONE;
}

static bool take_metric(void *reading_, pl_str text)
{
  reading *r = reading_;
  pl_otlp_metric *m = &r->metric;
  pl_wire_field f;
  pl_str points = {"", 0};
  int more;
  *m = (pl_otlp_metric){.name = {"", 0}, .description = {"", 0}, .unit = {"", 0}};
  while ((more = pl_wire_next(&text, &f)) > 0) {
    if (pl_otlp_is_bytes(&f, 1))
      m->name = f.bytes;
    else if (pl_otlp_is_bytes(&f, 2))
      m->description = f.bytes;
    else if (pl_otlp_is_bytes(&f, 3))
      m->unit = f.bytes;
    else if (kind_of(&f)) {
      m->kind = kind_of(&f);
      points = f.bytes;
    }
  }
  return more == 0 && (!m->kind || take_points(r, points));
}

static void tell_resource(void *reading_)
{
  const reading *r = reading_;
  if (r->walk.tells)
    r->events->resource(r->events->user, r->walk.resource.list, r->walk.resource.n);
}

int pl_otlp_read(const pl_allocator *a, pl_str message, const pl_otlp_events *events)
{
  reading *r = pl_alloc_zero(a, 1, sizeof *r);
  if (!r)
    return PL_ENOMEM;
  r->events = events;
  r->walk.begin = tell_resource;
  r->walk.take = take_metric;
  r->walk.user = r;
  pl_otlp_attributes_init(&r->walk.resource, a);
  pl_otlp_attributes_init(&r->point, a);
  pl_otlp_attributes_init(&r->exemplar, a);
  bool good = pl_otlp_walk_message(&r->walk, message);
  int code = r->code || good ? r->code : r->walk.resource.texts.bad == PL_ENOMEM || r->point.texts.bad == PL_ENOMEM || r->exemplar.texts.bad == PL_ENOMEM ? PL_ENOMEM : PL_EPROTO;
  pl_otlp_attributes_fini(&r->walk.resource);
  pl_otlp_attributes_fini(&r->point);
  pl_otlp_attributes_fini(&r->exemplar);
  pl_free(a, r, sizeof *r);
  return code;
}
