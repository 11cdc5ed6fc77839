/* See slow.h. */
#include "bind/slow.h"

#include <inttypes.h>
#include <stdio.h>

static void set_seconds(lua_State *L, const char *name, uint64_t ns)
{
  lua_pushnumber(L, (double)ns / 1e9);
  lua_setfield(L, -2, name);
}

static void set_phases(lua_State *L, const pl_example *e)
{
  lua_createtable(L, 0, PL_PHASES);
  for (int i = 0; i < PL_PHASES; i++) {
    if (e->phases_ns[i] != PL_NO_PHASE)
      set_seconds(L, pl_phase_name((enum pl_phase)i), e->phases_ns[i]);
  }
  lua_setfield(L, -2, "phases");
}

static void set_trace(lua_State *L, const pl_example *e)
{
  char id[33];
  if (!e->trace_high && !e->trace_low)
    return;
  (void)snprintf(id, sizeof id, "%016" PRIx64 "%016" PRIx64, e->trace_high, e->trace_low);
  lua_pushstring(L, id);
  lua_setfield(L, -2, "trace_id");
}

static void push_example(lua_State *L, const pl_load_key *key, const pl_example *e, pl_load_start_time start)
{
  lua_createtable(L, 0, 9);
  lua_pushlstring(L, key->name.data, key->name.len);
  lua_setfield(L, -2, "key");
  lua_pushinteger(L, start.wall_ms * (lua_Integer)PL_MS_NS + (lua_Integer)(e->intended_ns - start.ns));
  lua_setfield(L, -2, "at_ns");
  set_seconds(L, "latency", e->latency_ns);
  set_seconds(L, "service", e->service_ns);
  if (e->sent_ns)
    set_seconds(L, "lag", e->sent_ns > e->intended_ns ? e->sent_ns - e->intended_ns : 0);
  set_phases(L, e);
  lua_pushinteger(L, e->status);
  lua_setfield(L, -2, "status");
  if (e->outcome != PL_FAIL_NONE) {
    lua_pushstring(L, pl_failure_name((enum pl_failure)e->outcome));
    lua_setfield(L, -2, "error");
  }
  set_trace(L, e);
}

/* The array is on top. */
static void add_list(void *user, const pl_load_key *key, const pl_example_list *list, pl_load_start_time start)
{
  lua_State *L = user;
  for (uint32_t i = 0; i < list->n; i++) {
    push_example(L, key, &list->items[i], start);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  }
}

void pl_push_slow(lua_State *L, const pl_load *load, size_t scenario)
{
  lua_newtable(L);
  pl_load_examples(load, scenario, add_list, L);
}
