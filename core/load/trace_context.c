/* See trace_context.h. Version 00, flag 01 (sampled): a trace that nobody keeps is of no use here. */
#include "load/trace_context.h"

#include <inttypes.h>
#include <stdio.h>

enum { HEAD_MAX = 128 << 10 };

pl_trace_context *pl_trace_context_new(const pl_allocator *a)
{
  pl_trace_context *t = pl_alloc_zero(a, 1, sizeof *t);
  if (t)
    pl_buf_init(&t->head, a, HEAD_MAX);
  return t;
}

void pl_trace_context_free(pl_trace_context *t, const pl_allocator *a)
{
  if (!t)
    return;
  pl_buf_fini(&t->head);
  pl_free(a, t, sizeof *t);
}

void pl_trace_context_begin(pl_trace_context *t, uint64_t seed, uint64_t scenario, uint64_t user, uint64_t iteration)
{
  static const uint64_t trace_ids = UINT64_C(0x7472616365696473); /* another stream than the script's own numbers */
  pl_rng_init(&t->rng, seed ^ trace_ids, scenario, user, iteration);
}

int pl_head_take(pl_buf *head, pl_str line)
{
  head->len -= 2;
  (void)pl_buf_add(head, line.data, line.len);
  return pl_buf_add(head, "\r\n", 2);
}

/* An id of zeros only is none. */
static uint64_t draw(pl_trace_context *t)
{
  uint64_t id;
  do
    id = pl_rng_u64(&t->rng);
  while (!id);
  return id;
}

void pl_trace_context_add(pl_trace_context *t, pl_exchange *x, pl_str head)
{
  x->head = head;
  x->trace = (pl_str){"", 0};
  t->high = t->low = 0;
  if (pl_answer_header(head, PL_STR("traceparent")).data)
    return;
  uint64_t high = draw(t), low = draw(t);
  int n = snprintf(t->line, sizeof t->line, "traceparent: 00-%016" PRIx64 "%016" PRIx64 "-%016" PRIx64 "-01\r\n", high, low, low);
  pl_str line = {t->line, (size_t)n};
  pl_buf_clear(&t->head);
  if (pl_buf_add(&t->head, head.data, head.len) || pl_head_take(&t->head, line))
    return;
  t->high = high;
  t->low = low;
  x->head = (pl_str){t->head.data, t->head.len};
  x->trace = line;
}
