/* One connection: its way to an address that takes it. */
#include <sys/resource.h>

#include "load/wire.h"

/* An endpoint with these ports of this host, in order. */
static wire_exchange *request_to(wire *w, int i, const int *ports, unsigned n)
{
  wire_exchange *e = wire_request(w, i, "GET", "http://several.example/");
  pl_endpoint *to = e->x.endpoint;
  to->state = PL_ENDPOINT_READY;
  to->addresses.n = n;
  for (unsigned k = 0; k < n; k++)
    to->addresses.list[k].v4 = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons((uint16_t)ports[k]), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  return e;
}

/* Two connects to a dead address fail one after the other: the second does not take the good one away. */
static void each_address_is_tried_once_and_none_is_lost(void **state)
{
  wire *w = *state;
  close(w->listener[1]);
  int ports[] = {w->port[1], w->port[0]};
  wire_exchange *a = request_to(w, 0, ports, 2), *b = request_to(w, 1, ports, 2);
  wire_send(a);
  wire_send(b);
  int first = wire_serve(w, 0, WIRE_OK), second = wire_serve(w, 0, WIRE_OK);
  while (!a->dones || !b->dones)
    wire_turn(w);
  assert_int_equal(a->status, 200);
  assert_int_equal(b->status, 200);
  assert_int_equal(a->x.endpoint->addresses.n, 2);
  pl_client_stats stats;
  pl_client_stats_get(w->client, &stats);
  assert_int_equal(stats.connect_errors, 2);
  /* the next connection begins with the good one */
  wire_exchange *c = wire_request(w, 2, "GET", "http://several.example/");
  wire_exchange *d = wire_request(w, 3, "GET", "http://several.example/"), *e = wire_request(w, 4, "GET", "http://several.example/");
  wire_send(c);
  wire_send(d);
  wire_send(e);
  int third = wire_serve(w, 0, WIRE_OK);
  wire_await(e);
  pl_client_stats_get(w->client, &stats);
  assert_int_equal(stats.connect_errors, 2);
  close(first);
  close(second);
  close(third);
  wire_listen(w, 1);
}

static void without_a_good_address_it_fails_once(void **state)
{
  wire *w = *state;
  close(w->listener[1]);
  int ports[] = {w->port[1], w->port[1], w->port[1]};
  wire_exchange *e = request_to(w, 0, ports, 3);
  wire_send(e);
  wire_await(e);
  assert_int_equal(e->failure, PL_FAIL_CONNECT);
  assert_string_equal(e->why, "Connection refused");
  pl_client_stats stats;
  pl_client_stats_get(w->client, &stats);
  assert_int_equal(stats.connect_errors, 3);
  assert_int_equal(stats.out_of, 0);
  assert_false(e->x.answer.lacked);
  wire_listen(w, 1);
}

/* Sends two exchanges that share a connection to an address where nobody listens any more; the next one is good. */
static void send_two_on_one(wire *w, wire_exchange **a, wire_exchange **b)
{
  close(w->listener[1]);
  int ports[] = {w->port[1], w->port[0]};
  *a = request_to(w, 0, ports, 2);
  *b = request_to(w, 1, ports, 2);
  (*a)->x.endpoint->capacity = 2;
  wire_send(*a);
  wire_send(*b);
}

/* Two share a connection that is not made, and there is no descriptor for another one: the address is not to blame. */
static void what_lacks_a_descriptor_says_so(void **state)
{
  wire *w = *state;
  struct rlimit before, none;
  wire_exchange *a, *b;
  send_two_on_one(w, &a, &b);
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  none = (struct rlimit){3, before.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
  while (!a->dones || !b->dones)
    wire_turn(w);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
  pl_client_stats stats;
  pl_client_stats_get(w->client, &stats);
  assert_int_equal(stats.out_of, EMFILE);
  assert_true(a->x.answer.lacked && b->x.answer.lacked);
  assert_int_equal(a->failure, PL_FAIL_CONNECT);
  assert_int_equal(a->x.endpoint->resting, 1); /* the one that refused */
  wire_listen(w, 1);
}

/* Two share a connection that is not made; before it fails another one found that the server takes one at a time. */
static void what_has_no_room_on_the_next_connection_gets_its_own(void **state)
{
  wire *w = *state;
  wire_exchange *a, *b;
  send_two_on_one(w, &a, &b);
  assert_ptr_equal(a->x.conn, b->x.conn);
  a->x.endpoint->capacity = 1;
  int first = wire_serve(w, 0, WIRE_OK), second = wire_serve(w, 0, WIRE_OK);
  while (!a->dones || !b->dones)
    wire_turn(w);
  assert_int_equal(a->status, 200);
  assert_int_equal(b->status, 200);
  close(first);
  close(second);
  wire_listen(w, 1);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, wire_set_up, wire_tear_down)
  const struct CMUnitTest tests[] = {
      CASE(each_address_is_tried_once_and_none_is_lost),
      CASE(without_a_good_address_it_fails_once),
      CASE(what_lacks_a_descriptor_says_so),
      CASE(what_has_no_room_on_the_next_connection_gets_its_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
