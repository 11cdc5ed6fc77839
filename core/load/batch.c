/* See batch.h. A part is recorded by showing it to the user: its slot, times and answer take the place of the exchange's, which a
 * batch does not use. Latency counts from the batch's begin, also where a part waited for others. */
#include "load/batch.h"

#include <string.h>

#include "load/worker.h"

void pl_part_init(pl_part *p, const pl_allocator *a, size_t max)
{
  memset(p, 0, sizeof *p);
  pl_buf_init(&p->kept, a, max);
}

void pl_part_fini(pl_part *p)
{
  pl_trace_context_free(p->trace, p->kept.alloc);
  p->trace = NULL;
  pl_buf_fini(&p->kept);
}

static void send_more(pl_batch *b);

static void show(const pl_part *p)
{
  pl_user *u = p->batch->user;
  u->slot = p->slot;
  u->expected = p->expected;
  u->n_expected = p->n_expected;
  u->exchange.times = p->exchange.times;
  u->exchange.answer = p->exchange.answer;
  if (u->trace) {
    u->trace->high = p->trace ? p->trace->high : 0;
    u->trace->low = p->trace ? p->trace->low : 0;
  }
}

static void on_sending(pl_exchange *x)
{
  pl_user *u = ((const pl_part *)x->user)->batch->user;
  u->exchange.times.send = x->times.send;
  pl_user_operation_sending(u, 0);
}

/* The bytes of the answer are the connection's only now. */
static void keep(pl_part *p)
{
  pl_answer *a = &p->exchange.answer;
  size_t head = a->head.len, body = a->body.len;
  bool kept = pl_buf_add(&p->kept, a->head.data, head) == PL_OK && pl_buf_add(&p->kept, a->body.data, body) == PL_OK;
  a->body_cut |= !kept;
  a->head = (pl_str){p->kept.data, kept ? head : 0};
  a->body = (pl_str){kept && body ? p->kept.data + head : NULL, kept ? body : 0};
}

static void on_done(pl_exchange *x)
{
  pl_part *p = x->user;
  pl_batch *b = p->batch;
  keep(p);
  show(p);
  p->answered = pl_user_part_done(b->user);
  b->in_flight--;
  if (x->answer.failure == PL_FAIL_ABORTED) {
    b->ending = true;
    pl_wheel_cancel(b->user->worker->wheel, &b->timer);
  }
  send_more(b);
  if (b->in_flight == 0 && (b->next == b->n || b->ending) && !pl_timer_is_set(&b->timer))
    pl_user_operation_done(b->user);
}

static void on_due(pl_timer *t)
{
  pl_batch *b = (pl_batch *)((char *)t - offsetof(pl_batch, timer));
  send_more(b);
}

/* Whether the next part must wait for the plan's rate cap. The first one has waited as the operation's begin. */
static bool is_held(pl_batch *b)
{
  pl_worker *w = b->user->worker;
  if (b->next && !b->due_ns)
    b->due_ns = pl_user_part_due(b->user);
  if (b->due_ns <= pl_now(w->o.clock))
    return false;
  b->timer.fn = on_due;
  pl_wheel_set(w->wheel, &b->timer, b->due_ns);
  return true;
}

/* Ids come from the user's stream, in the order of the sends. */
static void add_trace(pl_part *p)
{
  pl_trace_context *user = p->batch->user->trace;
  if (!user)
    return;
  if (!p->trace)
    p->trace = pl_trace_context_new(p->kept.alloc);
  if (!p->trace)
    return;
  p->trace->rng = user->rng;
  pl_trace_context_add(p->trace, &p->exchange, p->exchange.head);
  user->rng = p->trace->rng;
}

static void send_more(pl_batch *b)
{
  while (!b->ending && b->next < b->n && b->in_flight < b->parallel && !pl_timer_is_set(&b->timer) && !is_held(b)) {
    pl_part *p = &b->parts[b->next++];
    b->due_ns = 0;
    b->in_flight++;
    p->batch = b;
    p->exchange.sending = on_sending;
    p->exchange.done = on_done;
    p->exchange.user = p;
    add_trace(p);
    p->exchange.own = b->user->exchange.own;
    pl_client_send(b->user->worker->client, &p->exchange);
  }
}

static void start(void *operation)
{
  send_more(operation);
}

/* The end of the last one in flight goes on in on_done. Where all wait for the rate cap none is in flight: the user is told from
 * the loop's next turn. */
static void on_nothing_left(pl_timer *t)
{
  pl_batch *b = (pl_batch *)((char *)t - offsetof(pl_batch, timer));
  pl_user *u = b->user;
  u->exchange.answer.failure = PL_FAIL_ABORTED;
  u->exchange.times.end = pl_now(u->worker->o.clock);
  u->outcome = PL_FAIL_ABORTED;
  pl_user_operation_done(u);
}

static void abort_batch(void *operation)
{
  pl_batch *b = operation;
  pl_worker *w = b->user->worker;
  size_t sent = b->next;
  bool nothing = b->in_flight == 0;
  b->ending = true;
  pl_wheel_cancel(w->wheel, &b->timer);
  for (size_t i = 0; i < sent; i++) {
    if (b->parts[i].answered.request == 0)
      pl_client_abort(w->client, &b->parts[i].exchange);
  }
  if (nothing) {
    b->timer.fn = on_nothing_left;
    pl_wheel_set(w->wheel, &b->timer, 0);
  }
}

void pl_batch_start(pl_batch *b)
{
  b->next = b->in_flight = 0;
  b->ending = false;
  b->due_ns = 0;
  pl_user_operate(b->user, b->parts[0].slot, (pl_user_operation){.start = start, .abort = abort_batch, .operation = b, .parts = true, .http = true});
}
