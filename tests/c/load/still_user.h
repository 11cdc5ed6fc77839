/* One scripted user on a clock that stands still: its requests are those of a protocol that does nothing, which the test completes. One
 * header, used by the tests of this folder. */
#ifndef TEST_STILL_USER_H
#define TEST_STILL_USER_H

#include "load/bare_worker.h"

typedef struct still_user {
  bare_worker b; /* first */
  pl_executor_kind kind;
  pl_script_table scripts;
  int starts, aborts, answers, partly, unwound, over;
  pl_frame *frame;
} still_user;

static inline void op_start(void *f_)
{
  still_user *f = f_;
  f->starts++;
  f->b.user.exchange.answer = (pl_answer){0};
  f->b.user.exchange.times = (pl_times){.begin = f->b.clock.mono};
}

static inline void op_abort(void *f_)
{
  ((still_user *)f_)->aborts++;
}

/* The script sleeps: the test says what it does next. */
static inline void script_waits(void *world, pl_user *u)
{
  (void)world, (void)u;
}

static inline void script_answer(void *world, pl_user *u)
{
  (void)u;
  ((still_user *)world)->answers++;
}

static inline void script_partly(void *world, pl_user *u)
{
  (void)u;
  ((still_user *)world)->partly++;
}

static inline void script_abort(void *world, pl_user *u)
{
  (void)u;
  ((still_user *)world)->unwound++;
}

static inline void user_done(pl_executor *e, pl_user *u)
{
  still_user *f = (still_user *)(void *)((char *)e - offsetof(still_user, b.executor));
  (void)u;
  f->over++;
}

static inline void begin(still_user *f)
{
  memset(f, 0, sizeof *f);
  bare_open(&f->b, &pl_alloc_default, "http://127.0.0.1/");
  f->kind = (pl_executor_kind){.user_done = user_done};
  f->scripts = (pl_script_table){.begin = script_waits, .answer = script_answer, .partly = script_partly,
                                 .timer = script_waits, .abort = script_abort};
  f->b.scenario.scripted = true;
  f->b.executor.kind = &f->kind;
  f->b.executor.has_schedule = true;
  f->b.worker.o.scripts = &f->scripts;
  f->b.worker.world = f;
  pl_user_init(&f->b.user, &f->b.executor, 7);
}

/* Begins an iteration that was intended so long ago. */
static inline void iterate(still_user *f, uint64_t iteration, uint64_t late_ns)
{
  bare_worker *b = &f->b;
  b->user.iteration = iteration;
  b->user.intended_ns = b->clock.mono - late_ns;
  pl_user_begin(&b->user);
}

static inline uint32_t slot(still_user *f)
{
  return pl_worker_slot(&f->b.worker, &f->b.scenario, PL_STR("x"), PL_STR(""));
}

static inline void ask(still_user *f, bool parts)
{
  pl_user_operate(&f->b.user, slot(f), (pl_user_operation){.start = op_start, .abort = op_abort, .operation = f, .parts = parts, .http = parts});
}

static inline void note_sent(still_user *f)
{
  f->b.user.exchange.times.send = f->b.clock.mono;
  pl_user_operation_sending(&f->b.user, 0);
}

/* Its answer comes now, of this status. */
static inline void complete(still_user *f, int status, enum pl_failure failure)
{
  f->b.user.exchange.answer.status = status;
  f->b.user.exchange.answer.failure = failure;
  f->b.user.exchange.times.end = f->b.clock.mono;
  pl_user_operation_done(&f->b.user);
}

/* One that takes that long. */
static inline pl_answered request(still_user *f, int status, uint64_t ns)
{
  ask(f, false);
  note_sent(f);
  pl_fake_clock_advance(&f->b.clock, ns);
  complete(f, status, PL_FAIL_NONE);
  return pl_user_answered(&f->b.user);
}

/* All that was recorded: of tests that end within the first quarter second. */
static inline const pl_frame *recorded(still_user *f)
{
  const pl_recorder_state state = {.users = &f->b.users, .users_top = &f->b.users_top};
  pl_recorder_end(f->b.worker.recorder, f->b.clock.mono, &state);
  f->frame = pl_recorder_take(f->b.worker.recorder);
  assert_non_null(f->frame);
  assert_int_equal(f->frame->index, 0);
  return f->frame;
}

static inline uint64_t outcomes(still_user *f, enum pl_failure outcome)
{
  const pl_cell *c = pl_frame_cell(f->frame, slot(f));
  uint64_t n = 0;
  for (uint32_t i = 0; c && i < c->n_outcomes; i++)
    n += c->outcomes[i].outcome == outcome ? c->outcomes[i].count : 0;
  return n;
}

static inline const pl_hist *dist(const still_user *f, uint32_t of, enum pl_dist which)
{
  const pl_cell *c = pl_frame_cell(f->frame, of);
  return c ? c->dist[which] : NULL;
}

static inline void end(still_user *f)
{
  if (f->frame)
    pl_recorder_give_back(f->b.worker.recorder, f->frame);
  bare_close(&f->b);
}

#endif
