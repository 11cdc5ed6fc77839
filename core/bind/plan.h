/* From the checked table of lua/perilune/load.lua to the plan that workers share. */
#ifndef PL_BIND_PLAN_H
#define PL_BIND_PLAN_H

#include <lua.h>

#include "load/plan.h"

typedef struct pl_plan_box pl_plan_box;

/* Where a plan's files and the modules lie: see pl_module_find. */
typedef struct pl_plan_places {
  const char *folder, *module_dir;
} pl_plan_places;

/* Reads the table at index; everything is copied. Fields of the plan: seed, max_connections, names_max, ignore_errors,
 * rate_cap, hosts (array of granted host names; loopback is always granted), scenarios: array of
 * { name, model = "open"|"closed"|"iterations"|"iterations_each", law = "even"|"poisson"|"trace", stages = {{duration s, level, jump}},
 *   trace (as perilune.core.trace reads it), trace_period (s), speed, shard, traced, offset, duration, warmup, grace, pace (seconds), iterations, users, max_users, max_waiting, max_connections, scripted, has_stop,
 *   fresh_state, base, headers = {{name, value}}, auth (see bind/auth.h), tls (see perilune.tls), connect_to, local_ips (arrays of texts: see
 *   load/route.h), dns = {keep = "pinned"|"ttl"|"for", keep_for (s), in_turn, servers}, proxy = {url, user}, pool = "shared"|"user"|"iteration",
 *   requests_per_connection, streams, descriptors, timeout, connect_timeout, first_byte_timeout (s), follow, method, url, body or body_file (of folder), compress, chunked, expect100, request_name, pipeline, expected = {{from, to}}, tags = {name = value} }.
 * Raises for a table that load.lua cannot have made; gives an error for a wrong URL and for a tag's name that is taken. */
int pl_plan_read(lua_State *L, int index, const pl_plan_places *places, const pl_allocator *a, pl_plan_box **out, pl_error *err) PL_MUSTCHECK;
/* The plan, which lives as long as the box. */
const pl_plan *pl_plan_of(const pl_plan_box *box);
/* NULL is fine. No load may use it any more. */
void pl_plan_free(pl_plan_box *box);

#endif
