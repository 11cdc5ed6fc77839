/* Bytes over TCP or TLS.
 *
 *   local c = user:tcp("tcp://127.0.0.1:7", { })
 *   c:send("hello\n")
 *   local line, why = c:receive { delimiter = "\n" }         -- without the delimiter
 *   local four = c:receive { bytes = 4 }
 *   local all = c:exchange { "PING\n", pattern = "P[AO]NG" } -- up to the end of what a POSIX regular expression matches
 *   local rest = c:receive { until_close = true } */
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "load/protocol.h"

enum { RECEIVE_MAX = 64 << 20, EXPRESSION_MAX = 1000 };

enum framing { FRAMING_ANY, FRAMING_BYTES, FRAMING_DELIMITER, FRAMING_PATTERN, FRAMING_CLOSE };

typedef struct tcp {
  pl_buf received;      /* of the operation in flight, or the one that is done */
  enum framing framing;
  size_t bytes;         /* FRAMING_BYTES */
  char delimiter[256];
  size_t delimiter_len;
  char expression[EXPRESSION_MAX + 1]; /* what compiled was made of */
  regex_t compiled;
  bool has_expression;
  size_t value_len;     /* how much of received is the value */
} tcp;

static int tcp_open(void *c_, const pl_url *url, const pl_tree *options, const pl_allocator *a, pl_error *err)
{
  tcp *c = c_;
  (void)url, (void)options, (void)err;
  pl_buf_init(&c->received, a, RECEIVE_MAX);
  return PL_OK;
}

static void tcp_close(void *c_)
{
  tcp *c = c_;
  pl_buf_fini(&c->received);
  if (c->has_expression)
    regfree(&c->compiled);
}

/* Compiles an expression unless it is the one of the operation before. */
static int set_expression(tcp *c, pl_str text, pl_error *err)
{
  char why[120];
  if (text.len > EXPRESSION_MAX || memchr(text.data, '\0', text.len))
    return pl_fail(err, PL_EINVAL, "tcp: a pattern is at most %d bytes, without NUL", EXPRESSION_MAX);
  if (c->has_expression && pl_str_eqc(text, c->expression))
    return PL_OK;
  if (c->has_expression)
    regfree(&c->compiled);
  (void)pl_copy(c->expression, sizeof c->expression, text);
  int code = regcomp(&c->compiled, c->expression, REG_EXTENDED);
  c->has_expression = code == 0;
  if (code == 0)
    return PL_OK;
  (void)regerror(code, &c->compiled, why, sizeof why);
  return pl_fail(err, PL_EINVAL, "tcp: pattern \"%s\": %s", c->expression, why);
}

static int read_framing(tcp *c, const pl_tree *named, pl_error *err)
{
  pl_str delimiter = pl_tree_get_string(named, "delimiter", (pl_str){NULL, 0});
  pl_str pattern = pl_tree_get_string(named, "pattern", (pl_str){NULL, 0});
  int64_t bytes = pl_tree_get_integer(named, "bytes", 0);
  bool until_close = pl_tree_get_boolean(named, "until_close", false);
  if ((delimiter.len > 0) + (pattern.len > 0) + (bytes != 0) + until_close > 1)
    return pl_fail(err, PL_EINVAL, "tcp: bytes, delimiter, pattern and until_close exclude each other");
  c->framing = until_close ? FRAMING_CLOSE : FRAMING_ANY;
  if (bytes) {
    if (bytes < 0 || bytes > RECEIVE_MAX)
      return pl_fail(err, PL_EINVAL, "tcp: bytes is from 1 to %d", RECEIVE_MAX);
    c->framing = FRAMING_BYTES;
    c->bytes = (size_t)bytes;
  } else if (delimiter.len) {
    if (delimiter.len > sizeof c->delimiter)
      return pl_fail(err, PL_EINVAL, "tcp: a delimiter is at most %zu bytes", sizeof c->delimiter);
    c->framing = FRAMING_DELIMITER;
    c->delimiter_len = delimiter.len;
    memcpy(c->delimiter, delimiter.data, delimiter.len);
  } else if (pattern.len) {
    c->framing = FRAMING_PATTERN;
    return set_expression(c, pattern, err);
  }
  return PL_OK;
}

static int tcp_begin(void *c_, pl_str operation, const pl_tree *args, const pl_tree *named, pl_buf *out,
                     pl_protocol_request *request, pl_error *err)
{
  tcp *c = c_;
  char scratch[32];
  bool sends = !pl_str_eqc(operation, "receive");
  pl_buf_clear(&c->received);
  c->value_len = 0;
  request->no_answer = pl_str_eqc(operation, "send");
  (void)snprintf(request->label, sizeof request->label, "tcp %.*s", (int)operation.len, operation.data);
  if (sends) {
    pl_str text = args->n == 1 ? pl_tree_as_text(&args->as.items[0], scratch) : (pl_str){NULL, 0};
    if (!text.data)
      return pl_fail(err, PL_EINVAL, "tcp: %.*s takes one text", (int)operation.len, operation.data);
    (void)pl_buf_add(out, text.data, text.len);
  } else if (args->n) {
    return pl_fail(err, PL_EINVAL, "tcp: receive takes options only, such as { delimiter = \"\\n\" }");
  }
  return request->no_answer ? PL_OK : read_framing(c, named, err);
}

/* Where the value and what belongs to it end in received; 0: not yet. */
static size_t frame_end(tcp *c)
{
  const char *found;
  regmatch_t match;
  switch (c->framing) {
  case FRAMING_ANY:
    c->value_len = c->received.len;
    return c->received.len;
  case FRAMING_BYTES:
    c->value_len = c->bytes;
    return c->received.len >= c->bytes ? c->bytes : 0;
  case FRAMING_DELIMITER:
    found = c->received.len ? memmem(c->received.data, c->received.len, c->delimiter, c->delimiter_len) : NULL;
    c->value_len = found ? (size_t)(found - c->received.data) : 0;
    return found ? c->value_len + c->delimiter_len : 0;
  case FRAMING_PATTERN:
    found = pl_buf_cstr(&c->received); /* POSIX expressions see what is before the first NUL */
    if (!found || regexec(&c->compiled, found, 1, &match, 0) != 0)
      return 0;
    c->value_len = (size_t)match.rm_eo;
    return c->value_len;
  case FRAMING_CLOSE:
    break;
  }
  return 0;
}

static int tcp_receive(void *c_, char *data, size_t len, size_t *used, pl_buf *out, const char **why)
{
  tcp *c = c_;
  size_t before = c->received.len;
  (void)out;
  *why = "tcp: out of memory for what was received, or it is larger than 64 MiB";
  if (len && pl_buf_add(&c->received, data, len))
    return PL_ENOMEM;
  size_t end = frame_end(c);
  *used = end > before ? end - before : len;
  return end ? PL_PROTOCOL_DONE : PL_PROTOCOL_MORE;
}

static int tcp_ended(void *c_, const char **why)
{
  tcp *c = c_;
  *why = "the connection was closed before all was received";
  if (c->framing != FRAMING_CLOSE)
    return PL_ETRUNC;
  c->value_len = c->received.len;
  return PL_PROTOCOL_DONE;
}

static int tcp_result(void *c_, pl_arena *arena, pl_tree *value, int *status, const char **why)
{
  tcp *c = c_;
  (void)arena, (void)why;
  *status = 0;
  *value = pl_tree_text((pl_str){c->received.data ? c->received.data : "", c->value_len});
  return PL_OK;
}

static const char *const operations[] = {"send", "receive", "exchange", NULL};

extern const pl_protocol pl_module_entry;
PL_API const pl_protocol pl_module_entry = {
    .head = {"tcp", PL_PROTOCOL_ABI}, .word = "tcp", .scheme = "tcp", .secure_scheme = "tls", .operations = operations,
    .size = sizeof(tcp), .open = tcp_open, .close = tcp_close, .begin = tcp_begin, .receive = tcp_receive, .ended = tcp_ended,
    .result = tcp_result,
};
