/* How to connect to PostgreSQL: a URL of libpq's kind and the channel's options, as libpq's parameters. Nothing comes from the
 * environment but what libpq finds in its PG variables for parameters that are not named here. */
#ifndef PL_LOAD_MODULES_SQL_SETTINGS_H
#define PL_LOAD_MODULES_SQL_SETTINGS_H

#include <libpq-fe.h>

#include "base/buf.h"
#include "load/protocol.h"

enum { PL_SQL_SETTINGS_MAX = 32 };

/* What a script may say, in the URL's query or as options; ends with NULL. */
extern const pl_protocol_option pl_sql_parameters[];

typedef struct pl_sql_settings {
  pl_arena arena;
  const char *keywords[PL_SQL_SETTINGS_MAX + 2], *values[PL_SQL_SETTINGS_MAX + 2]; /* with room for hostaddr and the end */
  size_t n;
  char socket_path[108]; /* of a Unix socket; empty: the host is a name or an address */
} pl_sql_settings;

/* Errors: PL_EINVAL (a parameter is unknown or misses), PL_ENOMEM. To be freed also after a failure. */
int pl_sql_settings_read(pl_sql_settings *s, const pl_url *url, const pl_tree *options, const pl_allocator *a, pl_error *err);
/* Frees the copies. */
void pl_sql_settings_free(pl_sql_settings *s);

/* Begins to connect to a numeric address, empty: by the Unix socket. NULL: no memory; see PQstatus. */
PGconn *pl_sql_settings_connect(pl_sql_settings *s, const char *address);

#endif
