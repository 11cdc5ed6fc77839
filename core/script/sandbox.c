/* What a script may touch. What is allowed are the two tables allowed_globals and allowed_libraries; everything else does not exist for it. Libraries are
 * read-only proxies, the string metatable is locked, globals are strict. */
#include "script/sandbox.h"

#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

#include "script/error.h"
#include "script/guard.h"
#include "script/require.h"

static const char base_key[] = "perilune.sandbox"; /* registry: table of what every environment shows */

/* Upvalue 1: the shared base. */
static int strict_index(lua_State *L)
{
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
    return 1;
  pl_str name = {"?", 1};
  if (lua_type(L, 2) == LUA_TSTRING)
    name.data = lua_tolstring(L, 2, &name.len);
  const char *near = pl_error_near(L, lua_upvalueindex(1), name);
  if (near)
    return luaL_error(L, "the name \"%s\" is not defined; did you mean \"%s\"?", name.data, near);
  return luaL_error(L, "the name \"%s\" is not defined (playbooks have no io, os.execute, debug, dofile or load of bytecode)", name.data);
}

static int strict_newindex(lua_State *L)
{
  const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
  return luaL_error(L, "assignment to the global \"%s\": write local %s", name, name);
}

/* getmetatable of tables alone: those of strings and of what the host lends are nobody's business. */
static int safe_getmetatable(lua_State *L)
{
  luaL_checkany(L, 1);
  if (!lua_istable(L, 1)) {
    lua_pushboolean(L, 0);
    return 1;
  }
  if (!lua_getmetatable(L, 1)) {
    lua_pushnil(L);
    return 1;
  }
  if (lua_getfield(L, -1, "__metatable") == LUA_TNIL)
    lua_pop(L, 1);
  return 1;
}

static int safe_rawset(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checkany(L, 2);
  luaL_checkany(L, 3);
  lua_settop(L, 3);
  if (pl_guard_is_view(L, 1))
    return luaL_error(L, "rawset: this table is read-only");
  lua_rawset(L, 1);
  return 1;
}

/* setmetatable without __gc: finalizers run where no limit holds. */
static int safe_setmetatable(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2, "nil or table");
  if (lua_istable(L, 2)) {
    lua_pushliteral(L, "__gc");
    if (lua_rawget(L, 2) != LUA_TNIL)
      return luaL_error(L, "setmetatable: __gc is not allowed in playbooks; use <close> variables or run:defer");
    lua_pop(L, 1);
  }
  if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
    return luaL_error(L, "cannot change a protected metatable");
  lua_settop(L, 2);
  lua_setmetatable(L, 1);
  return 1;
}

/* load(text [, name [, mode [, env]]]): text only, in an environment of its own kind. */
static int safe_load(lua_State *L)
{
  size_t len;
  if (lua_type(L, 1) != LUA_TSTRING)
    return luaL_error(L, "load takes text here");
  const char *text = lua_tolstring(L, 1, &len);
  const char *name = luaL_optstring(L, 2, "=(load)");
  lua_settop(L, 4);
  if (luaL_loadbufferx(L, text, len, name, "t") != LUA_OK) {
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
  }
  if (lua_istable(L, 4))
    lua_pushvalue(L, 4);
  else
    pl_sandbox_push(L);
  lua_setupvalue(L, -2, 1);
  return 1;
}

static int safe_collectgarbage(lua_State *L)
{
  const char *what = luaL_optstring(L, 1, "collect");
  if (strcmp(what, "count") != 0)
    return luaL_error(L, "collectgarbage: only \"count\" is allowed in playbooks");
  lua_pushnumber(L, (lua_Number)lua_gc(L, LUA_GCCOUNT) + (lua_Number)lua_gc(L, LUA_GCCOUNTB) / 1024);
  return 1;
}

static int safe_print(lua_State *L)
{
  luaL_Buffer b;
  int n = lua_gettop(L);
  luaL_buffinit(L, &b);
  for (int i = 1; i <= n; i++) {
    if (i > 1)
      luaL_addchar(&b, '\t');
    luaL_tolstring(L, i, NULL);
    luaL_addvalue(&b);
  }
  luaL_pushresult(&b);
  pl_state_print(L, lua_tostring(L, -1));
  return 0;
}

/* Loops in C that no hook can interrupt: their work is bounded. Upvalue 1: the real function. */
enum { MOVES_MAX = 10000000 };

static int call_real(lua_State *L)
{
  int n = lua_gettop(L);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, n, LUA_MULTRET);
  return lua_gettop(L);
}

static int safe_move(lua_State *L)
{
  lua_Integer from = luaL_checkinteger(L, 2), to = luaL_checkinteger(L, 3);
  if (to >= from && (lua_Unsigned)to - (lua_Unsigned)from > MOVES_MAX)
    return luaL_error(L, "table.move: too many elements (more than %d)", MOVES_MAX);
  return call_real(L);
}

static int safe_shift(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TTABLE);
  if (luaL_len(L, 1) > MOVES_MAX && lua_gettop(L) > 1)
    return luaL_error(L, "table: too many elements to move (more than %d)", MOVES_MAX);
  return call_real(L);
}

static int safe_concat(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_Integer from = luaL_optinteger(L, 3, 1), to = luaL_opt(L, luaL_checkinteger, 4, luaL_len(L, 1));
  if (to >= from && (lua_Unsigned)to - (lua_Unsigned)from > MOVES_MAX)
    return luaL_error(L, "table.concat: too many elements (more than %d)", MOVES_MAX);
  return call_real(L);
}

static int safe_sort(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TTABLE);
  if (luaL_len(L, 1) > MOVES_MAX)
    return luaL_error(L, "table.sort: too many elements (more than %d)", MOVES_MAX);
  return call_real(L);
}

/* Nothing repeated any number of times is nothing; what has a length is bounded by the memory limit. */
static int safe_rep(lua_State *L)
{
  size_t len, separator;
  luaL_checklstring(L, 1, &len);
  (void)luaL_checkinteger(L, 2);
  luaL_optlstring(L, 3, "", &separator);
  if (len + separator > 0)
    return call_real(L);
  lua_pushliteral(L, "");
  return 1;
}

typedef struct bounded {
  const char *library, *name;
  lua_CFunction function;
} bounded;

static void bound_loops(lua_State *L)
{
  static const bounded all[] = {{"table", "move", safe_move}, {"table", "insert", safe_shift}, {"table", "remove", safe_shift},
                                {"table", "concat", safe_concat}, {"table", "sort", safe_sort}, {"string", "rep", safe_rep},
                                {NULL, NULL, NULL}};
  for (const bounded *f = all; f->name; f++) {
    lua_getglobal(L, f->library);
    lua_getfield(L, -1, f->name);
    lua_pushcclosure(L, f->function, 1);
    lua_setfield(L, -2, f->name);
    lua_pop(L, 1);
  }
}

/* debug.traceback, without our own frames. */
static int safe_traceback(lua_State *L)
{
  pl_error_traceback(L, lua_tostring(L, 1));
  return 1;
}

/* THE list of allowed globals: functions and _VERSION first, then the members of each library. NULL: Lua's own. */
static const luaL_Reg allowed_globals[] = {
    {"_VERSION", NULL}, {"assert", NULL}, {"error", NULL}, {"ipairs", NULL}, {"next", NULL}, {"pairs", NULL}, {"pcall", NULL},
    {"rawequal", NULL}, {"rawget", NULL}, {"rawlen", NULL}, {"select", NULL}, {"tonumber", NULL}, {"tostring", NULL}, {"type", NULL}, {"xpcall", NULL},
    {"collectgarbage", safe_collectgarbage}, {"getmetatable", safe_getmetatable}, {"load", safe_load}, {"print", safe_print},
    {"rawset", safe_rawset}, {"require", pl_require_script}, {"setmetatable", safe_setmetatable}, {NULL, NULL}};

typedef struct library {
  const char *name;
  const char *members[32]; /* Lua's own, whose loops are bounded (bound_loops) */
  const luaL_Reg *ours;    /* NULL: none */
} library;

static const library allowed_libraries[] = {
    {"string", {"byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "pack", "packsize", "rep", "reverse", "sub",
                "unpack", "upper", NULL}, NULL},
    {"table", {"concat", "insert", "move", "pack", "remove", "sort", "unpack", NULL}, NULL},
    {"math", {"abs", "ceil", "cos", "deg", "exp", "floor", "fmod", "huge", "log", "max", "maxinteger", "min", "mininteger", "modf", "pi",
              "rad", "random", "sin", "sqrt", "tan", "tointeger", "type", "ult", NULL}, NULL},
    {"os", {"time", "date", "clock", "difftime", NULL}, NULL},
    {"utf8", {"char", "charpattern", "codepoint", "codes", "len", "offset", NULL}, NULL},
    {"coroutine", {"close", "create", "isyieldable", "resume", "running", "status", "wrap", "yield", NULL}, NULL},
    {"debug", {NULL}, (const luaL_Reg[]){{"traceback", safe_traceback}, {NULL, NULL}}},
    {NULL, {NULL}, NULL},
};

static void add_libraries(lua_State *L)
{
  for (const library *lib = allowed_libraries; lib->name; lib++) {
    lua_newtable(L);
    lua_getglobal(L, lib->name);
    for (const char *const *member = lib->members; *member; member++) {
      lua_getfield(L, -1, *member);
      lua_setfield(L, -3, *member);
    }
    lua_pop(L, 1);
    if (lib->ours)
      luaL_setfuncs(L, lib->ours, 0);
    pl_guard_read_only(L, lib->name);
    lua_setfield(L, -2, lib->name);
  }
}

static void lock_string_metatable(lua_State *L)
{
  lua_pushliteral(L, "");
  lua_getmetatable(L, -1);
  lua_newtable(L);
  lua_getglobal(L, "string");
  for (const char *const *member = allowed_libraries[0].members; *member; member++) {
    lua_getfield(L, -1, *member);
    lua_setfield(L, -3, *member);
  }
  lua_pop(L, 1);
  lua_setfield(L, -2, "__index");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 2);
}

void pl_sandbox_open(lua_State *L)
{
  lua_pushcfunction(L, safe_print); /* for our own modules that run beside the script */
  lua_setglobal(L, "print");
  bound_loops(L);
  lua_newtable(L);
  for (const luaL_Reg *global = allowed_globals; global->name; global++) {
    if (global->func)
      lua_pushcfunction(L, global->func);
    else
      lua_getglobal(L, global->name);
    lua_setfield(L, -2, global->name);
  }
  add_libraries(L);
  lua_setfield(L, LUA_REGISTRYINDEX, base_key);
  lock_string_metatable(L);
}

void pl_sandbox_push(lua_State *L)
{
  lua_newtable(L);
  lua_createtable(L, 0, 3);
  lua_getfield(L, LUA_REGISTRYINDEX, base_key);
  lua_pushcclosure(L, strict_index, 1);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, strict_newindex);
  lua_setfield(L, -2, "__newindex");
  pl_guard_mark(L);
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
}
