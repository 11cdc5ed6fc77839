/* Names to addresses. */
#include "net/resolver.h"

#include <arpa/inet.h>

#include "io/loop.h"
#include "support/failing.h"

static void literals_ask_nobody(void **state)
{
  pl_addresses a;
  (void)state;
  assert_true(pl_address_literal(PL_STR("127.0.0.1"), 80, &a));
  assert_int_equal(a.list[0].v4.sin_port, htons(80));
  assert_int_equal(pl_address_size(&a.list[0]), sizeof(struct sockaddr_in));
  assert_true(pl_address_literal(PL_STR("::1"), 81, &a));
  assert_int_equal(a.list[0].v6.sin6_port, htons(81));
  assert_false(pl_address_literal(PL_STR("localhost"), 80, &a));
  assert_false(pl_address_literal(PL_STR("1.2.3"), 80, &a));
}

static int result;

static void on_done(pl_lookup *l, int code)
{
  (void)l;
  result = code;
}

static void names(void **state)
{
  uv_loop_t loop;
  pl_lookup found, missing;
  (void)state;
  uv_loop_init(&loop);
  result = 1;
  assert_int_equal(pl_lookup_start(&found, &loop, PL_STR("localhost"), 8080, on_done), PL_OK);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(result, 0);
  assert_true(found.addresses.n >= 1);
  assert_int_equal(pl_lookup_start(&found, &loop, PL_STR("no-such-name.localhost"), 8080, on_done), PL_OK);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(result, 0);
  assert_int_equal(found.addresses.list[0].v4.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
  assert_int_equal(pl_lookup_start(&missing, &loop, PL_STR("no-such-name.invalid"), 80, on_done), PL_OK);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(result, PL_ERESOLVE);
  assert_true(missing.why[0] != '\0');
  pl_loop_close(&loop);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(literals_ask_nobody), cmocka_unit_test(names)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
