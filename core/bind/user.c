/* A virtual user: iterations, and the words on `user` beside those that have files of their own. One worker's thread. Lua runs from
 * the base of the stack only: begin, answer and timer resume the user's fiber and return when it waits or has ended. */
#include "bind/user.h"

#include <lauxlib.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "bind/bind.h"
#include "bind/cell.h"
#include "script/error.h"

const char pl_user_kind[] = "user";

/* Registry name of the metatable of users. */
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
  pl_str text = pl_check_text(L, index);
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

/* user:tag(name, value): a label of every later request of this iteration. */
static int user_tag(lua_State *L)
{
  pl_script_user *su = pl_script_user_check(L, "tag");
  pl_tagset_add(L, su->cell, &su->tags, 2, 3);
  return 0;
}

/* Keeps why the iteration fails: its first 255 bytes. */
static void keep_why(pl_script_user *su, pl_str why)
{
  const pl_allocator *a = su->cell->world->source->alloc;
  char front[256];
  (void)pl_copy(front, sizeof front, why);
  pl_strfree(a, su->why);
  su->why = pl_strdup(a, front);
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
  keep_why(su, why);
  return leave(L, su, PL_ITERATION_GIVEN_UP);
}

int pl_user_word_started(lua_State *L)
{
  pl_script_user *su = pl_script_user_check(L, "started");
  pl_user *u = su->user;
  su->started = true;
  pl_user_has_started(u);
  if (!u->scenario->fresh_state || !u->jar)
    return 0;
  if (!su->start_jar)
    su->start_jar = pl_cookie_jar_new(su->cell->world->source->alloc, pl_worker_clock(u->worker));
  if (su->start_jar)
    pl_cookie_jar_copy(su->start_jar, u->jar);
  return 0;
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
  const char *near = pl_error_near(L, lua_upvalueindex(1), name);
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
                                   {"batch", pl_user_word_batch}, {"group", user_group},       {"random", pl_user_word_random},
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

void pl_open_user(lua_State *L)
{
  luaL_newmetatable(L, methods_key);
  lua_insert(L, -2);
  push_words(L);
  lua_setfield(L, -2, "__index");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
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

static int user_new(void *world_, pl_user *u)
{
  pl_world *world = world_;
  const pl_allocator *a = world->source->alloc;
  pl_cell *cell = pl_cell_with_room(world);
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
  u->starting = true;
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
  pl_strfree(world->source->alloc, su->why);
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
  keep_why(su, pl_str_of(err.message));
}

/* After a resume: the iteration waits, or is over. */
static void settle(pl_script_user *su, enum pl_fiber_status status)
{
  if (status == PL_FIBER_WAITING)
    return;
  bool failed = false;
  if (status == PL_FIBER_FAILED) {
    read_error(su);
    failed = su->end == PL_ITERATION_FAILED || su->end == PL_ITERATION_GIVEN_UP;
  } else if (status == PL_FIBER_STOPPED) {
    su->end = PL_ITERATION_FAILED;
    keep_why(su, pl_str_of(pl_fiber_stop_reason(&su->fiber)));
    failed = true;
  }
  if (status != PL_FIBER_DONE)
    pl_fiber_close(&su->fiber);
  else
    lua_settop(su->fiber.L, 0);
  pl_user_ended(su->user, su->end, !failed ? NULL : su->why ? su->why : "out of memory for what it was");
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

pl_script_table pl_user_scripts(const pl_user_source *source)
{
  union {
    const pl_user_source *read_only;
    void *context;
  } u = {source};
  return (pl_script_table){.open = pl_world_open, .close = pl_world_close, .user_new = user_new, .user_free = user_free, .begin = user_begin,
                           .answer = user_resume, .timer = user_resume, .abort = user_abort, .idle = pl_world_idle, .context = u.context};
}
