/* perilune.core.exposition: open() -> exposition. exposition:page(reader, { { run, settled_ns, current_ns }, ... }, openmetrics) -> text | nil, err: at most `runs`
 * of them, the one that goes first where a series is in several at the front. Times are wall nanoseconds. */
#include <lauxlib.h>

#include "base/error.h"
#include "bind/bind.h"
#include "bind/modules.h"
#include "bind/timeline.h"
#include "ingest/exposition.h"
#include "script/state.h"

static const char exposition_name[] = "perilune.exposition";

static int exposition_open(lua_State *L)
{
  pl_exposition **box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = NULL;
  luaL_setmetatable(L, exposition_name);
  *box = pl_exposition_new(pl_state_alloc(L));
  return *box ? 1 : luaL_error(L, "out of memory");
}

/* The runs of the table at 3. */
static size_t check_runs(lua_State *L, pl_exposition_run runs[PL_EXPOSITION_RUNS])
{
  luaL_checktype(L, 3, LUA_TTABLE);
  lua_Unsigned n = lua_rawlen(L, 3);
  luaL_argcheck(L, n <= PL_EXPOSITION_RUNS, 3, "too many runs");
  for (lua_Unsigned i = 0; i < n; i++) {
    lua_rawgeti(L, 3, (lua_Integer)i + 1);
    luaL_checktype(L, -1, LUA_TTABLE);
    lua_rawgeti(L, -1, 1);
    lua_rawgeti(L, -2, 2);
    lua_rawgeti(L, -3, 3);
    runs[i] = (pl_exposition_run){luaL_checkinteger(L, -3), luaL_checkinteger(L, -2), luaL_checkinteger(L, -1)};
    lua_pop(L, 4);
  }
  return (size_t)n;
}

static int exposition_page(lua_State *L)
{
  pl_exposition *x = *(pl_exposition **)luaL_checkudata(L, 1, exposition_name);
  pl_reader *r = pl_check_reader(L, 2);
  pl_exposition_run runs[PL_EXPOSITION_RUNS];
  size_t n = check_runs(L, runs);
  enum pl_exposition_format format = lua_toboolean(L, 4) ? PL_EXPOSITION_OPENMETRICS : PL_EXPOSITION_TEXT;
  pl_error err = {0};
  pl_buf *out = pl_push_buf(L, PL_EXPOSITION_BODY);
  if (pl_exposition_write(x, r, runs, n, format, out, &err))
    return pl_push_failure(L, &err);
  lua_pushlstring(L, out->data ? out->data : "", out->len);
  return 1;
}

static int exposition_gc(lua_State *L)
{
  pl_exposition **box = luaL_checkudata(L, 1, exposition_name);
  pl_exposition_free(*box);
  *box = NULL;
  return 0;
}

int pl_open_exposition(lua_State *L)
{
  static const luaL_Reg methods[] = {{"page", exposition_page}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"open", exposition_open}, {NULL, NULL}};
  pl_push_class(L, exposition_name, methods, exposition_gc);
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  pl_set_integer(L, "runs", PL_EXPOSITION_RUNS);
  return 1;
}
