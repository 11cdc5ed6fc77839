/* OTLP/JSON into protobuf's bytes (otlp.h): the events of the JSON reader drive a table of the messages, so that one reader knows what
 * they mean. Differs from protobuf's own JSON where OTLP does: identifiers are hexadecimal, enumerations numbers. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "format/otlp.h"
#include "format/protobuf_wire.h"

enum { DEPTH_MAX = 48 };

/* RECORD: a message that is told by itself: where a value in it is of another kind than its name wants, it is left out alone. */
enum kind { TEXT, HEX, YES_NO, DOUBLE, FIXED, NUMBER, ZIGZAG, MESSAGE, RECORD };

typedef struct field {
  const char *name; /* NULL ends a message */
  uint32_t number;
  enum kind kind;
  const struct field *message;
} field;

/* ---- The messages: lower ones first; scopes, events and links are passed over --------------------------- */

static const field any_value[8]; /* values hold values */

static const field key_value[] = {{"key", 1, TEXT, NULL}, {"value", 2, MESSAGE, any_value}, {NULL, 0, TEXT, NULL}};
static const field array_value[] = {{"values", 1, MESSAGE, any_value}, {NULL, 0, TEXT, NULL}};
static const field list_value[] = {{"values", 1, MESSAGE, key_value}, {NULL, 0, TEXT, NULL}};
static const field any_value[8] = {
    {"stringValue", 1, TEXT, NULL},   {"boolValue", 2, YES_NO, NULL},           {"intValue", 3, NUMBER, NULL},
    {"doubleValue", 4, DOUBLE, NULL}, {"arrayValue", 5, MESSAGE, array_value}, {"kvlistValue", 6, MESSAGE, list_value},
    {"bytesValue", 7, TEXT, NULL},    {NULL, 0, TEXT, NULL}};

static const field exemplar[] = {{"filteredAttributes", 7, MESSAGE, key_value}, {"timeUnixNano", 2, FIXED, NULL}, {"asDouble", 3, DOUBLE, NULL},
                                 {"asInt", 6, FIXED, NULL}, {"spanId", 4, HEX, NULL}, {"traceId", 5, HEX, NULL}, {NULL, 0, TEXT, NULL}};
static const field number_point[] = {{"attributes", 7, MESSAGE, key_value}, {"exemplars", 5, MESSAGE, exemplar}, {"timeUnixNano", 3, FIXED, NULL}, {"asDouble", 4, DOUBLE, NULL},
                                     {"asInt", 6, FIXED, NULL},             {"flags", 8, NUMBER, NULL},       {NULL, 0, TEXT, NULL}};
static const field histogram_point[] = {{"attributes", 9, MESSAGE, key_value}, {"exemplars", 8, MESSAGE, exemplar}, {"timeUnixNano", 3, FIXED, NULL},  {"count", 4, FIXED, NULL},
                                        {"sum", 5, DOUBLE, NULL},              {"bucketCounts", 6, FIXED, NULL},  {"explicitBounds", 7, DOUBLE, NULL},
                                        {"flags", 10, NUMBER, NULL},           {NULL, 0, TEXT, NULL}};
static const field buckets[] = {{"offset", 1, ZIGZAG, NULL}, {"bucketCounts", 2, NUMBER, NULL}, {NULL, 0, TEXT, NULL}};
static const field exponential_point[] = {{"attributes", 1, MESSAGE, key_value}, {"exemplars", 11, MESSAGE, exemplar}, {"timeUnixNano", 3, FIXED, NULL}, {"count", 4, FIXED, NULL},
                                          {"sum", 5, DOUBLE, NULL},              {"scale", 6, ZIGZAG, NULL},       {"zeroCount", 7, FIXED, NULL},
                                          {"positive", 8, MESSAGE, buckets},     {"negative", 9, MESSAGE, buckets}, {"flags", 10, NUMBER, NULL},
                                          {"zeroThreshold", 14, DOUBLE, NULL},   {NULL, 0, TEXT, NULL}};
static const field quantile[] = {{"quantile", 1, DOUBLE, NULL}, {"value", 2, DOUBLE, NULL}, {NULL, 0, TEXT, NULL}};
static const field summary_point[] = {{"attributes", 7, MESSAGE, key_value}, {"timeUnixNano", 3, FIXED, NULL}, {"count", 4, FIXED, NULL},
                                      {"sum", 5, DOUBLE, NULL}, {"quantileValues", 6, MESSAGE, quantile}, {"flags", 8, NUMBER, NULL},
                                      {NULL, 0, TEXT, NULL}};
#define POINTS(point) \
  { \
    {"dataPoints", 1, RECORD, point}, {"aggregationTemporality", 2, NUMBER, NULL}, {"isMonotonic", 3, YES_NO, NULL}, {NULL, 0, TEXT, NULL} \
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
static const field status[] = {{"message", 2, TEXT, NULL}, {"code", 3, NUMBER, NULL}, {NULL, 0, TEXT, NULL}};
static const field span_event[] = {{"timeUnixNano", 1, FIXED, NULL}, {"name", 2, TEXT, NULL}, {"attributes", 3, MESSAGE, key_value}, {NULL, 0, TEXT, NULL}};
static const field span_link[] = {{"traceId", 1, HEX, NULL}, {"spanId", 2, HEX, NULL}, {"attributes", 4, MESSAGE, key_value}, {NULL, 0, TEXT, NULL}};
static const field span[] = {{"traceId", 1, HEX, NULL},           {"spanId", 2, HEX, NULL},          {"parentSpanId", 4, HEX, NULL},
                             {"name", 5, TEXT, NULL},             {"kind", 6, NUMBER, NULL},         {"startTimeUnixNano", 7, FIXED, NULL},
                             {"endTimeUnixNano", 8, FIXED, NULL}, {"attributes", 9, MESSAGE, key_value}, {"status", 15, MESSAGE, status},
                             {"events", 11, MESSAGE, span_event}, {"droppedEventsCount", 12, NUMBER, NULL},  {"links", 13, MESSAGE, span_link},
                             {"droppedLinksCount", 14, NUMBER, NULL},
                             {NULL, 0, TEXT, NULL}};
static const field scope_spans[] = {{"spans", 2, RECORD, span}, {NULL, 0, TEXT, NULL}};
static const field resource_spans[] = {{"resource", 1, MESSAGE, resource}, {"scopeSpans", 2, MESSAGE, scope_spans}, {NULL, 0, TEXT, NULL}};
static const field log_record[] = {{"timeUnixNano", 1, FIXED, NULL},      {"observedTimeUnixNano", 11, FIXED, NULL},  {"severityNumber", 2, NUMBER, NULL},
                                   {"severityText", 3, TEXT, NULL},       {"body", 5, MESSAGE, any_value},            {"attributes", 6, MESSAGE, key_value},
                                   {"traceId", 9, HEX, NULL},             {"spanId", 10, HEX, NULL},                  {"eventName", 12, TEXT, NULL},
                                   {NULL, 0, TEXT, NULL}};
static const field scope_logs[] = {{"logRecords", 2, RECORD, log_record}, {NULL, 0, TEXT, NULL}};
static const field resource_logs[] = {{"resource", 1, MESSAGE, resource}, {"scopeLogs", 2, MESSAGE, scope_logs}, {NULL, 0, TEXT, NULL}};
static const field requests[PL_OTLP_SIGNALS][2] = {
    [PL_OTLP_METRICS] = {{"resourceMetrics", 1, MESSAGE, resource_metrics}, {NULL, 0, TEXT, NULL}},
    [PL_OTLP_TRACES] = {{"resourceSpans", 1, MESSAGE, resource_spans}, {NULL, 0, TEXT, NULL}},
    [PL_OTLP_LOGS] = {{"resourceLogs", 1, MESSAGE, resource_logs}, {NULL, 0, TEXT, NULL}},
};

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

static bool is_hex(pl_str s)
{
  size_t i = 0;
  while (i < s.len && pl_hex_digit(s.data[i]) >= 0)
    i++;
  return i == s.len && s.len % 2 == 0;
}

/* An identifier: bytes, which OTLP writes as hexadecimal. */
static bool put_id(pl_buf *out, const field *f, const pl_json_event *e)
{
  if (e->kind != PL_JSON_STRING)
    return false;
  pl_str digits = is_hex(e->string) ? e->string : (pl_str){"", 0};
  pl_wire_put_tag(out, f->number, PL_WIRE_BYTES);
  pl_wire_put_varint(out, digits.len / 2);
  for (size_t i = 0; i < digits.len; i += 2)
    (void)pl_buf_addc(out, (char)(pl_hex_digit(digits.data[i]) * 16 + pl_hex_digit(digits.data[i + 1])));
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
    pl_wire_put_varint(out, f->kind == ZIGZAG ? pl_wire_zigzag(v) : v);
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
  case HEX:
    return put_id(out, f, e);
  case YES_NO:
    return put_yes_no(out, f, e);
  case DOUBLE:
    return put_double(out, f, e);
  case FIXED:
  case NUMBER:
  case ZIGZAG:
    return put_whole(out, f, e);
  case MESSAGE:
  case RECORD:
    return false;
  }
  return false;
}

/* ---- The walk ------------------------------------------------------------------------------------------------ */

/* A message that is open. */
typedef struct open_message {
  const field *fields;
  const field *field; /* whose value comes; NULL: one that is not known */
  size_t tag, from;   /* where it begins; its bytes */
} open_message;

typedef struct walk {
  pl_buf *out;
  const field *request;
  open_message open[DEPTH_MAX + 1];
  int n;
  int passed; /* containers that are open inside a value that is passed over */
  int record; /* how many messages are open with the record; 0: none is */
  bool faulty; /* the record is left out */
  pl_otlp_faults *faults;
  const char *name; /* of the value that is to blame for PL_EPROTO */
} walk;

static const field *find(const field *fields, pl_str name)
{
  while (fields->name && !pl_str_eqc(name, fields->name))
    fields++;
  return fields->name ? fields : NULL;
}

/* The value of a field is of another kind: to blame is the record that it is in, else the whole message. */
static int on_fault(walk *w, const field *f)
{
  if (!w->record) {
    w->name = f->name;
    return PL_EPROTO;
  }
  if (!w->faults->name)
    w->faults->name = f->name;
  w->faulty = true;
  return PL_OK;
}

static int begin_object(walk *w)
{
  const field *f = w->n ? w->open[w->n - 1].field : NULL;
  if (f && f->kind != MESSAGE && f->kind != RECORD) {
    w->passed++;
    return on_fault(w, f);
  }
  open_message m = {.fields = f ? f->message : w->request, .tag = w->out->len};
  if (f)
    pl_wire_put_tag(w->out, f->number, PL_WIRE_BYTES);
  m.from = w->out->len;
  w->open[w->n++] = m;
  if (f && f->kind == RECORD)
    w->record = w->n;
  return w->out->bad;
}

static int end_object(walk *w)
{
  const open_message *m = &w->open[w->n - 1];
  bool left_out = w->faulty && w->n == w->record;
  if (left_out) {
    w->out->len = m->tag;
    w->faults->n++;
    w->faulty = false;
  } else if (w->n > 1) {
    pl_wire_put_length(w->out, m->from);
  }
  if (w->n == w->record)
    w->record = 0;
  w->n--;
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
    return put_value(w->out, m->field, e) ? w->out->bad : on_fault(w, m->field);
  }
}

int pl_otlp_from_json(const pl_allocator *a, enum pl_otlp_signal signal, pl_str text, pl_buf *out, pl_otlp_faults *faults, pl_error *err)
{
  walk w = {.out = out, .request = requests[signal], .faults = faults, .name = "the message"};
  *faults = (pl_otlp_faults){0, NULL};
  int code = pl_json_parse(a, text, DEPTH_MAX, on_event, &w, err);
  return code == PL_EPROTO ? pl_fail(err, code, "%s is of another kind than OTLP has there", w.name) : code;
}
