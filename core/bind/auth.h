/* auth = { basic = { user =, password = } } | { bearer = token } | { digest = { user =, password = } } |
 * { sigv4 = { key =, secret =, region =, service =, token = } }: of a scenario's defaults and of a request. */
#ifndef PL_BIND_AUTH_H
#define PL_BIND_AUTH_H

#include <lua.h>

#include "base/buf.h"
#include "load/auth.h"

/* What a user's requests sign with. */
typedef struct pl_credentials {
  pl_auth auth;
  pl_buf texts; /* of auth */
  pl_buf value; /* of Authorization, or the texts of a signature */
} pl_credentials;

/* Reads the table at index; raises for what is wrong. The texts are those of the table's strings and secrets. */
void pl_read_auth(lua_State *L, int index, pl_auth *out);

enum { PL_AUTH_TEXTS = 5 };
/* The texts of a, for copying: into list, of PL_AUTH_TEXTS places. */
void pl_auth_texts(pl_auth *a, pl_str *list[PL_AUTH_TEXTS]);

/* Moves the texts of a into b, which is cleared. Returns b->bad. */
int pl_auth_keep(pl_auth *a, pl_buf *b);

#endif
