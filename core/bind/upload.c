/* A list: playbooks send few different files. */
#include "bind/upload.h"

#include <lauxlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "bind/option.h"
#include "io/file.h"

enum { UPLOADS_MAX = 256 };

typedef struct pl_upload {
  struct pl_upload *next;
  pl_body_file file;
  size_t path_len;
  char path[];
} pl_upload;

static const pl_upload *open_upload(lua_State *L, pl_world *world, pl_str path)
{
  pl_error err = {0};
  pl_upload *u = pl_alloc_zero(world->source->alloc, 1, sizeof *u + path.len + 1);
  if (!u)
    luaL_error(L, "out of memory for a file");
  memcpy(u->path, path.data, path.len);
  u->path_len = path.len;
  if (pl_file_open_inside(world->source->folder, u->path, &u->file.fd, &u->file.size, &err)) {
    pl_free(world->source->alloc, u, sizeof *u + path.len + 1);
    pl_raise(L, "file", &err);
  }
  u->next = world->uploads;
  world->uploads = u;
  world->n_uploads++;
  return u;
}

const pl_body_file *pl_upload_find(lua_State *L, pl_script_user *su, pl_str path)
{
  pl_world *world = su->cell->world;
  for (const pl_upload *u = world->uploads; u; u = u->next) {
    if (pl_str_eq(path, (pl_str){u->path, u->path_len}))
      return &u->file;
  }
  if (world->n_uploads >= UPLOADS_MAX)
    luaL_error(L, "file: more than %d different ones", UPLOADS_MAX);
  return &open_upload(L, world, path)->file;
}

void pl_upload_add(lua_State *L, pl_script_user *su, pl_str path, pl_buf *out)
{
  const pl_body_file *file = pl_upload_find(L, su, path);
  char *room = pl_buf_room(out, file->size + 1);
  if (!room)
    luaL_error(L, "file: %s is too large for a body in memory; send it alone, as body_file", path.data);
  for (uint64_t at = 0; at < file->size;) {
    ssize_t n = pread(file->fd, room + at, file->size - at, (off_t)at);
    if (n <= 0)
      luaL_error(L, "file: %s cannot be read", path.data);
    at += (uint64_t)n;
  }
  out->len += file->size;
}

void pl_uploads_close(pl_world *world)
{
  while (world->uploads) {
    pl_upload *u = world->uploads;
    world->uploads = u->next;
    close(u->file.fd);
    pl_free(world->source->alloc, u, sizeof *u + u->path_len + 1);
  }
}
