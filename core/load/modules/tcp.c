/* Bytes over TCP or TLS.
 *
 *   local c = user:tcp("tcp://127.0.0.1:7", { })
 *   c:send("hello\n")
 *   local line, why = c:receive { delimiter = "\n" }         -- without the delimiter
 *   local four = c:receive { bytes = 4 }
 *   local all = c:exchange { "PING\n", pattern = "P[AO]NG" } -- up to the end of what a POSIX regular expression matches
 *   local rest = c:receive { until_close = true }
 *
 * What the server sent before it closed waits for the operations that read, then they see the end; what sends after that connects again. */
#include "load/modules/plain.h"

static int tcp_begin(void *c, pl_str operation, const pl_tree *args, const pl_tree *named, pl_buf *out, pl_protocol_request *request,
                     pl_error *err)
{
  return pl_plain_begin(c, "tcp", operation, args, named, out, request, err);
}

static int tcp_ended(void *c_, const char **why)
{
  pl_plain *c = c_;
  *why = "the connection was closed before all was received";
  if (c->expect.kind != PL_EXPECT_CLOSE)
    return PL_ETRUNC;
  c->value_len = c->received.len;
  return PL_PROTOCOL_DONE;
}

extern const pl_protocol pl_module_entry;
PL_API const pl_protocol pl_module_entry = {
    .head = {"tcp", PL_PROTOCOL_ABI}, .word = "tcp", .keeps_end = true, .scheme = "tcp", .secure_scheme = "tls", .operations = pl_plain_operations,
    .options = pl_plain_options, .named = pl_plain_named, .size = sizeof(pl_plain), .open = pl_plain_open, .close = pl_plain_close,
    .begin = tcp_begin, .receive = pl_plain_receive, .ended = tcp_ended, .result = pl_plain_result,
};
