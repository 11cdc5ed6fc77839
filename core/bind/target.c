/* perilune.core.target: host() -> facts of this machine and process · listener(url) -> { pid, name, pids, tunnel } | nil, why, there is
 * one of another user (waits for the name's look-up) · cpu(pids) -> { seconds, at, threads, living } · cgroup(pid) -> has one ·
 * memory() -> most bytes this process held. */
#include <lauxlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "bind/bind.h"
#include "bind/host.h"
#include "bind/modules.h"
#include "net/url.h"
#include "sample/cgroup_path.h"
#include "sample/host_info.h"
#include "sample/listener.h"
#include "sample/pidfile.h"
#include "store/liveness.h"

static const char proc[] = "/proc";

static int target_host(lua_State *L)
{
  pl_host_info info;
  char boot_id[40];
  pl_host_info_read(pl_state_alloc(L), &info);
  pl_boot_id(boot_id);
  lua_createtable(L, 0, 12);
  pl_set_text(L, "hostname", info.hostname);
  pl_set_text(L, "kernel", info.kernel);
  pl_set_text(L, "arch", info.arch);
  pl_set_text(L, "cpu_model", info.cpu_model);
  pl_set_text(L, "os", info.os);
  pl_set_integer(L, "cpus", info.cpus);
  pl_set_count(L, "memory_bytes", info.memory_bytes);
  pl_set_text(L, "boot_id", boot_id);
  pl_set_integer(L, "pid", getpid());
  pl_set_count(L, "process_start", pl_process_start(getpid()));
  return 1;
}

/* ---- Who listens ------------------------------------------------------------------------------- */

/* What was found at an address now, or a moment ago. */
static const pl_listener_memo *find_listener(lua_State *L, const pl_address *address)
{
  const pl_host *host = pl_state_host(L);
  pl_listener_memo *memo = host->listener;
  uint64_t now = pl_now(host->clock);
  if (now < memo->until_ns && memcmp(&memo->address, address, sizeof *address) == 0)
    return memo;
  memo->address = *address;
  memo->code = pl_listener_find(pl_state_alloc(L), proc, address, &memo->found);
  memo->until_ns = memo->code ? 0 : now + 2 * PL_S_NS;
  return memo;
}

/* Pushes what was found at an address; returns how many values. */
static int push_listener(lua_State *L, const pl_address *address)
{
  const pl_listener_memo *memo = find_listener(L, address);
  const pl_listener found = memo->found;
  int code = memo->code;
  if (code) {
    lua_pushnil(L);
    lua_pushstring(L, code == PL_EACCES ? "the process behind the port belongs to another user" : "nobody listens there on this machine");
    lua_pushboolean(L, code == PL_EACCES);
    return 3;
  }
  lua_createtable(L, 0, 4);
  pl_set_text(L, "name", found.name);
  pl_set_integer(L, "pid", found.pids[0]);
  pl_set_boolean(L, "tunnel", found.tunnel);
  lua_createtable(L, (int)found.n_pids, 0);
  for (size_t i = 0; i < found.n_pids; i++) {
    lua_pushinteger(L, (lua_Integer)found.pids[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "pids");
  return 1;
}

/* A look-up. Lua owns it through a userdata on the waiting frame; it outlives that until its callback was called. */
typedef struct lookup_box {
  pl_lookup lookup;
  const pl_allocator *alloc;
  pl_task *task; /* NULL: nobody waits any more */
  bool done;     /* the callback was called, or none will be */
  bool orphan;   /* the userdata is gone */
} lookup_box;

static const char lookup_name[] = "perilune.lookup";

static void on_lookup(pl_lookup *l, int code)
{
  lookup_box *b = l->user;
  b->done = true;
  if (b->task)
    pl_task_ready(b->task, code);
  b->task = NULL;
  if (b->orphan)
    pl_free(b->alloc, b, sizeof *b);
}

static void forget_lookup(void *op)
{
  lookup_box *b = op;
  b->task = NULL;
  if (!b->done)
    pl_lookup_cancel(&b->lookup);
}

static int lookup_gc(lua_State *L)
{
  lookup_box **box = lua_touserdata(L, 1), *b = *box;
  *box = NULL;
  if (!b)
    return 0;
  b->orphan = true;
  if (b->done)
    pl_free(b->alloc, b, sizeof *b);
  else
    forget_lookup(b);
  return 0;
}

static lookup_box *push_lookup(lua_State *L)
{
  lookup_box **box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = NULL;
  if (luaL_newmetatable(L, lookup_name)) {
    lua_pushcfunction(L, lookup_gc);
    lua_setfield(L, -2, "__gc");
  }
  lua_setmetatable(L, -2);
  const pl_allocator *a = pl_state_alloc(L);
  lookup_box *b = pl_alloc_zero(a, 1, sizeof *b);
  if (!b)
    luaL_error(L, "out of memory for a look-up");
  b->alloc = a;
  b->done = true; /* until it is started */
  b->lookup.user = b;
  *box = b;
  return b;
}

static int listener_k(lua_State *L, int status, lua_KContext context)
{
  (void)status;
  (void)context;
  int code = pl_task_woken(L);
  pl_addresses addresses = (*(lookup_box **)lua_touserdata(L, -1))->lookup.addresses;
  int n = 0;
  for (unsigned i = 0; code == 0 && i < addresses.n; i++) {
    lua_settop(L, 0);
    n = push_listener(L, &addresses.list[i]);
    if (n == 1)
      return n;
  }
  if (n)
    return n;
  lua_pushnil(L);
  lua_pushstring(L, "the name does not resolve");
  return 2;
}

static int look_up(lua_State *L, const pl_url *url)
{
  pl_host *host = pl_state_host(L);
  pl_task *task = pl_task_check(L, "listener");
  lookup_box *b = push_lookup(L);
  if (pl_lookup_start(&b->lookup, host->loop, NULL, url->host, url->port, on_lookup)) {
    lua_pushnil(L);
    lua_pushstring(L, "the name cannot be looked up");
    return 2;
  }
  b->done = false;
  b->task = task;
  pl_task_waits(task, forget_lookup, b);
  return pl_fiber_wait(L, listener_k, 0);
}

static int target_listener(lua_State *L)
{
  pl_str text = pl_check_text(L, 1);
  pl_url url;
  pl_error err = {0};
  if (pl_url_parse(text, &url, &err))
    return pl_push_failure(L, &err);
  if (pl_str_eqc(url.scheme, "unix")) {
    pl_address address = {.un = {.sun_family = AF_UNIX}};
    (void)pl_copy(address.un.sun_path, sizeof address.un.sun_path, url.host);
    return push_listener(L, &address);
  }
  pl_addresses addresses;
  if (pl_address_literal(url.host, url.port, &addresses))
    return push_listener(L, &addresses.list[0]);
  return look_up(L, &url);
}

/* CPU seconds of these processes so far, summed over those that live. */
static int target_cpu(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TTABLE);
  double seconds = 0;
  lua_Integer threads = 0, living = 0;
  for (lua_Integer i = 1; lua_rawgeti(L, 1, i) == LUA_TNUMBER; i++) {
    pl_pid_stat stat;
    if (pl_pid_stat_read(proc, lua_tointeger(L, -1), &stat)) {
      seconds += stat.cpu_s;
      threads += stat.threads;
      living++;
    }
    lua_pop(L, 1);
  }
  const pl_host *host = pl_state_host(L);
  lua_createtable(L, 0, 4);
  pl_set_number(L, "seconds", seconds);
  pl_set_number(L, "at", (double)pl_now(host->clock) / 1e9);
  pl_set_integer(L, "threads", threads);
  pl_set_integer(L, "living", living);
  return 1;
}

/* memory() -> the most bytes that this process ever held. */
static int target_memory(lua_State *L)
{
  struct rusage use;
  lua_pushinteger(L, getrusage(RUSAGE_SELF, &use) == 0 ? (lua_Integer)use.ru_maxrss * 1024 : 0);
  return 1;
}

static int target_cgroup(lua_State *L)
{
  pl_cgroup_paths paths;
  lua_pushboolean(L, pl_cgroup_find(proc, "/sys", (pl_str){"", 0}, luaL_checkinteger(L, 1), &paths));
  return 1;
}

int pl_open_target(lua_State *L)
{
  static const luaL_Reg functions[] = {
      {"host", target_host}, {"listener", target_listener}, {"cpu", target_cpu}, {"cgroup", target_cgroup},
      {"memory", target_memory}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
