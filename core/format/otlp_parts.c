/* See otlp_parts.h. */
#include "format/otlp_parts.h"

#include <string.h>

#include "base/hash.h"
#include "base/json.h"

enum { ATTRIBUTES_TEXT = 64 << 10, VALUE_DEPTH = 16 };

bool pl_otlp_is_bytes(const pl_wire_field *f, uint32_t number)
{
  return f->number == number && f->type == PL_WIRE_BYTES;
}

double pl_otlp_double(uint64_t bits)
{
  double v;
  memcpy(&v, &bits, sizeof v);
  return v;
}

void pl_otlp_attributes_init(pl_otlp_attributes *t, const pl_allocator *a)
{
  t->n = 0;
  pl_buf_init(&t->texts, a, ATTRIBUTES_TEXT);
}

void pl_otlp_attributes_fini(pl_otlp_attributes *t)
{
  pl_buf_fini(&t->texts);
}

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
    if (pl_otlp_is_bytes(&f, 1))
      *key = f.bytes;
    else if (pl_otlp_is_bytes(&f, 2))
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
    if (!pl_otlp_is_bytes(&f, 1))
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
  if (pl_otlp_is_bytes(f, VALUE_STRING) || pl_otlp_is_bytes(f, VALUE_BYTES))
    pl_json_string(json, f->bytes);
  else if (pl_otlp_is_bytes(f, VALUE_ARRAY) || pl_otlp_is_bytes(f, VALUE_LIST))
    return write_list(f->bytes, f->number == VALUE_LIST, json, depth);
  else if (f->number == VALUE_BOOL && f->type == PL_WIRE_VARINT)
    pl_json_bool(json, f->value);
  else if (f->number == VALUE_INT && f->type == PL_WIRE_VARINT)
    pl_json_int(json, (int64_t)f->value);
  else if (f->number == VALUE_DOUBLE && f->type == PL_WIRE_64)
    pl_json_double(json, pl_otlp_double(f->value));
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

/* The text of a value: itself, or what is written for it, which is appended; *at: 1 + where it begins there, 0: it is itself. */
static bool read_value(pl_str text, pl_buf *texts, pl_str *out, size_t *at)
{
  pl_str rest = text;
  pl_wire_field f;
  pl_json_out json;
  int more = pl_wire_next(&rest, &f);
  *out = (pl_str){"", 0};
  *at = 0;
  if (more <= 0 || pl_otlp_is_bytes(&f, VALUE_STRING)) {
    *out = more > 0 ? f.bytes : *out;
    return more >= 0;
  }
  size_t from = texts->len;
  pl_json_out_init(&json, texts);
  bool good = write_value(text, &json, 0);
  *at = 1 + from;
  out->len = texts->len - from;
  return good;
}

static const char *in_texts(const pl_buf *texts, size_t at)
{
  return texts->data ? texts->data + at - 1 : "";
}

bool pl_otlp_value_read(pl_str text, pl_buf *texts, pl_str *out)
{
  size_t at;
  pl_buf_clear(texts);
  bool good = read_value(text, texts, out, &at);
  if (at)
    out->data = in_texts(texts, at);
  return good && !texts->bad;
}

static bool add_attribute(pl_str text, pl_otlp_attributes *t)
{
  pl_str value;
  if (t->n >= PL_OTLP_TAGS) {
    t->n++;
    return true;
  }
  bool good = read_pair(text, &t->list[t->n].name, &value);
  t->at[t->n] = 0;
  good = good && read_value(value, &t->texts, &t->list[t->n].value, &t->at[t->n]);
  t->n++;
  return good;
}

bool pl_otlp_attributes_read(pl_str text, uint32_t number, pl_otlp_attributes *t)
{
  pl_wire_field f;
  bool good = true;
  int more = 0;
  t->n = 0;
  pl_buf_clear(&t->texts);
  while (good && (more = pl_wire_next(&text, &f)) > 0) {
    if (pl_otlp_is_bytes(&f, number))
      good = add_attribute(f.bytes, t);
  }
  for (size_t i = 0; i < t->n && i < PL_OTLP_TAGS; i++) {
    if (t->at[i])
      t->list[i].value.data = in_texts(&t->texts, t->at[i]);
  }
  return good && more == 0 && !t->texts.bad;
}

pl_str pl_otlp_service(const pl_otlp_attributes *resource)
{
  for (size_t i = 0; i < resource->n && i < PL_OTLP_TAGS; i++) {
    if (pl_str_eqc(resource->list[i].name, "service.name"))
      return resource->list[i].value;
  }
  return (pl_str){"", 0};
}

void pl_otlp_id(pl_str bytes, size_t n, char *out)
{
  static const char none[PL_TRACE_ID];
  out[0] = '\0';
  if (bytes.len == n && memcmp(bytes.data, none, n) != 0)
    pl_hex((const unsigned char *)bytes.data, n, out);
}

bool pl_otlp_each(pl_str text, uint32_t number, bool (*take)(void *user, pl_str text), void *user)
{
  pl_wire_field f;
  bool good = true;
  int more = 0;
  while (good && (more = pl_wire_next(&text, &f)) > 0) {
    if (pl_otlp_is_bytes(&f, number))
      good = take(user, f.bytes);
  }
  return good && more >= 0;
}

/* ---- Whole messages ---------------------------------------------------------------------------------------- */

static bool take_scope(void *walk, pl_str text)
{
  const pl_otlp_walk *w = walk;
  return pl_otlp_each(text, 2, w->take, w->user);
}

static bool read_resource(void *walk, pl_str text)
{
  return pl_otlp_attributes_read(text, 1, &((pl_otlp_walk *)walk)->resource);
}

static bool take_resource(void *walk, pl_str text)
{
  pl_otlp_walk *w = walk;
  w->resource.n = 0;
  if (!pl_otlp_each(text, 1, read_resource, w))
    return false;
  if (w->begin)
    w->begin(w->user);
  return pl_otlp_each(text, 2, take_scope, w);
}

bool pl_otlp_walk_message(pl_otlp_walk *w, pl_str message)
{
  w->tells = false;
  if (!pl_otlp_each(message, 1, take_resource, w))
    return false;
  w->tells = true;
  return pl_otlp_each(message, 1, take_resource, w);
}
