/* Descriptors are messages themselves, whose few fields of interest are read by number. A copy of each file stays in the schema's
 * arena, and names are pieces of it. */
#include "format/protobuf_schema.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "format/protobuf_wire.h"

typedef struct file {
  pl_str name;
  pl_str bytes;
  struct file *next;
} file;

typedef struct method {
  pl_proto_method m;
  struct method *next;
} method;

struct pl_proto_schema {
  const pl_allocator *alloc;
  pl_arena arena;
  file *files;
  pl_proto_message *messages;
  pl_proto_enum *enums;
  method *methods;
};

/* Where names are declared. */
typedef struct scope {
  pl_proto_schema *s;
  pl_str name;     /* "package.Outer", or empty */
  bool proto3;
  unsigned depth;
} scope;

pl_proto_schema *pl_proto_schema_new(const pl_allocator *a)
{
  pl_proto_schema *s = pl_alloc_zero(a, 1, sizeof *s);
  if (!s)
    return NULL;
  s->alloc = a;
  pl_arena_init(&s->arena, a, PL_PROTO_SCHEMA_MAX);
  return s;
}

void pl_proto_schema_free(pl_proto_schema *s)
{
  if (!s)
    return;
  pl_arena_fini(&s->arena);
  pl_free(s->alloc, s, sizeof *s);
}

/* ---- Reading ------------------------------------------------------------------------------------- */

/* The last field of this number, as wire type BYTES or VARINT; data NULL and 0 where there is none. */
static pl_wire_field last_of(pl_str message, uint32_t number, enum pl_wire_type type)
{
  pl_wire_field f, found = {.bytes = {NULL, 0}};
  while (pl_wire_next(&message, &f) > 0) {
    if (f.number == number && f.type == type)
      found = f;
  }
  return found;
}

static pl_str text_of(pl_str message, uint32_t number)
{
  return last_of(message, number, PL_WIRE_BYTES).bytes;
}

static uint64_t number_of(pl_str message, uint32_t number)
{
  return last_of(message, number, PL_WIRE_VARINT).value;
}

static size_t count_of(pl_str message, uint32_t number)
{
  pl_wire_field f;
  size_t n = 0;
  while (pl_wire_next(&message, &f) > 0)
    n += f.number == number && f.type == PL_WIRE_BYTES;
  return n;
}

/* Calls fn for each part of this number. */
static int for_each(const scope *in, pl_str message, uint32_t number, int (*fn)(const scope *in, pl_str part))
{
  pl_wire_field f;
  int code = PL_OK, more;
  while (!code && (more = pl_wire_next(&message, &f)) != 0) {
    if (more < 0)
      return PL_EPROTO;
    if (f.number == number && f.type == PL_WIRE_BYTES)
      code = fn(in, f.bytes);
  }
  return code;
}

/* "scope.name" in the arena; data NULL: no memory. */
static pl_str full_name(const scope *in, pl_str name, char separator)
{
  size_t n = in->name.len ? in->name.len + 1 : 0;
  char *text = pl_arena_take(&in->s->arena, n + name.len + 1);
  if (!text)
    return (pl_str){NULL, 0};
  if (n) {
    memcpy(text, in->name.data, in->name.len);
    text[n - 1] = separator;
  }
  if (name.len)
    memcpy(text + n, name.data, name.len);
  return (pl_str){text, n + name.len};
}

/* Names of types begin with a dot once the compiler has resolved them. */
static pl_str without_dot(pl_str name)
{
  return name.len && name.data[0] == '.' ? (pl_str){name.data + 1, name.len - 1} : name;
}

/* ---- Parts of a file ------------------------------------------------------------------------------ */

static bool is_packable(enum pl_proto_type t)
{
  return t != PL_PROTO_STRING && t != PL_PROTO_BYTES && t != PL_PROTO_MESSAGE && t != PL_PROTO_GROUP;
}

static int read_field(const scope *in, pl_str part, pl_proto_field *f)
{
  uint64_t type = number_of(part, 5), number = number_of(part, 3);
  pl_str options = text_of(part, 8);
  pl_wire_field packed = last_of(options, 2, PL_WIRE_VARINT), oneof = last_of(part, 9, PL_WIRE_VARINT);
  if (type < PL_PROTO_DOUBLE || type > PL_PROTO_SINT64 || !number || number >= UINT64_C(1) << 29)
    return PL_EPROTO;
  *f = (pl_proto_field){.number = (uint32_t)number, .type = (enum pl_proto_type)type, .name = text_of(part, 1),
                        .type_name = without_dot(text_of(part, 6)), .repeated = number_of(part, 4) == 3};
  f->packed = f->repeated && is_packable(f->type) && (packed.number ? packed.value : in->proto3);
  f->oneof = oneof.number ? 1 + oneof.value : 0;
  f->present = f->type == PL_PROTO_MESSAGE || f->type == PL_PROTO_GROUP || oneof.number || !in->proto3;
  return f->name.data ? PL_OK : PL_EPROTO;
}

static int add_enum(const scope *in, pl_str part)
{
  pl_proto_enum *e = pl_arena_take(&in->s->arena, sizeof *e);
  size_t n = count_of(part, 2);
  pl_wire_field f;
  if (!e || (n && !(e->values = pl_arena_take(&in->s->arena, n * sizeof *e->values))))
    return PL_ENOMEM;
  e->name = full_name(in, text_of(part, 1), '.');
  while (pl_wire_next(&part, &f) > 0) {
    if (f.number == 2 && f.type == PL_WIRE_BYTES)
      e->values[e->n_values++] = (struct pl_proto_value){text_of(f.bytes, 1), (int32_t)number_of(f.bytes, 2)};
  }
  e->next = in->s->enums;
  in->s->enums = e;
  return e->name.data ? PL_OK : PL_ENOMEM;
}

static int compare_numbers(const void *a, const void *b)
{
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

/* PL_EPROTO where two fields have one number: a message could not be told from another one. Sorted, for others say how many there are. */
static int check_numbers(const scope *in, const pl_proto_message *m)
{
  if (m->n_fields < 2)
    return PL_OK;
  uint32_t *numbers = pl_arena_take(&in->s->arena, m->n_fields * sizeof *numbers);
  if (!numbers)
    return PL_ENOMEM;
  for (size_t i = 0; i < m->n_fields; i++)
    numbers[i] = m->fields[i].number;
  qsort(numbers, m->n_fields, sizeof *numbers, compare_numbers);
  for (size_t i = 1; i < m->n_fields; i++) {
    if (numbers[i] == numbers[i - 1])
      return PL_EPROTO;
  }
  return PL_OK;
}

static int add_message(const scope *in, pl_str part)
{
  pl_proto_message *m = pl_arena_take(&in->s->arena, sizeof *m);
  size_t n = count_of(part, 2);
  pl_str rest = part;
  pl_wire_field f;
  int code = PL_OK;
  if (in->depth > PL_PROTO_DEPTH_MAX)
    return PL_EPROTO;
  if (!m || (n && !(m->fields = pl_arena_take(&in->s->arena, n * sizeof *m->fields))))
    return PL_ENOMEM;
  m->name = full_name(in, text_of(part, 1), '.');
  m->map_entry = number_of(text_of(part, 7), 7);
  while (!code && pl_wire_next(&rest, &f) > 0) {
    if (f.number == 2 && f.type == PL_WIRE_BYTES)
      code = read_field(in, f.bytes, &m->fields[m->n_fields++]);
  }
  if (!code)
    code = m->name.data ? check_numbers(in, m) : PL_ENOMEM;
  if (code)
    return code;
  m->next = in->s->messages;
  in->s->messages = m;
  scope inner = {in->s, m->name, in->proto3, in->depth + 1};
  code = for_each(&inner, part, 3, add_message);
  return code ? code : for_each(&inner, part, 4, add_enum);
}

static int add_method(const scope *in, pl_str part)
{
  method *m = pl_arena_take(&in->s->arena, sizeof *m);
  if (!m)
    return PL_ENOMEM;
  m->m = (pl_proto_method){.path = full_name(in, text_of(part, 1), '/'), .input = without_dot(text_of(part, 2)),
                           .output = without_dot(text_of(part, 3)), .client_streams = number_of(part, 5), .server_streams = number_of(part, 6)};
  m->next = in->s->methods;
  in->s->methods = m;
  return m->m.path.data ? PL_OK : PL_ENOMEM;
}

static int add_service(const scope *in, pl_str part)
{
  scope inner = *in;
  inner.name = full_name(in, text_of(part, 1), '.');
  return inner.name.data ? for_each(&inner, part, 2, add_method) : PL_ENOMEM;
}

/* ---- Files ---------------------------------------------------------------------------------------- */

static const file *find_file(const pl_proto_schema *s, pl_str name)
{
  const file *f = s->files;
  while (f && !pl_str_eq(f->name, name))
    f = f->next;
  return f;
}

static int add_file(const scope *in, pl_str descriptor)
{
  pl_proto_schema *s = in->s;
  pl_str name = text_of(descriptor, 1);
  if (!name.data)
    return PL_EPROTO;
  if (find_file(s, name))
    return PL_OK;
  file *f = pl_arena_take(&s->arena, sizeof *f);
  char *bytes = pl_arena_take(&s->arena, descriptor.len);
  if (!f || !bytes)
    return PL_ENOMEM;
  memcpy(bytes, descriptor.data, descriptor.len);
  f->bytes = (pl_str){bytes, descriptor.len};
  f->name = text_of(f->bytes, 1);
  f->next = s->files;
  s->files = f;
  scope inner = {s, text_of(f->bytes, 2), pl_str_eqc(text_of(f->bytes, 12), "proto3"), 0};
  int code = for_each(&inner, f->bytes, 4, add_message);
  if (!code)
    code = for_each(&inner, f->bytes, 5, add_enum);
  return code ? code : for_each(&inner, f->bytes, 6, add_service);
}

static int say(int code, pl_error *err)
{
  if (code == PL_EPROTO)
    return pl_fail(err, code, "this is no descriptor of Protocol Buffers");
  return code ? pl_fail(err, code, "a descriptor is too large, or out of memory") : PL_OK;
}

int pl_proto_schema_file(pl_proto_schema *s, pl_str descriptor, pl_error *err)
{
  scope in = {s, {"", 0}, false, 0};
  return say(add_file(&in, descriptor), err);
}

int pl_proto_schema_set(pl_proto_schema *s, pl_str set, pl_error *err)
{
  scope in = {s, {"", 0}, false, 0};
  return say(for_each(&in, set, 1, add_file), err);
}

pl_str pl_proto_schema_missing(const pl_proto_schema *s)
{
  for (const file *f = s->files; f; f = f->next) {
    pl_wire_field part;
    for (pl_str rest = f->bytes; pl_wire_next(&rest, &part) > 0;) {
      if (part.number == 3 && part.type == PL_WIRE_BYTES && !find_file(s, part.bytes))
        return part.bytes;
    }
  }
  return (pl_str){NULL, 0};
}

/* ---- Finding -------------------------------------------------------------------------------------- */

const pl_proto_method *pl_proto_find_method(const pl_proto_schema *s, pl_str path)
{
  if (path.len && path.data[0] == '/')
    path = (pl_str){path.data + 1, path.len - 1};
  for (const method *m = s->methods; m; m = m->next) {
    if (pl_str_eq(m->m.path, path))
      return &m->m;
  }
  return NULL;
}

const pl_proto_message *pl_proto_find_message(const pl_proto_schema *s, pl_str name)
{
  const pl_proto_message *m = s->messages;
  while (m && !pl_str_eq(m->name, name))
    m = m->next;
  return m;
}

const pl_proto_enum *pl_proto_find_enum(const pl_proto_schema *s, pl_str name)
{
  const pl_proto_enum *e = s->enums;
  while (e && !pl_str_eq(e->name, name))
    e = e->next;
  return e;
}
