/* See rules.h. What is read stays in the table, so its texts live as long as the call. */
#include "bind/rules.h"

#include <lauxlib.h>

#include "bind/bind.h"

enum { SOURCES_MAX = 16 };

typedef struct reading {
  pl_relabel_rule rules[PL_RELABEL_RULES];
  pl_str sources[PL_RELABEL_RULES][SOURCES_MAX];
} reading;

/* A text of the table on top; data NULL: there is none. */
static pl_str text_field(lua_State *L, const char *name)
{
  pl_str s = {NULL, 0};
  int type = lua_getfield(L, -1, name);
  if (type == LUA_TSTRING)
    s.data = lua_tolstring(L, -1, &s.len);
  else if (type != LUA_TNIL)
    pl_raise_invalid(L, "relabel: %s is a text, not a %s", name, lua_typename(L, type));
  lua_pop(L, 1);
  return s;
}

static size_t read_sources(lua_State *L, pl_str *sources)
{
  size_t n = 0;
  if (lua_getfield(L, -1, "source_labels") == LUA_TTABLE) {
    for (; lua_rawgeti(L, -1, (lua_Integer)n + 1) != LUA_TNIL; n++) {
      if (n == SOURCES_MAX || lua_type(L, -1) != LUA_TSTRING)
        pl_raise_invalid(L, "relabel: source_labels is a list of at most %d names", SOURCES_MAX);
      sources[n].data = lua_tolstring(L, -1, &sources[n].len);
      lua_pop(L, 1);
    }
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return n;
}

/* The rule that is the table on top. */
static void read_rule(lua_State *L, reading *r, size_t i)
{
  pl_relabel_rule *rule = &r->rules[i];
  *rule = (pl_relabel_rule){.action = text_field(L, "action"), .sources = r->sources[i], .separator = text_field(L, "separator"), .regex = text_field(L, "regex"),
                            .target = text_field(L, "target_label"), .replacement = text_field(L, "replacement")};
  rule->n_sources = read_sources(L, r->sources[i]);
  lua_getfield(L, -1, "modulus");
  lua_Integer modulus = luaL_optinteger(L, -1, 0);
  if (modulus < 0)
    pl_raise_invalid(L, "relabel: modulus is above 0");
  rule->modulus = (uint64_t)modulus;
  lua_pop(L, 1);
}

int pl_check_rules(lua_State *L, int at, const pl_allocator *a, pl_relabel **out, pl_error *err)
{
  size_t n = 0;
  luaL_checktype(L, at, LUA_TTABLE);
  reading *r = lua_newuserdatauv(L, sizeof *r, 0);
  for (; lua_rawgeti(L, at, (lua_Integer)n + 1) != LUA_TNIL; n++) {
    if (n == PL_RELABEL_RULES || lua_type(L, -1) != LUA_TTABLE)
      pl_raise_invalid(L, "relabel: rules are a list of at most %d tables", PL_RELABEL_RULES);
    read_rule(L, r, n);
    lua_pop(L, 1);
  }
  int code = pl_relabel_new(a, r->rules, n, out, err);
  lua_pop(L, 2);
  return code;
}
