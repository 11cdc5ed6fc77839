/* From the table of credentials to pl_auth. */
#include "bind/auth.h"

#include <lauxlib.h>
#include <stddef.h>
#include <string.h>

#include "script/guard.h"

typedef struct field {
  const char *name; /* NULL: the value itself is the text */
  size_t offset;    /* in pl_auth */
  bool optional;
} field;

typedef struct form {
  const char *name;
  enum pl_auth_kind kind;
  field fields[5];
  size_t n_fields;
} form;

#define TEXT(name, member) {name, offsetof(pl_auth, member), false}
static const form forms[] = {
    {"basic", PL_AUTH_BASIC, {TEXT("user", user), TEXT("password", password)}, 2},
    {"bearer", PL_AUTH_BEARER, {TEXT(NULL, token)}, 1},
    {"digest", PL_AUTH_DIGEST, {TEXT("user", user), TEXT("password", password)}, 2},
    {"sigv4",
     PL_AUTH_SIGV4,
     {TEXT("key", user), TEXT("secret", password), TEXT("region", region), TEXT("service", service), {"token", offsetof(pl_auth, token), true}},
     5},
};

/* The text on top, which its table keeps. */
static pl_str text_on_top(lua_State *L, const form *f, const char *name)
{
  pl_str text = {"", 0};
  if (lua_type(L, -1) != LUA_TSTRING && !pl_secret_is(L, -1))
    luaL_error(L, "auth: %s%s%s is text or a secret, not a %s", f->name, name ? "." : "", name ? name : "", luaL_typename(L, -1));
  (void)pl_secret_text(L, -1, &text);
  return text;
}

static void check_names(lua_State *L, const form *f)
{
  lua_pushnil(L);
  while (lua_next(L, -2)) {
    bool known = false;
    for (size_t i = 0; i < f->n_fields && lua_type(L, -2) == LUA_TSTRING; i++)
      known = known || strcmp(lua_tostring(L, -2), f->fields[i].name) == 0;
    if (!known)
      luaL_error(L, "auth: %s has no field \"%s\"", f->name, luaL_tolstring(L, -2, NULL));
    lua_pop(L, 1);
  }
}

/* The form's value is on top. */
static void read_form(lua_State *L, const form *f, pl_auth *out)
{
  *out = (pl_auth){.kind = f->kind};
  if (!f->fields[0].name) {
    *(pl_str *)(void *)((char *)out + f->fields[0].offset) = text_on_top(L, f, NULL);
    return;
  }
  if (!lua_istable(L, -1))
    luaL_error(L, "auth: %s is a table { %s = ... }", f->name, f->fields[0].name);
  check_names(L, f);
  for (size_t i = 0; i < f->n_fields; i++) {
    lua_pushstring(L, f->fields[i].name);
    lua_rawget(L, -2);
    if (!lua_isnil(L, -1) || !f->fields[i].optional)
      *(pl_str *)(void *)((char *)out + f->fields[i].offset) = text_on_top(L, f, f->fields[i].name);
    lua_pop(L, 1);
  }
}

void pl_read_auth(lua_State *L, int index, pl_auth *out)
{
  index = lua_absindex(L, index);
  luaL_checktype(L, index, LUA_TTABLE);
  bool found = false;
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    lua_pushstring(L, forms[i].name);
    if (lua_rawget(L, index) != LUA_TNIL) {
      if (found)
        luaL_error(L, "auth: give one of basic, bearer, digest, sigv4");
      read_form(L, &forms[i], out);
      found = true;
    }
    lua_pop(L, 1);
  }
  if (!found && lua_getfield(L, index, "oauth2") != LUA_TNIL)
    luaL_error(L, "auth: oauth2 belongs into the scenario's defaults: its token is fetched before the load");
  if (!found)
    luaL_error(L, "auth: give basic = { user =, password = }, bearer = token, digest = { user =, password = } or sigv4 = { key =, secret =, "
                  "region =, service = }");
}

void pl_auth_texts(pl_auth *a, pl_str *list[PL_AUTH_TEXTS])
{
  pl_str *all[PL_AUTH_TEXTS] = {&a->user, &a->password, &a->token, &a->region, &a->service};
  memcpy(list, all, sizeof all);
}

int pl_auth_keep(pl_auth *a, pl_buf *b)
{
  pl_str *list[PL_AUTH_TEXTS];
  size_t total = 0, at = 0;
  pl_auth_texts(a, list);
  pl_buf_clear(b);
  for (size_t i = 0; i < PL_AUTH_TEXTS; i++)
    total += list[i]->len;
  if (!pl_buf_room(b, total + 1))
    return b->bad;
  for (size_t i = 0; i < PL_AUTH_TEXTS; i++) {
    (void)pl_buf_add(b, list[i]->data, list[i]->len);
    *list[i] = (pl_str){b->data + at, list[i]->len};
    at = b->len;
  }
  return b->bad;
}
