/* The whole bridge of a virtual user: cells, iterations, and the words on `user` beside requests (request.c) and answers
 * (answer.c). One worker's thread. Lua runs from the base of the stack only: begin, answer and timer resume the user's fiber and
 * return when it waits or has ended. */
#include "bind/user.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "bind/bind.h"
#include "bind/cell.h"
#include "bind/modules.h"
#include "bind/option.h"
#include "bind/upload.h"
#include "script/copy.h"
#include "script/guard.h"

const char pl_user_kind[] = "user";

enum { PREPARED_MAX = 10000 }; /* requests whose bytes a cell keeps; a script that makes its URLs would fill the memory */

/* Registry names of a cell: what the words need. */
static const char methods_key[] = "perilune.user";

pl_script_user *pl_script_user_check(lua_State *L, const char *what)
{
  pl_fiber *f = pl_fiber_of(L);
  if (!f || f->kind != pl_user_kind)
    luaL_error(L, "user:%s: only a scenario's functions have a user", what);
  return f->owner;
}

/* ---- Words --------------------------------------------------------------------------------------- */

double pl_script_duration(lua_State *L, int index, const char *what)
{
  if (lua_type(L, index) == LUA_TNUMBER)
    return lua_tonumber(L, index);
  pl_cache *cache = &pl_script_user_check(L, what)->cell->cache;
  pl_str text;
  text.data = luaL_checklstring(L, index, &text.len);
  union {
    double seconds;
    uint64_t bits;
  } u = {0};
  uint64_t key = pl_cache_key(PL_CACHE_DURATION, 0, 0, 0);
  const uint64_t *known = pl_cache_find(cache, text.data, key);
  if (known) {
    u.bits = *known;
    return u.seconds;
  }
  pl_error err = {0};
  if (pl_unit_parse(PL_UNIT_DURATION, text, &u.seconds, &err))
    luaL_error(L, "%s: %s", what, err.message);
  pl_cache_put(L, cache, index, key, u.bits);
  return u.seconds;
}

static int group_k(lua_State *L, int status, lua_KContext context)
{
  pl_script_user *su = pl_script_user_check(L, "group");
  (void)status;
  pl_str name;
  name.data = lua_tolstring(L, 1, &name.len);
  uint64_t now = pl_now(pl_worker_clock(su->user->worker));
  pl_user_group(su->user, name, now - (uint64_t)context);
  return lua_gettop(L) - 1;
}

/* user:group(name, fn) -> what fn returns; its duration is load_group_seconds */
static int user_group(lua_State *L)
{
  pl_script_user *su = pl_script_user_check(L, "group");
  luaL_checkstring(L, 2);
  luaL_checktype(L, 3, LUA_TFUNCTION);
  lua_settop(L, 3);
  lua_remove(L, 1);
  lua_KContext from = (lua_KContext)pl_now(pl_worker_clock(su->user->worker));
  lua_callk(L, 0, LUA_MULTRET, from, group_k);
  return group_k(L, LUA_OK, from);
}

static int user_random(lua_State *L)
{
  pl_script_user *su = pl_script_user_check(L, "random");
  lua_Integer n = luaL_optinteger(L, 2, 0);
  luaL_argcheck(L, n >= 0, 2, "a positive number");
  if (n == 0)
    lua_pushnumber(L, pl_rng_unit(pl_user_rng(su->user)));
  else
    lua_pushinteger(L, (lua_Integer)pl_rng_below(pl_user_rng(su->user), (uint64_t)n) + 1);
  return 1;
}

/* user:tag(name, value): a label of every later request of this iteration. */
static int user_tag(lua_State *L)
{
  pl_script_user *su = pl_script_user_check(L, "tag");
  pl_tagset_add(L, su->cell, &su->tags, 2, 3);
  return 0;
}

/* Ends the iteration by a value that the bridge knows. */
static int leave(lua_State *L, pl_script_user *su, enum pl_iteration_end end)
{
  su->end = end;
  lua_pushlightuserdata(L, su);
  return lua_error(L);
}

static int user_stop(lua_State *L)
{
  return leave(L, pl_script_user_check(L, "stop"), PL_ITERATION_STOPPED);
}

static int user_fail(lua_State *L)
{
  pl_script_user *su = pl_script_user_check(L, "fail");
  pl_str why = pl_str_of(luaL_optstring(L, 2, "user:fail()"));
  (void)pl_copy(su->why, sizeof su->why, why);
  return leave(L, su, PL_ITERATION_GIVEN_UP);
}

/* Called by perilune.worker between `start` and the first iteration's body: what `start` left is what iterations begin with. */
static int user_started(lua_State *L)
{
  pl_script_user *su = pl_script_user_check(L, "started");
  pl_user *u = su->user;
  su->started = true;
  if (!u->scenario->fresh_state || !u->jar)
    return 0;
  if (!su->start_jar)
    su->start_jar = pl_cookie_jar_new(su->cell->world->source->alloc, pl_worker_clock(u->worker));
  if (su->start_jar)
    pl_cookie_jar_copy(su->start_jar, u->jar);
  return 0;
}

/* ---- Cells --------------------------------------------------------------------------------------- */

/* The word of the table at upvalue 1 that is nearest to the text, or NULL. */
static const char *near_word(lua_State *L, pl_str text)
{
  const char *near = NULL;
  size_t best = text.len / 3 + 2;
  lua_pushnil(L);
  while (lua_next(L, lua_upvalueindex(1))) {
    pl_str word;
    lua_pop(L, 1);
    word.data = lua_tolstring(L, -1, &word.len);
    size_t distance = pl_edit_distance(text, word);
    if (distance < best || (distance == best && near && strcmp(word.data, near) < 0)) {
      best = distance;
      near = word.data;
    }
  }
  return near;
}

/* user.thnk: (words, name). Upvalue 1: the words. The place is added where the error is caught. */
static int unknown_word(lua_State *L)
{
  pl_fiber *f = pl_fiber_of(L);
  if (f && f->kind == pl_user_kind)
    ((pl_script_user *)f->owner)->user->script_fault = true;
  pl_str name = {"?", 1};
  if (lua_type(L, 2) == LUA_TSTRING)
    name.data = lua_tolstring(L, 2, &name.len);
  const char *near = near_word(L, name);
  if (near)
    lua_pushfstring(L, "user has no word \"%s\"; did you mean \"%s\"?", name.data, near);
  else
    lua_pushfstring(L, "user has no word \"%s\"; values of your own belong into user.vars", name.data);
  return lua_error(L);
}

/* Protected: the table of words; the feed function of perilune.worker is on top. */
static void push_words(lua_State *L)
{
  static const luaL_Reg words[] = {{"think", pl_user_word_think}, {"pace", pl_user_word_pace}, {"check", pl_user_word_check},
                                   {"batch", pl_user_word_batch}, {"group", user_group},       {"random", user_random},
                                   {"tag", user_tag},             {"stop", user_stop},         {"fail", user_fail},
                                   {NULL, NULL}};
  luaL_newlib(L, words);
  pl_push_requests(L);
  pl_push_channels(L);
  pl_push_cookies(L);
  lua_pushvalue(L, -2);
  lua_pushcclosure(L, pl_user_word_feed, 1);
  lua_setfield(L, -2, "feed");
  lua_remove(L, -2);
  lua_createtable(L, 0, 1);
  lua_pushvalue(L, -2);
  lua_pushcclosure(L, unknown_word, 1);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
}

static int fail_build(lua_State *L, const pl_error *err)
{
  lua_pushstring(L, err->message);
  return lua_error(L);
}

/* Reproducible scripts use user:random(). */
void pl_seed_random(lua_State *L, uint64_t seed, unsigned worker)
{
  lua_getglobal(L, "math");
  lua_getfield(L, -1, "randomseed");
  lua_pushinteger(L, (lua_Integer)seed);
  lua_pushinteger(L, (lua_Integer)worker + 1);
  lua_call(L, 2, 0);
  lua_pop(L, 1);
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
  luaL_newmetatable(L, methods_key);
  lua_getfield(L, 2, "feed");
  push_words(L);
  lua_setfield(L, -2, "__index");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
  lua_getfield(L, 2, "open");
  lua_pushvalue(L, 1);
  lua_call(L, 0, 1);
  lua_pushstring(L, source->name);
  if (pl_copy_in(L, source->args, &err) || pl_copy_in(L, source->data, &err))
    return fail_build(L, &err);
  lua_pushcfunction(L, user_started);
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
                        .slice_ns = s->slice_ns, .module = s->module, .folder = s->folder, .lua_dir = s->lua_dir, .host = cell};
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

static void world_close(void *world_)
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

static int world_open(void *context, pl_worker *w, void **out, pl_error *err)
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
    world_close(world);
    return code;
  }
  *out = world;
  return PL_OK;
}

/* ---- Users --------------------------------------------------------------------------------------- */

/* Protected: makes the Lua object { vars = {}, id = n } with the words, and anchors it. */
static int make_object(lua_State *L)
{
  pl_script_user *su = lua_touserdata(L, 1);
  lua_createtable(L, 0, 4);
  lua_newtable(L);
  lua_setfield(L, -2, "vars");
  lua_pushinteger(L, su->user->id);
  lua_setfield(L, -2, "id");
  luaL_setmetatable(L, methods_key);
  su->self = luaL_ref(L, LUA_REGISTRYINDEX);
  return 0;
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

/* The first cell with room, made when all are full; NULL without memory. */
static pl_cell *cell_with_room(pl_world *world)
{
  size_t most = !world->user_bytes ? PL_CELL_NEW_USERS : PL_CELL_LIVE_MAX / world->user_bytes;
  most = most < PL_CELL_USERS ? most : PL_CELL_USERS;
  for (pl_cell *cell = world->cells; cell; cell = cell->next) {
    if (!cell->users || (cell->users < most && held_by_users(cell) < PL_CELL_LIVE_MAX))
      return cell;
  }
  return open_cell(world, NULL) ? NULL : world->cells;
}

static int user_new(void *world_, pl_user *u)
{
  pl_world *world = world_;
  const pl_allocator *a = world->source->alloc;
  pl_cell *cell = cell_with_room(world);
  if (!cell)
    return PL_ENOMEM;
  pl_script_user *su = pl_alloc_zero(a, 1, sizeof *su);
  if (!su)
    return PL_ENOMEM;
  su->user = u;
  su->cell = cell;
  su->scenario = (size_t)(u->scenario - pl_worker_plan(u->worker)->scenarios);
  pl_draft_init(&su->own, a);
  su->draft = &su->own;
  lua_State *L = pl_state_lua(su->cell->state);
  lua_pushcfunction(L, make_object);
  lua_pushlightuserdata(L, su);
  if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
    lua_pop(L, 1);
    pl_free(a, su, sizeof *su);
    return PL_ENOMEM;
  }
  su->cell->users++;
  if (su->cell->crowd < su->cell->users)
    su->cell->crowd = su->cell->users;
  u->script = su;
  return PL_OK;
}

static void user_free(void *world_, pl_user *u)
{
  pl_world *world = world_;
  pl_script_user *su = u->script;
  if (!su)
    return;
  if (su->fiber.L)
    pl_fiber_close(&su->fiber);
  luaL_unref(pl_state_lua(su->cell->state), LUA_REGISTRYINDEX, su->self);
  su->cell->users--;
  pl_cookie_jar_free(su->start_jar);
  pl_draft_fini(&su->own, world->source->alloc);
  pl_free(world->source->alloc, su, sizeof *su);
  u->script = NULL;
}

/* The text of the error on top of the fiber's stack. */
static void read_error(pl_script_user *su)
{
  lua_State *L = su->fiber.L;
  if (lua_touserdata(L, -1) == su) {
    lua_pop(L, 1);
    return;
  }
  pl_error err = {0};
  su->end = PL_ITERATION_FAILED;
  (void)pl_state_error(L, &err);
  (void)pl_copy(su->why, sizeof su->why, pl_str_of(err.message));
}

/* After a resume: the iteration waits, or is over. */
static void settle(pl_script_user *su, enum pl_fiber_status status)
{
  if (status == PL_FIBER_WAITING)
    return;
  const char *why = NULL;
  if (status == PL_FIBER_FAILED) {
    read_error(su);
    why = su->end == PL_ITERATION_FAILED || su->end == PL_ITERATION_GIVEN_UP ? su->why : NULL;
  } else if (status == PL_FIBER_STOPPED) {
    su->end = PL_ITERATION_FAILED;
    (void)pl_copy(su->why, sizeof su->why, pl_str_of(pl_fiber_stop_reason(&su->fiber)));
    why = su->why;
  }
  if (status != PL_FIBER_DONE)
    pl_fiber_close(&su->fiber);
  else
    lua_settop(su->fiber.L, 0);
  pl_user_ended(su->user, su->end, why);
}

/* With state = "iteration" each one begins with the cookies that `start` left, be it none. */
static void begin_cookies(pl_script_user *su)
{
  pl_user *u = su->user;
  if (!u->scenario->fresh_state || !u->jar)
    return;
  if (su->start_jar)
    pl_cookie_jar_copy(u->jar, su->start_jar);
  else
    pl_cookie_jar_clear(u->jar);
}

/* The function that the iteration runs. */
static int function_of(const pl_script_user *su)
{
  const int *functions = &su->cell->functions[PL_CELL_FUNCTIONS * su->scenario];
  if (su->user->leaving)
    return functions[PL_CELL_STOP];
  return functions[su->started ? PL_CELL_STEADY : PL_CELL_FIRST];
}

static void user_begin(void *world, pl_user *u)
{
  pl_script_user *su = u->script;
  (void)world;
  su->end = PL_ITERATION_OK;
  su->tags.id = PL_TAGS_NONE;
  su->begun_ns = u->begun_ns;
  su->paced_ns = 0;
  if (!su->fiber.L && pl_fiber_open(&su->fiber, su->cell->state, su, pl_user_kind)) {
    pl_user_ended(u, PL_ITERATION_FAILED, "out of memory for a user");
    return;
  }
  begin_cookies(su);
  lua_State *L = su->fiber.L;
  lua_rawgeti(L, LUA_REGISTRYINDEX, function_of(su));
  lua_rawgeti(L, LUA_REGISTRYINDEX, su->self);
  settle(su, pl_fiber_start(&su->fiber, 1));
}

static void user_resume(void *world, pl_user *u)
{
  pl_script_user *su = u->script;
  (void)world;
  settle(su, pl_fiber_resume(&su->fiber));
}

static void user_abort(void *world, pl_user *u)
{
  pl_script_user *su = u->script;
  (void)world;
  if (su->fiber.L)
    pl_fiber_close(&su->fiber);
}

/* Cells are collected in turn; one that is not done when the time is over goes on the next time. */
static bool world_idle(void *world_, uint64_t budget_ns)
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

pl_script_table pl_user_scripts(const pl_user_source *source)
{
  union {
    const pl_user_source *read_only;
    void *context;
  } u = {source};
  return (pl_script_table){.open = world_open, .close = world_close, .user_new = user_new, .user_free = user_free, .begin = user_begin,
                           .answer = user_resume, .timer = user_resume, .abort = user_abort, .idle = world_idle, .context = u.context};
}
