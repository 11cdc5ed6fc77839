/* PostgreSQL by libpq, which owns the socket: this is a line of its own (line.h) that never blocks.
 *
 *   local db = user:sql("postgresql://me:secret@db.example:5432/shop?sslmode=verify-full")
 *   local rows, why, class, report = db:query("select id, name from items where price < $1", 5)
 *   local changed = db:query("update items set price = $1 where id = $2", 9.5, 7)
 *   db:prepare("by_id", "select name from items where id = $1")
 *   local rows = db:execute("by_id", 7)
 *   db:begin { isolation = "serializable" }   db:commit()   db:rollback()
 *   local results = db:pipeline { { "insert into t values ($1)", 1 }, { "select count(*) from t" } }
 *
 * Prepared statements belong to the channel: a new connection has them before its first operation. A transaction that ended with its
 * connection fails every operation until the script begins anew or rolls back. Rows are taken one by one, so that an answer that is too
 * large is refused before libpq holds it. */
#include <arpa/inet.h>
#include <linux/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/error.h"
#include "load/modules/sql_operation.h"
#include "load/modules/sql_settings.h"
#include "load/modules/sql_values.h"
#include "load/protocol.h"

enum { ROWS_MAX = 64 << 20, PREPARED_MAX = 256, WHY_MAX = 120 };

/* What is under way. */
enum sql_phase {
  SQL_CONNECTING,
  SQL_PREPARING, /* the statements of the connection before */
  SQL_IDLE,
  SQL_BUSY,
};

typedef struct sql_prepared {
  const char *name, *text;
} sql_prepared;

typedef struct sql {
  pl_sql_settings settings;
  PGconn *conn;
  enum sql_phase phase;
  pl_arena kept;             /* of the statements that are prepared */
  sql_prepared prepared[PREPARED_MAX];
  size_t n_prepared;
  pl_sql_operation op;
  pl_arena arena;            /* of its results */
  pl_tree *results;          /* one a statement */
  size_t done;               /* statements whose results are complete */
  pl_sql_rows rows;          /* of the statement after them */
  bool failed;               /* a statement has: its result is the report */
  bool over;                 /* the server has said that it ends the session */
  bool in_transaction;       /* as the server said last */
  bool lost;                 /* the transaction's connection is gone */
  uint64_t sent, received;   /* bytes that the connection carried up to the end of the last operation */
  char why[WHY_MAX];
} sql;

/* ---- Opening ---------------------------------------------------------------------------------------- */

static int sql_open(void *c_, const pl_url *url, const pl_tree *options, const pl_allocator *a, pl_error *err)
{
  sql *c = c_;
  pl_arena_init(&c->kept, a, 1 << 20);
  pl_sql_operation_init(&c->op, a);
  pl_arena_init(&c->arena, a, ROWS_MAX);
  return pl_sql_settings_read(&c->settings, url, options, a, err);
}

static void sql_close(void *c_)
{
  sql *c = c_;
  pl_sql_settings_free(&c->settings);
  pl_arena_fini(&c->kept);
  pl_sql_operation_fini(&c->op);
  pl_arena_fini(&c->arena);
}

static pl_str sql_socket_path(const void *c_)
{
  return pl_str_of(((const sql *)c_)->settings.socket_path);
}

/* ---- Operations --------------------------------------------------------------------------------------- */

static int sql_begin(void *c_, pl_str operation, const pl_tree *args, const pl_tree *named, pl_buf *out,
                     pl_protocol_request *request, pl_error *err)
{
  sql *c = c_;
  (void)out;
  int code = pl_sql_operation_read(&c->op, operation, args, named, err);
  if (code)
    return code;
  if (c->op.word == PL_SQL_PREPARE && c->n_prepared == PREPARED_MAX)
    return pl_fail(err, PL_ELIMIT, "sql: more than %d prepared statements", PREPARED_MAX);
  pl_sql_operation_label(&c->op, request->label, sizeof request->label);
  return PL_OK;
}

/* ---- Results ------------------------------------------------------------------------------------------ */

static void note(sql *c, const char *state, const char *text)
{
  (void)snprintf(c->why, sizeof c->why, "%s%s%s", state ? state : "", state ? ": " : "", text ? text : "");
}

static void note_error(sql *c, const PGresult *result)
{
  note(c, PQresultErrorField(result, PG_DIAG_SQLSTATE), PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
}

/* An error that the server did not have to tell. */
static int refuse(sql *c, const char *state, const char *text)
{
  pl_tree *report = &c->results[0];
  c->failed = true;
  note(c, state, text);
  if (!pl_tree_map(&c->arena, report, 2))
    return PL_ENOMEM;
  pl_tree_pair(report, 0, "error", pl_tree_text(pl_str_of(text)));
  pl_tree_pair(report, 1, "sqlstate", pl_tree_text(pl_str_of(state)));
  return PL_OK;
}

/* A server that is asked to commit what has failed says ROLLBACK. */
static int take_command(sql *c, PGresult *result, pl_tree *out)
{
  enum pl_sql_word word = c->op.word;
  long long n = 0;
  if (word == PL_SQL_COMMIT && strcmp(PQcmdStatus(result), "ROLLBACK") == 0)
    return refuse(c, "25P02", "the transaction had failed, it was rolled back");
  (void)sscanf(PQcmdTuples(result), "%lld", &n);
  *out = word == PL_SQL_QUERY || word == PL_SQL_EXECUTE || word == PL_SQL_PIPELINE ? pl_tree_integer(n) : pl_tree_boolean(true);
  return PL_OK;
}

/* After the session's end libpq has more to say of the connection: the first word counts. */
static int take_error(sql *c, const PGresult *result, pl_tree *out)
{
  if (c->over)
    return PL_OK;
  note_error(c, result);
  const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  c->over |= severity && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0);
  c->failed = true;
  return pl_sql_error(result, &c->arena, out);
}

static int take_aborted(sql *c, pl_tree *out)
{
  if (!pl_tree_map(&c->arena, out, 1))
    return PL_ENOMEM;
  pl_tree_pair(out, 0, "error", pl_tree_text(PL_STR("not run: a statement before it in the pipeline failed")));
  return PL_OK;
}

/* Returns MORE, DONE (the pipeline's end), PL_ENOMEM or PL_EPROTO with c->why. */
static int take_result(sql *c, PGresult *result)
{
  pl_tree *out = &c->results[c->done < c->op.n ? c->done : 0];
  int code = PL_OK;
  switch (PQresultStatus(result)) {
  case PGRES_SINGLE_TUPLE:
  case PGRES_TUPLES_OK:
    code = pl_sql_add_rows(&c->rows, result, &c->arena);
    *out = c->rows.list;
    break;
  case PGRES_COMMAND_OK:
  case PGRES_EMPTY_QUERY:
    code = take_command(c, result, out);
    break;
  case PGRES_PIPELINE_SYNC:
    return PL_PROTOCOL_DONE;
  case PGRES_PIPELINE_ABORTED:
    code = take_aborted(c, out);
    break;
  case PGRES_FATAL_ERROR:
    code = take_error(c, result, out);
    break;
  default:
    note(c, NULL, "sql: COPY is not spoken here");
    return PL_EPROTO;
  }
  if (code)
    note(c, NULL, "sql: out of memory for rows, or they are larger than 64 MiB");
  return code;
}

/* Takes what is there. Returns DONE when all of the operation is; MORE; or PL_ENOMEM, PL_EPROTO with c->why. */
static int take_results(sql *c)
{
  int code = PL_PROTOCOL_MORE;
  while (code == PL_PROTOCOL_MORE && !PQisBusy(c->conn)) {
    PGresult *result = PQgetResult(c->conn);
    if (result) {
      code = take_result(c, result);
      PQclear(result);
      continue;
    }
    c->rows = (pl_sql_rows){0};
    c->done++;
    if (!c->op.pipelined || PQstatus(c->conn) == CONNECTION_BAD)
      return PL_PROTOCOL_DONE;
    (void)PQsetSingleRowMode(c->conn); /* the next statement's */
  }
  return code;
}

static int sql_result(void *c_, pl_arena *arena, pl_tree *value, int *status, const char **why)
{
  sql *c = c_;
  (void)arena;
  *status = c->failed;
  *why = c->why;
  *value = (pl_tree){.kind = PL_TREE_LIST, .n = c->op.n, .as.items = c->results};
  if (!c->op.pipelined)
    *value = c->results[0];
  return PL_OK;
}

/* ---- The line: sending ---------------------------------------------------------------------------------- */

/* The connection's own words, without the line ends and the name of what speaks. */
static enum pl_line_progress fail_line(sql *c, enum pl_failure failure, pl_line_state *st)
{
  static const char failed[] = " failed: ", fatal[] = "FATAL:  ";
  const char *text = PQerrorMessage(c->conn), *behind = strstr(text, failed);
  if (behind)
    text = behind + sizeof failed - 1;
  if (strncmp(text, fatal, sizeof fatal - 1) == 0)
    text += sizeof fatal - 1;
  (void)snprintf(c->why, sizeof c->why, "%.*s", (int)strcspn(text, "\n"), text);
  return pl_line_fail(st, failure, c->why[0] ? c->why : "the connection was closed");
}

/* What has passed over the connection since the operation before; nothing is known of Unix sockets. */
static void count_bytes(sql *c, pl_line_state *st)
{
  struct tcp_info info = {0};
  socklen_t size = sizeof info;
  if (getsockopt(PQsocket(c->conn), IPPROTO_TCP, TCP_INFO, &info, &size))
    return;
  st->sent += info.tcpi_bytes_sent - c->sent;
  st->received += info.tcpi_bytes_received - c->received;
  c->sent = info.tcpi_bytes_sent;
  c->received = info.tcpi_bytes_received;
}

static enum pl_line_progress flush(sql *c, pl_line_state *st)
{
  int left = PQflush(c->conn);
  st->waits = left > 0 ? PL_LINE_READ | PL_LINE_WRITE : PL_LINE_READ;
  if (left == 0 && c->phase == SQL_BUSY && st->times && !st->times->sent)
    st->times->sent = pl_now(st->clock);
  return left < 0 ? fail_line(c, PL_FAIL_RESET, st) : PL_LINE_WAITS;
}

static int send_statement(sql *c, const pl_sql_statement *s)
{
  if (c->op.word == PL_SQL_PREPARE)
    return PQsendPrepare(c->conn, s->text, s->values[0], 0, NULL);
  if (c->op.word == PL_SQL_EXECUTE)
    return PQsendQueryPrepared(c->conn, s->text, s->n, s->values, s->lengths, s->formats, 0);
  return PQsendQueryParams(c->conn, s->text, s->n, s->types, s->values, s->lengths, s->formats, 0);
}

static int begin_results(sql *c, size_t n)
{
  pl_arena_reset(&c->arena);
  c->rows = (pl_sql_rows){0};
  c->done = 0;
  c->failed = false;
  c->why[0] = '\0';
  c->results = pl_arena_take(&c->arena, (n + 1) * sizeof *c->results);
  return c->results ? PL_OK : PL_ENOMEM;
}

/* What needs no server: the transaction that the operation belongs to is gone. true: it is settled. */
static bool settle_lost(sql *c)
{
  bool was_lost = c->lost;
  c->lost = was_lost && c->op.word != PL_SQL_BEGIN && c->op.word != PL_SQL_ROLLBACK;
  if (c->lost)
    (void)refuse(c, "08007", "the transaction ended with its connection");
  else if (was_lost && c->op.word == PL_SQL_ROLLBACK)
    c->results[0] = pl_tree_boolean(true);
  return c->lost || (was_lost && c->op.word == PL_SQL_ROLLBACK);
}

static enum pl_line_progress line_send(void *c_, pl_str request, bool no_answer, pl_line_state *st)
{
  sql *c = c_;
  (void)request, (void)no_answer;
  if (begin_results(c, c->op.n))
    return pl_line_fail(st, PL_FAIL_PROTOCOL, "sql: out of memory for an operation");
  if (settle_lost(c))
    return PL_LINE_DONE;
  c->phase = SQL_BUSY;
  bool good = !c->op.pipelined || PQenterPipelineMode(c->conn);
  for (size_t i = 0; i < c->op.n && good; i++)
    good = send_statement(c, &c->op.batch[i]);
  if (good && c->op.pipelined)
    good = PQpipelineSync(c->conn);
  if (!good)
    return fail_line(c, PQstatus(c->conn) == CONNECTION_BAD ? PL_FAIL_RESET : PL_FAIL_PROTOCOL, st);
  (void)PQsetSingleRowMode(c->conn);
  return flush(c, st);
}

/* ---- The line: connecting --------------------------------------------------------------------------------- */

static void ignore_notice(void *user, const PGresult *result)
{
  (void)user, (void)result;
}

static enum pl_line_progress line_dial(void *c_, const struct sockaddr *peer, pl_line_state *st)
{
  sql *c = c_;
  char address[INET6_ADDRSTRLEN] = "";
  if (peer->sa_family == AF_INET)
    (void)inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)peer)->sin_addr, address, sizeof address);
  else if (peer->sa_family == AF_INET6)
    (void)inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr, address, sizeof address);
  c->conn = pl_sql_settings_connect(&c->settings, address);
  c->phase = SQL_CONNECTING;
  c->over = c->in_transaction = false;
  c->sent = c->received = 0;
  if (!c->conn || PQstatus(c->conn) == CONNECTION_BAD) {
    enum pl_line_progress progress =
        c->conn ? fail_line(c, PL_FAIL_CONNECT, st) : pl_line_fail(st, PL_FAIL_CONNECT, "out of memory for a connection");
    PQfinish(c->conn);
    c->conn = NULL;
    return progress;
  }
  (void)PQsetNoticeReceiver(c->conn, ignore_notice, NULL);
  st->fd = PQsocket(c->conn);
  st->waits = PL_LINE_WRITE;
  return PL_LINE_WAITS;
}

/* The statements of the connection before, in one pipeline. */
static enum pl_line_progress prepare_again(sql *c, pl_line_state *st)
{
  bool good = PQenterPipelineMode(c->conn);
  for (size_t i = 0; i < c->n_prepared && good; i++)
    good = PQsendPrepare(c->conn, c->prepared[i].name, c->prepared[i].text, 0, NULL);
  if (!good || !PQpipelineSync(c->conn))
    return fail_line(c, PL_FAIL_PROTOCOL, st);
  c->phase = SQL_PREPARING;
  return flush(c, st);
}

static enum pl_line_progress prepared(sql *c, pl_line_state *st)
{
  while (!PQisBusy(c->conn)) {
    PGresult *result = PQgetResult(c->conn);
    ExecStatusType status = result ? PQresultStatus(result) : PGRES_COMMAND_OK;
    if (status != PGRES_COMMAND_OK && status != PGRES_PIPELINE_SYNC)
      note_error(c, result);
    PQclear(result);
    if (status == PGRES_PIPELINE_SYNC && PQexitPipelineMode(c->conn)) {
      c->phase = SQL_IDLE;
      return PL_LINE_OPEN;
    }
    if (status != PGRES_COMMAND_OK)
      return pl_line_fail(st, PL_FAIL_PROTOCOL, c->why);
  }
  return PL_LINE_WAITS;
}

static void stamp(sql *c, pl_line_state *st)
{
  ConnStatusType status = PQstatus(c->conn);
  bool connected = status != CONNECTION_STARTED && status != CONNECTION_NEEDED && status != CONNECTION_BAD;
  bool was_securing = st->securing;
  if (status != CONNECTION_BAD)
    st->securing = status == CONNECTION_SSL_STARTUP;
  if (!st->times)
    return;
  if (connected && !st->times->connected)
    st->times->connected = pl_now(st->clock);
  if (connected && was_securing && !st->securing && PQsslInUse(c->conn))
    st->times->secured = pl_now(st->clock);
}

/* Which step of connecting failed. */
static enum pl_failure connect_failure(const pl_line_state *st)
{
  if (st->times && !st->times->connected)
    return PL_FAIL_CONNECT;
  return st->securing ? PL_FAIL_TLS : PL_FAIL_PROTOCOL;
}

static enum pl_line_progress connect_on(sql *c, pl_line_state *st)
{
  PostgresPollingStatusType polling = PQconnectPoll(c->conn);
  stamp(c, st);
  st->fd = PQsocket(c->conn);
  st->waits = polling == PGRES_POLLING_WRITING ? PL_LINE_WRITE : PL_LINE_READ;
  if (polling == PGRES_POLLING_FAILED)
    return fail_line(c, connect_failure(st), st);
  if (polling != PGRES_POLLING_OK)
    return PL_LINE_WAITS;
  if (PQsetnonblocking(c->conn, 1))
    return fail_line(c, PL_FAIL_PROTOCOL, st);
  if (c->n_prepared)
    return prepare_again(c, st);
  c->phase = SQL_IDLE;
  return PL_LINE_OPEN;
}

/* ---- The line: going on ----------------------------------------------------------------------------------- */

static bool keep_prepared(sql *c)
{
  sql_prepared *p = &c->prepared[c->n_prepared];
  p->name = pl_sql_cstr(&c->kept, pl_str_of(c->op.batch[0].text));
  p->text = pl_sql_cstr(&c->kept, pl_str_of(c->op.batch[0].values[0]));
  c->n_prepared += p->name && p->text;
  return p->name && p->text;
}

/* All results of the operation are there. */
static enum pl_line_progress operation_done(sql *c, pl_line_state *st)
{
  c->phase = SQL_IDLE;
  count_bytes(c, st);
  if (c->over)
    return PL_LINE_ENDED;
  if (PQstatus(c->conn) == CONNECTION_BAD)
    return fail_line(c, PL_FAIL_RESET, st);
  if (c->op.pipelined && !PQexitPipelineMode(c->conn))
    return fail_line(c, PL_FAIL_PROTOCOL, st);
  PGTransactionStatusType transaction = PQtransactionStatus(c->conn);
  c->in_transaction = transaction == PQTRANS_INTRANS || transaction == PQTRANS_INERROR;
  if (c->op.word == PL_SQL_PREPARE && !c->failed && !keep_prepared(c))
    return pl_line_fail(st, PL_FAIL_PROTOCOL, "sql: more than 1 MiB of prepared statements");
  return PL_LINE_DONE;
}

/* What came in while nobody asked: notifications and notices are dropped. */
static enum pl_line_progress idle(sql *c, bool good, pl_line_state *st)
{
  for (PGnotify *n = PQnotifies(c->conn); n; n = PQnotifies(c->conn))
    PQfreemem(n);
  return good ? PL_LINE_WAITS : fail_line(c, PL_FAIL_RESET, st);
}

static enum pl_line_progress line_step(void *c_, int ready, pl_line_state *st)
{
  sql *c = c_;
  if (c->phase == SQL_CONNECTING)
    return connect_on(c, st);
  bool good = PQconsumeInput(c->conn) && !(ready & PL_LINE_BROKEN);
  if (c->phase == SQL_BUSY && st->times && st->times->sent && !st->times->first_byte)
    st->times->first_byte = pl_now(st->clock);
  if (good && st->waits & PL_LINE_WRITE && flush(c, st) == PL_LINE_FAILED)
    return PL_LINE_FAILED;
  if (c->phase == SQL_IDLE)
    return idle(c, good, st);
  if (!good && c->phase == SQL_PREPARING)
    return fail_line(c, PL_FAIL_RESET, st);
  if (c->phase == SQL_PREPARING)
    return prepared(c, st);
  int code = take_results(c);
  if (code < 0)
    return pl_line_fail(st, PL_FAIL_PROTOCOL, c->why);
  if (code == PL_PROTOCOL_DONE)
    return operation_done(c, st);
  return good ? PL_LINE_WAITS : fail_line(c, PL_FAIL_RESET, st);
}

static void line_hang_up(void *c_)
{
  sql *c = c_;
  c->lost |= c->in_transaction;
  c->in_transaction = false;
  PQfinish(c->conn);
  c->conn = NULL;
}

/* PQcancel asks over a connection of its own, and waits for it. */
static void cancel(void *data)
{
  char ignored[256];
  (void)PQcancel(data, ignored, sizeof ignored);
  PQfreeCancel(data);
}

static pl_line_work line_give_up(void *c_)
{
  sql *c = c_;
  PGcancel *work = c->phase == SQL_BUSY ? PQgetCancel(c->conn) : NULL;
  return (pl_line_work){work ? cancel : NULL, work};
}

static const pl_line_kind line = {.moves = true, .dial = line_dial, .send = line_send, .step = line_step, .hang_up = line_hang_up,
                                  .give_up = line_give_up};

extern const pl_protocol pl_module_entry;
PL_API const pl_protocol pl_module_entry = {
    .head = {"sql", PL_PROTOCOL_ABI}, .word = "sql", .scheme = "postgresql", .secure_scheme = "postgres", .port = 5432, .secure_port = 5432,
    .operations = pl_sql_words, .options = pl_sql_parameters, .named = pl_sql_word_options, .size = sizeof(sql),
    .open = sql_open, .close = sql_close, .line = &line, .socket_path = sql_socket_path, .begin = sql_begin, .result = sql_result,
};
