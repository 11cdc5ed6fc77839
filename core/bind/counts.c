/* See counts.h. */
#include "bind/counts.h"

#include <lauxlib.h>

#include "bind/bind.h"

static void push_refused(lua_State *L, enum pl_reason why, uint64_t n)
{
  lua_createtable(L, 0, 4);
  pl_set_text(L, "reason", pl_reason_name(why));
  pl_set_count(L, "count", n);
  pl_set_text(L, "of", pl_reason_of(why));
  pl_set_text(L, "text", pl_reason_text(why));
}

void pl_push_counts(lua_State *L, const pl_intake_counts *counts)
{
  lua_createtable(L, 0, 6);
  pl_set_count(L, "samples", counts->samples);
  pl_set_count(L, "series", counts->series);
  pl_set_count(L, "spans", counts->events[PL_EVENT_SPAN]);
  pl_set_count(L, "logs", counts->events[PL_EVENT_LOG]);
  pl_set_count(L, "exemplars", counts->events[PL_EVENT_EXEMPLAR]);
  lua_newtable(L);
  for (int why = 0; why < PL_REASONS; why++) {
    if (!counts->refused[why])
      continue;
    push_refused(L, (enum pl_reason)why, counts->refused[why]);
    lua_rawseti(L, -2, luaL_len(L, -2) + 1);
  }
  lua_setfield(L, -2, "refused");
}
