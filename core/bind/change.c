/* perilune.core.change: shifts(values) -> changes · divisive(values, { window, max_pvalue, min_magnitude }) -> changes: lists of { kind ("level", "trend" or
 * "spread"), index (from 0, of the first value of the new stretch), before, after, effect, relative, lo, hi, p, slope_before and slope_after (of straight
 * lines alone) } | nil, err (analysis/change/). NaN are missing values. stream() ->
 * stream; stream:push(value) -> the changes that this value shows first | nil, err (analysis/change/stream.h). All end early where nobody wants their answer. */
#include <lauxlib.h>
#include <string.h>

#include "analysis/change/divisive.h"
#include "analysis/change/shift.h"
#include "analysis/change/stream.h"
#include "base/error.h"
#include "bind/bind.h"
#include "bind/host.h"
#include "bind/modules.h"
#include "script/state.h"

static const char changes_name[] = "perilune.changes", stream_name[] = "perilune.changes.stream";

static int changes_gc(lua_State *L)
{
  pl_changes_fini(lua_touserdata(L, 1));
  return 0;
}

static pl_changes *push_box(lua_State *L)
{
  static const luaL_Reg no_methods[] = {{NULL, NULL}};
  pl_changes *c = lua_newuserdatauv(L, sizeof *c, 0);
  *c = (pl_changes){0};
  pl_push_class(L, changes_name, no_methods, changes_gc);
  lua_setmetatable(L, -2);
  return c;
}

static const char *const kinds[] = {[PL_CHANGE_LEVEL] = "level", [PL_CHANGE_TREND] = "trend", [PL_CHANGE_SPREAD] = "spread"};

static void push_change(lua_State *L, const pl_change *one)
{
  lua_createtable(L, 0, 11);
  pl_set_text(L, "kind", kinds[one->kind]);
  pl_set_count(L, "index", one->index);
  pl_set_number(L, "before", one->before);
  pl_set_number(L, "after", one->after);
  pl_set_number(L, "effect", one->effect);
  pl_set_number(L, "relative", one->relative);
  pl_set_number(L, "lo", one->lo);
  pl_set_number(L, "hi", one->hi);
  pl_set_number(L, "p", one->p);
  if (one->lines) {
    pl_set_number(L, "slope_before", one->slope_before);
    pl_set_number(L, "slope_after", one->slope_after);
  }
}

static int push_changes(lua_State *L, pl_changes *c)
{
  lua_createtable(L, (int)c->n, 0);
  for (size_t i = 0; i < c->n; i++) {
    push_change(L, &c->list[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  pl_changes_fini(c);
  return 1;
}

static bool is_left(void *of)
{
  const pl_host *host = of;
  return host->is_left && host->is_left(host);
}

static int change_shifts(lua_State *L)
{
  size_t n;
  pl_error err = {0};
  const double *values = pl_check_numbers(L, 1, 0, PL_CHANGES_VALUES, &n);
  pl_changes *c = push_box(L);
  const pl_change_ask ask = {.stopped = is_left, .of = pl_state_host(L)};
  if (pl_shift_find(pl_state_alloc(L), values, n, &ask, c, &err))
    return pl_push_failure(L, &err);
  return push_changes(L, c);
}

/* It owns nothing. */
static int stream_gc(lua_State *L)
{
  (void)L;
  return 0;
}

static int stream_push(lua_State *L)
{
  pl_change_stream *s = luaL_checkudata(L, 1, stream_name);
  double value = luaL_checknumber(L, 2);
  pl_error err = {0};
  pl_changes *c = push_box(L);
  const pl_change_ask ask = {.stopped = is_left, .of = pl_state_host(L)};
  if (pl_change_stream_push(s, value, pl_state_alloc(L), &ask, c, &err))
    return pl_push_failure(L, &err);
  return push_changes(L, c);
}

static int change_stream(lua_State *L)
{
  static const luaL_Reg methods[] = {{"push", stream_push}, {NULL, NULL}};
  pl_change_stream *s = lua_newuserdatauv(L, sizeof *s, 0);
  memset(s, 0, sizeof *s);
  pl_push_class(L, stream_name, methods, stream_gc);
  lua_setmetatable(L, -2);
  return 1;
}

static double number_at(lua_State *L, int index, const char *name)
{
  lua_getfield(L, index, name);
  double v = luaL_checknumber(L, -1);
  lua_pop(L, 1);
  return v;
}

static int change_divisive(lua_State *L)
{
  size_t n;
  pl_error err = {0};
  luaL_checktype(L, 2, LUA_TTABLE);
  double window = number_at(L, 2, "window");
  luaL_argcheck(L, window >= 2 && window <= PL_DIVISIVE_WINDOW_MOST, 2, "window is 2 to 1,000");
  const pl_divisive o = {.window = (size_t)window, .max_pvalue = number_at(L, 2, "max_pvalue"), .min_magnitude = number_at(L, 2, "min_magnitude"),
                         .ask = {.stopped = is_left, .of = pl_state_host(L)}};
  const double *values = pl_check_numbers(L, 1, 0, PL_CHANGES_VALUES, &n);
  pl_changes *c = push_box(L);
  if (pl_divisive_find(pl_state_alloc(L), values, n, &o, c, &err))
    return pl_push_failure(L, &err);
  return push_changes(L, c);
}

int pl_open_change(lua_State *L)
{
  static const luaL_Reg functions[] = {{"shifts", change_shifts}, {"divisive", change_divisive}, {"stream", change_stream}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
