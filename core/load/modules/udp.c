/* Datagrams over UDP.
 *
 *   local c = user:udp("udp://127.0.0.1:53")
 *   c:send(bytes)
 *   local answer, why = c:receive()                     -- the next datagram, perhaps one that waits in the socket already
 *   local answer = c:exchange(question)                 -- the next one behind the question
 *   local all = c:exchange { question, pattern = "END" } -- datagrams until they match, hold so many bytes or a delimiter; all of them */
#include <stdio.h>

#include "base/error.h"
#include "load/modules/expect.h"
#include "load/protocol.h"

enum { DATAGRAM_MAX = 65507 };

typedef struct udp {
  pl_buf received;  /* datagrams of the operation in flight, or of the one that is done */
  pl_expect expect;
} udp;

static int udp_open(void *c_, const pl_url *url, const pl_tree *options, const pl_allocator *a, pl_error *err)
{
  udp *c = c_;
  (void)url, (void)options, (void)err;
  pl_buf_init(&c->received, a, PL_EXPECT_MAX);
  return PL_OK;
}

static void udp_close(void *c_)
{
  udp *c = c_;
  pl_buf_fini(&c->received);
  pl_expect_fini(&c->expect);
}

static int udp_begin(void *c_, pl_str operation, const pl_tree *args, const pl_tree *named, pl_buf *out,
                     pl_protocol_request *request, pl_error *err)
{
  udp *c = c_;
  char scratch[32];
  bool sends = !pl_str_eqc(operation, "receive");
  pl_buf_clear(&c->received);
  request->no_answer = pl_str_eqc(operation, "send");
  (void)snprintf(request->label, sizeof request->label, "udp %.*s", (int)operation.len, operation.data);
  pl_str text = sends && args->n == 1 ? pl_tree_as_text(&args->as.items[0], scratch) : (pl_str){NULL, 0};
  if (sends && (!text.data || text.len == 0 || text.len > DATAGRAM_MAX))
    return pl_fail(err, PL_EINVAL, "udp: %.*s takes one text of 1 to %d bytes", (int)operation.len, operation.data, DATAGRAM_MAX);
  if (pl_tree_get(named, "until_close"))
    return pl_fail(err, PL_EINVAL, "udp: until_close is for tcp: datagrams have no end");
  int code = request->no_answer ? PL_OK : pl_expect_set(&c->expect, named, "udp", err);
  return code || !sends ? code : pl_buf_add(out, text.data, text.len);
}

static int udp_receive(void *c_, char *data, size_t len, size_t *used, pl_buf *out, const char **why)
{
  udp *c = c_;
  size_t value_len;
  (void)out;
  *used = len;
  *why = "udp: out of memory for datagrams, or they are more than 64 MiB";
  if (len == 0)
    return PL_PROTOCOL_MORE;
  if (pl_buf_add(&c->received, data, len))
    return PL_ENOMEM;
  return pl_expect_end(&c->expect, &c->received, &value_len) ? PL_PROTOCOL_DONE : PL_PROTOCOL_MORE;
}

static int udp_result(void *c_, pl_arena *arena, pl_tree *value, int *status, const char **why)
{
  udp *c = c_;
  (void)arena, (void)why;
  *status = 0;
  *value = pl_tree_text((pl_str){c->received.data ? c->received.data : "", c->received.len});
  return PL_OK;
}

static const char *const operations[] = {"send", "receive", "exchange", NULL};
static const char *const options[] = {NULL};
static const char *const named_options[] = {"bytes", "delimiter", "pattern", "until_close", NULL};

extern const pl_protocol pl_module_entry;
PL_API const pl_protocol pl_module_entry = {
    .head = {"udp", PL_PROTOCOL_ABI}, .word = "udp", .scheme = "udp", .datagram = true, .operations = operations,
    .options = options, .named = named_options, .size = sizeof(udp),
    .open = udp_open, .close = udp_close, .begin = udp_begin, .receive = udp_receive, .result = udp_result,
};
