/* See slow.h. */
#include "bind/slow.h"

#include <inttypes.h>
#include <stdio.h>

#include "bind/bind.h"

static void set_seconds(lua_State *L, const char *name, uint64_t ns)
{
  pl_set_number(L, name, (double)ns / 1e9);
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
  pl_set_text(L, "trace_id", id);
}

static void push_example(lua_State *L, const pl_load_key *key, const pl_example *e, pl_load_start_time start)
{
  lua_createtable(L, 0, 9);
  pl_set_str(L, "key", key->name);
  pl_set_integer(L, "at_ns", start.wall_ms * (lua_Integer)PL_MS_NS + (lua_Integer)(e->intended_ns - start.ns));
  set_seconds(L, "latency", e->latency_ns);
  set_seconds(L, "service", e->service_ns);
  if (e->sent_ns)
    set_seconds(L, "lag", e->sent_ns > e->intended_ns ? e->sent_ns - e->intended_ns : 0);
  set_phases(L, e);
  pl_set_integer(L, "status", e->status);
  if (e->outcome != PL_FAIL_NONE)
    pl_set_text(L, "error", pl_failure_name((enum pl_failure)e->outcome));
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
