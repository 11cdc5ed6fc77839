/* multipart = { field = text, photo = { file = "photo.jpg", type = "image/jpeg" } } in the order of the names, or a list of such
 * parts, each with a name: bodies of multipart/form-data (RFC 7578). */
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "bind/option.h"
#include "bind/upload.h"
#include "script/guard.h"

typedef struct part {
  pl_str name, value, file, filename, type;
} part;

/* A name between quotes, escaped as browsers do it. */
static void add_quoted(pl_buf *out, pl_str text)
{
  for (size_t i = 0; i < text.len; i++) {
    char c = text.data[i];
    if (c == '"' || c == '\r' || c == '\n')
      (void)pl_buf_addf(out, "%%%02X", (unsigned)c);
    else
      (void)pl_buf_addc(out, c);
  }
}

static void add_part(lua_State *L, pl_script_user *su, pl_str boundary, const part *p)
{
  pl_buf *b = &su->draft->body;
  (void)pl_buf_addf(b, "--%.*s\r\nContent-Disposition: form-data; name=\"", (int)boundary.len, boundary.data);
  add_quoted(b, p->name);
  if (p->filename.len) {
    (void)pl_buf_adds(b, "\"; filename=\"");
    add_quoted(b, p->filename);
  }
  (void)pl_buf_adds(b, "\"\r\n");
  pl_str type = p->filename.len && !p->type.len ? PL_STR("application/octet-stream") : p->type;
  luaL_argcheck(L, !memchr(type.data, '\n', type.len), 3, "multipart: a type has no line end");
  if (type.len)
    (void)pl_buf_addf(b, "Content-Type: %.*s\r\n", (int)type.len, type.data);
  (void)pl_buf_adds(b, "\r\n");
  if (p->file.len)
    pl_upload_add(L, su, p->file, b);
  else
    (void)pl_buf_add(b, p->value.data, p->value.len);
  (void)pl_buf_adds(b, "\r\n");
}

/* ---- From Lua ----------------------------------------------------------------------------------- */

/* One field of the table at index. Its text stays on the stack, and with it alive. */
static pl_str text_of(lua_State *L, int index, const char *field)
{
  pl_str text = {"", 0};
  lua_getfield(L, index, field);
  if (!lua_isnil(L, -1) && !pl_secret_text(L, -1, &text))
    luaL_error(L, "multipart: %s is text", field);
  return text;
}

static void check_fields(lua_State *L, int index)
{
  static const char *const known[] = {"name", "value", "file", "filename", "type"};
  lua_pushnil(L);
  while (lua_next(L, index)) {
    bool found = false;
    for (size_t i = 0; i < sizeof known / sizeof *known && lua_type(L, -2) == LUA_TSTRING; i++)
      found = found || strcmp(lua_tostring(L, -2), known[i]) == 0;
    if (!found)
      luaL_error(L, "multipart: a part has name, value, file, filename and type, not \"%s\"", luaL_tolstring(L, -2, NULL));
    lua_pop(L, 1);
  }
}

/* The part at index: text, or a table. */
static part read_part(lua_State *L, int index)
{
  part p = {.name = {"", 0}, .value = {"", 0}, .file = {"", 0}, .filename = {"", 0}, .type = {"", 0}};
  luaL_checkstack(L, 10, "multipart");
  if (!lua_istable(L, index)) {
    if (!pl_secret_text(L, index, &p.value))
      luaL_error(L, "multipart: a part is text or a table such as { file = \"photo.jpg\" }");
    return p;
  }
  check_fields(L, index);
  p.name = text_of(L, index, "name");
  p.value = text_of(L, index, "value");
  p.file = text_of(L, index, "file");
  p.filename = text_of(L, index, "filename");
  p.type = text_of(L, index, "type");
  const char *slash = p.file.len ? memrchr(p.file.data, '/', p.file.len) : NULL;
  if (!p.filename.len)
    p.filename = slash ? (pl_str){slash + 1, p.file.len - (size_t)(slash + 1 - p.file.data)} : p.file;
  return p;
}

static int order(pl_str a, pl_str b)
{
  size_t n = a.len < b.len ? a.len : b.len;
  int by_bytes = n ? memcmp(a.data, b.data, n) : 0;
  return by_bytes ? by_bytes : (a.len > b.len) - (a.len < b.len);
}

/* Pushes the least name in the table at `parts` that comes after `last`; false: there is none. Lua's own order is another one
 * each time, and a request is to be the same one each time. */
static bool push_next_name(lua_State *L, int parts, const pl_str *last)
{
  pl_str best = {NULL, 0};
  lua_pushnil(L);
  while (lua_next(L, parts)) {
    pl_str name;
    lua_pop(L, 1);
    luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 3, "multipart: fields have names");
    name.data = lua_tolstring(L, -1, &name.len);
    if ((!last || order(name, *last) > 0) && (!best.data || order(name, best) < 0))
      best = name;
  }
  if (best.data)
    lua_pushlstring(L, best.data, best.len);
  return best.data != NULL;
}

static void add_fields(lua_State *L, pl_script_user *su, int parts, pl_str boundary)
{
  int name = lua_gettop(L) + 1;
  pl_str last = {NULL, 0};
  lua_pushnil(L);
  while (push_next_name(L, parts, last.data ? &last : NULL)) {
    lua_replace(L, name);
    last.data = lua_tolstring(L, name, &last.len);
    lua_pushvalue(L, name);
    lua_rawget(L, parts);
    part p = read_part(L, name + 1);
    p.name = last;
    add_part(L, su, boundary, &p);
    lua_settop(L, name);
  }
  lua_settop(L, name - 1);
}

static void add_list(lua_State *L, pl_script_user *su, int parts, pl_str boundary)
{
  int top = lua_gettop(L);
  for (lua_Integer i = 1; lua_rawgeti(L, parts, i) != LUA_TNIL; i++) {
    part p = read_part(L, top + 1);
    luaL_argcheck(L, p.name.len, 3, "multipart: a part of a list has a name");
    add_part(L, su, boundary, &p);
    lua_settop(L, top);
  }
  lua_settop(L, top);
}

void pl_option_multipart(lua_State *L, pl_script_user *su)
{
  static const char form[] = "multipart/form-data; boundary=";
  luaL_argcheck(L, lua_istable(L, -1), 3, "multipart is a table { field = text, photo = { file = \"photo.jpg\" } }, or a list of parts with names");
  const pl_user *u = su->user;
  pl_rng rng;
  pl_rng_init(&rng, u->id, u->iteration, u->request, UINT64_C(0x6d756c7469));
  unsigned long long random = pl_rng_u64(&rng);
  int n = snprintf(su->draft->type, sizeof su->draft->type, "%s----perilune%016llx%016llx", form, random, (unsigned long long)pl_rng_u64(&rng));
  pl_str boundary = {su->draft->type + sizeof form - 1, (size_t)n - (sizeof form - 1)};
  int parts = lua_gettop(L);
  if (lua_rawlen(L, parts))
    add_list(L, su, parts, boundary);
  else
    add_fields(L, su, parts, boundary);
  (void)pl_buf_addf(&su->draft->body, "--%.*s--\r\n", (int)boundary.len, boundary.data);
  pl_set_type(L, su, (pl_str){su->draft->type, (size_t)n});
}
