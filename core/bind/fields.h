/* Named values between Lua tables and the store's records. */
#ifndef PL_BIND_FIELDS_H
#define PL_BIND_FIELDS_H

#include <lua.h>

#include "base/buf.h"
#include "store/store.h"

enum { PL_FIELDS_MAX = 48 };

/* A copy of a Lua table { name = value } that outlives the Lua side. */
typedef struct pl_fields {
  pl_field field[PL_FIELDS_MAX];
  size_t n;
  pl_buf bytes; /* names and texts */
} pl_fields;

/* Copies the table at index (nil: none). Values: boolean (0 or 1), number, string. Raises on other types (naming the
 * field), and on too many or too large ones; f is then still to be freed. */
void pl_fields_read(lua_State *L, int index, pl_fields *f, const pl_allocator *a);
/* Frees the copies; also after a reading that raised. */
void pl_fields_free(pl_fields *f);

/* The same into a userdata that it pushes and that frees them. */
pl_fields *pl_push_fields(lua_State *L, int index);

/* Pushes one value; NULL is nil. */
void pl_field_push(lua_State *L, const pl_field *field);

#endif
