#include "load/trace_context.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "support/failing.h"

static const pl_str head = {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", 27};

/* The value of the traceparent that the exchange would send, as in the standard's section 3.2. */
static pl_str value_of(const pl_exchange *x)
{
  pl_str v = pl_answer_header(x->head, PL_STR("traceparent"));
  assert_non_null(v.data);
  assert_int_equal(v.len, 55);
  for (size_t i = 0; i < v.len; i++)
    assert_true(i == 2 || i == 35 || i == 52 ? v.data[i] == '-' : isxdigit(v.data[i]) && !isupper(v.data[i]));
  assert_memory_equal(v.data, "00-", 3);
  assert_memory_equal(v.data + 52, "-01", 3);
  return v;
}

static void each_request_carries_its_own_trace(void **state)
{
  (void)state;
  pl_trace_context *t = pl_trace_context_new(&pl_alloc_default);
  pl_exchange x = {0};
  char id[33], before[56] = "";
  pl_trace_context_begin(t, 1, 0, 7, 9);
  for (int i = 0; i < 3; i++) {
    pl_trace_context_add(t, &x, head);
    pl_str v = value_of(&x);
    (void)snprintf(id, sizeof id, "%016" PRIx64 "%016" PRIx64, t->high, t->low);
    assert_memory_equal(v.data + 3, id, 32);
    assert_int_not_equal(strncmp(v.data, before, 55), 0);
    (void)pl_copy(before, sizeof before, v);
    assert_int_equal(x.head.len, head.len + x.trace.len);
    assert_memory_equal(x.head.data + x.head.len - 4, "\r\n\r\n", 4);
  }
  pl_trace_context_free(t, &pl_alloc_default);
}

static void the_same_seed_gives_the_same_ids(void **state)
{
  (void)state;
  pl_trace_context *a = pl_trace_context_new(&pl_alloc_default), *b = pl_trace_context_new(&pl_alloc_default);
  pl_exchange x = {0}, y = {0};
  pl_trace_context_begin(a, 1, 0, 7, 9);
  pl_trace_context_begin(b, 1, 0, 7, 9);
  pl_trace_context_add(a, &x, head);
  pl_trace_context_add(b, &y, head);
  assert_memory_equal(value_of(&x).data, value_of(&y).data, 55);
  pl_trace_context_begin(b, 1, 0, 7, 10);
  pl_trace_context_add(b, &y, head);
  assert_memory_not_equal(value_of(&x).data, value_of(&y).data, 55);
  pl_trace_context_free(a, &pl_alloc_default);
  pl_trace_context_free(b, &pl_alloc_default);
}

static void a_traceparent_of_the_users_stays(void **state)
{
  static const pl_str own = {"GET / HTTP/1.1\r\nTraceparent: mine\r\n\r\n", 37};
  pl_exchange x = {0};
  (void)state;
  pl_trace_context *t = pl_trace_context_new(&pl_alloc_default);
  pl_trace_context_begin(t, 1, 0, 0, 0);
  pl_trace_context_add(t, &x, head);
  pl_trace_context_add(t, &x, own);
  assert_ptr_equal(x.head.data, own.data);
  assert_int_equal(x.trace.len, 0);
  assert_true(t->high == 0 && t->low == 0);
  pl_trace_context_free(t, &pl_alloc_default);
}

static int life(const pl_allocator *a, void *user)
{
  (void)user;
  pl_trace_context *t = pl_trace_context_new(a);
  if (!t)
    return PL_ENOMEM;
  pl_exchange x = {0};
  pl_trace_context_begin(t, 1, 0, 0, 0);
  pl_trace_context_add(t, &x, head);
  bool traced = x.trace.len > 0;
  assert_true(traced || (x.head.data == head.data && !t->high));
  pl_trace_context_free(t, a);
  return traced ? 0 : PL_ENOMEM;
}

static void without_memory_requests_go_untraced(void **state)
{
  (void)state;
  failing_every(life, NULL, 20);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(each_request_carries_its_own_trace), cmocka_unit_test(the_same_seed_gives_the_same_ids),
                                     cmocka_unit_test(a_traceparent_of_the_users_stays), cmocka_unit_test(without_memory_requests_go_untraced)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
