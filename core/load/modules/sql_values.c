/* See sql_values.h. Parameters and results travel as text, but for bytes. */
#include "load/modules/sql_values.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Types of the server's own catalogue (pg_type.dat), which never change. */
enum { OID_BOOL = 16, OID_BYTEA = 17, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23, OID_OID = 26, OID_XID = 28, OID_FLOAT4 = 700, OID_FLOAT8 = 701 };

char *pl_sql_cstr(pl_arena *arena, pl_str text)
{
  if (text.len && memchr(text.data, '\0', text.len))
    return NULL;
  char *copy = pl_arena_take(arena, text.len + 1);
  if (copy && text.len)
    memcpy(copy, text.data, text.len);
  return copy;
}

/* ---- Parameters ----------------------------------------------------------------------------------- */

/* A copy has failed: of a text that holds a NUL, with what to do, or else for want of memory. */
static int no_copy(pl_str text, const char *what, const char *instead, pl_error *err)
{
  if (memchr(text.data, '\0', text.len))
    return pl_fail(err, PL_EINVAL, "sql: %s holds a NUL%s", what, instead);
  return pl_fail(err, PL_ENOMEM, "sql: out of memory for %s, or the operation is larger than 64 MiB", what);
}

static int read_parameter(const pl_tree *v, int i, pl_arena *arena, pl_sql_statement *s, pl_error *err)
{
  char scratch[32], what[32];
  const pl_tree *bytes = pl_tree_get(v, "bytes");
  if (v->kind == PL_TREE_NIL)
    return PL_OK;
  if (bytes && bytes->kind == PL_TREE_STRING) {
    s->values[i] = bytes->as.string.len ? bytes->as.string.data : "";
    s->lengths[i] = (int)bytes->as.string.len;
    s->formats[i] = 1;
    s->types[i] = OID_BYTEA;
    return PL_OK;
  }
  pl_str text = pl_tree_as_text(v, scratch);
  if (!text.data)
    return pl_fail(err, PL_EINVAL, "sql: parameter $%d is no text, number, boolean, nil or { bytes = text }", i + 1);
  s->values[i] = pl_sql_cstr(arena, text);
  if (s->values[i])
    return PL_OK;
  (void)snprintf(what, sizeof what, "parameter $%d", i + 1);
  return no_copy(text, what, "; write { bytes = text } for a bytea", err);
}

int pl_sql_read(const pl_tree *parts, size_t n, pl_arena *arena, pl_sql_statement *out, pl_error *err)
{
  *out = (pl_sql_statement){0};
  if (n == 0 || parts[0].kind != PL_TREE_STRING)
    return pl_fail(err, PL_EINVAL, "sql: a statement is text, such as \"select $1::int\", with its parameters behind it");
  if (n - 1 > PL_SQL_PARAMETERS_MAX)
    return pl_fail(err, PL_EINVAL, "sql: more than %d parameters", PL_SQL_PARAMETERS_MAX);
  out->text = pl_sql_cstr(arena, parts[0].as.string);
  if (!out->text)
    return no_copy(parts[0].as.string, "the statement", "", err);
  out->n = (int)n - 1;
  size_t slots = n; /* one more than needed: never of no bytes */
  out->values = pl_arena_take(arena, slots * sizeof *out->values);
  out->lengths = pl_arena_take(arena, slots * sizeof *out->lengths);
  out->formats = pl_arena_take(arena, slots * sizeof *out->formats);
  out->types = pl_arena_take(arena, slots * sizeof *out->types);
  if (!out->values || !out->lengths || !out->formats || !out->types)
    return pl_fail(err, PL_ENOMEM, "sql: out of memory for parameters");
  int code = PL_OK;
  for (int i = 0; i < out->n && !code; i++)
    code = read_parameter(&parts[i + 1], i, arena, out, err);
  return code;
}

/* ---- Rows ------------------------------------------------------------------------------------------- */

static bool read_integer(const char *text, pl_tree *out)
{
  char *end;
  long long v = strtoll(text, &end, 10);
  *out = pl_tree_integer(v);
  return *end == '\0';
}

/* "NaN", "Infinity" and "-Infinity" are PostgreSQL's spelling. */
static bool read_number(pl_str text, pl_tree *out)
{
  double v;
  if (pl_str_eqc(text, "NaN"))
    v = NAN;
  else if (pl_str_eqc(text, "Infinity"))
    v = INFINITY;
  else if (pl_str_eqc(text, "-Infinity"))
    v = -INFINITY;
  else if (!pl_str_double(text, &v))
    return false;
  *out = pl_tree_number(v);
  return true;
}

/* "\x0a1b", the server's default for a bytea. */
static bool read_bytes(pl_str text, pl_arena *arena, pl_tree *out)
{
  size_t n = text.len / 2;
  if (!pl_str_starts(text, PL_STR("\\x")) || text.len % 2)
    return false;
  char *bytes = pl_arena_take(arena, n);
  if (!bytes)
    return false;
  for (size_t i = 1; i < n; i++) {
    int high = pl_hex_digit(text.data[2 * i]), low = pl_hex_digit(text.data[2 * i + 1]);
    if (high < 0 || low < 0)
      return false;
    bytes[i - 1] = (char)(high << 4 | low);
  }
  *out = pl_tree_text((pl_str){bytes, n - 1});
  return true;
}

/* What has no type of Lua's, a numeric included, stays the server's text. */
static int read_field(Oid type, pl_str text, pl_arena *arena, pl_tree *out)
{
  switch (type) {
  case OID_BOOL:
    *out = pl_tree_boolean(text.len && text.data[0] == 't');
    return PL_OK;
  case OID_INT2:
  case OID_INT4:
  case OID_INT8:
  case OID_OID:
  case OID_XID:
    if (read_integer(text.data, out))
      return PL_OK;
    break;
  case OID_FLOAT4:
  case OID_FLOAT8:
    if (read_number(text, out))
      return PL_OK;
    break;
  case OID_BYTEA:
    if (read_bytes(text, arena, out))
      return PL_OK;
    break;
  default:
    break;
  }
  return pl_tree_string(arena, out, text) ? PL_OK : PL_ENOMEM;
}

static int read_columns(pl_sql_rows *rows, const PGresult *result, pl_arena *arena)
{
  rows->columns = PQnfields(result);
  rows->names = pl_arena_take(arena, ((size_t)rows->columns + 1) * sizeof *rows->names);
  rows->types = pl_arena_take(arena, ((size_t)rows->columns + 1) * sizeof *rows->types);
  if (!rows->names || !rows->types)
    return PL_ENOMEM;
  for (int i = 0; i < rows->columns; i++) {
    pl_tree name;
    rows->types[i] = PQftype(result, i);
    if (!pl_tree_string(arena, &name, pl_str_of(PQfname(result, i))))
      return PL_ENOMEM;
    rows->names[i] = name.as.string;
  }
  return PL_OK;
}

static int add_row(pl_sql_rows *rows, const PGresult *result, int row, pl_arena *arena)
{
  pl_tree *map = &rows->list.as.items[rows->list.n];
  if (!pl_tree_map(arena, map, (size_t)rows->columns))
    return PL_ENOMEM;
  map->n = 0;
  for (int i = 0; i < rows->columns; i++) {
    if (PQgetisnull(result, row, i))
      continue;
    pl_tree *pair = &map->as.items[2 * map->n];
    pl_str text = {PQgetvalue(result, row, i), (size_t)PQgetlength(result, row, i)};
    pair[0] = pl_tree_text(rows->names[i]);
    if (read_field(rows->types[i], text, arena, &pair[1]))
      return PL_ENOMEM;
    map->n++;
  }
  rows->list.n++;
  return PL_OK;
}

/* Room for n more rows. What the list leaves behind when it grows stays in the arena, at most as much again. */
static int make_room(pl_sql_rows *rows, size_t n, pl_arena *arena)
{
  size_t wanted = rows->list.n + n;
  if (wanted <= rows->cap)
    return PL_OK;
  size_t cap = wanted > 2 * rows->cap ? wanted : 2 * rows->cap;
  pl_tree *items = pl_arena_take(arena, (cap + 1) * sizeof *items);
  if (!items)
    return PL_ENOMEM;
  if (rows->list.n)
    memcpy(items, rows->list.as.items, rows->list.n * sizeof *items);
  rows->list.as.items = items;
  rows->cap = cap;
  return PL_OK;
}

int pl_sql_add_rows(pl_sql_rows *rows, const PGresult *result, pl_arena *arena)
{
  int n = PQntuples(result);
  int code = rows->names ? PL_OK : read_columns(rows, result, arena);
  rows->list.kind = PL_TREE_LIST;
  if (!code)
    code = make_room(rows, (size_t)n, arena);
  for (int row = 0; row < n && !code; row++)
    code = add_row(rows, result, row, arena);
  return code;
}

/* ---- Errors ----------------------------------------------------------------------------------------- */

int pl_sql_error(const PGresult *result, pl_arena *arena, pl_tree *out)
{
  static const struct {
    const char *key;
    int field;
  } fields[] = {{"error", PG_DIAG_MESSAGE_PRIMARY}, {"sqlstate", PG_DIAG_SQLSTATE}, {"severity", PG_DIAG_SEVERITY_NONLOCALIZED},
                {"detail", PG_DIAG_MESSAGE_DETAIL}, {"hint", PG_DIAG_MESSAGE_HINT}, {"table", PG_DIAG_TABLE_NAME},
                {"column", PG_DIAG_COLUMN_NAME}, {"constraint", PG_DIAG_CONSTRAINT_NAME}};
  size_t n = sizeof fields / sizeof *fields, found = 0;
  if (!pl_tree_map(arena, out, n))
    return PL_ENOMEM;
  for (size_t i = 0; i < n; i++) {
    const char *text = PQresultErrorField(result, fields[i].field);
    pl_tree value;
    if (!text)
      continue;
    if (!pl_tree_string(arena, &value, pl_str_of(text)))
      return PL_ENOMEM;
    pl_tree_pair(out, found++, fields[i].key, value);
  }
  out->n = found;
  return PL_OK;
}
