/* Datagrams over UDP.
 *
 *   local c = user:udp("udp://127.0.0.1:53")
 *   c:send(bytes)
 *   local answer, why = c:receive()                     -- the next datagram, perhaps one that waits in the socket already
 *   local answer = c:exchange(question)                 -- the next one behind the question
 *   local all = c:exchange { question, pattern = "END" } -- datagrams until they match, hold so many bytes or a delimiter; all of them */
#include "base/error.h"
#include "load/modules/plain.h"

enum { DATAGRAM_MAX = 65507 };

static int udp_begin(void *c, pl_str operation, const pl_tree *args, const pl_tree *named, pl_buf *out, pl_protocol_request *request,
                     pl_error *err)
{
  if (pl_tree_get(named, "until_close"))
    return pl_fail(err, PL_EINVAL, "udp: until_close is for tcp: datagrams have no end");
  size_t before = out->len;
  int code = pl_plain_begin(c, "udp", operation, args, named, out, request, err);
  size_t len = out->len - before;
  if (!code && !out->bad && args->n && (len == 0 || len > DATAGRAM_MAX))
    return pl_fail(err, PL_EINVAL, "udp: %.*s takes a text of 1 to %d bytes, not of %zu", (int)operation.len, operation.data, DATAGRAM_MAX, len);
  return code;
}

/* Whole datagrams are taken, all of them are the value. */
static int udp_receive(void *c_, char *data, size_t len, size_t *used, pl_buf *out, const char **why)
{
  pl_plain *c = c_;
  int code = pl_plain_receive(c, data, len, used, out, why);
  *used = len;
  c->value_len = c->received.len;
  return code;
}

extern const pl_protocol pl_module_entry;
PL_API const pl_protocol pl_module_entry = {
    .head = {"udp", PL_PROTOCOL_ABI}, .word = "udp", .scheme = "udp", .datagram = true, .operations = pl_plain_operations,
    .options = pl_plain_options, .named = pl_plain_named, .size = sizeof(pl_plain), .open = pl_plain_open, .close = pl_plain_close,
    .begin = udp_begin, .receive = udp_receive, .result = pl_plain_result,
};
