/* perilune.core.file: files for our own trusted modules (reports, playbooks, databases); playbooks never see it.
 * read(path [, most bytes]) -> text | nil, err · write(path, text) -> true | nil, err (atomic) · writable(path) -> true | nil, err ·
 * within(folder, path) -> real path | nil, err (code "refused": it lies outside of the folder) · append(path, text) -> true | nil, err · exists(path) -> "file" | "directory" | nil
 * absolute(path) -> text | nil, err · find_upward(name, folder) -> path | nil · make_folder(path) -> true | nil, err ·
 * temporary() -> path of a new, empty file | nil, err · remove(path) ·
 * spare() -> a descriptor kept for what is written when others are used up | nil, where none is left; spare:close() gives it back */
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "bind/bind.h"
#include "bind/modules.h"
#include "io/file.h"

enum { READ_MAX = 256 << 20 };

static int file_read(lua_State *L)
{
  const char *path = luaL_checkstring(L, 1);
  lua_Integer max = luaL_optinteger(L, 2, READ_MAX);
  luaL_argcheck(L, max > 0 && max <= READ_MAX, 2, "a number of bytes");
  pl_error err = {0};
  pl_buf *text = pl_push_buf(L, (size_t)max);
  if (pl_file_read(path, text, &err))
    return pl_push_failure(L, &err);
  lua_pushlstring(L, text->data ? text->data : "", text->len);
  pl_buf_fini(text);
  return 1;
}

static int file_write(lua_State *L)
{
  const char *path = luaL_checkstring(L, 1);
  pl_str text = pl_check_text(L, 2);
  pl_error err = {0};
  if (pl_file_write(path, text, &err))
    return pl_push_failure(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

static int file_writable(lua_State *L)
{
  pl_error err = {0};
  if (pl_file_writable(luaL_checkstring(L, 1), &err))
    return pl_push_failure(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

static int file_within(lua_State *L)
{
  char path[PATH_MAX];
  pl_error err = {0};
  if (pl_file_within(luaL_checkstring(L, 1), luaL_checkstring(L, 2), path, &err))
    return pl_push_failure(L, &err);
  lua_pushstring(L, path);
  return 1;
}

static int file_append(lua_State *L)
{
  const char *path = luaL_checkstring(L, 1);
  pl_str text = pl_check_text(L, 2);
  pl_error err = {0};
  if (pl_file_append(path, text, &err))
    return pl_push_failure(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

static int file_exists(lua_State *L)
{
  struct stat st;
  if (stat(luaL_checkstring(L, 1), &st) != 0)
    return 0;
  lua_pushstring(L, S_ISDIR(st.st_mode) ? "directory" : "file");
  return 1;
}

static int file_absolute(lua_State *L)
{
  const char *path = luaL_checkstring(L, 1);
  char folder[PATH_MAX];
  if (path[0] == '/') {
    lua_settop(L, 1);
    return 1;
  }
  if (!getcwd(folder, sizeof folder)) {
    pl_error err = {0};
    (void)pl_fail_sys(&err, PL_EIO, errno, "find the current folder");
    return pl_push_failure(L, &err);
  }
  lua_pushfstring(L, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, path);
  return 1;
}

/* The nearest folder, from `folder` upward, that holds a file of that name. */
static int file_find_upward(lua_State *L)
{
  const char *name = luaL_checkstring(L, 1);
  char folder[PATH_MAX], path[PATH_MAX + 256];
  if (!realpath(luaL_checkstring(L, 2), folder))
    return 0;
  for (;;) {
    bool root = strcmp(folder, "/") == 0;
    int n = snprintf(path, sizeof path, "%s/%s", root ? "" : folder, name);
    if (n > 0 && (size_t)n < sizeof path && access(path, F_OK) == 0) {
      lua_pushstring(L, path);
      return 1;
    }
    char *slash = strrchr(folder, '/');
    if (root || !slash)
      return 0;
    slash[slash == folder ? 1 : 0] = '\0';
  }
}

/* mkdir -p, mode 0700. */
static int file_make_folder(lua_State *L)
{
  char path[PATH_MAX];
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len);
  luaL_argcheck(L, len > 0 && len < sizeof path, 1, "a path");
  pl_copy(path, sizeof path, (pl_str){text, len});
  for (char *p = path + 1;; p++) {
    if (*p != '/' && *p != '\0')
      continue;
    char saved = *p;
    *p = '\0';
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
      pl_error err = {0};
      (void)pl_fail_sys(&err, pl_code_of_errno(errno), errno, "make folder %s", path);
      return pl_push_failure(L, &err);
    }
    *p = saved;
    if (saved == '\0')
      break;
  }
  lua_pushboolean(L, 1);
  return 1;
}

/* For programs that write to a file of a name; whoever asked removes it. */
static int file_temporary(lua_State *L)
{
  char path[] = P_tmpdir "/perilune-XXXXXX";
  int fd = mkostemp(path, O_CLOEXEC);
  if (fd < 0) {
    pl_error err = {0};
    (void)pl_fail_sys(&err, pl_code_of_errno(errno), errno, "a temporary file");
    return pl_push_failure(L, &err);
  }
  close(fd);
  lua_pushstring(L, path);
  return 1;
}

static int file_remove(lua_State *L)
{
  (void)unlink(luaL_checkstring(L, 1));
  return 0;
}

static const char spare_name[] = "perilune.file.spare";

static int spare_close(lua_State *L)
{
  int *fd = luaL_checkudata(L, 1, spare_name);
  if (*fd >= 0)
    close(*fd);
  *fd = -1;
  return 0;
}

static int file_spare(lua_State *L)
{
  static const luaL_Reg methods[] = {{"close", spare_close}, {NULL, NULL}};
  int *fd = lua_newuserdatauv(L, sizeof *fd, 0);
  *fd = -1;
  pl_push_class(L, spare_name, methods, spare_close);
  lua_setmetatable(L, -2);
  *fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (*fd < 0)
    lua_pushnil(L);
  return 1;
}

int pl_open_file(lua_State *L)
{
  static const luaL_Reg functions[] = {
      {"read", file_read},         {"write", file_write},           {"append", file_append}, {"writable", file_writable}, {"within", file_within},         {"exists", file_exists},
      {"absolute", file_absolute}, {"find_upward", file_find_upward}, {"make_folder", file_make_folder}, {"temporary", file_temporary}, {"remove", file_remove},
      {"spare", file_spare},
      {NULL, NULL},
  };
  luaL_newlib(L, functions);
  return 1;
}
