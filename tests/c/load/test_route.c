/* Where connections go and where they come from. */
#include "load/route.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "support/failing.h"

static bool target_is(const pl_route *r, const char *host, uint16_t port, const char *to_host, uint16_t to_port)
{
  pl_str got;
  uint16_t got_port;
  pl_route_target(r, pl_str_of(host), port, &got, &got_port);
  return pl_str_eqc(got, to_host) && got_port == to_port;
}

static void reroutes_are_read_as_curl_writes_them(void **state)
{
  pl_reroute r[3];
  (void)state;
  assert_int_equal(pl_reroute_parse(PL_STR("Shop.example:443:127.0.0.1:8443"), &r[0], NULL), 0);
  assert_int_equal(pl_reroute_parse(PL_STR("[2001:db8::1]::[::1]:"), &r[1], NULL), 0);
  assert_int_equal(pl_reroute_parse(PL_STR(":81::8081"), &r[2], NULL), 0);
  pl_route route = {.reroutes = r, .n_reroutes = 3};
  assert_true(target_is(&route, "shop.EXAMPLE", 443, "127.0.0.1", 8443));
  assert_true(target_is(&route, "shop.example", 444, "shop.example", 444));
  assert_true(target_is(&route, "2001:db8::1", 9, "::1", 9));
  assert_true(target_is(&route, "other.example", 81, "other.example", 8081));
  assert_true(target_is(&route, "other.example", 80, "other.example", 80));
}

static void the_first_reroute_that_fits_counts(void **state)
{
  pl_reroute r[2];
  (void)state;
  assert_int_equal(pl_reroute_parse(PL_STR("a.example:::1"), &r[0], NULL), 0);
  assert_int_equal(pl_reroute_parse(PL_STR(":::2"), &r[1], NULL), 0);
  pl_route route = {.reroutes = r, .n_reroutes = 2};
  assert_true(target_is(&route, "a.example", 80, "a.example", 1));
  assert_true(target_is(&route, "b.example", 80, "b.example", 2));
}

static void a_reroute_that_is_none_is_told(void **state)
{
  static const char *const bad[] = {"", "a", "a:1", "a:1:b", "a:0:b:1", "a:x:b:1", "a:1:b:65536", "[::1:1:b:2", "[::1]1:b:2", "a:1:b:2:3", "a:1:b:-2"};
  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    pl_reroute r;
    pl_error err = {0};
    assert_int_equal(pl_reroute_parse(pl_str_of(bad[i]), &r, &err), PL_EINVAL);
    assert_non_null(strstr(err.message, "HOST:PORT:TO_HOST:TO_PORT"));
  }
}

static void addresses_and_ranges_are_read(void **state)
{
  pl_local l;
  (void)state;
  assert_int_equal(pl_local_parse(PL_STR("127.0.0.2"), &l, NULL), 0);
  assert_int_equal(l.n, 1);
  assert_int_equal(pl_local_parse(PL_STR("127.0.0.250-127.0.1.5"), &l, NULL), 0);
  assert_int_equal(l.n, 12);
  assert_int_equal(pl_local_parse(PL_STR("fd00::1-fd00::10"), &l, NULL), 0);
  assert_int_equal(l.n, 16);
  static const char *const bad[] = {"", "x", "127.0.0.2-", "127.0.0.9-127.0.0.2", "127.0.0.1-::1", "fd00::1-fd01::1", "10.0.0.0-10.1.0.0", "1-2"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    pl_error err = {0};
    assert_int_equal(pl_local_parse(pl_str_of(bad[i]), &l, &err), PL_EINVAL);
  }
}

/* ---- Connecting ----------------------------------------------------------------------------------- */

static int listener(struct sockaddr_in *a)
{
  socklen_t size = sizeof *a;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  *a = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  assert_int_equal(bind(fd, (struct sockaddr *)a, size), 0);
  assert_int_equal(listen(fd, 64), 0);
  assert_int_equal(getsockname(fd, (struct sockaddr *)a, &size), 0);
  return fd;
}

/* The local address of the next connection that a listener gets. */
static const char *peer_of_next(int fd, const pl_route *r, uint64_t *turn, const struct sockaddr_in *to)
{
  static char text[INET_ADDRSTRLEN];
  struct sockaddr_in peer;
  socklen_t size = sizeof peer;
  pl_address a = {.v4 = *to};
  int client = pl_route_connect(r, turn, SOCK_STREAM, &a);
  assert_true(client >= 0);
  int server = accept(fd, (struct sockaddr *)&peer, &size);
  assert_true(server >= 0);
  close(client);
  close(server);
  return inet_ntop(AF_INET, &peer.sin_addr, text, sizeof text);
}

static void connections_come_from_local_addresses_in_turn(void **state)
{
  pl_local l[3];
  struct sockaddr_in to;
  uint64_t turn = 0;
  (void)state;
  int fd = listener(&to);
  assert_int_equal(pl_local_parse(PL_STR("127.0.0.5"), &l[0], NULL), 0);
  assert_int_equal(pl_local_parse(PL_STR("::1"), &l[1], NULL), 0); /* not for this peer */
  assert_int_equal(pl_local_parse(PL_STR("127.0.0.7-127.0.0.8"), &l[2], NULL), 0);
  pl_route r = {.locals = l, .n_locals = 3};
  assert_int_equal(pl_route_locals(&r), 4);
  assert_string_equal(peer_of_next(fd, &r, &turn, &to), "127.0.0.5");
  assert_string_equal(peer_of_next(fd, &r, &turn, &to), "127.0.0.7");
  assert_string_equal(peer_of_next(fd, &r, &turn, &to), "127.0.0.8");
  assert_string_equal(peer_of_next(fd, &r, &turn, &to), "127.0.0.5");
  close(fd);
}

static void without_an_address_of_the_family_there_is_no_connection(void **state)
{
  pl_local l;
  struct sockaddr_in to;
  uint64_t turn = 0;
  (void)state;
  int fd = listener(&to);
  assert_int_equal(pl_local_parse(PL_STR("::1"), &l, NULL), 0);
  pl_address a = {.v4 = to};
  assert_int_equal(pl_route_connect(&(pl_route){.locals = &l, .n_locals = 1}, &turn, SOCK_STREAM, &a), -1);
  assert_int_equal(errno, EAFNOSUPPORT);
  close(fd);
}

/* Not bind() chooses the port, but connect(), for this peer alone: each peer has the whole range. */
static void the_port_is_chosen_for_the_peer(void **state)
{
  pl_local l;
  struct sockaddr_in to;
  uint64_t turn = 0;
  int late = 0;
  socklen_t size = sizeof late;
  (void)state;
  int fd = listener(&to);
  assert_int_equal(pl_local_parse(PL_STR("127.0.0.5"), &l, NULL), 0);
  pl_address a = {.v4 = to};
  int client = pl_route_connect(&(pl_route){.locals = &l, .n_locals = 1}, &turn, SOCK_STREAM, &a);
  assert_true(client >= 0);
  assert_int_equal(getsockopt(client, IPPROTO_IP, 24 /* IP_BIND_ADDRESS_NO_PORT */, &late, &size), 0);
  assert_int_equal(late, 1);
  close(client);
  close(fd);
}

/* Over loopback nothing is paced, whatever the system's congestion control is. */
static void requests_over_loopback_are_not_paced(void **state)
{
  struct sockaddr_in to;
  uint64_t turn = 0;
  char name[16] = "";
  int on = 0;
  socklen_t size = sizeof name, on_size = sizeof on;
  (void)state;
  int fd = listener(&to);
  pl_address a = {.v4 = to};
  int client = pl_route_connect(&(pl_route){0}, &turn, SOCK_STREAM, &a);
  assert_true(client >= 0);
  assert_int_equal(getsockopt(client, IPPROTO_TCP, TCP_CONGESTION, name, &size), 0);
  assert_string_equal(name, "reno");
  assert_int_equal(getsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, &on_size), 0);
  assert_int_not_equal(on, 0);
  close(client);
  close(fd);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reroutes_are_read_as_curl_writes_them),
      cmocka_unit_test(the_first_reroute_that_fits_counts),
      cmocka_unit_test(a_reroute_that_is_none_is_told),
      cmocka_unit_test(addresses_and_ranges_are_read),
      cmocka_unit_test(connections_come_from_local_addresses_in_turn),
      cmocka_unit_test(without_an_address_of_the_family_there_is_no_connection),
      cmocka_unit_test(requests_over_loopback_are_not_paced),
      cmocka_unit_test(the_port_is_chosen_for_the_peer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
