/* Bytes over TCP or TLS.
 *
 *   local c = user:tcp("tcp://127.0.0.1:7", { })
 *   c:send("hello\n")
 *   local line, why = c:receive { delimiter = "\n" }         -- without the delimiter
 *   local four = c:receive { bytes = 4 }
 *   local all = c:exchange { "PING\n", pattern = "P[AO]NG" } -- up to the end of what a POSIX regular expression matches
 *   local rest = c:receive { until_close = true } */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "load/modules/expect.h"
#include "load/protocol.h"

typedef struct tcp {
  pl_buf received;  /* of the operation in flight, or the one that is done */
  pl_expect expect;
  size_t value_len; /* how much of received is the value */
} tcp;

static int tcp_open(void *c_, const pl_url *url, const pl_tree *options, const pl_allocator *a, pl_error *err)
{
  tcp *c = c_;
  (void)url, (void)options, (void)err;
  pl_buf_init(&c->received, a, PL_EXPECT_MAX);
  return PL_OK;
}

static void tcp_close(void *c_)
{
  tcp *c = c_;
  pl_buf_fini(&c->received);
  pl_expect_fini(&c->expect);
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
  return request->no_answer ? PL_OK : pl_expect_set(&c->expect, named, "tcp", err);
}

static int tcp_receive(void *c_, char *data, size_t len, size_t *used, pl_buf *out, const char **why)
{
  tcp *c = c_;
  size_t before = c->received.len;
  (void)out;
  *why = "tcp: out of memory for what was received, or it is larger than 64 MiB";
  if (len && pl_buf_add(&c->received, data, len))
    return PL_ENOMEM;
  size_t end = pl_expect_end(&c->expect, &c->received, &c->value_len);
  *used = end > before ? end - before : len;
  return end ? PL_PROTOCOL_DONE : PL_PROTOCOL_MORE;
}

static int tcp_ended(void *c_, const char **why)
{
  tcp *c = c_;
  *why = "the connection was closed before all was received";
  if (c->expect.kind != PL_EXPECT_CLOSE)
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
static const char *const options[] = {NULL};
static const char *const named_options[] = {"bytes", "delimiter", "pattern", "until_close", NULL};

extern const pl_protocol pl_module_entry;
PL_API const pl_protocol pl_module_entry = {
    .head = {"tcp", PL_PROTOCOL_ABI}, .word = "tcp", .scheme = "tcp", .secure_scheme = "tls", .operations = operations,
    .options = options, .named = named_options,
    .size = sizeof(tcp), .open = tcp_open, .close = tcp_close, .begin = tcp_begin, .receive = tcp_receive, .ended = tcp_ended,
    .result = tcp_result,
};
