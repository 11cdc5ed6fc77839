/* Between values and PostgreSQL's texts: statements with their parameters, rows, error reports. */
#ifndef PL_LOAD_MODULES_SQL_VALUES_H
#define PL_LOAD_MODULES_SQL_VALUES_H

#include <libpq-fe.h>

#include "base/tree.h"

enum { PL_SQL_PARAMETERS_MAX = 65535 };

/* A statement, or the name of a prepared one, with its parameters as libpq takes them: in an arena, but for the bytes of a bytea,
 * which are the script's argument. */
typedef struct pl_sql_statement {
  const char *text;
  int n;
  const char **values; /* NULL: SQL's null */
  int *lengths, *formats;
  Oid *types;          /* 0: the server's choice */
} pl_sql_statement;

/* Reads the text from parts[0] and parameters from the others: text, numbers, booleans, nil, and { bytes = "..." } for a bytea.
 * Errors: PL_EINVAL (says which), PL_ENOMEM. */
int pl_sql_read(const pl_tree *parts, size_t n, pl_arena *arena, pl_sql_statement *out, pl_error *err);

/* A copy that ends with NUL; NULL: no memory, or the text holds a NUL. */
char *pl_sql_cstr(pl_arena *arena, pl_str text);

/* The rows of one statement so far. */
typedef struct pl_sql_rows {
  pl_tree list;    /* of maps; grows */
  size_t cap;
  int columns;
  pl_str *names;   /* of the columns */
  Oid *types;
} pl_sql_rows;

/* Appends the rows of a result, which may be one of several of the same statement. Fields that are null are left out. Returns
 * PL_ENOMEM also when the arena is full. */
int pl_sql_add_rows(pl_sql_rows *rows, const PGresult *result, pl_arena *arena);

/* { error, sqlstate, severity, detail, hint, constraint ... }: what the server says of an error, copied. */
int pl_sql_error(const PGresult *result, pl_arena *arena, pl_tree *out);

#endif
