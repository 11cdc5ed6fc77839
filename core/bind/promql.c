/* perilune.core.promql: check(text) -> type of its value | nil, err · run(reader, text, run, from_ms [, to_ms, step_ms]) ->
 * { type = "scalar" | "vector" | "matrix" | "string", series = { { labels = { name = value }, times = { seconds }, values = { number } } },
 * string } | nil, err. run: of whose samples, beside those of no run; 0: of all. */
#include <lauxlib.h>

#include "bind/bind.h"
#include "bind/modules.h"
#include "bind/timeline.h"
#include "query/promql.h"
#include "script/state.h"

static const char *const types[] = {"scalar", "vector", "matrix", "string"};

static int promql_check(lua_State *L)
{
  enum { MEMORY = 64 << 20 };
  pl_arena arena;
  pl_node *n = NULL;
  pl_error err = {0};
  pl_str text = pl_check_text(L, 1);
  pl_arena_init(&arena, pl_state_alloc(L), MEMORY);
  int code = pl_promql_parse(&arena, text, &n, &err);
  enum pl_value_type type = n ? n->type : PL_VALUE_SCALAR;
  pl_arena_fini(&arena);
  if (code)
    return pl_push_failure(L, &err);
  lua_pushstring(L, types[type]);
  return 1;
}

static void push_series(lua_State *L, const pl_promql_series *s)
{
  lua_createtable(L, 0, 3);
  lua_createtable(L, 0, (int)s->labels.n);
  for (size_t i = 0; i < s->labels.n; i++) {
    lua_pushlstring(L, s->labels.label[i].name.data, s->labels.label[i].name.len);
    lua_pushlstring(L, s->labels.label[i].value.data, s->labels.label[i].value.len);
    lua_rawset(L, -3);
  }
  lua_setfield(L, -2, "labels");
  lua_createtable(L, (int)s->n, 0);
  lua_createtable(L, (int)s->n, 0);
  for (size_t i = 0; i < s->n; i++) {
    lua_pushnumber(L, (double)s->times_ms[i] / 1e3);
    lua_rawseti(L, -3, (lua_Integer)i + 1);
    lua_pushnumber(L, s->values[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -3, "values");
  lua_setfield(L, -2, "times");
}

/* A Lua error (no memory) must not lose the result. */
static int push_result(lua_State *L)
{
  const pl_promql_result *r = lua_touserdata(L, 1);
  lua_createtable(L, 0, 3);
  pl_set_text(L, "type", types[r->type]);
  if (r->type == PL_VALUE_STRING)
    pl_set_str(L, "string", r->string);
  lua_createtable(L, (int)r->n, 0);
  for (size_t i = 0; i < r->n; i++) {
    push_series(L, &r->series[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "series");
  return 1;
}

static int promql_run(lua_State *L)
{
  pl_reader *reader = pl_check_reader(L, 1);
  pl_promql_query q = {.text = pl_check_text(L, 2), .run = (int64_t)luaL_checkinteger(L, 3), .from_ms = (int64_t)luaL_checkinteger(L, 4),
                       .to_ms = (int64_t)luaL_optinteger(L, 5, 0), .step_ms = (int64_t)luaL_optinteger(L, 6, 0)};
  pl_promql_result r;
  pl_error err = {0};
  int code = pl_promql_run(pl_state_alloc(L), reader, &q, &r, &err), status = LUA_OK;
  if (!code) {
    lua_pushcfunction(L, push_result);
    lua_pushlightuserdata(L, &r);
    status = lua_pcall(L, 1, 1, 0);
  }
  pl_promql_result_fini(&r);
  if (code)
    return pl_push_failure(L, &err);
  return status == LUA_OK ? 1 : lua_error(L);
}

int pl_open_promql(lua_State *L)
{
  static const luaL_Reg functions[] = {{"check", promql_check}, {"run", promql_run}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
