#include "io/crew.h"

#include <stdatomic.h>

#include "support/failing.h"

enum { N = 1000 };

typedef struct parts {
  atomic_int times[N];
  pl_crew *crew;
  atomic_size_t begun;
} parts;

static void count(void *user, size_t i)
{
  parts *p = user;
  atomic_fetch_add(&p->times[i], 1);
  atomic_fetch_add(&p->begun, 1);
}

/* Waits until it is cancelled, as long work asks. */
static void hold(void *user, size_t i)
{
  parts *p = user;
  count(user, i);
  while (!p->crew || !pl_crew_is_cancelled(p->crew))
    ;
}

static void every_part_is_done_once(void **state)
{
  (void)state;
  for (unsigned threads = 0; threads <= 4; threads++) {
    static parts p;
    pl_error err = {0};
    p = (parts){.crew = NULL};
    assert_int_equal(pl_crew_start(&pl_alloc_default, threads, N, count, &p, &p.crew, &err), 0);
    while (!pl_crew_wait(p.crew, 20))
      ;
    assert_int_equal(pl_crew_done(p.crew), N);
    for (size_t i = 0; i < N; i++)
      assert_int_equal(p.times[i], 1);
    pl_crew_free(p.crew);
  }
}

static void cancelling_ends_it(void **state)
{
  static parts p;
  pl_crew *crew;
  pl_error err = {0};
  (void)state;
  assert_int_equal(pl_crew_start(&pl_alloc_default, 2, N, hold, &p, &crew, &err), 0);
  p.crew = crew;
  assert_false(pl_crew_wait(crew, 1));
  pl_crew_cancel(crew);
  assert_true(pl_crew_wait(crew, 60000));
  assert_true(pl_crew_done(crew) <= 2 && p.begun <= 2);
  pl_crew_free(crew);
  pl_crew_free(NULL);
}

static void nothing_to_do_is_done(void **state)
{
  parts p = {.crew = NULL};
  pl_error err = {0};
  (void)state;
  assert_int_equal(pl_crew_start(&pl_alloc_default, 4, 0, count, &p, &p.crew, &err), 0);
  assert_true(pl_crew_wait(p.crew, 1000));
  pl_crew_free(p.crew);
}

static int start_with(const pl_allocator *a, void *user)
{
  pl_crew *crew;
  pl_error err = {0};
  int code = pl_crew_start(a, 2, 3, count, user, &crew, &err);
  if (!code)
    pl_crew_free(crew);
  return code;
}

static void memory_runs_out(void **state)
{
  static parts p;
  (void)state;
  failing_every(start_with, &p, 10);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_part_is_done_once),
      cmocka_unit_test(cancelling_ends_it),
      cmocka_unit_test(nothing_to_do_is_done),
      cmocka_unit_test(memory_runs_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
