/* Cells of a worker: made from the playbook, filled with users, collected in turn. One worker's thread. */
#include "bind/cell.h"

#include <lauxlib.h>

#include "base/error.h"
#include "bind/modules.h"
#include "bind/upload.h"
#include "script/copy.h"
#include "script/guard.h"

enum { PREPARED_MAX = 10000 }; /* requests whose bytes a cell keeps; a script that makes its URLs would fill the memory */

/* ---- What a playbook gives a cell ---------------------------------------------------------------------- */

void pl_seed_random(lua_State *L, uint64_t seed, unsigned worker)
{
  lua_getglobal(L, "math");
  lua_getfield(L, -1, "randomseed");
  lua_pushinteger(L, (lua_Integer)seed);
  lua_pushinteger(L, (lua_Integer)worker + 1);
  lua_call(L, 2, 0);
  lua_pop(L, 1);
}

static int fail_build(lua_State *L, const pl_error *err)
{
  lua_pushstring(L, err->message);
  return lua_error(L);
}

/* Anchors the functions of the table on top, name, name:stop and name:steady of each scenario: beginning an iteration then allocates
 * nothing. */
static void keep_functions(lua_State *L, pl_cell *cell)
{
  static const char *const suffixes[PL_CELL_FUNCTIONS] = {"", ":stop", ":steady"};
  const pl_scenario *scenarios = pl_worker_plan(cell->world->worker)->scenarios;
  for (size_t i = 0; i < cell->n_functions; i++) {
    const pl_scenario *s = &scenarios[i / PL_CELL_FUNCTIONS];
    lua_pushlstring(L, s->name.data, s->name.len);
    lua_pushstring(L, suffixes[i % PL_CELL_FUNCTIONS]);
    lua_concat(L, 2);
    if (lua_rawget(L, -2) == LUA_TFUNCTION)
      cell->functions[i] = luaL_ref(L, LUA_REGISTRYINDEX);
    else
      lua_pop(L, 1);
  }
}

/* Runs in a fiber: (chunk, worker module, cell). Evaluates the playbook for its functions. */
static int build_cell(lua_State *L)
{
  pl_cell *cell = lua_touserdata(L, 3);
  const pl_user_source *source = cell->world->source;
  pl_error err = {0};
  pl_seed_random(L, source->seed, pl_worker_index(cell->world->worker));
  pl_open_answer(L);
  pl_open_check(L);
  pl_open_batch(L);
  lua_getfield(L, 2, "feed");
  pl_open_user(L);
  lua_getfield(L, 2, "open");
  lua_pushvalue(L, 1);
  lua_call(L, 0, 1);
  lua_pushstring(L, source->name);
  if (pl_copy_in(L, source->args, &err) || pl_copy_in(L, source->data, &err))
    return fail_build(L, &err);
  lua_pushcfunction(L, pl_user_word_started);
  lua_call(L, 5, 1);
  keep_functions(L, cell);
  return 0;
}

static int run_build(pl_cell *cell, pl_error *err)
{
  static const char build_kind[] = "build";
  const pl_user_source *source = cell->world->source;
  pl_fiber fiber = {0};
  lua_State *L = pl_state_lua(cell->state);
  int code = pl_state_load(cell->state, source->text, source->name, err);
  if (code)
    return code;
  code = pl_state_require(cell->state, "perilune.worker", NULL, err);
  if (!code)
    code = pl_fiber_open(&fiber, cell->state, cell, build_kind);
  if (code) {
    lua_settop(L, 0);
    return pl_fail(err, code, "out of memory for a script");
  }
  lua_pushcfunction(L, build_cell);
  lua_insert(L, -3);
  lua_pushlightuserdata(L, cell);
  lua_xmove(L, fiber.L, 4);
  enum pl_fiber_status status = pl_fiber_start(&fiber, 3);
  if (status == PL_FIBER_FAILED)
    code = pl_state_error(fiber.L, err);
  else if (status != PL_FIBER_DONE)
    code = pl_fail(err, PL_ESCRIPT, "%s: scenarios(args, data) must end at once and cannot wait", source->name);
  pl_fiber_close(&fiber);
  return code;
}

/* ---- Cells --------------------------------------------------------------------------------------------- */

static void free_cell(pl_cell *cell)
{
  const pl_allocator *a = cell->world->source->alloc;
  if (cell->state)
    pl_state_close(cell->state);
  pl_cache_fini(&cell->cache);
  pl_intern_free(cell->tag_texts);
  pl_free_prepared(cell);
  pl_free(a, cell->functions, cell->n_functions * sizeof *cell->functions);
  pl_free(a, cell, sizeof *cell);
}

static pl_cell *new_cell(pl_world *world)
{
  const pl_allocator *a = world->source->alloc;
  pl_cell *cell = pl_alloc_zero(a, 1, sizeof *cell);
  if (!cell)
    return NULL;
  cell->world = world;
  cell->n_functions = PL_CELL_FUNCTIONS * pl_worker_plan(world->worker)->n_scenarios;
  cell->functions = pl_alloc_zero(a, cell->n_functions, sizeof *cell->functions);
  cell->cache.alloc = a;
  cell->tag_texts = pl_intern_new(a, PL_CACHE_TAGS - 1);
  cell->urls = pl_intern_new(a, PREPARED_MAX);
  if (!cell->functions || !cell->tag_texts || !cell->urls) {
    free_cell(cell);
    return NULL;
  }
  for (size_t i = 0; i < cell->n_functions; i++)
    cell->functions[i] = LUA_NOREF;
  return cell;
}

/* What a playbook's text may require in a worker. */
static int preload(pl_state *state)
{
  static const struct {
    const char *name;
    lua_CFunction open;
  } modules[] = {{"perilune.core.guard", pl_open_guard}, {"perilune.core.units", pl_open_units}, {"perilune.core.json", pl_open_json},
                 {"perilune.core.trace", pl_open_trace}, {"perilune.core.route", pl_open_route}};
  int code = PL_OK;
  for (size_t i = 0; i < sizeof modules / sizeof *modules && !code; i++)
    code = pl_state_preload(state, modules[i].name, modules[i].open);
  return code;
}

static int open_cell(pl_world *world, pl_error *err)
{
  const pl_user_source *s = world->source;
  pl_cell *cell = new_cell(world);
  if (!cell)
    return pl_fail(err, PL_ENOMEM, "out of memory for a cell");
  pl_state_options o = {.alloc = s->alloc, .clock = s->clock, .log = s->log, .profile = PL_PROFILE_PLAYBOOK, .memory_max = s->memory_max,
                        .slice_ns = s->slice_ns, .module = s->module, .folder = s->folder, .lua_dir = s->lua_dir,
                        .random = pl_math_random, .host = cell};
  int code = pl_state_open(&o, &cell->state, err);
  if (!code)
    code = preload(cell->state);
  if (!code)
    code = run_build(cell, err);
  if (!code)
    pl_state_manual_gc(cell->state);
  if (code) {
    free_cell(cell);
    return pl_fail(err, code, "out of memory for a cell");
  }
  cell->base = pl_state_memory(cell->state);
  cell->next = world->cells;
  world->cells = cell;
  return PL_OK;
}

/* Bytes that the users of a cell hold, by its last complete collection. */
static size_t held_by_users(const pl_cell *cell)
{
  return cell->live > cell->base ? cell->live - cell->base : 0;
}

/* Learns from a complete collection what a user holds. */
static void weigh_users(pl_world *world, pl_cell *cell)
{
  size_t live = pl_state_live(cell->state);
  if (live == cell->live)
    return;
  cell->live = live;
  if (cell->crowd >= PL_CELL_CROWD)
    world->user_bytes = 1 + held_by_users(cell) / cell->crowd;
  cell->crowd = cell->users;
}

pl_cell *pl_cell_with_room(pl_world *world)
{
  size_t most = !world->user_bytes ? PL_CELL_NEW_USERS : PL_CELL_LIVE_MAX / world->user_bytes;
  most = most < PL_CELL_USERS ? most : PL_CELL_USERS;
  for (pl_cell *cell = world->cells; cell; cell = cell->next) {
    if (!cell->users || (cell->users < most && held_by_users(cell) < PL_CELL_LIVE_MAX))
      return cell;
  }
  return open_cell(world, NULL) ? NULL : world->cells;
}

/* ---- Worlds -------------------------------------------------------------------------------------------- */

void pl_world_close(void *world_)
{
  pl_world *world = world_;
  while (world->cells) {
    pl_cell *cell = world->cells;
    world->cells = cell->next;
    free_cell(cell);
  }
  pl_uploads_close(world);
  pl_feds_free_readers(&world->source->feeders, world->readers, world->source->alloc);
  pl_buf_fini(&world->scratch);
  pl_free(world->source->alloc, world, sizeof *world);
}

int pl_world_open(void *context, pl_worker *w, void **out, pl_error *err)
{
  const pl_user_source *source = context;
  pl_world *world = pl_alloc_zero(source->alloc, 1, sizeof *world);
  if (!world)
    return pl_fail(err, PL_ENOMEM, "out of memory for scripts");
  world->source = source;
  world->worker = w;
  pl_buf_init(&world->scratch, source->alloc, PL_FEEDER_ROW_MAX);
  world->readers = pl_feds_readers(&source->feeders, source->alloc);
  int code = source->feeders.n && !world->readers ? pl_fail(err, PL_ENOMEM, "out of memory for feeders") : open_cell(world, err);
  if (code) {
    pl_world_close(world);
    return code;
  }
  *out = world;
  return PL_OK;
}

bool pl_world_idle(void *world_, uint64_t budget_ns)
{
  pl_world *world = world_;
  const pl_clock *clock = world->source->clock;
  uint64_t now = pl_now(clock), end = now + budget_ns;
  pl_cell *first = world->garbage ? world->garbage : world->cells, *cell = first;
  do {
    world->garbage = cell;
    if (!pl_state_collect(cell->state, end - now))
      return false;
    weigh_users(world, cell);
    cell = cell->next ? cell->next : world->cells;
    world->garbage = cell;
    now = pl_now(clock);
  } while (cell != first && now < end);
  return cell == first;
}
