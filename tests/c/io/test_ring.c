/* The ring: first in, first out, bounded, between two threads. */
#include "io/ring.h"

#include <pthread.h>
#include <sched.h>
#include <stdint.h>

#include "support/failing.h"

enum { MANY = 200000 };

static void full_and_empty(void **state)
{
  int values[4];
  (void)state;
  pl_ring *r = pl_ring_new(&pl_alloc_default, 4);
  assert_null(pl_ring_pop(r));
  for (int i = 0; i < 4; i++)
    assert_true(pl_ring_push(r, &values[i]));
  assert_false(pl_ring_push(r, &values[0]));
  assert_int_equal(pl_ring_count(r), 4);
  for (int i = 0; i < 4; i++)
    assert_ptr_equal(pl_ring_pop(r), &values[i]);
  assert_null(pl_ring_pop(r));
  pl_ring_free(r);
}

static char base[MANY + 1];

static void *produce(void *ring)
{
  for (int i = 1; i <= MANY;) {
    if (pl_ring_push(ring, &base[i]))
      i++;
    else
      sched_yield();
  }
  return NULL;
}

static void nothing_is_lost_between_threads(void **state)
{
  pthread_t thread;
  (void)state;
  pl_ring *r = pl_ring_new(&pl_alloc_default, 64);
  assert_int_equal(pthread_create(&thread, NULL, produce, r), 0);
  for (int i = 1; i <= MANY;) {
    char *p = pl_ring_pop(r);
    if (!p) {
      sched_yield();
      continue;
    }
    assert_ptr_equal(p, &base[i]);
    i++;
  }
  pthread_join(thread, NULL);
  pl_ring_free(r);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(full_and_empty), cmocka_unit_test(nothing_is_lost_between_threads)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
