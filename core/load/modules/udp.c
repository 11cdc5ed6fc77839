/* Datagrams over UDP.
 *
 *   local c = user:udp("udp://127.0.0.1:53")
 *   c:send(bytes)
 *   local answer, why = c:receive()       -- the next datagram
 *   local answer = c:exchange(question) */
#include <stdio.h>

#include "base/error.h"
#include "load/protocol.h"

enum { DATAGRAM_MAX = 65507 };

typedef struct udp {
  pl_buf datagram;
} udp;

static int udp_open(void *c_, const pl_url *url, const pl_tree *options, const pl_allocator *a, pl_error *err)
{
  udp *c = c_;
  (void)url, (void)options, (void)err;
  pl_buf_init(&c->datagram, a, DATAGRAM_MAX);
  return PL_OK;
}

static void udp_close(void *c_)
{
  udp *c = c_;
  pl_buf_fini(&c->datagram);
}

static int udp_begin(void *c_, pl_str operation, const pl_tree *args, const pl_tree *named, pl_buf *out,
                     pl_protocol_request *request, pl_error *err)
{
  udp *c = c_;
  char scratch[32];
  bool sends = !pl_str_eqc(operation, "receive");
  (void)named;
  pl_buf_clear(&c->datagram);
  request->no_answer = pl_str_eqc(operation, "send");
  (void)snprintf(request->label, sizeof request->label, "udp %.*s", (int)operation.len, operation.data);
  pl_str text = sends && args->n == 1 ? pl_tree_as_text(&args->as.items[0], scratch) : (pl_str){NULL, 0};
  if (sends && (!text.data || text.len == 0 || text.len > DATAGRAM_MAX))
    return pl_fail(err, PL_EINVAL, "udp: %.*s takes one text of 1 to %d bytes", (int)operation.len, operation.data, DATAGRAM_MAX);
  return sends ? pl_buf_add(out, text.data, text.len) : PL_OK;
}

static int udp_receive(void *c_, char *data, size_t len, size_t *used, pl_buf *out, const char **why)
{
  udp *c = c_;
  (void)out;
  *used = len;
  *why = "udp: out of memory for a datagram";
  if (len == 0)
    return PL_PROTOCOL_MORE;
  return pl_buf_add(&c->datagram, data, len) ? PL_ENOMEM : PL_PROTOCOL_DONE;
}

static int udp_result(void *c_, pl_arena *arena, pl_tree *value, int *status, const char **why)
{
  udp *c = c_;
  (void)arena, (void)why;
  *status = 0;
  *value = pl_tree_text((pl_str){c->datagram.data ? c->datagram.data : "", c->datagram.len});
  return PL_OK;
}

static const char *const operations[] = {"send", "receive", "exchange", NULL};

extern const pl_protocol pl_module_entry;
PL_API const pl_protocol pl_module_entry = {
    .head = {"udp", PL_PROTOCOL_ABI}, .word = "udp", .scheme = "udp", .datagram = true, .operations = operations, .size = sizeof(udp),
    .open = udp_open, .close = udp_close, .begin = udp_begin, .receive = udp_receive, .result = udp_result,
};
