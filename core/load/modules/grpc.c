/* gRPC over HTTP/2: user:grpc("grpc://127.0.0.1:50051", options) -> channel, one connection of one user.
 *
 *   local reply, why = g:call("shop.Cart/Add", { item = "tea", count = 2 })       -- lists of messages where a side streams
 *   local reply = g:call { "shop.Cart/Add", { item = "tea" }, metadata = { ["x-user"] = "7" }, deadline = "200ms", full = true }
 *   local list = g:batch({ { "shop.Cart/Add", { item = "tea" } }, { "shop.Cart/Get", {}, name = "get" } }, { parallel = 10 }) -- at once
 *   g:stream("shop.Cart/Watch")  g:send { item = "tea" }  local message = g:receive()  local last, why = g:finish()
 *
 * Messages are tables by the descriptors of the scenario (key grpc), or by what the server says of itself: it is asked
 * before the first call of a service on a channel, in no figure; nor is a call of what it has not, which is not sent but told of.
 * A status that is not OK gives nil, why, "status" and { code, status, message, trailers }. Messages to the server are compressed as gzip
 * where the channel or the call has compress = true, answers may be as gzip or deflate. Not supported: other codings, streams that are
 * read and written while something else happens. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "load/modules/grpc_reflection.h"
#include "load/modules/grpc_talk.h"
#include "load/modules/http2_session.h"
#include "load/protocol.h"

enum { INVALID_ARGUMENT = 3, UNAVAILABLE = 14, INTERNAL = 13, UNIMPLEMENTED = 12, AUTHORITY_MAX = 300, ASKED_MAX = 64 << 10 };

enum operation { CALL, STREAM, SEND, RECEIVE, FINISH, BATCH };
static const char *const operations[] = {"call", "stream", "send", "receive", "finish", "batch", NULL};

typedef struct grpc {
  const pl_allocator *alloc;
  char authority[AUTHORITY_MAX];
  bool secure, compress;
  void *context, *session;          /* session NULL: never connected */
  pl_proto_schema *schema;
  bool reflects;                    /* the server is asked for what the schema has not */
  pl_grpc_reflection reflection;
  bool preparing;                   /* it is asked, before the call */
  pl_buf asked;                     /* what it gave on this connection: lines "service why not", the latter empty where it is described */
  pl_grpc_talk one;                 /* the call or stream */
  pl_grpc_talk *parts;              /* calls of the batch; NULL: none yet */
  size_t n_parts, n_begun, parallel; /* n_begun: the first that was not given to the session */
  enum operation operation;         /* in flight, and */
  const pl_tree *args, *named;      /*   its arguments */
  char why[240];                    /* of the session */
} grpc;

/* ---- Opening ------------------------------------------------------------------------------------- */

static pl_str authority_of(const grpc *c)
{
  return pl_str_of(c->authority);
}

static int grpc_open(void *c_, const pl_url *url, const pl_tree *options, const pl_allocator *a, pl_error *err)
{
  grpc *c = c_;
  pl_str descriptors = pl_tree_get_string(options, "descriptors", (pl_str){"", 0});
  pl_str authority = pl_tree_get_string(options, "authority", (pl_str){"", 0});
  c->alloc = a;
  c->secure = pl_str_eqc(url->scheme, "grpcs");
  pl_grpc_talk_init(&c->one, a);
  pl_grpc_reflection_init(&c->reflection, a);
  pl_buf_init(&c->asked, a, ASKED_MAX);
  c->schema = pl_proto_schema_new(a);
  if (authority.len)
    (void)snprintf(c->authority, sizeof c->authority, "%.*s", (int)authority.len, authority.data);
  else
    (void)snprintf(c->authority, sizeof c->authority, "%s%.*s%s:%u", url->ipv6 ? "[" : "", (int)url->host.len, url->host.data, url->ipv6 ? "]" : "", url->port);
  if (!c->schema || pl_http2_context_new(a, &c->context))
    return pl_fail(err, PL_ENOMEM, "grpc: out of memory");
  c->reflects = !descriptors.len;
  c->compress = pl_tree_get_boolean(options, "compress", false);
  return descriptors.len ? pl_proto_schema_set(c->schema, descriptors, err) : PL_OK;
}

static void close_session(grpc *c)
{
  if (c->session)
    pl_http2_close(c->session);
  c->session = NULL;
}

/* Its stream, if it has one, is the session's no more. */
static void forget(const grpc *c, pl_grpc_talk *t)
{
  if (t->call.begun && !t->call.over && c->session)
    pl_http2_drop(c->session, &t->call.s);
  pl_grpc_call_reset(&t->call);
}

/* The calls of the last batch are no more. */
static void drop_parts(grpc *c)
{
  for (size_t i = 0; i < c->n_parts; i++) {
    forget(c, &c->parts[i]);
    pl_grpc_talk_fini(&c->parts[i]);
  }
  pl_free(c->alloc, c->parts, c->n_parts * sizeof *c->parts);
  c->parts = NULL;
  c->n_parts = c->n_begun = 0;
}

static void grpc_close(void *c_)
{
  grpc *c = c_;
  if (!c->alloc)
    return;
  close_session(c);
  drop_parts(c);
  pl_http2_context_free(c->context);
  pl_grpc_talk_fini(&c->one);
  pl_grpc_reflection_fini(&c->reflection);
  pl_buf_fini(&c->asked);
  pl_proto_schema_free(c->schema);
}

/* A new connection: nothing of the old one is left. */
static int grpc_greet(void *c_, pl_buf *out, const char **why)
{
  grpc *c = c_;
  close_session(c);
  pl_grpc_call_reset(&c->one.call);
  drop_parts(c);
  c->reflection.active = c->preparing = false;
  pl_buf_clear(&c->asked);
  *why = "grpc: out of memory";
  if (pl_http2_open(c->context, &c->session) || pl_http2_send(c->session, out, SIZE_MAX))
    return PL_ENOMEM;
  return PL_PROTOCOL_DONE;
}

/* ---- Requests ------------------------------------------------------------------------------------ */

static const pl_tree *argument(const pl_tree *args, size_t i)
{
  static const pl_tree nothing = {.kind = PL_TREE_LIST};
  return i < args->n && args->as.items[i].kind != PL_TREE_NIL ? &args->as.items[i] : &nothing;
}

/* What a server has for its DEADLINE_EXCEEDED behind the deadline, in seconds. */
#define LATE_S 0.5

static int read_deadline(const pl_tree *named, double *seconds, pl_error *err)
{
  const pl_tree *v = pl_tree_get(named, "deadline");
  *seconds = 0;
  if (v && v->kind == PL_TREE_STRING)
    return pl_unit_parse(PL_UNIT_DURATION, v->as.string, seconds, err);
  if (v && (v->kind == PL_TREE_INTEGER || v->kind == PL_TREE_NUMBER))
    *seconds = v->kind == PL_TREE_INTEGER ? (double)v->as.integer : v->as.number;
  return *seconds >= 0 && *seconds < 1e7 ? PL_OK : pl_fail(err, PL_EINVAL, "grpc: deadline is a duration such as \"200ms\"");
}

/* A deadline ends a call here, too: a server that is alive has LATE_S to say so. 0: there is none. */
static uint64_t limit_of(double deadline_s)
{
  return deadline_s > 0 ? (uint64_t)((deadline_s + LATE_S) * 1e9) : 0;
}

static pl_str service_of(pl_str path)
{
  pl_str rest = path.len && path.data[0] == '/' ? (pl_str){path.data + 1, path.len - 1} : path;
  return pl_str_cut(&rest, '/');
}

/* Whether the server was asked for the method's service, and has no such method: why. */
static bool lacks(const grpc *c, pl_str path, char why_not[static 160])
{
  for (pl_str rest = {c->asked.data, c->asked.len}; rest.len;) {
    pl_str why = pl_str_cut(&rest, '\n'), service = pl_str_cut(&why, ' ');
    if (!pl_str_eq(service, service_of(path)))
      continue;
    if (why.len)
      (void)pl_copy(why_not, 160, why);
    else
      (void)snprintf(why_not, 160, "the service has no method %.*s", (int)(path.len < 120 ? path.len : 120), path.data);
    return true;
  }
  return false;
}

/* Asks the server what the service of a method is: the call comes behind that. */
static int prepare(grpc *c, pl_grpc_talk *t, pl_str path, pl_buf *out, pl_error *err)
{
  int code = pl_grpc_reflection_begin(&c->reflection, service_of(path), authority_of(c), c->secure, c->session, out);
  if (code == PL_ELIMIT) {
    pl_grpc_talk_answer(t, UNAVAILABLE, "the server ends the connection");
    return PL_OK;
  }
  if (!code)
    code = pl_http2_send(c->session, out, SIZE_MAX);
  c->preparing = !code;
  return code ? pl_fail(err, code, "grpc: the server cannot be asked for %.*s", (int)path.len, path.data) : PL_OK;
}

/* The method is not known: the server was asked in vain, or is to be asked. */
static int miss(const grpc *c, pl_grpc_talk *t, pl_str path, pl_error *err)
{
  char why[160];
  if (!c->reflects)
    return pl_fail(err, PL_EINVAL, "grpc: the descriptors have no method %.*s", (int)path.len, path.data);
  if (c->session && lacks(c, path, why))
    pl_grpc_talk_answer(t, UNIMPLEMENTED, why);
  return PL_OK;
}

/* Head and messages of a call of a method that is known. What does not fit descriptions that only the server had is an answer, as a method is
 * that it has not: the script has gone on meanwhile. */
static int compose_known(const grpc *c, pl_grpc_talk *t, const pl_tree *args, const pl_tree *named, bool whole, pl_error *err)
{
  double deadline_s;
  pl_error wrong = {0};
  t->call.compress = pl_tree_get_boolean(named, "compress", c->compress);
  int code = read_deadline(named, &deadline_s, &wrong);
  t->limit_ns = !code ? limit_of(deadline_s) : 0;
  t->due_ns = 0;
  t->late = false;
  if (!code)
    code = pl_grpc_call_head(&t->call, authority_of(c), t->method->path, pl_tree_get(named, "metadata"), deadline_s, &wrong);
  if (!code)
    code = pl_grpc_talk_begin(t, c->schema, argument(args, 1), whole, &wrong);
  if (code != PL_EINVAL || !c->reflects || !c->session)
    return code ? pl_fail(err, code, "%s", wrong.message) : PL_OK;
  pl_grpc_talk_answer(t, INVALID_ARGUMENT, wrong.message);
  return PL_OK;
}

/* Head and messages of a call, or of a stream, by its arguments. t->method NULL: it is not known (yet). */
static int compose(const grpc *c, pl_grpc_talk *t, const pl_tree *args, const pl_tree *named, bool whole, pl_error *err)
{
  const pl_tree *path = argument(args, 0);
  if (path->kind != PL_TREE_STRING || !memchr(path->as.string.data, '/', path->as.string.len))
    return pl_fail(err, PL_EINVAL, "grpc: %s: write the method as \"package.Service/Method\"", operations[c->operation]);
  pl_str name = path->as.string;
  (void)snprintf(t->label, sizeof t->label, "grpc %.*s", (int)(name.len < 58 ? name.len : 58), name.data);
  t->full = pl_tree_get_boolean(named, "full", false);
  t->method = pl_proto_find_method(c->schema, name);
  return t->method ? compose_known(c, t, args, named, whole, err) : miss(c, t, name, err);
}

/* Gives it to the session; a method that it could not be asked for is unavailable, too. */
static int start(const grpc *c, pl_grpc_talk *t, pl_buf *out)
{
  int code = t->method ? pl_grpc_call_begin(&t->call, c->session, c->secure, out) : PL_ELIMIT;
  if (code != PL_ELIMIT)
    return code;
  pl_grpc_talk_answer(t, UNAVAILABLE, "the server ends the connection");
  return PL_OK;
}

/* call and stream. Without a session they are only looked at. */
static int begin_named(grpc *c, pl_buf *out, pl_protocol_request *request, pl_error *err)
{
  pl_grpc_talk *t = &c->one;
  double deadline_s;
  forget(c, t);
  int code = read_deadline(c->named, &deadline_s, err);
  if (!code) {
    request->limit_ns = limit_of(deadline_s);
    code = compose(c, t, c->args, c->named, c->operation == CALL, err);
  }
  if (code)
    return code;
  (void)snprintf(request->label, sizeof request->label, "%s", t->label);
  request->known = t->now_status;
  if (!c->session || t->now_status)
    return PL_OK;
  if (!t->method) {
    code = prepare(c, t, argument(c->args, 0)->as.string, out, err);
    request->prepares = c->preparing;
    return code;
  }
  code = start(c, t, out);
  if (!code)
    code = pl_http2_send(c->session, out, SIZE_MAX);
  return code ? pl_fail(err, code, "grpc: out of memory, or the session is broken") : PL_OK;
}

/* ---- Calls at the same time ---------------------------------------------------------------------- */

static bool is_over(const pl_grpc_talk *t)
{
  return t->now_status || t->late || t->call.over;
}

/* Gives further calls to the session, as many as may be in flight. */
static int start_more(grpc *c, pl_buf *out)
{
  size_t in_flight = 0;
  int code = PL_OK;
  for (size_t i = 0; i < c->n_begun; i++)
    in_flight += !is_over(&c->parts[i]);
  for (; c->n_begun < c->n_parts && in_flight < c->parallel && !code; c->n_begun++) {
    pl_grpc_talk *t = &c->parts[c->n_begun];
    if (!t->now_status)
      code = start(c, t, out);
    in_flight += !is_over(t);
  }
  return code;
}

/* Composes all calls; *unknown: the first whose service is not known, n_parts: there is none. */
static int compose_parts(grpc *c, size_t *unknown, pl_error *err)
{
  size_t n = c->args->n;
  int code = PL_OK;
  drop_parts(c);
  c->parts = pl_alloc(c->alloc, n * sizeof *c->parts);
  if (!c->parts)
    return pl_fail(err, PL_ENOMEM, "grpc: out of memory for a batch");
  c->n_parts = *unknown = n;
  for (size_t i = 0; i < n; i++)
    pl_grpc_talk_init(&c->parts[i], c->alloc);
  for (size_t i = 0; i < n && !code; i++) {
    const pl_tree *part = &c->args->as.items[i];
    pl_grpc_talk *t = &c->parts[i];
    code = compose(c, t, &part->as.items[0], &part->as.items[1], true, err);
    if (!code && !t->method && !t->now_status && *unknown == n)
      *unknown = i;
  }
  return code;
}

static bool is_batch_known(const grpc *c)
{
  bool known = true;
  for (size_t i = 0; i < c->n_parts && known; i++)
    known = c->parts[i].now_status;
  return known;
}

/* Without a session the calls are only looked at. */
static int begin_batch(grpc *c, pl_buf *out, pl_protocol_request *request, pl_error *err)
{
  size_t unknown = 0;
  int64_t parallel = pl_tree_get_integer(c->named, "parallel", INT32_MAX);
  int code = compose_parts(c, &unknown, err);
  c->parallel = (size_t)parallel;
  if (code || !c->session)
    return code;
  if (unknown < c->n_parts) {
    const pl_tree *path = argument(&c->args->as.items[unknown].as.items[0], 0);
    code = prepare(c, &c->parts[unknown], path->as.string, out, err);
    request->prepares = c->preparing;
    if (code || c->preparing)
      return code;
  }
  request->known = is_batch_known(c);
  code = start_more(c, out);
  if (!code)
    code = pl_http2_send(c->session, out, SIZE_MAX);
  return code ? pl_fail(err, code, "grpc: out of memory, or the session is broken") : PL_OK;
}

static bool is_batch_done(const grpc *c)
{
  bool done = c->n_begun == c->n_parts;
  for (size_t i = 0; i < c->n_parts && done; i++)
    done = is_over(&c->parts[i]);
  return done;
}

static const char *grpc_part_label(const void *c_, size_t i)
{
  return ((const grpc *)c_)->parts[i].label;
}

static unsigned grpc_part(const void *c_, size_t i)
{
  const pl_grpc_talk *t = &((const grpc *)c_)->parts[i];
  const pl_grpc_call *call = &t->call;
  return (call->s.head_sent ? PL_PART_BEGUN : 0u) | (call->s.sent ? PL_PART_SENT : 0u) | (call->first_byte_ns ? PL_PART_ANSWERED : 0u) |
         (is_over(t) ? PL_PART_DONE : 0u) | (t->late ? PL_PART_LATE : 0u);
}

/* Those that the server has left without a status are over, half a second behind their deadlines. */
static uint64_t grpc_part_limits(void *c_, uint64_t now_ns, bool *ended)
{
  grpc *c = c_;
  uint64_t next = 0;
  for (size_t i = 0; i < c->n_begun; i++) {
    pl_grpc_talk *t = &c->parts[i];
    if (!t->limit_ns || is_over(t))
      continue;
    t->due_ns = t->due_ns ? t->due_ns : now_ns + t->limit_ns;
    if (t->due_ns > now_ns) {
      next = next && next < t->due_ns ? next : t->due_ns;
      continue;
    }
    t->late = *ended = true;
    forget(c, t);
  }
  return next;
}

/* ---- Streams ------------------------------------------------------------------------------------- */

/* send, receive and finish, on the stream that is open. */
static int begin_next(grpc *c, pl_buf *out, pl_protocol_request *request, pl_error *err)
{
  pl_grpc_talk *t = &c->one;
  pl_grpc_call *call = &t->call;
  pl_str name = t->method ? t->method->path : PL_STR("stream");
  int code = PL_OK;
  (void)snprintf(request->label, sizeof request->label, "grpc %s %.*s", operations[c->operation], (int)(name.len < 48 ? name.len : 48), name.data);
  if (!call->begun) {
    pl_grpc_talk_answer(t, UNAVAILABLE, "no stream is open, or its connection broke");
    return PL_OK;
  }
  pl_buf_drop(&call->down, call->down_at);
  call->down_at = 0;
  if (call->over || c->operation == RECEIVE)
    return PL_OK;
  if (c->operation == SEND) {
    if (call->up_end)
      return pl_fail(err, PL_EINVAL, "grpc: %.*s takes no further message", (int)name.len, name.data);
    code = pl_grpc_talk_say(t, c->schema, argument(c->args, 0), err);
  }
  call->up_end = call->up_end || c->operation == FINISH;
  if (code)
    return code;
  pl_http2_resume(c->session, &call->s);
  code = pl_http2_send(c->session, out, SIZE_MAX);
  return code ? pl_fail(err, code, "grpc: out of memory, or the session is broken") : PL_OK;
}

static int grpc_begin(void *c_, pl_str operation, const pl_tree *args, const pl_tree *named, pl_buf *out, pl_protocol_request *request,
                      pl_error *err)
{
  grpc *c = c_;
  c->operation = CALL;
  while (!pl_str_eqc(operation, operations[c->operation]))
    c->operation++;
  c->args = args;
  c->named = named;
  c->one.now_status = 0;
  c->preparing = false;
  if (c->operation == BATCH)
    return begin_batch(c, out, request, err);
  return c->operation <= STREAM ? begin_named(c, out, request, err) : begin_next(c, out, request, err);
}

/* ---- Answers ------------------------------------------------------------------------------------- */

/* Goes on with asking. Errors: PL_ENOMEM. */
static int reflect(grpc *c, pl_buf *out)
{
  pl_grpc_reflection *r = &c->reflection;
  int code = pl_grpc_reflection_step(r, c->schema, authority_of(c), c->secure, c->session, out);
  if (code == 0)
    return PL_OK;
  for (char *p = r->why; *p; p++)
    *p = *p == '\n' ? ' ' : *p;
  (void)pl_buf_addf(&c->asked, "%.*s %s\n", (int)r->service.len, r->service.data, code < 0 ? r->why : "");
  return c->asked.bad ? PL_ENOMEM : PL_OK;
}

static void note_ends(grpc *c)
{
  for (pl_http2_stream *s; (s = pl_http2_over(c->session)) != NULL;)
    pl_grpc_call_ended((pl_grpc_call *)(void *)s, pl_http2_why(c->session));
}

static bool is_done(const grpc *c)
{
  const pl_grpc_call *call = &c->one.call;
  if (c->preparing)
    return !c->reflection.active;
  if (c->operation == BATCH)
    return is_batch_done(c);
  if (c->one.now_status)
    return true;
  if (!call->begun)
    return false;
  switch (c->operation) {
  case STREAM:
    return call->s.head_sent || call->over;
  case SEND:
    return call->up.len == call->up_at || call->over;
  case RECEIVE:
    return pl_grpc_talk_has_message(&c->one) || call->over;
  case CALL:
  case FINISH:
  case BATCH:
    break;
  }
  return call->over;
}

static int grpc_receive(void *c_, char *data, size_t len, size_t *used, pl_buf *out, const char **why)
{
  grpc *c = c_;
  *used = len;
  int code = len ? pl_http2_receive(c->session, data, len, 1) : PL_OK;
  note_ends(c);
  if (!code && c->reflection.active)
    code = reflect(c, out);
  if (!code && c->operation == BATCH && !c->preparing)
    code = start_more(c, out);
  if (!code)
    code = pl_http2_send(c->session, out, SIZE_MAX);
  note_ends(c);
  if (is_done(c))
    return PL_PROTOCOL_DONE;
  if (code || pl_http2_ended(c->session)) {
    (void)snprintf(c->why, sizeof c->why, "grpc: HTTP/2: %s", pl_http2_why(c->session));
    *why = c->why;
    return code == PL_ENOMEM ? PL_ENOMEM : PL_EPROTO;
  }
  return PL_PROTOCOL_MORE;
}

static int take_value(const grpc *c, pl_grpc_talk *t, pl_arena *arena, pl_tree *value, const char **why)
{
  if (c->operation == STREAM || c->operation == SEND) {
    *value = pl_tree_boolean(true);
    return PL_OK;
  }
  if (c->operation == RECEIVE)
    return pl_grpc_talk_next(t, c->schema, arena, value, why);
  int code = pl_grpc_talk_rest(t, c->schema, arena, value, why);
  return !code && t->full && c->operation != FINISH ? pl_grpc_talk_wrap(t, arena, value) : code;
}

static int result_of(const grpc *c, pl_grpc_talk *t, pl_arena *arena, pl_tree *value, int *status, const char **why)
{
  *status = 0;
  if (pl_grpc_talk_failed(t) && (t->now_status || c->operation != RECEIVE || !pl_grpc_talk_has_message(t)))
    return pl_grpc_talk_report(t, arena, value, status, why);
  const char *wrong = "the message is not as it is described";
  int code = take_value(c, t, arena, value, &wrong);
  if (code != PL_EPROTO)
    return code;
  pl_grpc_talk_answer(t, INTERNAL, wrong);
  return pl_grpc_talk_report(t, arena, value, status, why);
}

static int grpc_result(void *c_, pl_arena *arena, pl_tree *value, int *status, const char **why)
{
  grpc *c = c_;
  return result_of(c, &c->one, arena, value, status, why);
}

static int grpc_part_result(void *c_, size_t i, pl_arena *arena, pl_tree *value, int *status, const char **why)
{
  grpc *c = c_;
  return result_of(c, &c->parts[i], arena, value, status, why);
}

/* What the session says of itself, its settings for one, is no answer. */
static bool grpc_answers(const void *c_)
{
  return ((const grpc *)c_)->one.call.first_byte_ns != 0;
}

static int grpc_ended(void *c_, const char **why)
{
  (void)c_;
  *why = "the server closed the connection";
  return PL_ERESET;
}

static const pl_protocol_option options[] = {{"authority", PL_TREE_STRING}, {"compress", PL_TREE_BOOLEAN}, {0}};
static const pl_protocol_option named_options[] = {{"metadata", PL_TREE_NIL}, {"deadline", PL_TREE_NIL}, {"full", PL_TREE_BOOLEAN}, {"compress", PL_TREE_BOOLEAN}, {0}};

extern const pl_protocol pl_module_entry;
PL_API const pl_protocol pl_module_entry = {
    .head = {"grpc", PL_PROTOCOL_ABI}, .word = "grpc", .scheme = "grpc", .secure_scheme = "grpcs", .port = 80, .secure_port = 443,
    .alpn = "h2", .operations = operations, .options = options, .named = named_options, .described = true, .table_operation = "send",
    .size = sizeof(grpc), .open = grpc_open, .close = grpc_close, .greet = grpc_greet,
    .begin = grpc_begin, .receive = grpc_receive, .answers = grpc_answers, .ended = grpc_ended, .result = grpc_result,
    .part_label = grpc_part_label, .part = grpc_part, .part_limits = grpc_part_limits, .part_result = grpc_part_result,
};
