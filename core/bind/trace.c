/* perilune.core.trace: read(path, part, parts) -> times, seconds, n | nil, err. times is a text of uint64_t nanoseconds that a plan takes: of
 * every so many starts that one of each, the part's; seconds and n are the whole trace's. */
#include <lauxlib.h>
#include <string.h>

#include "bind/bind.h"
#include "bind/modules.h"
#include "format/trace.h"
#include "io/file.h"
#include "script/state.h"

#define FILE_MAX ((size_t)1 << 30)

/* Of n numbers the one at `part` (from 1) and each that comes `parts` behind it. How many they are. */
static size_t keep_part(uint64_t *times, size_t n, size_t part, size_t parts)
{
  size_t kept = 0;
  for (size_t i = part - 1; i < n; i += parts)
    times[kept++] = times[i];
  return kept;
}

static int trace_read(lua_State *L)
{
  const char *path = luaL_checkstring(L, 1);
  lua_Integer part = luaL_checkinteger(L, 2), parts = luaL_checkinteger(L, 3);
  luaL_argcheck(L, 1 <= part && part <= parts, 2, "is one of the parts");
  pl_error err = {0};
  pl_buf *text = pl_push_buf(L, FILE_MAX), *times = pl_push_buf(L, FILE_MAX);
  size_t n = 0;
  uint64_t last = 0;
  int code = pl_file_read(path, text, &err);
  if (!code)
    code = pl_trace_read(pl_trace_format_of(path), (pl_str){text->data, text->len}, times, &n, &err);
  pl_buf_fini(text);
  if (code)
    return pl_push_failure(L, &err);
  memcpy(&last, times->data + (n - 1) * sizeof last, sizeof last);
  size_t kept = keep_part((uint64_t *)(void *)times->data, n, (size_t)part, (size_t)parts);
  lua_pushlstring(L, times->data, kept * sizeof last);
  pl_buf_fini(times);
  lua_pushnumber(L, (double)last / 1e9);
  lua_pushinteger(L, (lua_Integer)n);
  return 3;
}

int pl_open_trace(lua_State *L)
{
  static const luaL_Reg functions[] = {{"read", trace_read}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
