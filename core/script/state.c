/* States: memory limit, profiles, user chunks, errors as pl_error. */
#include "script/state.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "script/coroutine.h"
#include "script/fiber.h"
#include "script/match.h"
#include "script/pool.h"
#include "script/require.h"
#include "script/sandbox.h"

enum { SOURCES_MAX = 64, LINE_SHOWN = 120 };

#if defined(__SANITIZE_ADDRESS__)
enum { SMALL = 0 }; /* a sanitizer must see each block */
#else
enum { SMALL = PL_POOL_SMALL };
#endif

/* The text of a user's chunk, kept for messages. */
typedef struct source {
  char *name, *text;
  size_t len;
} source;

enum { COLLECT_GROWTH = 512 << 10 }; /* manual collection: bytes of growth, beside a quarter, before the next cycle */

struct pl_state {
  char note[PL_STATE_NOTE];
  lua_State *running;     /* for refused alone */
  pl_state_place refused;
  pl_state_options o;
  pl_pool memory;
  lua_State *L;
  source sources[SOURCES_MAX];
  size_t n_sources;
  size_t collect_at; /* manual collection: begin a cycle when this much is held */
  size_t live;       /* and what was left after the last one */
  bool collecting;   /* in the middle of a cycle */
};

static const char state_key = 0; /* registry: light userdata of the pl_state */

/* Lua tells no handler where memory ran out, so it is noted where it is refused. Nothing here allocates. */
static void note_refused(void *state)
{
  pl_state *s = state;
  lua_Debug ar;
  s->refused = (pl_state_place){0};
  for (int level = 0; s->running && lua_getstack(s->running, level, &ar); level++) {
    (void)lua_getinfo(s->running, "Sl", &ar);
    if (ar.source[0] != '@' || ar.currentline <= 0)
      continue;
    (void)snprintf(s->refused.chunk, sizeof s->refused.chunk, "%s", ar.source + 1);
    s->refused.line = ar.currentline;
    return;
  }
}

const pl_state_place *pl_state_refused(const pl_state *s)
{
  return &s->refused;
}

lua_State *pl_state_runs(pl_state *s, lua_State *L)
{
  lua_State *before = s->running;
  s->running = L;
  return before;
}

const pl_state_options *pl_state_settings(const pl_state *s)
{
  return &s->o;
}

size_t pl_state_memory_max(const pl_state *s)
{
  return s->o.memory_max;
}

pl_state *pl_state_of(lua_State *L)
{
  lua_rawgetp(L, LUA_REGISTRYINDEX, &state_key);
  pl_state *s = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return s;
}

void *pl_state_host(lua_State *L)
{
  return pl_state_of(L)->o.host;
}

const pl_allocator *pl_state_alloc(lua_State *L)
{
  return pl_state_of(L)->o.alloc;
}

lua_State *pl_state_lua(pl_state *s)
{
  return s->L;
}

size_t pl_state_memory(const pl_state *s)
{
  return s->memory.used;
}

char *pl_state_note(pl_state *s)
{
  return s->note;
}

const pl_clock *pl_state_clock(const pl_state *s)
{
  return s->o.clock;
}

uint64_t pl_state_slice(const pl_state *s)
{
  return s->o.slice_ns;
}

void pl_state_print(lua_State *L, const char *line)
{
  pl_logf(pl_state_of(L)->o.log, PL_LOG_INFO, "script", "%s", line ? line : "");
}

/* ---- Opening ---------------------------------------------------------------------------------------- */

static void open_libraries(lua_State *L, enum pl_profile profile)
{
  static const luaL_Reg libraries[] = {{"_G", luaopen_base},        {"coroutine", luaopen_coroutine}, {"table", luaopen_table},
                                       {"string", luaopen_string},  {"math", luaopen_math},           {"utf8", luaopen_utf8},
                                       {"os", luaopen_os},          {NULL, NULL}};
  if (profile == PL_PROFILE_TEST) {
    luaL_openlibs(L);
    return;
  }
  for (const luaL_Reg *lib = libraries; lib->name; lib++) {
    luaL_requiref(L, lib->name, lib->func, 1);
    lua_pop(L, 1);
  }
}

/* Our modules are trusted, but a mistake in them should not reach the system either. */
static void remove_dangerous(lua_State *L)
{
  static const char *const globals[] = {"dofile", "loadfile", "print", NULL};
  static const char *const os_members[] = {"execute", "exit", "remove", "rename", "tmpname", "setlocale", "getenv", NULL};
  for (const char *const *name = globals; *name; name++) {
    lua_pushnil(L);
    lua_setglobal(L, *name);
  }
  lua_getglobal(L, "os");
  for (const char *const *name = os_members; *name; name++) {
    lua_pushnil(L);
    lua_setfield(L, -2, *name);
  }
  lua_pop(L, 1);
}

/* In TEST the standard require finds our modules through a searcher of its own, in front. */
static int test_searcher(lua_State *L)
{
  const char *name = luaL_checkstring(L, 1);
  if (strncmp(name, "perilune", 8) != 0)
    return 0;
  lua_pushcfunction(L, pl_require_module);
  return 1;
}

static void add_searcher(lua_State *L)
{
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "searchers");
  lua_Integer n = (lua_Integer)lua_rawlen(L, -1);
  for (lua_Integer i = n; i >= 1; i--) {
    lua_rawgeti(L, -1, i);
    lua_rawseti(L, -2, i + 1);
  }
  lua_pushcfunction(L, test_searcher);
  lua_rawseti(L, -2, 1);
  lua_pop(L, 2);
}

static void replace_random(lua_State *L, lua_CFunction random)
{
  lua_getglobal(L, "math");
  lua_getfield(L, -1, "random");
  lua_pushcclosure(L, random, 1);
  lua_setfield(L, -2, "random");
  lua_pop(L, 1);
}

static int open_protected(lua_State *L)
{
  pl_state *s = lua_touserdata(L, 1);
  lua_pushlightuserdata(L, s);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &state_key);
  open_libraries(L, s->o.profile);
  if (s->o.random)
    replace_random(L, s->o.random);
  pl_require_open(L);
  pl_coroutine_open(L);
  pl_match_open(L);
  if (s->o.profile == PL_PROFILE_TEST) {
    add_searcher(L);
    return 0;
  }
  remove_dangerous(L);
  lua_pushcfunction(L, pl_require_module);
  lua_setglobal(L, "require");
  if (s->o.profile == PL_PROFILE_PLAYBOOK)
    pl_sandbox_open(L);
  return 0;
}

/* Generational. By Lua's defaults a state would double before its old garbage goes: what lives for a while, such as a live view's
 * seconds, is old garbage, and a heap that was once large stays resident. */
static void automatic_gc(lua_State *L)
{
  enum { PAUSE_PERCENT = 130, MAJOR_PERCENT = 30 };
  lua_gc(L, LUA_GCINC, PAUSE_PERCENT, 0, 0); /* the pause is also that of a generational state whose last major collection freed little */
  lua_gc(L, LUA_GCGEN, 0, MAJOR_PERCENT);
}

int pl_state_open(const pl_state_options *o, pl_state **out, pl_error *err)
{
  pl_state *s = pl_alloc_zero(o->alloc, 1, sizeof *s);
  if (!s)
    return pl_fail(err, PL_ENOMEM, "out of memory for a Lua state");
  s->o = *o;
  pl_pool_init(&s->memory, o->alloc, o->memory_max, SMALL);
  s->memory.refused = note_refused;
  s->memory.user = s;
  s->L = lua_newstate(pl_pool_resize, &s->memory);
  if (s->L) {
    *(void **)lua_getextraspace(s->L) = NULL;
    automatic_gc(s->L);
    lua_pushcfunction(s->L, open_protected);
    lua_pushlightuserdata(s->L, s);
    if (lua_pcall(s->L, 1, 0, 0) == LUA_OK) {
      pl_fiber_hook(s);
      *out = s;
      return PL_OK;
    }
  }
  pl_state_close(s);
  return pl_fail(err, PL_ENOMEM, "out of memory for a Lua state");
}

void pl_state_close(pl_state *s)
{
  if (!s)
    return;
  if (s->L)
    lua_close(s->L);
  pl_pool_fini(&s->memory);
  for (size_t i = 0; i < s->n_sources; i++) {
    pl_strfree(s->o.alloc, s->sources[i].name);
    pl_free(s->o.alloc, s->sources[i].text, s->sources[i].len + 1);
  }
  pl_free(s->o.alloc, s, sizeof *s);
}

typedef struct preload_request {
  const char *name;
  lua_CFunction open;
} preload_request;

static int preload_protected(lua_State *L)
{
  const preload_request *r = lua_touserdata(L, 1);
  pl_require_preload(L, r->name, r->open);
  return 0;
}

int pl_state_preload(pl_state *s, const char *name, lua_CFunction open)
{
  preload_request request = {name, open};
  lua_pushcfunction(s->L, preload_protected);
  lua_pushlightuserdata(s->L, &request);
  if (lua_pcall(s->L, 1, 0, 0) == LUA_OK)
    return PL_OK;
  lua_pop(s->L, 1);
  return PL_ENOMEM;
}

typedef struct require_request {
  const char *name, *member;
} require_request;

static int require_protected(lua_State *L)
{
  const require_request *r = lua_touserdata(L, 1);
  lua_pushcfunction(L, pl_require_module);
  lua_pushstring(L, r->name);
  lua_call(L, 1, 1);
  if (r->member)
    lua_getfield(L, -1, r->member);
  return 1;
}

int pl_state_require(pl_state *s, const char *name, const char *member, pl_error *err)
{
  require_request request = {name, member};
  bool collects = lua_gc(s->L, LUA_GCISRUNNING) != 0;
  lua_gc(s->L, LUA_GCSTOP); /* what modules load lives as long as the state: looking at it while it grows frees nothing */
  lua_pushcfunction(s->L, require_protected);
  lua_pushlightuserdata(s->L, &request);
  int failed = lua_pcall(s->L, 1, 1, 0);
  if (collects)
    lua_gc(s->L, LUA_GCRESTART);
  return failed ? pl_state_error(s->L, err) : PL_OK;
}

/* ---- User chunks -------------------------------------------------------------------------------------- */

static void keep_source(pl_state *s, const char *name, pl_str text)
{
  if (s->n_sources == SOURCES_MAX)
    return;
  source *src = &s->sources[s->n_sources];
  src->name = pl_strdup(s->o.alloc, name);
  src->text = pl_strndup(s->o.alloc, text.data ? text.data : "", text.len);
  src->len = text.len;
  if (src->name && src->text) {
    s->n_sources++;
    return;
  }
  pl_strfree(s->o.alloc, src->name);
  pl_free(s->o.alloc, src->text, text.len + 1);
}

/* The front of a line. */
static pl_str shown_of(pl_str line)
{
  if (line.len <= LINE_SHOWN)
    return line;
  line.len = LINE_SHOWN;
  while (line.len && ((unsigned char)line.data[line.len] & 0xc0) == 0x80)
    line.len--;
  return line;
}

pl_str pl_state_source_line(lua_State *L, const char *chunk, int line)
{
  const pl_state *s = pl_state_of(L);
  for (size_t i = 0; i < s->n_sources; i++) {
    if (strcmp(s->sources[i].name, chunk) != 0)
      continue;
    pl_str text = {s->sources[i].text, s->sources[i].len}, found = {"", 0};
    for (; line > 0 && text.data; line--)
      found = pl_str_cut(&text, '\n');
    return line > 0 ? (pl_str){"", 0} : shown_of(pl_str_trim(found));
  }
  return (pl_str){"", 0};
}

typedef struct load_request {
  pl_str text;
  const char *name;
  bool sandboxed;
} load_request;

/* The text without a byte order mark and without the words of a first line #!...; lines keep their numbers. */
static pl_str chunk_of(pl_str text)
{
  if (text.len >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0)
    text = (pl_str){text.data + 3, text.len - 3};
  if (text.len == 0 || text.data[0] != '#')
    return text;
  const char *end = memchr(text.data, '\n', text.len);
  return end ? (pl_str){end, text.len - (size_t)(end - text.data)} : (pl_str){"", 0};
}

static int load_protected(lua_State *L)
{
  const load_request *r = lua_touserdata(L, 1);
  pl_str text = chunk_of(r->text);
  lua_pushfstring(L, "@%s", r->name);
  if (luaL_loadbufferx(L, text.data ? text.data : "", text.len, lua_tostring(L, -1), "t") != LUA_OK)
    return lua_error(L);
  if (r->sandboxed) {
    pl_sandbox_push(L);
    lua_setupvalue(L, -2, 1);
  }
  return 1;
}

/* "review.lua:3: what" with the line's text behind. */
static void describe_syntax(lua_State *L, const char *name, const char *message, pl_error *err)
{
  size_t len = strlen(name);
  const char *at = strncmp(message, name, len) == 0 && message[len] == ':' ? message + len + 1 : NULL;
  uint64_t line = 0;
  if (at)
    (void)pl_str_u64((pl_str){at, strspn(at, "0123456789")}, &line);
  pl_str text = pl_state_source_line(L, name, (int)line);
  (void)pl_fail(err, PL_EPARSE, "%s%s%.*s", message, text.len ? "\n  > " : "", (int)text.len, text.data);
}

int pl_state_load(pl_state *s, pl_str text, const char *name, pl_error *err)
{
  load_request request = {text, name, s->o.profile == PL_PROFILE_PLAYBOOK};
  keep_source(s, name, text);
  lua_pushcfunction(s->L, load_protected);
  lua_pushlightuserdata(s->L, &request);
  int code = lua_pcall(s->L, 1, 1, 0);
  if (code == LUA_OK)
    return PL_OK;
  if (code == LUA_ERRMEM)
    (void)pl_fail(err, PL_ENOMEM, "%s: out of memory", name);
  else
    describe_syntax(s->L, name, lua_tostring(s->L, -1), err);
  lua_pop(s->L, 1);
  return code == LUA_ERRMEM ? PL_ENOMEM : PL_EPARSE;
}

/* ---- Garbage and errors --------------------------------------------------------------------------------- */

/* A generational step cannot be cut into slices. One of Lua's default size, 2^13 bytes, takes 0.4 ms and more; one of 2^5 sweeps 300 objects
 * at most, some 10 us, and a collection of such steps is not dearer. */
void pl_state_manual_gc(pl_state *s)
{
  enum { STEP_LOG2 = 5 };
  lua_gc(s->L, LUA_GCINC, 0, 0, STEP_LOG2);
  lua_gc(s->L, LUA_GCSTOP);
}

bool pl_state_collect(pl_state *s, uint64_t budget_ns)
{
  if (!s->collecting && s->memory.used < s->collect_at)
    return true;
  uint64_t end = pl_now(s->o.clock) + budget_ns;
  bool done = false;
  s->collecting = true;
  do {
    done = lua_gc(s->L, LUA_GCSTEP, 0) != 0;
  } while (!done && pl_now(s->o.clock) < end);
  if (done) {
    s->collecting = false;
    s->live = s->memory.used;
    s->collect_at = s->live + s->live / 4 + COLLECT_GROWTH;
  }
  return done;
}

size_t pl_state_live(const pl_state *s)
{
  return s->live;
}

void pl_state_burden(pl_state *s, size_t bytes)
{
  s->collect_at -= bytes < s->collect_at ? bytes : s->collect_at;
}

static int code_of_name(const char *name)
{
#define MATCH_NAME(symbol, code, text_name, text)                                                                       \
  if (strcmp(name, text_name) == 0)                                                                                    \
    return symbol;
  PL_ERROR_MAP(MATCH_NAME)
#undef MATCH_NAME
  return PL_ESCRIPT;
}

static int read_error(lua_State *L)
{
  pl_error *err = lua_touserdata(L, 2);
  int code = PL_ESCRIPT;
  if (lua_istable(L, 1)) {
    lua_pushliteral(L, "code");
    if (lua_rawget(L, 1) == LUA_TSTRING)
      code = code_of_name(lua_tostring(L, -1));
    lua_pushliteral(L, "message");
    lua_rawget(L, 1);
  } else {
    lua_pushvalue(L, 1);
  }
  (void)pl_fail(err, code, "%s", luaL_tolstring(L, -1, NULL));
  return 0;
}

int pl_state_error(lua_State *L, pl_error *err)
{
  pl_error local = {0};
  lua_pushcfunction(L, read_error);
  lua_insert(L, -2);
  lua_pushlightuserdata(L, &local);
  if (lua_pcall(L, 2, 0, 0) != LUA_OK) {
    lua_pop(L, 1);
    (void)pl_fail(&local, PL_ENOMEM, "out of memory");
  }
  return pl_fail(err, local.code ? local.code : PL_ESCRIPT, "%s", local.message);
}
