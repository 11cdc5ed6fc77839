/* perilune.core.export: write(reader, { format, run, metric, from_ns, to_ns }, fn) -> { samples, series, left_out, other } | nil, err. fn(text) takes each
 * piece; what it gives other than false goes on. An error of fn is raised again. */
#include <lauxlib.h>

#include "base/error.h"
#include "bind/bind.h"
#include "bind/modules.h"
#include "bind/timeline.h"
#include "ingest/export.h"
#include "script/state.h"

/* The function at 3 takes a piece. What it raises stays on the stack. */
static int give(void *user, pl_str text)
{
  lua_State *L = user;
  lua_pushvalue(L, 3);
  lua_pushlstring(L, text.data, text.len);
  if (lua_pcall(L, 1, 1, 0))
    return PL_ESCRIPT;
  bool ended = lua_isboolean(L, -1) && !lua_toboolean(L, -1);
  lua_pop(L, 1);
  return ended ? PL_ECANCELED : PL_OK;
}

static int64_t integer_field(lua_State *L, const char *name)
{
  lua_getfield(L, 2, name);
  lua_Integer v = luaL_optinteger(L, -1, 0);
  lua_pop(L, 1);
  return v;
}

static int export_write(lua_State *L)
{
  pl_reader *r = pl_check_reader(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  luaL_checktype(L, 3, LUA_TFUNCTION);
  lua_settop(L, 3);
  const pl_export_options o = {.format = pl_get_text(L, 2, "format"), .run = integer_field(L, "run"), .metric = pl_str_of(pl_get_text(L, 2, "metric")),
                               .from_ns = integer_field(L, "from_ns"), .to_ns = integer_field(L, "to_ns")};
  luaL_argcheck(L, o.format, 2, "format is missing");
  luaL_checkstack(L, 8, "export");
  pl_export_counts c = {0};
  pl_error err = {0};
  int code = pl_export(pl_state_alloc(L), r, &o, give, L, &c, &err);
  if (code == PL_ESCRIPT)
    return lua_error(L);
  if (code && code != PL_ECANCELED)
    return pl_push_failure(L, &err);
  lua_newtable(L);
  pl_set_count(L, "samples", c.samples);
  pl_set_count(L, "series", c.series);
  pl_set_count(L, "left_out", c.left_out);
  pl_set_count(L, "other", c.other);
  return 1;
}

int pl_open_export(lua_State *L)
{
  static const luaL_Reg functions[] = {{"write", export_write}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
