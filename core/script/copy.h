/* Plain values between states: nil, boolean, number, string, tables of those without cycles. */
#ifndef PL_SCRIPT_COPY_H
#define PL_SCRIPT_COPY_H

#include <lua.h>

#include "base/buf.h"
#include "base/str.h"

#define PL_COPY_MAX ((size_t)16 << 20) /* bytes of one copied value */

/* Appends the value at index to out. Errors: PL_EINVAL (function, userdata, cycle, depth over 64; the message
 * names the path: `data.users[3].name is a function`), PL_ELIMIT, PL_ENOMEM. */
int pl_copy_out(lua_State *L, int index, pl_buf *out, pl_error *err) PL_MUSTCHECK;

/* Pushes the value that pl_copy_out wrote. May raise memory errors: call protected. PL_ECORRUPT pushes nothing. */
int pl_copy_in(lua_State *L, pl_str bytes, pl_error *err) PL_MUSTCHECK;

#endif
