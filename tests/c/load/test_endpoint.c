/* Endpoints: each host once, and who waits for its address. */
#include "load/wire.h"

static pl_endpoint *endpoint_of(wire *w, const char *url)
{
  pl_url parsed;
  assert_int_equal(pl_url_parse(pl_str_of(url), &parsed, NULL), 0);
  return pl_client_endpoint(w->client, &parsed, NULL);
}

static void scheme_host_and_port_make_an_endpoint(void **state)
{
  wire *w = *state;
  pl_endpoint *e = endpoint_of(w, "http://Shop.example/a");
  assert_ptr_equal(endpoint_of(w, "http://shop.example:80/b?c"), e);
  assert_ptr_not_equal(endpoint_of(w, "http://shop.example:81/"), e);
  assert_ptr_not_equal(endpoint_of(w, "https://shop.example:80/"), e);
  assert_ptr_not_equal(endpoint_of(w, "http://other.example/"), e);
  assert_ptr_not_equal(endpoint_of(w, "unix:/Run/a:/x"), endpoint_of(w, "unix:/run/a:/x"));
  assert_true(pl_str_eqc(e->url.host, "Shop.example") || pl_str_eqc(e->url.host, "shop.example"));
}

static void finding_one_again_allocates_nothing_and_there_is_a_maximum(void **state)
{
  (void)state;
  failing f;
  failing_init(&f, 0);
  pl_client_options o = {.alloc = &f.allocator, .clock = &pl_clock_system};
  pl_client *c;
  pl_url url;
  assert_int_equal(pl_client_new(&o, &c, NULL), 0);
  for (int i = 0; i < PL_ENDPOINTS_MAX; i++) {
    char text[64];
    (void)snprintf(text, sizeof text, "http://h%d.example/", i);
    assert_int_equal(pl_url_parse(pl_str_of(text), &url, NULL), 0);
    assert_non_null(pl_client_endpoint(c, &url, NULL));
    size_t calls = f.calls;
    assert_non_null(pl_client_endpoint(c, &url, NULL));
    assert_int_equal(f.calls, calls);
  }
  assert_int_equal(pl_url_parse(PL_STR("http://one-too-many.example/"), &url, NULL), 0);
  assert_null(pl_client_endpoint(c, &url, NULL));
  pl_client_close(c, NULL, NULL);
  assert_int_equal(f.live, 0);
}

static int some_endpoints(const pl_allocator *a, void *user)
{
  (void)user;
  pl_client_options o = {.alloc = a, .clock = &pl_clock_system};
  pl_client *c;
  if (pl_client_new(&o, &c, NULL))
    return PL_ENOMEM;
  int code = PL_OK;
  for (int i = 0; i < 40 && !code; i++) {
    char text[64];
    pl_url url;
    (void)snprintf(text, sizeof text, "http://h%d.example/", i);
    assert_int_equal(pl_url_parse(pl_str_of(text), &url, NULL), 0);
    pl_endpoint *e = pl_client_endpoint(c, &url, NULL);
    code = e ? PL_OK : PL_ENOMEM;
    if (e)
      assert_ptr_equal(pl_client_endpoint(c, &url, NULL), e);
  }
  pl_client_close(c, NULL, NULL);
  return code;
}

static void want_of_memory_leaves_ids_and_endpoints_together(void **state)
{
  (void)state;
  failing_every(some_endpoints, NULL, 500);
}

/* ---- Look-ups ----------------------------------------------------------------------------------- */

static void once_more(wire_exchange *e)
{
  if (e->dones == 1)
    wire_send(e);
}

/* What is sent while a failed look-up is told is looked up again. */
static void a_failed_look_up_may_be_tried_again_at_once(void **state)
{
  wire *w = *state;
  wire_exchange *a = wire_request(w, 0, "GET", "http://no-such-name.invalid/");
  wire_exchange *b = wire_request(w, 1, "GET", "http://no-such-name.invalid/");
  a->then = b->then = once_more;
  wire_send(a);
  wire_send(b);
  while (a->dones < 2 || b->dones < 2)
    wire_turn(w);
  assert_int_equal(a->failure, PL_FAIL_DNS);
  assert_int_equal(b->failure, PL_FAIL_DNS);
  assert_non_null(strstr(a->why, "does not resolve"));
}

static void what_is_not_granted_is_not_connected(void **state)
{
  wire *w = *state;
  wire_exchange *e = wire_get(w, 0, "http://127.9.9.9/");
  wire_await(e);
  assert_int_equal(e->failure, PL_FAIL_CONNECT);
  assert_non_null(strstr(e->why, "not granted"));
}

static void a_route_makes_an_endpoint_of_its_own(void **state)
{
  wire *w = *state;
  pl_reroute reroute = {.host = PL_STR("shop.example"), .to_host = PL_STR("127.0.0.1"), .to_port = (uint16_t)w->port[1]};
  pl_route route = {.reroutes = &reroute, .n_reroutes = 1};
  pl_url url;
  assert_int_equal(pl_url_parse(PL_STR("http://shop.example/"), &url, NULL), 0);
  pl_endpoint *e = pl_client_endpoint(w->client, &url, &route);
  assert_ptr_equal(pl_client_endpoint(w->client, &url, &route), e);
  assert_ptr_not_equal(pl_client_endpoint(w->client, &url, NULL), e);
}

/* Only the place is another one: the request names its host as before. */
static void a_reroute_is_connected_to(void **state)
{
  wire *w = *state;
  pl_reroute reroute = {.host = PL_STR("shop.example"), .to_host = PL_STR("127.0.0.1"), .to_port = (uint16_t)w->port[1]};
  pl_route route = {.reroutes = &reroute, .n_reroutes = 1};
  w->e[0].route = &route;
  wire_exchange *e = wire_get(w, 0, "http://shop.example/x");
  int fd = wire_accept(w, 1);
  assert_non_null(strstr(wire_read(w, fd), "\r\nHost: shop.example\r\n"));
  wire_write(fd, WIRE_OK);
  wire_await(e);
  assert_int_equal(e->status, 200);
  close(fd);
}

/* What counts is where the load really goes. */
static void the_place_of_a_reroute_needs_the_grant(void **state)
{
  wire *w = *state;
  pl_reroute reroute = {.to_host = PL_STR("127.9.9.9")};
  pl_route route = {.reroutes = &reroute, .n_reroutes = 1};
  w->e[0].route = &route;
  wire_exchange *e = wire_get(w, 0, w->url[0]);
  wire_await(e);
  assert_int_equal(e->failure, PL_FAIL_CONNECT);
  assert_string_equal(e->why, "load to 127.9.9.9 is not granted");
}

/* An endpoint of three addresses, with a clock in the test's hands. */
typedef struct three {
  pl_fake_clock clock;
  pl_client client;
  pl_route route;
  pl_endpoint e;
} three;

static void three_init(three *t, bool in_turn)
{
  memset(t, 0, sizeof *t);
  pl_fake_clock_init(&t->clock, PL_S_NS, 0);
  t->client.o.clock = &t->clock.clock;
  t->route.dns.in_turn = in_turn;
  t->e = (pl_endpoint){.client = &t->client, .route = &t->route, .addresses.n = 3};
}

static void the_first_address_is_used_until_it_fails(void **state)
{
  (void)state;
  three t;
  three_init(&t, false);
  assert_int_equal(pl_endpoint_next(&t.e, 0), 0);
  assert_int_equal(pl_endpoint_next(&t.e, 0), 0);
  assert_int_equal(pl_endpoint_next(&t.e, 1), 1);
  pl_endpoint_demote(&t.e, 0);
  pl_endpoint_demote(&t.e, 0); /* told twice */
  pl_endpoint_demote(&t.e, 7); /* of addresses that it has no longer */
  assert_int_equal(pl_endpoint_next(&t.e, 0), 1);
  assert_int_equal(pl_endpoint_next(&t.e, 2), 2);
  assert_int_equal(pl_endpoint_next(&t.e, 6), 0); /* the one that failed, after all others */
  assert_int_equal(pl_endpoint_next(&t.e, 7), -1);
  pl_fake_clock_advance(&t.clock, PL_S_NS);
  assert_int_equal(pl_endpoint_next(&t.e, 0), 1);
}

static void in_turn_an_address_that_failed_rests_for_a_second(void **state)
{
  (void)state;
  three t;
  three_init(&t, true);
  assert_int_equal(pl_endpoint_next(&t.e, 0), 0);
  assert_int_equal(pl_endpoint_next(&t.e, 0), 1);
  pl_endpoint_demote(&t.e, 1);
  assert_int_equal(pl_endpoint_next(&t.e, 0), 2);
  assert_int_equal(pl_endpoint_next(&t.e, 0), 0);
  assert_int_equal(pl_endpoint_next(&t.e, 0), 2);
  assert_int_equal(pl_endpoint_next(&t.e, 5), 1); /* nothing else is left */
  pl_fake_clock_advance(&t.clock, PL_S_NS);
  assert_int_equal(pl_endpoint_next(&t.e, 0), 2);
  assert_int_equal(pl_endpoint_next(&t.e, 0), 0);
  assert_int_equal(pl_endpoint_next(&t.e, 0), 1);
}

/* What a look-up of this endpoint finds: 127.0.0.x of each letter. */
static void find(pl_endpoint *e, const char *letters)
{
  pl_lookup *l = &e->lookup;
  l->addresses.n = 0;
  for (const char *at = letters; *at; at++) {
    static uint8_t padding;
    struct sockaddr_in a = {.sin_zero = {++padding}, .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)*at)};
    pl_addresses_add(&l->addresses, (struct sockaddr *)&a, 80);
  }
  e->client->handles++;
  l->done(l, 0);
}

static char letter_of(const pl_endpoint *e, int at)
{
  return at < 0 ? '-' : (char)(ntohl(e->addresses.list[at].v4.sin_addr.s_addr) - INADDR_LOOPBACK);
}

/* Sends a request by this route, answered on a connection of its own. */
static wire_exchange *ask_once(wire *w, const pl_route *route)
{
  char url[64];
  (void)snprintf(url, sizeof url, "http://localhost:%d/", w->port[0]);
  w->e[0].route = route;
  wire_exchange *e = wire_get(w, 0, url);
  close(wire_serve(w, 0, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
  wire_await(e);
  return e;
}

/* An endpoint whose addresses are asked for anew by each connection; its own look-up is done. */
static pl_endpoint *asks_always(wire *w, const pl_route *route)
{
  return ask_once(w, route)->x.endpoint;
}

/* An address that failed rests, wherever the answers have it, and the turn goes on. */
static void new_answers_know_what_failed_before(void **state)
{
  static const char *const answers[] = {"abc", "bca", "cab", "dbca"};
  wire *w = *state;
  for (int in_turn = 0; in_turn < 2; in_turn++) {
    pl_route never = {.dns = {.keep = PL_DNS_FOR, .in_turn = in_turn}};
    pl_endpoint *e = asks_always(w, &never);
    find(e, "abc");
    e->first = 0;
    assert_int_equal(letter_of(e, pl_endpoint_next(e, 0)), 'a');
    pl_endpoint_demote(e, 1);
    for (int i = 0; i < 4; i++) {
      find(e, answers[i]);
      assert_int_equal(letter_of(e, pl_endpoint_next(e, 0)), (in_turn ? "caca" : "accd")[i]);
    }
    find(e, "b");
    assert_int_equal(letter_of(e, pl_endpoint_next(e, 0)), 'b'); /* nothing else is left */
  }
}

/* The answer that comes while connections are on their way has the addresses in another order. */
static void a_connection_on_its_way_keeps_its_address(void **state)
{
  wire *w = *state;
  pl_route never = {.dns.keep = PL_DNS_FOR};
  pl_endpoint *e = asks_always(w, &never);
  pl_exchange x = {.tried = 1 << 1 | 1 << 2};
  pl_conn stands = {.endpoint = e, .address = 1, .state = PL_CONN_BUSY}, gone = {.endpoint = e, .address = 0, .all_next = &stands};
  pl_conn connecting = {.endpoint = e, .exchanges = &x, .address = 1, .all_next = &gone}, *before = w->client->conns;
  find(e, "abc");
  w->client->conns = &connecting;
  find(e, "cb");
  w->client->conns = before;
  assert_int_equal(connecting.address, 1);
  assert_int_equal(x.tried, 1 << 1 | 1 << 0);
  assert_true(gone.address >= e->addresses.n);
  assert_int_equal(stands.address, 1);
  pl_endpoint_demote(e, gone.address);
  assert_int_equal(e->resting, 0);
  pl_endpoint_resolve(e); /* what is on its way fails, and needs the next address, meanwhile */
  assert_int_equal(e->state, PL_ENDPOINT_RESOLVING);
  assert_int_equal(letter_of(e, 0), 'c');
  while (e->state == PL_ENDPOINT_RESOLVING)
    wire_turn(w);
}

/* Sends and answers a request on a connection of its own; whether its name was looked up for it. */
static bool is_looked_up(wire *w, const pl_route *route)
{
  const wire_exchange *e = ask_once(w, route);
  assert_int_equal(e->status, 200);
  return e->x.times.resolved > 0;
}

static void addresses_are_kept_as_long_as_the_route_says(void **state)
{
  wire *w = *state;
  pl_route pinned = {.dns.keep = PL_DNS_PINNED}, never = {.dns.keep = PL_DNS_FOR}, hour = {.dns = {.keep = PL_DNS_FOR, .keep_ns = 3600 * PL_S_NS}};
  assert_true(is_looked_up(w, &pinned));
  assert_false(is_looked_up(w, &pinned));
  assert_true(is_looked_up(w, &never));
  assert_true(is_looked_up(w, &never));
  assert_true(is_looked_up(w, &hour));
  assert_false(is_looked_up(w, &hour));
}

/* Only a new connection needs an address. */
static void a_connection_that_stands_asks_nobody(void **state)
{
  wire *w = *state;
  pl_route never = {.dns.keep = PL_DNS_FOR};
  char url[64];
  (void)snprintf(url, sizeof url, "http://localhost:%d/", w->port[0]);
  w->e[0].route = &never;
  wire_exchange *e = wire_get(w, 0, url);
  int fd = wire_serve(w, 0, WIRE_OK);
  wire_await(e);
  wire_send(e);
  (void)wire_read(w, fd);
  wire_write(fd, WIRE_OK);
  wire_await(e);
  assert_int_equal(e->status, 200);
  assert_int_equal(e->x.times.resolved, 0);
  close(fd);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, wire_set_up, wire_tear_down)
  const struct CMUnitTest tests[] = {
      CASE(scheme_host_and_port_make_an_endpoint),
      cmocka_unit_test(finding_one_again_allocates_nothing_and_there_is_a_maximum),
      cmocka_unit_test(want_of_memory_leaves_ids_and_endpoints_together),
      CASE(a_failed_look_up_may_be_tried_again_at_once),
      CASE(what_is_not_granted_is_not_connected),
      CASE(a_route_makes_an_endpoint_of_its_own),
      CASE(a_reroute_is_connected_to),
      CASE(the_place_of_a_reroute_needs_the_grant),
      cmocka_unit_test(the_first_address_is_used_until_it_fails),
      cmocka_unit_test(in_turn_an_address_that_failed_rests_for_a_second),
      CASE(new_answers_know_what_failed_before),
      CASE(a_connection_on_its_way_keeps_its_address),
      CASE(addresses_are_kept_as_long_as_the_route_says),
      CASE(a_connection_that_stands_asks_nobody),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
