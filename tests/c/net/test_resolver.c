/* Names to addresses. */
#include "net/resolver.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "io/loop.h"
#include "support/failing.h"
#include "net/dns_server.h"

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
  assert_int_equal(pl_lookup_start(&found, &loop, NULL, PL_STR("localhost"), 8080, on_done), PL_OK);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(result, 0);
  assert_true(found.addresses.n >= 1);
  assert_int_equal(pl_lookup_start(&found, &loop, NULL, PL_STR("no-such-name.localhost"), 8080, on_done), PL_OK);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(result, 0);
  assert_int_equal(found.addresses.list[0].v4.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
  assert_int_equal(pl_lookup_start(&missing, &loop, NULL, PL_STR("no-such-name.invalid"), 80, on_done), PL_OK);
  uv_run(&loop, UV_RUN_DEFAULT);
  assert_int_equal(result, PL_ERESOLVE);
  assert_true(missing.why[0] != '\0');
  pl_loop_close(&loop);
}

/* ---- A resolver of our own ------------------------------------------------------------------------ */

typedef struct fixture {
  uv_loop_t loop;
  dns_server server;
  pl_resolver *resolver;
  bool closed;
} fixture;

static int set_up(void **state)
{
  fixture *f = calloc(1, sizeof *f);
  uv_loop_init(&f->loop);
  dns_open(&f->server, &f->loop);
  assert_int_equal(pl_resolver_new(&pl_alloc_default, &f->loop, TEST_MODULE_DIR, pl_str_of(f->server.address), &f->resolver, NULL), 0);
  *state = f;
  return 0;
}

static void on_closed(void *user)
{
  ((fixture *)user)->closed = true;
}

static int tear_down(void **state)
{
  fixture *f = *state;
  pl_resolver_close(f->resolver, on_closed, f);
  dns_close(&f->server);
  uv_run(&f->loop, UV_RUN_DEFAULT);
  assert_true(f->closed);
  pl_loop_close(&f->loop);
  free(f);
  return 0;
}

static void await(fixture *f, pl_lookup *l, const char *host)
{
  result = 1;
  assert_int_equal(pl_lookup_start(l, &f->loop, f->resolver, pl_str_of(host), 8080, on_done), PL_OK);
  assert_int_equal(result, 1); /* nothing is told from inside */
  while (result == 1)
    uv_run(&f->loop, UV_RUN_ONCE);
}

static void records_tell_how_long_they_hold(void **state)
{
  fixture *f = *state;
  pl_lookup l = {0};
  await(f, &l, "shop.known");
  assert_int_equal(result, PL_OK);
  assert_int_equal(l.addresses.n, 2);
  assert_int_equal(l.ttl_s, 7); /* the least */
  assert_int_equal(l.addresses.list[0].v4.sin_port, htons(8080));
  assert_true(f->server.asked >= 1);
}

static void a_name_that_there_is_not_has_no_address(void **state)
{
  fixture *f = *state;
  pl_lookup l = {0};
  await(f, &l, "shop.unknown");
  assert_int_equal(result, PL_ERESOLVE);
  assert_non_null(strstr(l.why, "shop.unknown does not resolve: "));
}

static void this_machine_is_known_without_asking(void **state)
{
  fixture *f = *state;
  pl_lookup l = {0};
  await(f, &l, "shop.localhost");
  assert_int_equal(result, PL_OK);
  assert_int_equal(l.addresses.list[0].v4.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
}

/* Who gives up is told so, and what comes later finds nobody. */
static void a_look_up_can_be_given_up(void **state)
{
  fixture *f = *state;
  pl_lookup l = {0};
  f->server.silent = true;
  result = 1;
  assert_int_equal(pl_lookup_start(&l, &f->loop, f->resolver, PL_STR("shop.known"), 80, on_done), PL_OK);
  pl_lookup_cancel(&l);
  assert_int_equal(result, 1);
  while (result == 1)
    uv_run(&f->loop, UV_RUN_ONCE);
  assert_int_equal(result, PL_ECANCELED);
}

static void closing_ends_what_is_asked(void **state)
{
  fixture *f = *state;
  static pl_lookup l;
  f->server.silent = true;
  result = 1;
  assert_int_equal(pl_lookup_start(&l, &f->loop, f->resolver, PL_STR("shop.known"), 80, on_done), PL_OK);
  pl_resolver_close(f->resolver, on_closed, f);
  while (!f->closed)
    uv_run(&f->loop, UV_RUN_ONCE);
  assert_int_equal(result, PL_ECANCELED);
  assert_int_equal(pl_resolver_new(&pl_alloc_default, &f->loop, TEST_MODULE_DIR, PL_STR(""), &f->resolver, NULL), 0); /* for the end */
}

static void on_done_closes(pl_lookup *l, int code)
{
  fixture *f = l->user;
  result = code;
  pl_resolver_close(f->resolver, on_closed, f);
}

static void who_is_told_may_close_it(void **state)
{
  fixture *f = *state;
  pl_lookup l = {.user = f};
  result = 1;
  assert_int_equal(pl_lookup_start(&l, &f->loop, f->resolver, PL_STR("shop.known"), 80, on_done_closes), PL_OK);
  while (!f->closed)
    uv_run(&f->loop, UV_RUN_ONCE);
  assert_int_equal(result, PL_OK);
  assert_int_equal(pl_resolver_new(&pl_alloc_default, &f->loop, TEST_MODULE_DIR, PL_STR(""), &f->resolver, NULL), 0); /* for the end */
}

static void servers_that_are_none_are_told(void **state)
{
  fixture *f = *state;
  pl_resolver *r;
  pl_error err = {0};
  assert_int_equal(pl_resolver_new(&pl_alloc_default, &f->loop, TEST_MODULE_DIR, PL_STR("here"), &r, &err), PL_EINVAL);
  assert_non_null(strstr(err.message, "DNS servers \"here\""));
  assert_int_equal(pl_resolver_new(&pl_alloc_default, &f->loop, "/nowhere", PL_STR(""), &r, &err), PL_ENOENT);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names),
      CASE(records_tell_how_long_they_hold),
      CASE(a_name_that_there_is_not_has_no_address),
      CASE(this_machine_is_known_without_asking),
      CASE(a_look_up_can_be_given_up),
      CASE(closing_ends_what_is_asked),
      CASE(who_is_told_may_close_it),
      CASE(servers_that_are_none_are_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
