/* Files that requests send: opened at first use, kept as long as the worker's scripts, read at any offset. */
#ifndef PL_BIND_UPLOAD_H
#define PL_BIND_UPLOAD_H

#include "bind/cell.h"

/* The file at path, which lies in the playbook's folder; raises when it does not or cannot be read. */
const pl_body_file *pl_upload_find(lua_State *L, pl_script_user *su, pl_str path);

/* Appends the file's content to out; raises when it cannot be read. */
void pl_upload_add(lua_State *L, pl_script_user *su, pl_str path, pl_buf *out);

/* Closes all files of a world; no request may be in flight. */
void pl_uploads_close(pl_world *world);

#endif
