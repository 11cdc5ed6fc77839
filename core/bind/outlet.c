/* perilune.core.outlet: open{ format, run, from_ns, metric, labels } -> outlet | nil, err. outlet:next(reader, to_ns) -> body, { samples, series,
 * left_out, from, to } | nil when there is nothing | nil, err · :done() -> ns, before which everything was given · :left(reader, to_ns) -> samples that
 * were not given | nil, err · :passed_over() -> samples that share a time of the format with one that went. cursor: the metric that says how far an
 * export has come; all: the from_ns of the first sample. Times are wall nanoseconds. */
#include <lauxlib.h>

#include "base/error.h"
#include "bind/bind.h"
#include "bind/modules.h"
#include "bind/timeline.h"
#include "ingest/outlet.h"
#include "script/state.h"

static const char outlet_name[] = "perilune.outlet";

static pl_outlet *check_outlet(lua_State *L)
{
  return *(pl_outlet **)luaL_checkudata(L, 1, outlet_name);
}

/* The text under a name of the table at 1, which holds it; empty where there is none. */
static pl_str text_field(lua_State *L, const char *name)
{
  pl_str text;
  lua_getfield(L, 1, name);
  text.data = luaL_optlstring(L, -1, "", &text.len);
  lua_pop(L, 1);
  return text;
}

static int64_t integer_field(lua_State *L, const char *name)
{
  lua_getfield(L, 1, name);
  lua_Integer v = luaL_checkinteger(L, -1);
  lua_pop(L, 1);
  return v;
}

/* The labels of the table at 1, which holds their texts. */
static size_t label_fields(lua_State *L, pl_label labels[PL_OUTLET_LABELS])
{
  size_t n = 0;
  if (lua_getfield(L, 1, "labels") == LUA_TTABLE) {
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
      luaL_argcheck(L, n < PL_OUTLET_LABELS && lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TSTRING, 1, "labels are { name = text }, at most 16");
      labels[n].name.data = lua_tolstring(L, -2, &labels[n].name.len);
      labels[n].value.data = lua_tolstring(L, -1, &labels[n].value.len);
      n++;
    }
  }
  lua_pop(L, 1);
  return n;
}

static int outlet_open(lua_State *L)
{
  pl_label labels[PL_OUTLET_LABELS];
  pl_error err = {0};
  luaL_checktype(L, 1, LUA_TTABLE);
  pl_outlet_options o = {.format = text_field(L, "format").data, .run = integer_field(L, "run"), .from_ns = integer_field(L, "from_ns"),
                         .metric = text_field(L, "metric"), .labels = labels};
  o.n_labels = label_fields(L, labels);
  pl_outlet **box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = NULL;
  luaL_setmetatable(L, outlet_name);
  return pl_outlet_new(pl_state_alloc(L), &o, box, &err) ? pl_push_failure(L, &err) : 1;
}

static int outlet_next(lua_State *L)
{
  pl_outlet *o = check_outlet(L);
  const pl_parcel *p;
  pl_error err = {0};
  int code = pl_outlet_next(o, pl_check_reader(L, 2), luaL_checkinteger(L, 3), &p, &err);
  if (code < 0)
    return pl_push_failure(L, &err);
  if (!code) {
    lua_pushnil(L);
    return 1;
  }
  lua_pushlstring(L, p->body.data, p->body.len);
  lua_createtable(L, 0, 5);
  pl_set_count(L, "samples", p->samples);
  pl_set_count(L, "series", p->n_series);
  pl_set_count(L, "left_out", p->left_out);
  pl_set_integer(L, "from", p->first_ns);
  pl_set_integer(L, "to", p->last_ns);
  return 2;
}

static int outlet_done(lua_State *L)
{
  lua_pushinteger(L, pl_outlet_done(check_outlet(L)));
  return 1;
}

static int outlet_passed_over(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)pl_outlet_passed_over(check_outlet(L)));
  return 1;
}

static int outlet_left(lua_State *L)
{
  uint64_t left;
  pl_error err = {0};
  if (pl_outlet_left(check_outlet(L), pl_check_reader(L, 2), luaL_checkinteger(L, 3), &left, &err))
    return pl_push_failure(L, &err);
  lua_pushinteger(L, (lua_Integer)left);
  return 1;
}

static int outlet_gc(lua_State *L)
{
  pl_outlet **box = luaL_checkudata(L, 1, outlet_name);
  pl_outlet_free(*box);
  *box = NULL;
  return 0;
}

int pl_open_outlet(lua_State *L)
{
  static const luaL_Reg methods[] = {{"next", outlet_next}, {"done", outlet_done}, {"left", outlet_left}, {"passed_over", outlet_passed_over}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"open", outlet_open}, {NULL, NULL}};
  pl_push_class(L, outlet_name, methods, outlet_gc);
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  pl_set_text(L, "cursor", PL_OUTLET_CURSOR);
  pl_set_integer(L, "all", PL_OUTLET_ALL);
  return 1;
}
