/* perilune.core.engine: what our Lua gets from the engine itself.
 * Everywhere: write(stream, text), options(), version(), build_info(), exits, source(module), modules(), cancelled(), wait_cancel(),
 * finish{...}, sha256(text), unique(). In a run: host (table of the host's functions), chunk(text, name), take_control(). In commands:
 * run(spec). */
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/error.h"
#include "bind/bind.h"
#include "engine/modules.h"
#include "engine/run.h"

static pl_host *host_of(lua_State *L)
{
  return pl_state_host(L);
}

/* write("result" | "progress", text) -> true, or false when nobody reads any more. */
static int engine_write(lua_State *L)
{
  static const char *const streams[] = {"result", "progress", NULL};
  enum pl_stream stream = (enum pl_stream)luaL_checkoption(L, 1, NULL, streams);
  size_t len;
  const char *text = luaL_checklstring(L, 2, &len);
  const pl_options *o = host_of(L)->options;
  lua_pushboolean(L, !o->write || o->write(o->user, stream, text, len) == 0);
  return 1;
}

static void push_settings(lua_State *L, const pl_options *o)
{
  lua_createtable(L, 0, (int)o->n_settings);
  for (size_t i = 0; i < o->n_settings; i++)
    pl_set_text(L, o->settings[i].name, o->settings[i].value);
  lua_setfield(L, -2, "settings");
  lua_createtable(L, (int)o->n_trusted_hosts, 0);
  for (size_t i = 0; i < o->n_trusted_hosts; i++) {
    lua_pushstring(L, o->trusted_hosts[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "trusted_hosts");
}

static int engine_options(lua_State *L)
{
  const pl_options *o = host_of(L)->options;
  lua_createtable(L, 0, 12);
  pl_set_boolean(L, "tty", o->tty);
  pl_set_boolean(L, "color", o->color);
  pl_set_boolean(L, "one_place", o->one_place);
  pl_set_integer(L, "columns", o->columns > 0 ? o->columns : 80);
  pl_set_integer(L, "workers", host_of(L)->workers);
  pl_set_text(L, "db_path", o->db_path);
  pl_set_text(L, "policy_path", o->policy_path);
  pl_set_text(L, "lua_dir", o->lua_dir);
  push_settings(L, o);
  return 1;
}

static int engine_version(lua_State *L)
{
  lua_pushstring(L, pl_version());
  return 1;
}

static int engine_build_info(lua_State *L)
{
  lua_pushstring(L, pl_build_info());
  return 1;
}

static int engine_source(lua_State *L)
{
  pl_str text;
  if (!pl_module_text(luaL_checkstring(L, 1), &text))
    return 0;
  lua_pushlstring(L, text.data, text.len);
  return 1;
}

static int engine_modules(lua_State *L)
{
  lua_newtable(L);
  for (lua_Integer i = 0; pl_modules[i].name; i++) {
    lua_pushstring(L, pl_modules[i].name);
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

static int engine_sha256(lua_State *L)
{
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len);
  char hex[65];
  pl_sha256_hex(text, len, hex);
  lua_pushlstring(L, hex, 64);
  return 1;
}

/* unique() -> 32 hex digits of the kernel's random source. */
static int engine_unique(lua_State *L)
{
  unsigned char bytes[16];
  char hex[33];
  if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
    return luaL_error(L, "no random bytes from the kernel");
  for (size_t i = 0; i < sizeof bytes; i++)
    snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
  lua_pushlstring(L, hex, 32);
  return 1;
}

/* ---- Being asked to end ----------------------------------------------------------------------- */

/* cancelled() -> nothing, or the signal's number (-1: none) and how often it was asked */
static int engine_cancelled(lua_State *L)
{
  const pl_session *s = host_of(L)->session;
  int times = atomic_load(&s->cancels), signal_number = atomic_load(&s->signal_number);
  if (times == 0)
    return 0;
  lua_pushinteger(L, signal_number ? signal_number : -1);
  lua_pushinteger(L, times);
  return 2;
}

static void tell_waiter(pl_host *host)
{
  pl_task *task = host->cancel_user;
  host->on_cancel = NULL;
  host->cancel_user = NULL;
  pl_task_ready(task, 0);
}

static void forget_waiter(void *op)
{
  pl_host *host = op;
  host->on_cancel = NULL;
  host->cancel_user = NULL;
}

static int wait_cancel_k(lua_State *L, int status, lua_KContext context)
{
  (void)status;
  (void)context;
  (void)pl_task_woken(L);
  return engine_cancelled(L);
}

/* Waits until the session is asked to end; gives the signal's number or -1. One task at a time. */
static int engine_wait_cancel(lua_State *L)
{
  pl_host *host = host_of(L);
  pl_task *task = pl_task_check(L, "wait_cancel");
  if (host->cancel_signal)
    return engine_cancelled(L);
  if (host->on_cancel)
    return luaL_error(L, "wait_cancel: another task waits already");
  host->on_cancel = tell_waiter;
  host->cancel_user = task;
  pl_task_waits(task, forget_waiter, host);
  return pl_fiber_wait(L, wait_cancel_k, 0);
}

/* ---- The end ---------------------------------------------------------------------------------- */

/* finish{ exit = code, verdict = "pass" ..., json = text, error = { code, message } of verdict "error" } */
static int engine_finish(lua_State *L)
{
#define NAME(symbol, name) name,
  static const char *const verdicts[] = {PL_VERDICT_MAP(NAME) NULL};
#undef NAME
  pl_host *host = host_of(L);
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_getfield(L, 1, "exit");
  host->exit_code = (int)luaL_checkinteger(L, -1);
  lua_getfield(L, 1, "verdict");
  host->verdict = luaL_checkoption(L, -1, "undecided", verdicts);
  pl_error_clear(&host->error);
  if (lua_getfield(L, 1, "error") != LUA_TNIL)
    (void)pl_state_error(L, &host->error);
  lua_getfield(L, 1, "json");
  if (host->result && lua_isstring(L, -1)) {
    size_t len;
    const char *text = lua_tolstring(L, -1, &len);
    pl_buf_clear(host->result);
    if (pl_buf_add(host->result, text, len) || !pl_buf_cstr(host->result))
      return luaL_error(L, "the result is larger than 64 MiB, or out of memory");
  }
  return 0;
}

/* ---- The host's functions --------------------------------------------------------------------- */

static void value_at(lua_State *L, int index, pl_value *v)
{
  switch (lua_type(L, index)) {
  case LUA_TNIL:
    v->type = PL_NIL;
    return;
  case LUA_TBOOLEAN:
    v->type = PL_BOOLEAN;
    v->as.boolean = lua_toboolean(L, index);
    return;
  case LUA_TNUMBER:
    v->type = PL_NUMBER;
    v->as.number = lua_tonumber(L, index);
    return;
  default:
    v->type = PL_STRING;
    v->as.string.data = luaL_checklstring(L, index, &v->as.string.len);
  }
}

static int call_host(lua_State *L)
{
  enum { ARGUMENTS = 16 };
  const pl_host_function *f = lua_touserdata(L, lua_upvalueindex(1));
  pl_value args[ARGUMENTS], result = {.type = PL_NIL};
  int n = lua_gettop(L);
  luaL_argcheck(L, n <= ARGUMENTS, n, "a host function takes at most 16 arguments");
  for (int i = 0; i < n; i++)
    value_at(L, i + 1, &args[i]);
  pl_error err = {0};
  if (f->fn(f->user, args, (size_t)n, &result, &err) < 0) {
    (void)pl_fail(&err, PL_ESCRIPT, "failed");
    (void)pl_fail_in(&err, "host function %s", f->name);
    pl_push_error(L, &err);
    return lua_error(L);
  }
  switch (result.type) {
  case PL_NIL:
    lua_pushnil(L);
    break;
  case PL_BOOLEAN:
    lua_pushboolean(L, result.as.boolean);
    break;
  case PL_NUMBER:
    lua_pushnumber(L, result.as.number);
    break;
  case PL_STRING:
    lua_pushlstring(L, result.as.string.data, result.as.string.len);
    break;
  }
  return 1;
}

static void push_host_functions(lua_State *L)
{
  const pl_host *host = host_of(L);
  lua_createtable(L, 0, (int)host->n_functions);
  for (size_t i = 0; i < host->n_functions; i++) {
    union {
      const pl_host_function *read_only;
      void *pointer;
    } u = {&host->functions[i]};
    lua_pushlightuserdata(L, u.pointer);
    lua_pushcclosure(L, call_host, 1);
    lua_setfield(L, -2, host->functions[i].name);
  }
}

/* chunk(text, name) -> function in a sandbox environment of its own | nil, err */
static int engine_chunk(lua_State *L)
{
  pl_str text = pl_check_text(L, 1);
  const char *name = luaL_checkstring(L, 2);
  pl_error err = {0};
  if (pl_state_load(pl_state_of(L), text, name, &err) == PL_OK) {
    lua_State *main = pl_state_lua(pl_state_of(L));
    if (main != L)
      lua_xmove(main, L, 1);
    return 1;
  }
  return pl_push_failure(L, &err);
}

static void push_exits(lua_State *L)
{
#define PUSH_EXIT(symbol, code, reason)                                                                                \
  lua_createtable(L, 0, 2);                                                                                            \
  pl_set_integer(L, "code", code);                                                                                     \
  pl_set_text(L, "reason", reason);                                                                                    \
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  lua_newtable(L);
  PL_EXIT_MAP(PUSH_EXIT)
#undef PUSH_EXIT
}

/* take_control() -> the oldest word that was said to this run, or nil */
static int engine_take_control(lua_State *L)
{
  const pl_host *host = pl_state_host(L);
  char text[PL_CONTROL_SIZE];
  if (!pl_session_take_control(host->session, text))
    return 0;
  lua_pushstring(L, text);
  return 1;
}

int pl_open_engine(lua_State *L)
{
  static const luaL_Reg functions[] = {
      {"write", engine_write},         {"options", engine_options},         {"version", engine_version},
      {"build_info", engine_build_info}, {"source", engine_source},         {"modules", engine_modules},
      {"sha256", engine_sha256},       {"cancelled", engine_cancelled},     {"wait_cancel", engine_wait_cancel},
      {"finish", engine_finish},       {"chunk", engine_chunk},             {"run", pl_lua_run},
      {"unique", engine_unique},       {"take_control", engine_take_control},
      {NULL, NULL},
  };
  pl_lua_run_register(L);
  luaL_newlib(L, functions);
  push_exits(L);
  lua_setfield(L, -2, "exits"); /* in order of precedence: {code, reason} */
  push_host_functions(L);
  lua_setfield(L, -2, "host");
  return 1;
}
