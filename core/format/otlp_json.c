/* OTLP/JSON into protobuf's bytes (otlp.h): the events of the JSON reader drive a table of the messages, so that one reader knows what
 * they mean. Differs from protobuf's own JSON where OTLP does: identifiers are hexadecimal, enumerations numbers. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "format/otlp.h"
#include "format/protobuf_wire.h"

enum { DEPTH_MAX = 48 };

enum kind { TEXT, YES_NO, DOUBLE, FIXED, NUMBER, ZIGZAG, MESSAGE };

typedef struct field {
  const char *name; /* NULL ends a message */
  uint32_t number;
  enum kind kind;
  const struct field *message;
} field;

/* ---- The messages: lower ones first; identifiers, exemplars and scopes are passed over --------------------------- */

static const field any_value[8]; /* values hold values */

static const field key_value[] = {{"key", 1, TEXT, NULL}, {"value", 2, MESSAGE, any_value}, {NULL, 0, TEXT, NULL}};
static const field array_value[] = {{"values", 1, MESSAGE, any_value}, {NULL, 0, TEXT, NULL}};
static const field list_value[] = {{"values", 1, MESSAGE, key_value}, {NULL, 0, TEXT, NULL}};
static const field any_value[8] = {
    {"stringValue", 1, TEXT, NULL},   {"boolValue", 2, YES_NO, NULL},           {"intValue", 3, NUMBER, NULL},
    {"doubleValue", 4, DOUBLE, NULL}, {"arrayValue", 5, MESSAGE, array_value}, {"kvlistValue", 6, MESSAGE, list_value},
    {"bytesValue", 7, TEXT, NULL},    {NULL, 0, TEXT, NULL}};

static const field number_point[] = {{"attributes", 7, MESSAGE, key_value}, {"timeUnixNano", 3, FIXED, NULL}, {"asDouble", 4, DOUBLE, NULL},
                                     {"asInt", 6, FIXED, NULL},             {"flags", 8, NUMBER, NULL},       {NULL, 0, TEXT, NULL}};
static const field histogram_point[] = {{"attributes", 9, MESSAGE, key_value}, {"timeUnixNano", 3, FIXED, NULL},  {"count", 4, FIXED, NULL},
                                        {"sum", 5, DOUBLE, NULL},              {"bucketCounts", 6, FIXED, NULL},  {"explicitBounds", 7, DOUBLE, NULL},
                                        {"flags", 10, NUMBER, NULL},           {NULL, 0, TEXT, NULL}};
static const field buckets[] = {{"offset", 1, ZIGZAG, NULL}, {"bucketCounts", 2, NUMBER, NULL}, {NULL, 0, TEXT, NULL}};
static const field exponential_point[] = {{"attributes", 1, MESSAGE, key_value}, {"timeUnixNano", 3, FIXED, NULL}, {"count", 4, FIXED, NULL},
                                          {"sum", 5, DOUBLE, NULL},              {"scale", 6, ZIGZAG, NULL},       {"zeroCount", 7, FIXED, NULL},
                                          {"positive", 8, MESSAGE, buckets},     {"negative", 9, MESSAGE, buckets}, {"flags", 10, NUMBER, NULL},
                                          {"zeroThreshold", 14, DOUBLE, NULL},   {NULL, 0, TEXT, NULL}};
static const field quantile[] = {{"quantile", 1, DOUBLE, NULL}, {"value", 2, DOUBLE, NULL}, {NULL, 0, TEXT, NULL}};
static const field summary_point[] = {{"attributes", 7, MESSAGE, key_value}, {"timeUnixNano", 3, FIXED, NULL}, {"count", 4, FIXED, NULL},
                                      {"sum", 5, DOUBLE, NULL}, {"quantileValues", 6, MESSAGE, quantile}, {"flags", 8, NUMBER, NULL},
                                      {NULL, 0, TEXT, NULL}};
#define POINTS(point) \
  { \
    {"dataPoints", 1, MESSAGE, point}, {"aggregationTemporality", 2, NUMBER, NULL}, {"isMonotonic", 3, YES_NO, NULL}, {NULL, 0, TEXT, NULL} \
  }
static const field numbers[] = POINTS(number_point);
static const field histogram[] = POINTS(histogram_point);
static const field exponential[] = POINTS(exponential_point);
static const field summary[] = POINTS(summary_point);
static const field metric[] = {{"name", 1, TEXT, NULL},           {"description", 2, TEXT, NULL},     {"unit", 3, TEXT, NULL},
                               {"gauge", 5, MESSAGE, numbers},    {"sum", 7, MESSAGE, numbers},       {"histogram", 9, MESSAGE, histogram},
                               {"exponentialHistogram", 10, MESSAGE, exponential}, {"summary", 11, MESSAGE, summary}, {NULL, 0, TEXT, NULL}};
static const field scope_metrics[] = {{"metrics", 2, MESSAGE, metric}, {NULL, 0, TEXT, NULL}};
static const field resource[] = {{"attributes", 1, MESSAGE, key_value}, {NULL, 0, TEXT, NULL}};
static const field resource_metrics[] = {{"resource", 1, MESSAGE, resource}, {"scopeMetrics", 2, MESSAGE, scope_metrics}, {NULL, 0, TEXT, NULL}};
static const field request[] = {{"resourceMetrics", 1, MESSAGE, resource_metrics}, {NULL, 0, TEXT, NULL}};

/* ---- Values ------------------------------------------------------------------------------------------------ */

/* A whole number as 64 bits, of a number or its text. */
static bool whole(const pl_json_event *e, uint64_t *out)
{
  if (e->kind == PL_JSON_INT) {
    *out = (uint64_t)e->integer;
    return true;
  }
  if (e->kind != PL_JSON_STRING)
    return false;
  bool negative = e->string.len && e->string.data[0] == '-';
  pl_str digits = {e->string.data + negative, e->string.len - negative};
  if (!pl_str_u64(digits, out) || (negative && *out > UINT64_C(1) << 63))
    return false;
  *out = negative ? 0 - *out : *out;
  return true;
}

static bool floating(const pl_json_event *e, double *out)
{
  if (e->kind == PL_JSON_INT || e->kind == PL_JSON_DOUBLE) {
    *out = e->number;
    return true;
  }
  if (e->kind != PL_JSON_STRING)
    return false;
  if (pl_str_eqc(e->string, "NaN"))
    *out = (double)NAN;
  else if (pl_str_eqc(e->string, "Infinity"))
    *out = (double)INFINITY;
  else if (pl_str_eqc(e->string, "-Infinity"))
    *out = -(double)INFINITY;
  else
    return pl_str_double(e->string, out);
  return true;
}

static bool put_text(pl_buf *out, const field *f, const pl_json_event *e)
{
  if (e->kind != PL_JSON_STRING)
    return false;
  pl_wire_put_tag(out, f->number, PL_WIRE_BYTES);
  pl_wire_put_varint(out, e->string.len);
  (void)pl_buf_add(out, e->string.data, e->string.len);
  return true;
}

static bool put_double(pl_buf *out, const field *f, const pl_json_event *e)
{
  double v;
  uint64_t bits;
  if (!floating(e, &v))
    return false;
  memcpy(&bits, &v, sizeof bits);
  pl_wire_put_tag(out, f->number, PL_WIRE_64);
  pl_wire_put_fixed(out, 8, bits);
  return true;
}

static bool put_whole(pl_buf *out, const field *f, const pl_json_event *e)
{
  uint64_t v;
  if (!whole(e, &v))
    return false;
  pl_wire_put_tag(out, f->number, f->kind == FIXED ? PL_WIRE_64 : PL_WIRE_VARINT);
  if (f->kind == FIXED)
    pl_wire_put_fixed(out, 8, v);
  else
    pl_wire_put_varint(out, f->kind == ZIGZAG ? v << 1 ^ (v >> 63 ? UINT64_MAX : 0) : v);
  return true;
}

static bool put_yes_no(pl_buf *out, const field *f, const pl_json_event *e)
{
  if (e->kind != PL_JSON_BOOL)
    return false;
  pl_wire_put_tag(out, f->number, PL_WIRE_VARINT);
  pl_wire_put_varint(out, e->boolean);
  return true;
}

static bool put_value(pl_buf *out, const field *f, const pl_json_event *e)
{
  switch (f->kind) {
  case TEXT:
    return put_text(out, f, e);
  case YES_NO:
    return put_yes_no(out, f, e);
  case DOUBLE:
    return put_double(out, f, e);
  case FIXED:
  case NUMBER:
  case ZIGZAG:
    return put_whole(out, f, e);
  case MESSAGE:
    return false;
  }
  return false;
}

/* ---- The walk ------------------------------------------------------------------------------------------------ */

/* A message that is open. */
typedef struct open_message {
  const field *fields;
  const field *field; /* whose value comes; NULL: one that is not known */
  size_t from;        /* of its bytes */
} open_message;

typedef struct walk {
  pl_buf *out;
  open_message open[DEPTH_MAX + 1];
  int n;
  int passed; /* containers that are open inside a value that is passed over */
} walk;

static const field *find(const field *fields, pl_str name)
{
  while (fields->name && !pl_str_eqc(name, fields->name))
    fields++;
  return fields->name ? fields : NULL;
}

static int begin_object(walk *w)
{
  const field *f = w->n ? w->open[w->n - 1].field : NULL;
  if (w->n && f->kind != MESSAGE)
    return PL_EPROTO;
  if (w->n)
    pl_wire_put_tag(w->out, f->number, PL_WIRE_BYTES);
  w->open[w->n++] = (open_message){.fields = f ? f->message : request, .from = w->out->len};
  return w->out->bad;
}

static int end_object(walk *w)
{
  if (--w->n)
    pl_wire_put_length(w->out, w->open[w->n].from);
  return w->out->bad;
}

/* Inside a value that nobody wants. */
static int pass(walk *w, const pl_json_event *e)
{
  if (e->kind == PL_JSON_OBJECT || e->kind == PL_JSON_ARRAY)
    w->passed++;
  else if (e->kind == PL_JSON_OBJECT_END || e->kind == PL_JSON_ARRAY_END)
    w->passed--;
  return PL_OK;
}

static int on_event(void *user, const pl_json_event *e)
{
  walk *w = user;
  open_message *m = w->n ? &w->open[w->n - 1] : NULL;
  if (!m && e->kind != PL_JSON_OBJECT)
    return PL_EPROTO;
  if (w->passed || (m && !m->field && e->kind != PL_JSON_KEY && e->kind != PL_JSON_OBJECT_END))
    return pass(w, e);
  switch (e->kind) {
  case PL_JSON_KEY:
    m->field = find(m->fields, e->string);
    return PL_OK;
  case PL_JSON_OBJECT:
    return begin_object(w);
  case PL_JSON_OBJECT_END:
    return end_object(w);
  case PL_JSON_ARRAY:
  case PL_JSON_ARRAY_END: /* its values are as many fields */
  case PL_JSON_NULL:
    return PL_OK;
  default:
    return put_value(w->out, m->field, e) ? w->out->bad : PL_EPROTO;
  }
}

int pl_otlp_from_json(const pl_allocator *a, pl_str text, pl_buf *out, pl_error *err)
{
  walk w = {.out = out};
  int code = pl_json_parse(a, text, DEPTH_MAX, on_event, &w, err);
  return code == PL_EPROTO ? pl_fail(err, code, "a value is of another kind than OTLP has there") : code;
}
