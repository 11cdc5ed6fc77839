/* The module dns without a loop: poll stands for its owner, and the name server of dns_server.h answers. */
#include "net/dns.h"

#include <stdlib.h>

#include "io/loop.h"
#include "net/dns_server.h"
#include "net/modules/polling.h"
#include "support/failing.h"

typedef struct fixture {
  uv_loop_t loop; /* the name server's, which never runs: its socket is polled with the others */
  dns_server server;
  const pl_dns_module *module;
  void *dns;
  polling polling; /* the server's socket, and those that the module wants watched */
  unsigned told;
  pl_dns_answer answer; /* the last; its why: */
  char why[160];
} fixture;

static void on_watch(void *user, int fd, int events)
{
  polling_watch(&((fixture *)user)->polling, fd, events);
}

static void on_told(void *query, const pl_dns_answer *a)
{
  fixture *f = query;
  f->told++;
  f->answer = *a;
  (void)snprintf(f->why, sizeof f->why, "%s", a->why);
}

/* Waits until a socket is ready or the module is due. */
static void turn(fixture *f)
{
  struct pollfd ready[POLLING_MAX];
  nfds_t n = polling_wait(&f->polling, f->module->due_ms(f->dns), ready);
  for (nfds_t i = 0; i < n; i++) {
    if (ready[i].revents && ready[i].fd == f->server.fd)
      dns_ready(&f->server.poll, 0, UV_READABLE);
    else if (ready[i].revents)
      f->module->ready(f->dns, ready[i].fd, polling_events(&ready[i]));
  }
  f->module->ready(f->dns, -1, 0);
}

static void await(fixture *f, const char *host)
{
  f->told = 0;
  f->module->ask(f->dns, host, 8080, on_told, f);
  while (!f->told)
    turn(f);
  assert_int_equal(f->told, 1);
}

static int set_up(void **state)
{
  fixture *f = calloc(1, sizeof *f);
  const pl_module_head *head;
  uv_loop_init(&f->loop);
  dns_open(&f->server, &f->loop);
  polling_watch(&f->polling, f->server.fd, POLLING_READ);
  assert_int_equal(pl_module_find(TEST_MODULE_DIR, "dns", PL_DNS_ABI, &head, NULL), PL_OK);
  f->module = (const pl_dns_module *)(const void *)head;
  assert_int_equal(f->module->open(f->server.address, on_watch, f, &f->dns, NULL), PL_OK);
  *state = f;
  return 0;
}

static int tear_down(void **state)
{
  fixture *f = *state;
  if (f->dns)
    f->module->close(f->dns);
  assert_int_equal(f->polling.n, 1); /* each of the module's own was said to be closed */
  dns_close(&f->server);
  uv_run(&f->loop, UV_RUN_DEFAULT);
  pl_loop_close(&f->loop);
  free(f);
  return 0;
}

static void an_answer_has_all_addresses_and_the_least_time(void **state)
{
  fixture *f = *state;
  await(f, "shop.known");
  assert_int_equal(f->answer.code, PL_OK);
  assert_int_equal(f->answer.addresses.n, 2);
  assert_int_equal(f->answer.addresses.list[1].v4.sin_port, htons(8080));
  assert_int_equal(f->answer.ttl_s, 7);
}

static void a_name_without_an_address_says_why(void **state)
{
  fixture *f = *state;
  await(f, "shop.unknown");
  assert_int_equal(f->answer.code, PL_ERESOLVE);
  assert_int_equal(f->answer.addresses.n, 0);
  assert_true(f->why[0] != '\0');
  await(f, "host.broken");
  assert_int_equal(f->answer.code, PL_ERESOLVE);
  assert_non_null(strstr(f->why, "failed or refused it"));
}

static void what_is_no_name_asks_nobody(void **state)
{
  fixture *f = *state;
  char host[300];
  memset(host, 'x', sizeof host - 1);
  host[sizeof host - 1] = '\0';
  await(f, host); /* a label has at most 63 bytes */
  assert_int_equal(f->answer.code, PL_ERESOLVE);
  await(f, "shop..known");
  assert_int_equal(f->answer.code, PL_ERESOLVE);
  assert_int_equal(f->server.asked, 0);
}

static void it_is_due_while_something_is_asked(void **state)
{
  fixture *f = *state;
  assert_int_equal(f->module->due_ms(f->dns), -1);
  f->module->ask(f->dns, "shop.known", 80, on_told, f);
  assert_true(f->module->due_ms(f->dns) > 0);
  assert_true(f->polling.n > 1);
  while (!f->told)
    turn(f);
  assert_int_equal(f->module->due_ms(f->dns), -1);
}

static void closing_cancels_each_question_once(void **state)
{
  fixture *f = *state;
  f->server.silent = true;
  f->module->ask(f->dns, "one.known", 80, on_told, f);
  f->module->ask(f->dns, "two.known", 80, on_told, f);
  while (!f->server.asked)
    turn(f);
  assert_int_equal(f->told, 0);
  f->module->close(f->dns);
  f->dns = NULL;
  assert_int_equal(f->told, 2);
  assert_int_equal(f->answer.code, PL_ECANCELED);
}

static void servers_that_are_none_are_refused(void **state)
{
  fixture *f = *state;
  void *out = NULL;
  pl_error err = {0};
  assert_int_equal(f->module->open("here", on_watch, f, &out, &err), PL_EINVAL);
  assert_memory_equal(err.message, "DNS servers \"here\": ", 20);
  assert_null(out);
  assert_int_equal(f->module->open("", on_watch, f, &out, NULL), PL_OK); /* the system's */
  f->module->close(out);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      CASE(an_answer_has_all_addresses_and_the_least_time), CASE(a_name_without_an_address_says_why), CASE(what_is_no_name_asks_nobody),
      CASE(it_is_due_while_something_is_asked), CASE(closing_cancels_each_question_once), CASE(servers_that_are_none_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
