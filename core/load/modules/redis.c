/* Redis: RESP2 and RESP3 (https://redis.io/docs/latest/develop/reference/protocol-spec/).
 *
 *   local r = user:redis("redis://:password@127.0.0.1:6379/2", { resp = 3 })
 *   local value, why = r:call("GET", "key")
 *   local list = r:pipeline { { "SET", "a", 1 }, { "GET", "a" } }
 *
 * An answer is scanned as it arrives, without a tree, so that its end is known; the tree is built when the script takes it.
 * An error reply is nil and its text; inside a pipeline or an answer (EXEC's) it is the map { error = text }, and the operation has failed
 * with the first one. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "load/protocol.h"

enum { DEPTH_MAX = 32, ANSWER_MAX = 64 << 20, VALUES_MAX = 16 << 20, LOGIN_MAX = 4096 };

typedef struct redis {
  pl_buf answer;       /* complete replies of the operation so far, and the beginning of the next */
  size_t scanned;      /* bytes of whole values and heads that were looked at */
  uint64_t left[DEPTH_MAX]; /* values to come at each depth of the reply under way */
  unsigned depth;
  size_t replies;      /* still wanted */
  size_t wanted;       /* by the operation */
  bool pipeline;       /* the operation's value is a list of replies */
  bool greeting;       /* the replies are the greeting's */
  pl_buf login;        /* user and password of the URL, decoded: */
  pl_str user, password;
  int64_t database;
  int resp;
  char why[160];
} redis;

/* ---- Opening ------------------------------------------------------------------------------------ */

/* "user:password", or a password alone. */
static int read_login(redis *c, pl_str text, pl_error *err)
{
  pl_str password = text, user = pl_str_cut(&password, ':');
  int code = password.data ? pl_url_decode(&c->login, user) : PL_OK;
  size_t n = c->login.len;
  if (!code)
    code = pl_url_decode(&c->login, password.data ? password : user);
  if (code)
    return pl_fail(err, code, "redis: user and password are longer than %d bytes, or out of memory", LOGIN_MAX);
  c->user = (pl_str){c->login.data, n};
  c->password = (pl_str){c->login.len ? c->login.data + n : "", c->login.len - n};
  return PL_OK;
}

/* "redis://user:password@host:port/2": the path is the database's number. */
static int redis_open(void *c_, const pl_url *url, const pl_tree *options, const pl_allocator *a, pl_error *err)
{
  redis *c = c_;
  uint64_t database = 0;
  pl_str path = {url->target.data + 1, url->target.len - 1};
  pl_buf_init(&c->answer, a, ANSWER_MAX);
  pl_buf_init(&c->login, a, LOGIN_MAX);
  if (path.len && !pl_str_u64(path, &database))
    return pl_fail(err, PL_EINVAL, "redis: \"%.*s\" is no database number; write redis://host:6379/2", (int)path.len, path.data);
  c->database = (int64_t)database;
  c->resp = (int)pl_tree_get_integer(options, "resp", 2);
  if (c->resp != 2 && c->resp != 3)
    return pl_fail(err, PL_EINVAL, "redis: resp is 2 or 3");
  return read_login(c, url->user, err);
}

static void redis_close(void *c_)
{
  redis *c = c_;
  pl_buf_fini(&c->answer);
  pl_buf_fini(&c->login);
}

/* ---- Commands ----------------------------------------------------------------------------------- */

static void add_bulk(pl_buf *out, pl_str text)
{
  (void)pl_buf_addf(out, "$%zu\r\n", text.len);
  (void)pl_buf_add(out, text.data, text.len);
  (void)pl_buf_adds(out, "\r\n");
}

/* A command of texts, numbers and booleans, as an array of bulk strings. */
static int add_command(pl_buf *out, const pl_tree *words, pl_error *err)
{
  char scratch[32];
  if (words->kind != PL_TREE_LIST || words->n == 0)
    return pl_fail(err, PL_EINVAL, "redis: a command is a list such as { \"SET\", \"key\", 1 }");
  (void)pl_buf_addf(out, "*%zu\r\n", words->n);
  for (size_t i = 0; i < words->n; i++) {
    pl_str text = pl_tree_as_text(&words->as.items[i], scratch);
    if (!text.data)
      return pl_fail(err, PL_EINVAL, "redis: word %zu of the command is no text or number", i + 1);
    add_bulk(out, text);
  }
  return out->bad ? pl_fail(err, out->bad, "redis: the command is too large, or out of memory") : PL_OK;
}

static void want(redis *c, size_t replies, bool pipeline)
{
  pl_buf_clear(&c->answer);
  c->scanned = c->depth = 0;
  c->replies = c->wanted = replies;
  c->pipeline = pipeline;
  c->greeting = false;
}

static int redis_greet(void *c_, pl_buf *out, const char **why)
{
  redis *c = c_;
  char number[24];
  size_t replies = 0;
  if (c->resp == 3) {
    (void)pl_buf_adds(out, c->password.len ? "*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n" : "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n");
  } else if (c->password.len) {
    (void)pl_buf_adds(out, c->user.len ? "*3\r\n$4\r\nAUTH\r\n" : "*2\r\n$4\r\nAUTH\r\n");
  }
  if (c->password.len) {
    if (c->user.len || c->resp == 3)
      add_bulk(out, c->user.len ? c->user : PL_STR("default"));
    add_bulk(out, c->password);
  }
  replies += c->resp == 3 || c->password.len;
  if (c->database) {
    int n = snprintf(number, sizeof number, "%lld", (long long)c->database);
    (void)pl_buf_adds(out, "*2\r\n$6\r\nSELECT\r\n");
    add_bulk(out, (pl_str){number, (size_t)n});
    replies++;
  }
  *why = "redis: out of memory";
  want(c, replies, true);
  c->greeting = true;
  return out->bad ? PL_ENOMEM : replies ? PL_PROTOCOL_MORE : PL_PROTOCOL_DONE;
}

static void label_of(const pl_tree *words, pl_protocol_request *request)
{
  char scratch[32];
  pl_str word = pl_tree_as_text(&words->as.items[0], scratch);
  int n = (int)(word.len < 40 ? word.len : 40);
  (void)snprintf(request->label, sizeof request->label, "redis %.*s", n, word.data);
}

static int redis_begin(void *c_, pl_str operation, const pl_tree *args, const pl_tree *named, pl_buf *out,
                       pl_protocol_request *request, pl_error *err)
{
  redis *c = c_;
  int code = PL_OK;
  (void)named;
  if (pl_str_eqc(operation, "call")) {
    code = add_command(out, args, err);
    want(c, 1, false);
    if (!code)
      label_of(args, request);
    return code;
  }
  const pl_tree *commands = args->n == 1 && args->as.items[0].kind == PL_TREE_LIST && args->as.items[0].n &&
                                     args->as.items[0].as.items[0].kind == PL_TREE_LIST
                                 ? &args->as.items[0]
                                 : args;
  if (commands->n == 0)
    return pl_fail(err, PL_EINVAL, "redis: an empty pipeline");
  for (size_t i = 0; i < commands->n && !code; i++)
    code = add_command(out, &commands->as.items[i], err);
  want(c, commands->n, true);
  (void)snprintf(request->label, sizeof request->label, "redis pipeline");
  return code;
}

/* ---- Answers ------------------------------------------------------------------------------------ */

/* One head: type, and the number behind it where there is one. */
typedef struct reply_head {
  char type;
  pl_str line;     /* behind the type */
  int64_t number;  /* of : $ * % ~ > = ! ; -1: null */
  size_t len;      /* with CR LF */
} reply_head;

static bool has_number(char type)
{
  return type != '\0' && strchr(":$*%~>=!|", type) != NULL;
}

static bool read_number(pl_str line, int64_t *out)
{
  uint64_t v;
  bool minus = line.len && line.data[0] == '-';
  if (minus)
    line = (pl_str){line.data + 1, line.len - 1};
  if (!pl_str_u64(line, &v) || v > (uint64_t)INT64_MAX + minus)
    return false;
  *out = minus ? (int64_t)(0 - v) : (int64_t)v;
  return true;
}

/* Returns 1, 0 (the line is not complete) or PL_EPROTO. */
static int read_head(pl_str bytes, reply_head *h, const char **why)
{
  const char *end = bytes.len ? memchr(bytes.data, '\n', bytes.len) : NULL;
  if (!end) {
    *why = "redis: a reply's first line is longer than 64 KiB";
    return bytes.len > 64 << 10 ? PL_EPROTO : 0;
  }
  size_t len = (size_t)(end - bytes.data);
  *why = "redis: a reply's line does not end with CR LF";
  if (len < 2 || end[-1] != '\r')
    return PL_EPROTO;
  *h = (reply_head){.type = bytes.data[0], .line = {bytes.data + 1, len - 2}, .len = len + 1};
  *why = "redis: unknown type of reply";
  if (!strchr("+-:$*_,#!=(%~>|", h->type))
    return PL_EPROTO;
  *why = "redis: a length or number is malformed";
  if (has_number(h->type) && !read_number(h->line, &h->number))
    return PL_EPROTO;
  *why = "redis: a reply is larger than 64 MiB";
  if (h->type != ':' && has_number(h->type) && (h->number < -1 || h->number > ANSWER_MAX))
    return PL_EPROTO;
  return 1;
}

static bool is_bulk(char type)
{
  return type == '$' || type == '!' || type == '=';
}

/* How many values follow inside; 0: none. */
static uint64_t inside(const reply_head *h)
{
  if (h->number <= 0 || !strchr("*%~>|", h->type))
    return 0;
  return h->type == '%' || h->type == '|' ? 2 * (uint64_t)h->number : (uint64_t)h->number;
}

/* How many values must come before this one is complete: an attribute stands before the value that it belongs to. */
static uint64_t awaited(const reply_head *h)
{
  return inside(h) + (h->type == '|');
}

/* One value is complete: so may be the aggregates around it. An attribute (|) counts for nothing. */
static void value_done(redis *c)
{
  while (c->depth > 0) {
    if (--c->left[c->depth - 1] > 0)
      return;
    c->depth--;
  }
  c->replies--;
}

/* Goes over what is there; 1 when all wanted replies are complete. */
static int scan(redis *c, const char **why)
{
  while (c->replies > 0) {
    pl_str rest = {c->answer.data + c->scanned, c->answer.len - c->scanned};
    reply_head h;
    int code = read_head(rest, &h, why);
    if (code <= 0)
      return code;
    size_t bulk = is_bulk(h.type) && h.number >= 0 ? (size_t)h.number + 2 : 0;
    if (rest.len < h.len + bulk)
      return 0;
    c->scanned += h.len + bulk;
    uint64_t n = awaited(&h);
    if (h.type == '>' && c->depth == 0)
      c->replies++; /* a push is no reply */
    if (n) {
      *why = "redis: a reply is nested too deep";
      if (c->depth == DEPTH_MAX)
        return PL_EPROTO;
      c->left[c->depth++] = n;
      continue;
    }
    value_done(c);
  }
  return 1;
}

/* The greeting's replies must be good. */
static int check_greeting(redis *c, const char **why)
{
  pl_str rest = {c->answer.data, c->answer.len};
  reply_head h;
  for (size_t i = 0; i < c->wanted && read_head(rest, &h, why) == 1; i++) {
    if (h.type == '-') {
      (void)snprintf(c->why, sizeof c->why, "redis: %.*s", (int)(h.line.len < 140 ? h.line.len : 140), h.line.data);
      *why = c->why;
      return PL_EPROTO;
    }
    if (inside(&h))
      break; /* what HELLO tells of the server */
    rest = (pl_str){rest.data + h.len, rest.len - h.len};
  }
  return PL_PROTOCOL_DONE;
}

static int redis_receive(void *c_, char *data, size_t len, size_t *used, pl_buf *out, const char **why)
{
  redis *c = c_;
  size_t before = c->answer.len;
  (void)out;
  *used = len;
  *why = "redis: out of memory for a reply, or it is larger than 64 MiB";
  if (len && pl_buf_add(&c->answer, data, len))
    return PL_ENOMEM;
  int code = scan(c, why);
  if (code == 1) /* a push may have begun behind it */
    *used = c->scanned - before;
  return code == 1 && c->greeting ? check_greeting(c, why) : code;
}

/* ---- Values ------------------------------------------------------------------------------------- */

typedef struct reader {
  pl_str rest;
  pl_arena *arena;
  pl_str error;   /* the first one's text; data NULL: there was none */
} reader;

static int read_value(reader *r, pl_tree *v, unsigned depth);

static int read_aggregate(reader *r, const reply_head *h, pl_tree *v, unsigned depth)
{
  size_t n = h->number > 0 ? (size_t)h->number : 0, cells = h->type == '%' ? 2 * n : n;
  if (h->number < 0)
    return PL_OK;
  if (n > VALUES_MAX || !(h->type == '%' ? pl_tree_map(r->arena, v, n) : pl_tree_list(r->arena, v, n)))
    return PL_ENOMEM;
  int code = PL_OK;
  for (size_t i = 0; i < cells && !code; i++)
    code = read_value(r, &v->as.items[i], depth + 1);
  return code;
}

/* An error is { error = text }: a nil would end the list that it stands in. */
static int read_error(reader *r, pl_str text, pl_tree *v)
{
  if (!pl_tree_map(r->arena, v, 1))
    return PL_ENOMEM;
  pl_tree_pair(v, 0, "error", pl_tree_text(text));
  if (!r->error.data)
    r->error = text;
  return PL_OK;
}

static int read_bulk(reader *r, const reply_head *h, pl_tree *v)
{
  if (h->number < 0)
    return PL_OK;
  if (r->rest.len < (size_t)h->number + 2)
    return PL_EPROTO;
  pl_str text = {r->rest.data, (size_t)h->number};
  r->rest = (pl_str){text.data + text.len + 2, r->rest.len - text.len - 2};
  if (h->type == '!')
    return read_error(r, text, v);
  if (h->type == '=' && text.len >= 4) /* "txt:" in front of a verbatim text */
    text = (pl_str){text.data + 4, text.len - 4};
  *v = pl_tree_text(text);
  return PL_OK;
}

/* What stands before a value and is none: pushes before a reply, then attributes. */
static int skip_extras(reader *r, reply_head *h, unsigned depth)
{
  const char *why;
  pl_tree ignored;
  pl_str error = r->error;
  bool reply = depth == 0;
  while (h->type == '|' || (h->type == '>' && reply)) {
    int code = PL_OK;
    reply = reply && h->type == '>';
    for (uint64_t i = inside(h); i > 0 && !code; i--) {
      ignored = (pl_tree){0};
      code = read_value(r, &ignored, depth + 1);
    }
    if (code || read_head(r->rest, h, &why) != 1)
      return code ? code : PL_EPROTO;
    r->rest = (pl_str){r->rest.data + h->len, r->rest.len - h->len};
  }
  r->error = error;
  return PL_OK;
}

static int read_value(reader *r, pl_tree *v, unsigned depth)
{
  reply_head h;
  const char *why;
  double number;
  if (depth > DEPTH_MAX || read_head(r->rest, &h, &why) != 1)
    return PL_EPROTO;
  r->rest = (pl_str){r->rest.data + h.len, r->rest.len - h.len};
  int code = skip_extras(r, &h, depth);
  if (code)
    return code;
  switch (h.type) {
  case '-':
    return read_error(r, h.line, v);
  case ':':
    *v = pl_tree_integer(h.number);
    return PL_OK;
  case '#':
    *v = pl_tree_boolean(h.line.len == 1 && h.line.data[0] == 't');
    return PL_OK;
  case '_':
    return PL_OK;
  case ',':
    *v = pl_str_double(h.line, &number) ? pl_tree_number(number) : pl_tree_text(h.line);
    return PL_OK;
  case '+':
  case '(':
    *v = pl_tree_text(h.line);
    return PL_OK;
  default:
    return is_bulk(h.type) ? read_bulk(r, &h, v) : read_aggregate(r, &h, v, depth);
  }
}

static int read_replies(const redis *c, reader *r, pl_tree *value)
{
  if (!c->pipeline)
    return read_value(r, value, 0);
  if (!pl_tree_list(r->arena, value, c->wanted))
    return PL_ENOMEM;
  int code = PL_OK;
  for (size_t i = 0; i < c->wanted && !code; i++)
    code = read_value(r, &value->as.items[i], 0);
  return code;
}

static int redis_result(void *c_, pl_arena *arena, pl_tree *value, int *status, const char **why)
{
  redis *c = c_;
  reader r = {.rest = {c->answer.data, c->answer.len}, .arena = arena};
  *status = 0;
  int code = read_replies(c, &r, value);
  if (code || !r.error.data)
    return code;
  (void)snprintf(c->why, sizeof c->why, "%.*s", (int)(r.error.len < 150 ? r.error.len : 150), r.error.data);
  *status = 1;
  *why = c->why;
  const pl_tree *error = pl_tree_get(value, "error");
  if (error && error->kind == PL_TREE_STRING && error->as.string.data == r.error.data) /* it is all of the answer */
    *value = (pl_tree){0};
  return PL_OK;
}

static const char *const operations[] = {"call", "pipeline", NULL};
static const pl_protocol_option options[] = {{"resp", PL_TREE_INTEGER}, {0}};
static const pl_protocol_option named_options[] = {{0}};

extern const pl_protocol pl_module_entry;
PL_API const pl_protocol pl_module_entry = {
    .head = {"redis", PL_PROTOCOL_ABI}, .word = "redis", .scheme = "redis", .secure_scheme = "rediss", .port = 6379, .secure_port = 6379,
    .operations = operations,
    .options = options, .named = named_options, .size = sizeof(redis), .open = redis_open, .close = redis_close, .greet = redis_greet,
    .begin = redis_begin, .receive = redis_receive, .result = redis_result,
};
