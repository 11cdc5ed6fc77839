/* Messages to trees and back, field by field as the schema says. Decoding goes over the bytes twice: what is there is counted, then
 * taken, so that each list is made once. */
#include "format/protobuf.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "format/protobuf_schema.h"
#include "format/protobuf_wire.h"

static const pl_proto_field *field_named(const pl_proto_message *m, pl_str name)
{
  for (size_t i = 0; i < m->n_fields; i++) {
    if (pl_str_eq(m->fields[i].name, name))
      return &m->fields[i];
  }
  return NULL;
}

/* The index of a number; n_fields: there is none. */
static size_t index_of(const pl_proto_message *m, uint32_t number)
{
  size_t i = 0;
  while (i < m->n_fields && m->fields[i].number != number)
    i++;
  return i;
}

static enum pl_wire_type wire_of(enum pl_proto_type t)
{
  switch (t) {
  case PL_PROTO_DOUBLE:
  case PL_PROTO_FIXED64:
  case PL_PROTO_SFIXED64:
    return PL_WIRE_64;
  case PL_PROTO_FLOAT:
  case PL_PROTO_FIXED32:
  case PL_PROTO_SFIXED32:
    return PL_WIRE_32;
  case PL_PROTO_STRING:
  case PL_PROTO_BYTES:
  case PL_PROTO_MESSAGE:
    return PL_WIRE_BYTES;
  default:
    return PL_WIRE_VARINT;
  }
}

/* ---- Encoding ------------------------------------------------------------------------------------ */

typedef struct encoder {
  const pl_proto_schema *s;
  const pl_proto_message *m; /* whose field is being written */
  pl_buf *out;
  pl_error *err;
  unsigned depth;
} encoder;

static int wrong(const encoder *e, const pl_proto_field *f, const char *what)
{
  return pl_fail(e->err, PL_EINVAL, "%.*s.%.*s: %s", (int)e->m->name.len, e->m->name.data, (int)f->name.len, f->name.data, what);
}

/* A whole number from a tree: an integer, a number without a fraction, or a decimal text. */
static bool whole(const pl_tree *v, bool is_unsigned, int64_t *out)
{
  uint64_t u;
  if (v->kind == PL_TREE_INTEGER) {
    *out = v->as.integer;
    return true;
  }
  if (v->kind == PL_TREE_NUMBER && v->as.number == floor(v->as.number) && fabs(v->as.number) < 9e18) {
    *out = (int64_t)v->as.number;
    return true;
  }
  if (v->kind != PL_TREE_STRING)
    return false;
  pl_str text = v->as.string;
  bool minus = text.len && text.data[0] == '-';
  if (!pl_str_u64(minus ? (pl_str){text.data + 1, text.len - 1} : text, &u) || (minus && is_unsigned))
    return false;
  if (!is_unsigned && u > (uint64_t)INT64_MAX + minus)
    return false;
  *out = (int64_t)(minus ? 0 - u : u);
  return true;
}

static int enum_number(const encoder *e, const pl_proto_field *f, const pl_tree *v, int64_t *out)
{
  const pl_proto_enum *names = pl_proto_find_enum(e->s, f->type_name);
  for (size_t i = 0; names && v->kind == PL_TREE_STRING && i < names->n_values; i++) {
    if (pl_str_eq(names->values[i].name, v->as.string)) {
      *out = names->values[i].number;
      return PL_OK;
    }
  }
  return v->kind != PL_TREE_STRING && whole(v, false, out) ? PL_OK : wrong(e, f, "no value of the enum");
}

/* Whether v fits a field of 32 bits. */
static bool fits(enum pl_proto_type t, int64_t v)
{
  if (t == PL_PROTO_UINT32 || t == PL_PROTO_FIXED32)
    return v >= 0 && v <= UINT32_MAX;
  if (t == PL_PROTO_INT32 || t == PL_PROTO_SINT32 || t == PL_PROTO_SFIXED32 || t == PL_PROTO_ENUM)
    return v >= INT32_MIN && v <= INT32_MAX;
  return true;
}

static int put_whole(const encoder *e, const pl_proto_field *f, const pl_tree *v)
{
  bool is_unsigned = f->type == PL_PROTO_UINT64 || f->type == PL_PROTO_FIXED64;
  int64_t n = 0;
  int code = f->type == PL_PROTO_ENUM ? enum_number(e, f, v, &n) : whole(v, is_unsigned, &n) ? PL_OK : wrong(e, f, "a whole number is needed");
  if (code)
    return code;
  if (!fits(f->type, n))
    return wrong(e, f, "the number does not fit");
  if (f->type == PL_PROTO_SINT32 || f->type == PL_PROTO_SINT64)
    n = (int64_t)pl_wire_zigzag((uint64_t)n);
  if (wire_of(f->type) == PL_WIRE_VARINT)
    pl_wire_put_varint(e->out, (uint64_t)n);
  else
    pl_wire_put_fixed(e->out, wire_of(f->type) == PL_WIRE_64 ? 8 : 4, (uint64_t)n);
  return PL_OK;
}

static int put_float(const encoder *e, const pl_proto_field *f, const pl_tree *v)
{
  double d = v->kind == PL_TREE_INTEGER ? (double)v->as.integer : v->as.number;
  float single = (float)d;
  uint64_t bits = 0;
  uint32_t half;
  if (v->kind != PL_TREE_INTEGER && v->kind != PL_TREE_NUMBER)
    return wrong(e, f, "a number is needed");
  memcpy(&bits, &d, sizeof bits);
  memcpy(&half, &single, sizeof half);
  pl_wire_put_fixed(e->out, f->type == PL_PROTO_DOUBLE ? 8 : 4, f->type == PL_PROTO_DOUBLE ? bits : half);
  return PL_OK;
}

static int put_message(const encoder *e, const pl_proto_message *m, const pl_tree *v);

/* A value without its tag. */
static int put_value(const encoder *e, const pl_proto_field *f, const pl_tree *v)
{
  size_t from = e->out->len;
  switch (f->type) {
  case PL_PROTO_DOUBLE:
  case PL_PROTO_FLOAT:
    return put_float(e, f, v);
  case PL_PROTO_BOOL:
    if (v->kind != PL_TREE_BOOLEAN)
      return wrong(e, f, "true or false is needed");
    pl_wire_put_varint(e->out, v->boolean);
    return PL_OK;
  case PL_PROTO_STRING:
  case PL_PROTO_BYTES:
    if (v->kind != PL_TREE_STRING)
      return wrong(e, f, "a text is needed");
    pl_wire_put_varint(e->out, v->as.string.len);
    (void)pl_buf_add(e->out, v->as.string.data, v->as.string.len);
    return PL_OK;
  case PL_PROTO_MESSAGE: {
    const pl_proto_message *m = pl_proto_find_message(e->s, f->type_name);
    int code = m ? put_message(e, m, v) : wrong(e, f, "its type is not described");
    if (!code)
      pl_wire_put_length(e->out, from);
    return code;
  }
  case PL_PROTO_GROUP:
    return wrong(e, f, "groups are not written");
  default:
    return put_whole(e, f, v);
  }
}

static int put_one(const encoder *e, const pl_proto_field *f, const pl_tree *v)
{
  pl_wire_put_tag(e->out, f->number, wire_of(f->type));
  return put_value(e, f, v);
}

/* A table { key = value } for a map field; a list's keys are 1, 2 and so on. */
static int put_map(const encoder *outer, const pl_proto_field *f, const pl_proto_message *entry, const pl_tree *v)
{
  const pl_proto_field *key = field_named(entry, PL_STR("key")), *value = field_named(entry, PL_STR("value"));
  encoder e = *outer;
  int code = key && value ? PL_OK : wrong(outer, f, "its type is no map");
  e.m = entry;
  for (size_t i = 0; i < v->n && !code; i++) {
    bool map = v->kind == PL_TREE_MAP;
    pl_tree number = pl_tree_integer((int64_t)i + 1);
    pl_wire_put_tag(e.out, f->number, PL_WIRE_BYTES);
    size_t from = e.out->len;
    code = put_one(&e, key, map ? &v->as.items[2 * i] : &number);
    if (!code)
      code = put_one(&e, value, &v->as.items[map ? 2 * i + 1 : i]);
    if (!code)
      pl_wire_put_length(e.out, from);
  }
  return code;
}

static int put_list(const encoder *e, const pl_proto_field *f, const pl_tree *v)
{
  int code = PL_OK;
  if (f->packed && v->n) {
    pl_wire_put_tag(e->out, f->number, PL_WIRE_BYTES);
    size_t from = e->out->len;
    for (size_t i = 0; i < v->n && !code; i++)
      code = put_value(e, f, &v->as.items[i]);
    if (!code)
      pl_wire_put_length(e->out, from);
    return code;
  }
  for (size_t i = 0; i < v->n && !code; i++)
    code = put_one(e, f, &v->as.items[i]);
  return code;
}

static int put_field(const encoder *e, const pl_proto_field *f, const pl_tree *v)
{
  if (v->kind == PL_TREE_NIL)
    return PL_OK;
  if (!f->repeated)
    return put_one(e, f, v);
  const pl_proto_message *entry = f->type == PL_PROTO_MESSAGE ? pl_proto_find_message(e->s, f->type_name) : NULL;
  if ((v->kind == PL_TREE_MAP || v->kind == PL_TREE_LIST) && entry && entry->map_entry)
    return put_map(e, f, entry, v);
  return v->kind == PL_TREE_LIST ? put_list(e, f, v) : wrong(e, f, "a list is needed");
}

/* The field of pair i of a map; NULL: there is none of that name. */
static const pl_proto_field *field_of(const pl_proto_message *m, const pl_tree *map, size_t i)
{
  const pl_tree *key = &map->as.items[2 * i];
  return key->kind == PL_TREE_STRING ? field_named(m, key->as.string) : NULL;
}

/* Of a oneof a message has one: which of two the receiver sees would depend on the order of a table. */
static int check_oneof(const encoder *e, const pl_proto_field *f, const pl_tree *map, size_t i)
{
  char why[128];
  for (size_t before = 0; f->oneof && before < i; before++) {
    const pl_proto_field *other = field_of(e->m, map, before);
    if (!other || other->oneof != f->oneof || map->as.items[2 * before + 1].kind == PL_TREE_NIL)
      continue;
    (void)snprintf(why, sizeof why, "it is of one oneof with %.*s, which is there, too", (int)(other->name.len < 60 ? other->name.len : 60), other->name.data);
    return wrong(e, f, why);
  }
  return PL_OK;
}

static int put_message(const encoder *outer, const pl_proto_message *m, const pl_tree *v)
{
  encoder e = *outer;
  e.m = m;
  e.depth++;
  int code = PL_OK, n = (int)m->name.len;
  if (v->kind != PL_TREE_MAP && !(v->kind == PL_TREE_LIST && v->n == 0))
    return pl_fail(e.err, PL_EINVAL, "%.*s: a table of its fields is needed", n, m->name.data);
  if (e.depth > PL_PROTO_DEPTH_MAX)
    return pl_fail(e.err, PL_EINVAL, "%.*s: messages are nested too deeply", n, m->name.data);
  for (size_t i = 0; v->kind == PL_TREE_MAP && i < v->n && !code; i++) {
    const pl_tree *key = &v->as.items[2 * i], *value = key + 1;
    pl_str name = key->kind == PL_TREE_STRING ? key->as.string : (pl_str){"?", 1};
    const pl_proto_field *f = field_of(m, v, i);
    if (!f)
      return pl_fail(e.err, PL_EINVAL, "%.*s has no field \"%.*s\"", n, m->name.data, (int)(name.len < 60 ? name.len : 60), name.data);
    code = value->kind == PL_TREE_NIL ? PL_OK : check_oneof(&e, f, v, i);
    code = code ? code : put_field(&e, f, value);
  }
  return code;
}

int pl_proto_encode(const pl_proto_schema *s, const pl_proto_message *m, const pl_tree *v, pl_buf *out, pl_error *err)
{
  encoder e = {.s = s, .m = m, .out = out, .err = err};
  int code = put_message(&e, m, v);
  return code ? code : out->bad ? pl_fail(err, out->bad, "a message is too long, or out of memory") : PL_OK;
}

/* ---- Decoding ------------------------------------------------------------------------------------ */

typedef struct decoder {
  const pl_proto_schema *s;
  pl_arena *arena;
} decoder;

static int read_message(const decoder *d, const pl_proto_message *m, pl_str bytes, unsigned depth, pl_tree *out);

/* Takes the next scalar of a packed field off *rest. */
static bool next_packed(const pl_proto_field *f, pl_str *rest, uint64_t *out)
{
  enum pl_wire_type wire = wire_of(f->type);
  return wire == PL_WIRE_VARINT ? pl_wire_varint(rest, out) : pl_wire_fixed(rest, wire == PL_WIRE_64 ? 8 : 4, out);
}

static bool is_packed(const pl_proto_field *f, const pl_wire_field *w)
{
  return f->repeated && w->type == PL_WIRE_BYTES && wire_of(f->type) != PL_WIRE_BYTES;
}

static pl_tree enum_tree(const decoder *d, const pl_proto_field *f, int32_t number)
{
  const pl_proto_enum *e = pl_proto_find_enum(d->s, f->type_name);
  for (size_t i = 0; e && i < e->n_values; i++) {
    if (e->values[i].number == number)
      return pl_tree_text(e->values[i].name);
  }
  return pl_tree_integer(number);
}

static pl_tree scalar(const decoder *d, const pl_proto_field *f, uint64_t bits)
{
  double number;
  float single;
  uint32_t half = (uint32_t)bits;
  switch (f->type) {
  case PL_PROTO_DOUBLE:
    memcpy(&number, &bits, sizeof number);
    return pl_tree_number(number);
  case PL_PROTO_FLOAT:
    memcpy(&single, &half, sizeof single);
    return pl_tree_number((double)single);
  case PL_PROTO_BOOL:
    return pl_tree_boolean(bits != 0);
  case PL_PROTO_ENUM:
    return enum_tree(d, f, (int32_t)half);
  case PL_PROTO_INT32:
  case PL_PROTO_SFIXED32:
    return pl_tree_integer((int32_t)half);
  case PL_PROTO_UINT32:
  case PL_PROTO_FIXED32:
    return pl_tree_integer(half);
  case PL_PROTO_SINT32:
  case PL_PROTO_SINT64:
    return pl_tree_integer((int64_t)pl_wire_unzigzag(bits));
  default:
    return pl_tree_integer((int64_t)bits);
  }
}

/* One value that is not packed. */
static int read_value(const decoder *d, const pl_proto_field *f, const pl_wire_field *w, unsigned depth, pl_tree *out)
{
  if (w->type != wire_of(f->type) || f->type == PL_PROTO_GROUP)
    return PL_EPROTO;
  if (f->type == PL_PROTO_MESSAGE) {
    const pl_proto_message *m = pl_proto_find_message(d->s, f->type_name);
    return m ? read_message(d, m, w->bytes, depth + 1, out) : PL_EPROTO;
  }
  *out = w->type == PL_WIRE_BYTES ? pl_tree_text(w->bytes) : scalar(d, f, w->value);
  return PL_OK;
}

/* How many values a wire field has for f; PL_EPROTO. */
static int64_t count_values(const pl_proto_field *f, const pl_wire_field *w)
{
  uint64_t ignored;
  int64_t n = 0;
  if (!is_packed(f, w))
    return 1;
  for (pl_str rest = w->bytes; rest.len; n++) {
    if (!next_packed(f, &rest, &ignored))
      return PL_EPROTO;
  }
  return n;
}

/* Counts the values of each field. */
static int count_all(const pl_proto_message *m, pl_str bytes, size_t *counts)
{
  pl_wire_field w;
  int more;
  while ((more = pl_wire_next(&bytes, &w)) > 0) {
    size_t i = index_of(m, w.number);
    if (i == m->n_fields)
      continue;
    int64_t n = count_values(&m->fields[i], &w);
    if (n < 0)
      return PL_EPROTO;
    counts[i] += (size_t)n;
  }
  return more;
}

static const pl_proto_message *entry_of(const decoder *d, const pl_proto_field *f)
{
  const pl_proto_message *m = f->repeated && f->type == PL_PROTO_MESSAGE ? pl_proto_find_message(d->s, f->type_name) : NULL;
  return m && m->map_entry ? m : NULL;
}

/* What a field is before its bytes are read: its default, an empty list or map. */
static bool begin_field(const decoder *d, const pl_proto_field *f, size_t count, pl_tree *v)
{
  if (entry_of(d, f))
    return pl_tree_map(d->arena, v, count);
  if (f->repeated)
    return pl_tree_list(d->arena, v, count);
  *v = wire_of(f->type) == PL_WIRE_BYTES ? pl_tree_text((pl_str){"", 0}) : scalar(d, f, 0);
  return true;
}

/* Takes one wire field; at: how many values of it are there already. */
static int take_field(const decoder *d, const pl_proto_field *f, const pl_wire_field *w, unsigned depth, size_t *at, pl_tree *v)
{
  if (!f->repeated)
    return read_value(d, f, w, depth, v);
  if (is_packed(f, w)) {
    uint64_t bits = 0;
    for (pl_str rest = w->bytes; rest.len && next_packed(f, &rest, &bits);)
      v->as.items[(*at)++] = scalar(d, f, bits);
    return PL_OK;
  }
  pl_tree one;
  int code = read_value(d, f, w, depth, &one);
  if (code || v->kind == PL_TREE_LIST) {
    v->as.items[(*at)++] = one;
    return code;
  }
  const pl_tree *key = pl_tree_get(&one, "key"), *value = pl_tree_get(&one, "value");
  v->as.items[2 * *at] = key ? *key : (pl_tree){0};
  v->as.items[2 * *at + 1] = value ? *value : (pl_tree){0};
  (*at)++;
  return PL_OK;
}

/* Whether a field appears in the tree. */
static bool appears(const pl_proto_field *f, size_t count)
{
  return count || f->repeated || !f->present;
}

/* The map with its keys, and where the value of each field stands in it. */
static int begin_message(const decoder *d, const pl_proto_message *m, const size_t *counts, size_t *places, pl_tree *out)
{
  size_t n = 0;
  for (size_t i = 0; i < m->n_fields; i++)
    n += appears(&m->fields[i], counts[i]);
  if (!pl_tree_map(d->arena, out, n))
    return PL_ENOMEM;
  n = 0;
  for (size_t i = 0; i < m->n_fields; i++) {
    if (!appears(&m->fields[i], counts[i]))
      continue;
    out->as.items[2 * n] = pl_tree_text(m->fields[i].name);
    places[i] = 2 * n + 1;
    if (!begin_field(d, &m->fields[i], counts[i], &out->as.items[2 * n + 1]))
      return PL_ENOMEM;
    n++;
  }
  return PL_OK;
}

static int read_message(const decoder *d, const pl_proto_message *m, pl_str bytes, unsigned depth, pl_tree *out)
{
  size_t *counts = pl_arena_take(d->arena, (3 * m->n_fields + 1) * sizeof *counts);
  if (!counts || depth > PL_PROTO_DEPTH_MAX)
    return counts ? PL_EPROTO : PL_ENOMEM;
  size_t *places = counts + m->n_fields, *taken = places + m->n_fields;
  int code = count_all(m, bytes, counts);
  if (!code)
    code = begin_message(d, m, counts, places, out);
  pl_wire_field w;
  while (!code && pl_wire_next(&bytes, &w) > 0) {
    size_t i = index_of(m, w.number);
    if (i < m->n_fields)
      code = take_field(d, &m->fields[i], &w, depth, &taken[i], &out->as.items[places[i]]);
  }
  return code;
}

int pl_proto_decode(const pl_proto_schema *s, const pl_proto_message *m, pl_str bytes, pl_arena *arena, pl_tree *out)
{
  decoder d = {s, arena};
  *out = (pl_tree){0};
  return read_message(&d, m, bytes, 0, out);
}
