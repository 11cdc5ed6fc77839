/* Words of scripts as batches of PostgreSQL's statements. */
#include "load/modules/sql_operation.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

enum { TEXTS_MAX = 64 << 20, BATCH_MAX = 10000, LABEL_TEXT_MAX = 40 };

const char *const pl_sql_words[] = {"query", "prepare", "execute", "pipeline", "begin", "commit", "rollback", NULL};
const pl_protocol_option pl_sql_word_options[] = {{"isolation", PL_TREE_NIL}, {"read_only", PL_TREE_NIL}, {0}};

void pl_sql_operation_init(pl_sql_operation *o, const pl_allocator *a)
{
  *o = (pl_sql_operation){0};
  pl_arena_init(&o->texts, a, TEXTS_MAX);
}

void pl_sql_operation_fini(pl_sql_operation *o)
{
  pl_arena_fini(&o->texts);
  o->n = 0;
}

static int new_batch(pl_sql_operation *o, size_t n, pl_error *err)
{
  pl_arena_reset(&o->texts);
  o->n = 0;
  o->pipelined = false;
  if (n > BATCH_MAX)
    return pl_fail(err, PL_EINVAL, "sql: a pipeline of more than %d statements", BATCH_MAX);
  o->batch = pl_arena_take(&o->texts, (n + 1) * sizeof *o->batch);
  return o->batch ? PL_OK : pl_fail(err, PL_ENOMEM, "sql: out of memory for a statement");
}

static int read_one(pl_sql_operation *o, const pl_tree *args, pl_error *err)
{
  int code = new_batch(o, 1, err);
  if (!code)
    code = pl_sql_read(args->as.items, args->n, &o->texts, &o->batch[0], err);
  o->n = code == PL_OK;
  return code;
}

static int read_pipeline(pl_sql_operation *o, const pl_tree *args, pl_error *err)
{
  bool nested = args->n == 1 && args->as.items[0].kind == PL_TREE_LIST && args->as.items[0].n &&
                args->as.items[0].as.items[0].kind == PL_TREE_LIST;
  const pl_tree *list = nested ? &args->as.items[0] : args;
  int code = list->n ? new_batch(o, list->n, err) : pl_fail(err, PL_EINVAL, "sql: an empty pipeline");
  for (; o->n < list->n && !code; o->n += code == PL_OK) {
    const pl_tree *parts = &list->as.items[o->n];
    if (parts->kind != PL_TREE_LIST)
      return pl_fail(err, PL_EINVAL, "sql: statement %zu of the pipeline is no list { text, parameters ... }", o->n + 1);
    code = pl_sql_read(parts->as.items, parts->n, &o->texts, &o->batch[o->n], err);
  }
  o->pipelined = true;
  return code;
}

static int read_text(pl_sql_operation *o, pl_str text, pl_error *err)
{
  pl_tree statement = pl_tree_text(text), args = {.kind = PL_TREE_LIST, .n = 1, .as.items = &statement};
  return read_one(o, &args, err);
}

static int read_transaction(pl_sql_operation *o, const pl_tree *named, pl_error *err)
{
  static const char *const levels[] = {"serializable", "repeatable read", "read committed", "read uncommitted", NULL};
  const pl_tree *isolation = pl_tree_get(named, "isolation"), *read_only = pl_tree_get(named, "read_only");
  const char *const *level = levels;
  char text[96];
  while (isolation && *level && !(isolation->kind == PL_TREE_STRING && pl_str_eqc(isolation->as.string, *level)))
    level++;
  if (!*level)
    return pl_fail(err, PL_EINVAL, "sql: isolation is serializable, repeatable read, read committed or read uncommitted");
  if (read_only && read_only->kind != PL_TREE_BOOLEAN)
    return pl_fail(err, PL_EINVAL, "sql: read_only is true or false");
  int n = snprintf(text, sizeof text, "begin%s%s%s", isolation ? " isolation level " : "", isolation ? *level : "",
                   read_only && read_only->boolean ? " read only" : "");
  return read_text(o, (pl_str){text, (size_t)n}, err);
}

static int read_prepare(pl_sql_operation *o, const pl_tree *args, pl_error *err)
{
  if (args->n != 2 || args->as.items[1].kind != PL_TREE_STRING)
    return pl_fail(err, PL_EINVAL, "sql: prepare takes a name and a statement");
  return read_one(o, args, err);
}

int pl_sql_operation_read(pl_sql_operation *o, pl_str word, const pl_tree *args, const pl_tree *named, pl_error *err)
{
  o->word = PL_SQL_QUERY;
  while (!pl_str_eqc(word, pl_sql_words[o->word]))
    o->word++;
  switch (o->word) {
  case PL_SQL_QUERY:
  case PL_SQL_EXECUTE:
    return read_one(o, args, err);
  case PL_SQL_PREPARE:
    return read_prepare(o, args, err);
  case PL_SQL_PIPELINE:
    return read_pipeline(o, args, err);
  case PL_SQL_BEGIN:
    return read_transaction(o, named, err);
  case PL_SQL_COMMIT:
  case PL_SQL_ROLLBACK:
    break;
  }
  return read_text(o, word, err);
}

void pl_sql_operation_label(const pl_sql_operation *o, char *out, size_t size)
{
  if (o->word != PL_SQL_QUERY && o->word != PL_SQL_EXECUTE) {
    (void)snprintf(out, size, "sql %s", pl_sql_words[o->word]);
    return;
  }
  const char *text = o->batch[0].text + strspn(o->batch[0].text, " \t\r\n(");
  int n = (int)strcspn(text, o->word == PL_SQL_QUERY ? " \t\r\n(;" : "");
  (void)snprintf(out, size, "sql %.*s", n < LABEL_TEXT_MAX ? n : LABEL_TEXT_MAX, text);
  for (char *at = out + 4; o->word == PL_SQL_QUERY && *at; at++)
    *at = *at >= 'a' && *at <= 'z' ? (char)(*at & ~0x20) : *at;
}
