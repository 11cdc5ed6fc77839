/* Conversations of plain bytes. */
#include "load/modules/plain.h"

#include <stdio.h>

#include "base/error.h"

const char *const pl_plain_operations[] = {"send", "receive", "exchange", NULL};
const pl_protocol_option pl_plain_named[] = {{"bytes", PL_TREE_NIL}, {"delimiter", PL_TREE_NIL}, {"pattern", PL_TREE_NIL}, {"until_close", PL_TREE_NIL}, {0}};
const pl_protocol_option pl_plain_options[] = {{0}};

int pl_plain_open(void *c_, const pl_url *url, const pl_tree *options, const pl_allocator *a, pl_error *err)
{
  pl_plain *c = c_;
  (void)url, (void)options, (void)err;
  pl_buf_init(&c->received, a, PL_EXPECT_MAX);
  return PL_OK;
}

void pl_plain_close(void *c_)
{
  pl_plain *c = c_;
  pl_buf_fini(&c->received);
  pl_expect_fini(&c->expect);
}

int pl_plain_begin(pl_plain *c, const char *who, pl_str operation, const pl_tree *args, const pl_tree *named, pl_buf *out,
                   pl_protocol_request *request, pl_error *err)
{
  char scratch[32];
  bool sends = !pl_str_eqc(operation, "receive");
  pl_str text = sends && args->n == 1 ? pl_tree_as_text(&args->as.items[0], scratch) : (pl_str){NULL, 0};
  pl_buf_clear(&c->received);
  c->value_len = 0;
  c->only_sends = request->no_answer = pl_str_eqc(operation, "send");
  (void)snprintf(request->label, sizeof request->label, "%s %.*s", who, (int)operation.len, operation.data);
  if (sends && !text.data)
    return pl_fail(err, PL_EINVAL, "%s: %.*s takes one text", who, (int)operation.len, operation.data);
  if (!sends && args->n)
    return pl_fail(err, PL_EINVAL, "%s: receive takes options only, such as { delimiter = \"\\n\" }", who);
  if (sends)
    (void)pl_buf_add(out, text.data, text.len);
  return request->no_answer ? PL_OK : pl_expect_set(&c->expect, named, who, err);
}

int pl_plain_receive(void *c_, char *data, size_t len, size_t *used, pl_buf *out, const char **why)
{
  pl_plain *c = c_;
  size_t before = c->received.len;
  (void)out;
  *why = "out of memory for what was received, or it is larger than 64 MiB";
  if (len && pl_buf_add(&c->received, data, len))
    return PL_ENOMEM;
  size_t end = pl_expect_end(&c->expect, &c->received, &c->value_len);
  *used = len;
  if (end)
    *used = end > before ? end - before : 0;
  return end ? PL_PROTOCOL_DONE : PL_PROTOCOL_MORE;
}

int pl_plain_result(void *c_, pl_arena *arena, pl_tree *value, int *status, const char **why)
{
  pl_plain *c = c_;
  (void)arena, (void)why;
  *status = 0;
  *value = c->only_sends ? pl_tree_boolean(true) : pl_tree_text((pl_str){c->received.data ? c->received.data : "", c->value_len});
  return PL_OK;
}
