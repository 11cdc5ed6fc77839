/* An operation of a script on a PostgreSQL channel: a word and its arguments as a batch of statements. Pure: it knows no connection. */
#ifndef PL_LOAD_MODULES_SQL_OPERATION_H
#define PL_LOAD_MODULES_SQL_OPERATION_H

#include "load/modules/sql_values.h"
#include "load/protocol.h"

enum pl_sql_word { PL_SQL_QUERY, PL_SQL_PREPARE, PL_SQL_EXECUTE, PL_SQL_PIPELINE, PL_SQL_BEGIN, PL_SQL_COMMIT, PL_SQL_ROLLBACK };

/* The words of scripts, in the order of enum pl_sql_word, and the options that they take beside those of every channel; both end with
 * NULL. */
extern const char *const pl_sql_words[];
extern const pl_protocol_option pl_sql_word_options[];

typedef struct pl_sql_operation {
  enum pl_sql_word word;
  pl_arena texts;          /* of the statements */
  pl_sql_statement *batch; /* one, but for PL_SQL_PIPELINE; of PL_SQL_PREPARE the text is the name, its only parameter the statement */
  size_t n;
  bool pipelined;          /* it is to be sent in pipeline mode */
} pl_sql_operation;

/* Empty; a outlives it. */
void pl_sql_operation_init(pl_sql_operation *o, const pl_allocator *a);
/* Frees the statements. */
void pl_sql_operation_fini(pl_sql_operation *o);

/* Reads the arguments (a list) and options (a map, or NULL) of a word, which is one of pl_sql_words, in place of the operation before.
 * Errors: PL_EINVAL (says what is wrong), PL_ENOMEM. */
int pl_sql_operation_read(pl_sql_operation *o, pl_str word, const pl_tree *args, const pl_tree *named, pl_error *err);

/* The request name of what was read: "sql SELECT" by the first word of a query, "sql NAME" of a prepared statement, else "sql WORD". Cut
 * where it is longer than size. */
void pl_sql_operation_label(const pl_sql_operation *o, char *out, size_t size);

#endif
