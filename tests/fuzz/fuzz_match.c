/* Our string functions beside Lua's own, pattern and subject from the input: the same answer, unless Lua's says "malformed" or ours
 * that the budget is spent; never a crash. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "fuzz.h"
#include "script/match.h"

/* All results of string.NAME(subject, pattern) in one text, or nil when it raised. */
static const char code[] =
  "local find, own = ...\n"
  "local function all(f, ...) local r = table.pack(pcall(f, ...)) if not r[1] then return nil end\n"
  "  for i = 1, r.n do r[i] = tostring(r[i]) end return table.concat(r, '\\0', 1, r.n) end\n"
  "return function(s, p) return all(find, s, p), all(own, s, p) end\n";

static lua_State *open_state(void)
{
  lua_State *L = luaL_newstate();
  FUZZ_EXPECT(L);
  luaL_openlibs(L);
  FUZZ_EXPECT(luaL_loadstring(L, code) == LUA_OK);
  lua_getglobal(L, "string");
  lua_getfield(L, -1, "match");
  pl_match_open(L);
  lua_getfield(L, -2, "match");
  lua_remove(L, -3);
  FUZZ_EXPECT(lua_pcall(L, 2, 1, 0) == LUA_OK);
  return L;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  fuzz_input in = {data, len};
  pl_str pattern = fuzz_word(&in), subject = fuzz_rest(&in);
  if (pattern.len > 24 || subject.len > 48) /* Lua's own takes for ever on what ours refuses */
    return 0;
  lua_State *L = open_state();
  lua_pushlstring(L, subject.data, subject.len);
  lua_pushlstring(L, pattern.data, pattern.len);
  FUZZ_EXPECT(lua_pcall(L, 2, 2, 0) == LUA_OK);
  if (lua_isstring(L, -1))
    FUZZ_EXPECT(lua_rawequal(L, -1, -2));
  lua_close(L);
  return 0;
}
