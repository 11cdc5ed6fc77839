/* See otlp.h. As with remote write no tree is made, and fields may stand in any order: what heads a message is read before what
 * it holds, and a message that is whole is known to be before anything is told. Field numbers are those of opentelemetry-proto 1. */
#include "format/otlp.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "format/protobuf_wire.h"

enum { ATTRIBUTES_TEXT = 64 << 10, VALUE_DEPTH = 16 };

typedef struct tags {
  pl_tag list[PL_OTLP_TAGS];
  size_t at[PL_OTLP_TAGS]; /* 1 + where the value stands in `texts`; 0: in the message */
  size_t n;
  pl_buf texts;
} tags;

typedef struct reading {
  const pl_otlp_events *events;
  bool tells; /* else it checks */
  int code;   /* what an event gave */
  tags resource, point;
  pl_otlp_metric metric;
  pl_otlp_quantile quantiles[PL_OTLP_QUANTILES];
  double bounds[PL_OTLP_BUCKETS];
  uint64_t counts[PL_OTLP_BUCKETS + 1];
} reading;

static bool is_bytes(const pl_wire_field *f, uint32_t number)
{
  return f->number == number && f->type == PL_WIRE_BYTES;
}

static double double_of(uint64_t bits)
{
  double v;
  memcpy(&v, &bits, sizeof v);
  return v;
}

static int64_t zigzag(uint64_t v)
{
  return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

/* ---- Attributes --------------------------------------------------------------------------------------- */

/* AnyValue */
enum { VALUE_STRING = 1, VALUE_BOOL = 2, VALUE_INT = 3, VALUE_DOUBLE = 4, VALUE_ARRAY = 5, VALUE_LIST = 6, VALUE_BYTES = 7 };

static bool write_value(pl_str text, pl_json_out *json, int depth);

/* One KeyValue. */
static bool read_pair(pl_str text, pl_str *key, pl_str *value)
{
  pl_wire_field f;
  int more;
  *key = *value = (pl_str){"", 0};
  while ((more = pl_wire_next(&text, &f)) > 0) {
    if (is_bytes(&f, 1))
      *key = f.bytes;
    else if (is_bytes(&f, 2))
      *value = f.bytes;
  }
  return more == 0;
}

/* An ArrayValue, or a KeyValueList. */
static bool write_list(pl_str text, bool pairs, pl_json_out *json, int depth)
{
  pl_wire_field f;
  bool good = depth < VALUE_DEPTH;
  int more = 0;
  pairs ? pl_json_begin_object(json) : pl_json_begin_array(json);
  while (good && (more = pl_wire_next(&text, &f)) > 0) {
    pl_str key, value = f.bytes;
    if (!is_bytes(&f, 1))
      continue;
    good = !pairs || read_pair(f.bytes, &key, &value);
    if (good && pairs)
      pl_json_key(json, key);
    good = good && write_value(value, json, depth + 1);
  }
  pairs ? pl_json_end_object(json) : pl_json_end_array(json);
  return good && more == 0;
}

static bool write_one(const pl_wire_field *f, pl_json_out *json, int depth)
{
  if (is_bytes(f, VALUE_STRING) || is_bytes(f, VALUE_BYTES))
    pl_json_string(json, f->bytes);
  else if (is_bytes(f, VALUE_ARRAY) || is_bytes(f, VALUE_LIST))
    return write_list(f->bytes, f->number == VALUE_LIST, json, depth);
  else if (f->number == VALUE_BOOL && f->type == PL_WIRE_VARINT)
    pl_json_bool(json, f->value);
  else if (f->number == VALUE_INT && f->type == PL_WIRE_VARINT)
    pl_json_int(json, (int64_t)f->value);
  else if (f->number == VALUE_DOUBLE && f->type == PL_WIRE_64)
    pl_json_double(json, double_of(f->value));
  else
    pl_json_null(json);
  return true;
}

static bool write_value(pl_str text, pl_json_out *json, int depth)
{
  pl_wire_field f;
  int more = pl_wire_next(&text, &f);
  if (more == 0)
    pl_json_null(json);
  return more == 0 || (more > 0 && write_one(&f, json, depth));
}

/* The text of an attribute's value: itself, or what is written for it. */
static bool read_value(pl_str text, tags *t)
{
  pl_str rest = text;
  pl_wire_field f;
  pl_json_out json;
  pl_tag *tag = &t->list[t->n];
  int more = pl_wire_next(&rest, &f);
  tag->value = (pl_str){"", 0};
  if (more <= 0 || is_bytes(&f, VALUE_STRING)) {
    tag->value = more > 0 ? f.bytes : tag->value;
    return more >= 0;
  }
  size_t at = t->texts.len;
  pl_json_out_init(&json, &t->texts);
  bool good = write_value(text, &json, 0);
  t->at[t->n] = 1 + at;
  tag->value.len = t->texts.len - at;
  return good;
}

static bool add_attribute(pl_str text, tags *t)
{
  pl_str value;
  if (t->n >= PL_OTLP_TAGS) {
    t->n++;
    return true;
  }
  bool good = read_pair(text, &t->list[t->n].name, &value);
  t->at[t->n] = 0;
  good = good && read_value(value, t);
  t->n++;
  return good;
}

/* All attributes of a message, which are its fields of this number. */
static bool read_attributes(pl_str text, uint32_t number, tags *t)
{
  pl_wire_field f;
  bool good = true;
  int more = 0;
  t->n = 0;
  pl_buf_clear(&t->texts);
  while (good && (more = pl_wire_next(&text, &f)) > 0) {
    if (is_bytes(&f, number))
      good = add_attribute(f.bytes, t);
  }
  for (size_t i = 0; i < t->n && i < PL_OTLP_TAGS; i++) {
    if (t->at[i])
      t->list[i].value.data = t->texts.data ? t->texts.data + t->at[i] - 1 : "";
  }
  return good && more == 0 && !t->texts.bad;
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
      s->offset = zigzag(f.value);
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
    p->sum = double_of(f->value);
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
      p->value = double_of(f.value);
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
    r->bounds[i] = double_of(bits[i]);
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
      e.scale = zigzag(f.value);
    else if (f.number == 7 && f.type == PL_WIRE_64)
      e.zeros = f.value;
    else if (f.number == 14 && f.type == PL_WIRE_64)
      e.zero_threshold = double_of(f.value);
    else if (is_bytes(&f, 8) || is_bytes(&f, 9))
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
      q->quantile = double_of(f.value);
    else if (f.type == PL_WIRE_64 && f.number == 2)
      q->value = double_of(f.value);
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
    if (is_bytes(&f, 6)) {
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
  uint32_t attributes;
} kinds[] = {
    [PL_OTLP_GAUGE] = {read_number, 7},          [PL_OTLP_SUM] = {read_number, 7},      [PL_OTLP_HISTOGRAM] = {read_histogram, 9},
    [PL_OTLP_EXPONENTIAL] = {read_exponential, 1}, [PL_OTLP_SUMMARY] = {read_summary, 7},
};

static bool take_point(reading *r, pl_str text)
{
  const struct point_kind *k = &kinds[r->metric.kind];
  pl_otlp_point p = {.good = true, .bounds = r->bounds, .counts = r->counts, .quantiles = r->quantiles};
  bool good = read_attributes(text, k->attributes, &r->point) && k->read(r, text, &p);
  p.tags = r->point.list;
  p.n_tags = r->point.n;
  if (good && r->tells && !r->code)
    r->code = r->events->point(r->events->user, &r->metric, &p);
  return good;
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
  while (good && !r->code && (more = pl_wire_next(&text, &f)) > 0) {
    if (is_bytes(&f, 1))
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

static bool take_metric(reading *r, pl_str text)
{
  pl_otlp_metric *m = &r->metric;
  pl_wire_field f;
  pl_str points = {"", 0};
  int more;
  *m = (pl_otlp_metric){.name = {"", 0}, .description = {"", 0}, .unit = {"", 0}};
  while ((more = pl_wire_next(&text, &f)) > 0) {
    if (is_bytes(&f, 1))
      m->name = f.bytes;
    else if (is_bytes(&f, 2))
      m->description = f.bytes;
    else if (is_bytes(&f, 3))
      m->unit = f.bytes;
    else if (kind_of(&f)) {
      m->kind = kind_of(&f);
      points = f.bytes;
    }
  }
  return more == 0 && (!m->kind || take_points(r, points));
}

/* Calls take for each part of this number. */
static bool each(reading *r, pl_str text, uint32_t number, bool (*take)(reading *r, pl_str text))
{
  pl_wire_field f;
  bool good = true;
  int more = 0;
  while (good && !r->code && (more = pl_wire_next(&text, &f)) > 0) {
    if (is_bytes(&f, number))
      good = take(r, f.bytes);
  }
  return good && more >= 0;
}

static bool take_scope(reading *r, pl_str text)
{
  return each(r, text, 2, take_metric);
}

static bool read_resource(reading *r, pl_str text)
{
  return read_attributes(text, 1, &r->resource);
}

static bool take_resource(reading *r, pl_str text)
{
  r->resource.n = 0;
  if (!each(r, text, 1, read_resource))
    return false;
  if (r->tells)
    r->events->resource(r->events->user, r->resource.list, r->resource.n);
  return each(r, text, 2, take_scope);
}

int pl_otlp_read(const pl_allocator *a, pl_str message, const pl_otlp_events *events)
{
  reading *r = pl_alloc_zero(a, 1, sizeof *r);
  if (!r)
    return PL_ENOMEM;
  r->events = events;
  pl_buf_init(&r->resource.texts, a, ATTRIBUTES_TEXT);
  pl_buf_init(&r->point.texts, a, ATTRIBUTES_TEXT);
  bool good = each(r, message, 1, take_resource);
  r->tells = true;
  good = good && each(r, message, 1, take_resource);
  int code = good ? r->code : r->resource.texts.bad == PL_ENOMEM || r->point.texts.bad == PL_ENOMEM ? PL_ENOMEM : PL_EPROTO;
  pl_buf_fini(&r->resource.texts);
  pl_buf_fini(&r->point.texts);
  pl_free(a, r, sizeof *r);
  return code;
}
