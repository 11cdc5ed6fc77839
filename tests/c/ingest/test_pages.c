/* Requests for pages are given once, the oldest first, and answered in any order. */
#include "ingest/pages.h"

#include "support/failing.h"

static pl_http_request of(const char *method)
{
  return (pl_http_request){.method = pl_str_of(method), .path = PL_STR("/")};
}

static void the_oldest_is_given_first(void **state)
{
  pl_pages p;
  pl_http_request a = of("GET"), b = of("GET"), c = of("GET");
  (void)state;
  assert_int_equal(pl_pages_init(&p, &pl_alloc_default, 2), PL_OK);
  assert_null(pl_pages_next(&p));
  assert_true(pl_pages_put(&p, &a));
  assert_true(pl_pages_put(&p, &b));
  assert_false(pl_pages_put(&p, &c));
  uint64_t first = pl_pages_next(&p)->number;
  assert_ptr_equal(pl_pages_take(&p, first), &a);
  assert_null(pl_pages_take(&p, first));
  assert_true(pl_pages_put(&p, &c)); /* where a was */
  uint64_t second = pl_pages_next(&p)->number, third = pl_pages_next(&p)->number;
  assert_null(pl_pages_next(&p));
  assert_ptr_equal(pl_pages_take(&p, third), &c);
  assert_ptr_equal(pl_pages_take(&p, second), &b);
  assert_null(pl_pages_take(&p, 0));
  pl_pages_fini(&p, &pl_alloc_default);
}

static void only_reading_asks_for_a_page(void **state)
{
  pl_http_request get = of("GET"), head = of("HEAD"), post = of("POST");
  (void)state;
  assert_true(pl_pages_are_asked(&get) && pl_pages_are_asked(&head));
  assert_false(pl_pages_are_asked(&post));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_oldest_is_given_first), cmocka_unit_test(only_reading_asks_for_a_page)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
