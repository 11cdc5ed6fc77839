/* Exchanges: nothing is told from inside a send, retries, places, timeouts, the end of a client. */
#include "load/wire.h"
#include "load/example.h"

#include <sys/un.h>

static int set_up_with_one_place(void **state)
{
  return wire_set_up_with(state, 1);
}

static void a_kept_connection_is_used_again(void **state)
{
  wire *w = *state;
  wire_exchange *e = wire_get(w, 0, w->url[0]);
  int fd = wire_serve(w, 0, WIRE_OK);
  wire_await(e);
  assert_int_equal(e->status, 200);
  assert_string_equal(e->body, "ok");
  assert_true(e->new_connection);
  wire_send(e);
  assert_non_null(strstr(wire_read(w, fd), "GET /a?q=1 HTTP/1.1\r\n"));
  wire_write(fd, WIRE_OK);
  wire_await(e);
  assert_int_equal(e->status, 200);
  assert_false(e->new_connection);
  close(fd);
}

/* Asking and sending are one moment unless something is waited for between: the clock is read once. */
static void a_request_that_waits_for_nothing_is_sent_when_it_is_asked_for(void **state)
{
  wire *w = *state;
  wire_exchange *e = wire_get(w, 0, w->url[0]);
  int fd = wire_serve(w, 0, WIRE_OK);
  wire_await(e);
  assert_true(e->x.times.send >= e->x.times.connected && e->x.times.connected > e->x.times.begin);
  wire_send(e);
  assert_true(e->x.times.send == e->x.times.begin);
  (void)wire_read(w, fd);
  wire_write(fd, WIRE_OK);
  wire_await(e);
  close(fd);
}

/* A request that must not be repeated fails; its owner is told from the loop, not from inside the send. */
static void a_send_on_a_dead_connection_does_not_call_back(void **state)
{
  wire *w = *state;
  wire_exchange *e = wire_request(w, 0, "POST", w->url[0]);
  wire_send(e);
  int fd = wire_serve(w, 0, WIRE_OK);
  wire_await(e);
  wire_reset(fd);
  wire_send(e);
  assert_int_equal(e->dones, 1);
  wire_await(e);
  assert_int_equal(e->failure, PL_FAIL_RESET);
}

static void a_get_is_tried_once_more_on_a_fresh_connection(void **state)
{
  wire *w = *state;
  wire_exchange *e = wire_get(w, 0, w->url[0]);
  int fd = wire_serve(w, 0, WIRE_OK);
  wire_await(e);
  wire_reset(fd);
  wire_send(e);
  fd = wire_serve(w, 0, WIRE_OK);
  wire_await(e);
  assert_int_equal(e->status, 200);
  assert_true(e->new_connection);
  pl_client_stats stats;
  pl_client_stats_get(w->client, &stats);
  assert_int_equal(stats.repeated, 1);
  assert_int_equal(stats.made, 2);
  assert_int_equal(stats.reused, 0); /* the connection before was only tried */
  close(fd);
}

static void what_may_not_be_repeated_is_tried_once(void **state)
{
  static const char *const methods[] = {"POST", "DEBIT", "PURGE"};
  wire *w = *state;
  for (int i = 0; i < 3; i++) {
    wire_exchange *e = wire_get(w, i, w->url[0]);
    int fd = wire_serve(w, 0, WIRE_OK);
    wire_await(e);
    wire_reset(fd);
    e = wire_request(w, i, methods[i], w->url[0]);
    wire_send(e);
    wire_await(e);
    assert_int_equal(e->failure, PL_FAIL_RESET);
  }
}

static int unix_listener(const char *path)
{
  struct sockaddr_un a = {.sun_family = AF_UNIX};
  (void)pl_copy(a.sun_path, sizeof a.sun_path, pl_str_of(path));
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
  assert_int_equal(listen(fd, 8), 0);
  return fd;
}

/* The server is gone for good: the retry cannot even begin to connect. */
static void a_retry_that_cannot_connect_does_not_call_back(void **state)
{
  wire *w = *state;
  char folder[] = "/tmp/wire-XXXXXX", path[64], url[96];
  assert_non_null(mkdtemp(folder));
  (void)snprintf(path, sizeof path, "%s/s", folder);
  (void)snprintf(url, sizeof url, "unix:%s:/x", path);
  close(w->listener[0]);
  w->listener[0] = unix_listener(path);
  wire_exchange *e = wire_get(w, 0, url);
  int fd = wire_serve(w, 0, WIRE_OK);
  wire_await(e);
  assert_int_equal(e->status, 200);
  close(w->listener[0]);
  w->listener[0] = -1;
  close(fd);
  wire_send(e);
  assert_int_equal(e->dones, 1);
  wire_await(e);
  assert_int_equal(e->failure, PL_FAIL_CONNECT);
  unlink(path);
  rmdir(folder);
}

static void send_again(wire_exchange *e)
{
  if (e->dones < 3)
    wire_send(e);
}

/* An owner that sends again at once gets one failure a run of the wheel: the sockets have their turn between. */
static void failures_do_not_keep_the_loop_from_its_sockets(void **state)
{
  wire *w = *state;
  wire_exchange *e = wire_request(w, 0, "GET", "http://127.9.9.9:1/");
  e->then = send_again;
  wire_send(e);
  while (pl_now(&pl_clock_system) < e->x.timer.due_ns + PL_WHEEL_TICK_NS)
    continue;
  assert_int_equal(pl_wheel_run(w->wheel, pl_now(&pl_clock_system), 4096), 1);
  assert_int_equal(e->dones, 1);
  assert_int_equal(e->failure, PL_FAIL_CONNECT);
  e->then = NULL;
  wire_await(e);
}

/* ---- Places ------------------------------------------------------------------------------------- */

/* What waits for a place is not connecting yet. */
static void connecting_begins_when_there_is_a_place(void **state)
{
  wire *w = *state;
  pl_route one = {.requests = 1};
  uint64_t phases[PL_PHASES];
  w->e[0].route = w->e[1].route = &one;
  wire_exchange *first = wire_get(w, 0, w->url[0]), *second = wire_get(w, 1, w->url[0]);
  int fd = wire_accept(w, 0);
  (void)wire_read(w, fd);
  assert_true(pl_exchange_waits(&second->x));
  wire_write(fd, WIRE_OK);
  wire_await(first);
  int other = wire_serve(w, 0, WIRE_OK);
  wire_await(second);
  assert_true(second->x.times.opening >= first->x.times.end);
  pl_phases_of(&second->x.times, phases);
  assert_int_equal(phases[PL_PHASE_CONNECT], second->x.times.connected - second->x.times.opening);
  close(fd);
  close(other);
}

static void an_idle_connection_elsewhere_makes_place(void **state)
{
  wire *w = *state;
  wire_exchange *e = wire_get(w, 0, w->url[0]), *other;
  int fd = wire_serve(w, 0, WIRE_OK), second;
  wire_await(e);
  other = wire_get(w, 1, w->url[1]);
  second = wire_serve(w, 1, WIRE_OK);
  wire_await(other);
  assert_int_equal(other->status, 200);
  pl_client_stats stats;
  pl_client_stats_get(w->client, &stats);
  assert_int_equal(stats.max_open, 1);
  close(fd);
  close(second);
}

/* The first of those that wait fails at once; the place goes on to the next. */
static void a_failure_passes_the_place_on(void **state)
{
  wire *w = *state;
  wire_exchange *first = wire_get(w, 0, w->url[0]);
  int fd = wire_accept(w, 0);
  (void)wire_read(w, fd);
  wire_exchange *bad = wire_get(w, 1, "unix:/nowhere/at/all:/"), *good = wire_get(w, 2, w->url[1]);
  wire_write(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
  wire_await(first);
  int second = wire_serve(w, 1, WIRE_OK);
  wire_await(good);
  assert_int_equal(good->status, 200);
  while (!bad->dones)
    wire_turn(w);
  assert_int_equal(bad->failure, PL_FAIL_CONNECT);
  close(fd);
  close(second);
}

/* A connection that breaks has a place; its retry takes that one and no second. */
static void a_retry_keeps_to_the_places(void **state)
{
  wire *w = *state;
  wire_exchange *e = wire_get(w, 0, w->url[0]);
  int fd = wire_serve(w, 0, WIRE_OK);
  wire_await(e);
  wire_send(e);
  wire_exchange *waiting = wire_get(w, 1, w->url[0]);
  (void)wire_read(w, fd);
  close(fd);
  fd = wire_serve(w, 0, WIRE_OK);
  wire_await(e);
  assert_int_equal(e->status, 200);
  (void)wire_read(w, fd);
  wire_write(fd, WIRE_OK);
  wire_await(waiting);
  pl_client_stats stats;
  pl_client_stats_get(w->client, &stats);
  assert_int_equal(stats.max_open, 1);
  assert_int_equal(stats.opened, 2);
  close(fd);
}

/* ---- Limits ------------------------------------------------------------------------------------- */

static void run_for(wire *w, uint64_t ns)
{
  uint64_t until = pl_now(&pl_clock_system) + ns;
  while (pl_now(&pl_clock_system) < until)
    wire_turn(w);
}

static void the_first_byte_has_a_limit_of_its_own(void **state)
{
  wire *w = *state;
  wire_exchange *e = wire_request(w, 0, "GET", w->url[0]);
  e->x.timeout_ns = 10 * PL_S_NS;
  e->x.first_byte_timeout_ns = 20 * PL_MS_NS;
  wire_send(e);
  int fd = wire_accept(w, 0);
  wire_await(e);
  assert_int_equal(e->failure, PL_FAIL_TIMEOUT);
  assert_string_equal(e->why, "no first byte in time");
  assert_int_equal(e->x.times.end, e->x.times.sent + 20 * PL_MS_NS);
  assert_int_equal(e->x.times.cut, 1 + PL_PHASE_WAIT);
  close(fd);
  wire_send(e);
  fd = wire_accept(w, 0);
  (void)wire_read(w, fd);
  wire_write(fd, "H");
  run_for(w, 40 * PL_MS_NS); /* it came; the rest has the whole limit */
  assert_int_equal(e->x.times.cut, 0);
  assert_true(e->pending);
  wire_write(fd, WIRE_OK + 1);
  wire_await(e);
  assert_int_equal(e->status, 200);
  /* the same on a kept connection */
  wire_send(e);
  wire_await(e);
  assert_string_equal(e->why, "no first byte in time");
  close(fd);
}

/* A server whose queue of connections is full: the next one hangs. Returns how many sockets fill it. */
static int fill(const wire *w, int held[16])
{
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)w->port[1])};
  assert_int_equal(listen(w->listener[1], 0), 0);
  for (int n = 0; n < 16;) {
    held[n] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    (void)connect(held[n], (struct sockaddr *)&a, sizeof a);
    struct pollfd p = {.fd = held[n++], .events = POLLOUT};
    if (poll(&p, 1, 50) == 0)
      return n;
  }
  fail_msg("the queue takes all");
  return 0;
}

static void connecting_has_a_limit_of_its_own(void **state)
{
  wire *w = *state;
  int held[16], n = fill(w, held);
  wire_exchange *e = wire_request(w, 0, "GET", w->url[1]);
  e->x.connect_timeout_ns = 20 * PL_MS_NS;
  wire_send(e);
  wire_await(e);
  assert_int_equal(e->failure, PL_FAIL_TIMEOUT);
  assert_string_equal(e->why, "no connection in time");
  assert_int_equal(e->x.times.end, e->x.times.opening + 20 * PL_MS_NS);
  assert_int_equal(e->x.times.cut, 1 + PL_PHASE_CONNECT);
  while (n > 0)
    close(held[--n]);
}

/* It says nothing of an answer, with and without a limit of the whole. */
static void the_limit_of_connecting_ends_with_it(void **state)
{
  wire *w = *state;
  wire_exchange *e = wire_request(w, 0, "GET", w->url[0]);
  for (int i = 0; i < 2; i++) {
    e->x.timeout_ns = i ? 10 * PL_S_NS : 0;
    e->x.connect_timeout_ns = 10 * PL_MS_NS;
    wire_send(e);
    int fd = wire_accept(w, 0);
    (void)wire_read(w, fd);
    run_for(w, 30 * PL_MS_NS);
    wire_write(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    wire_await(e);
    assert_int_equal(e->status, 200);
    close(fd);
  }
}

static void waiting_for_a_place_is_no_phase(void **state)
{
  wire *w = *state;
  wire_exchange *first = wire_get(w, 0, w->url[0]), *e = wire_request(w, 1, "GET", w->url[0]);
  e->x.timeout_ns = 10 * PL_MS_NS;
  wire_send(e);
  int fd = wire_accept(w, 0);
  wire_await(e);
  assert_int_equal(e->failure, PL_FAIL_TIMEOUT);
  assert_int_equal(e->x.times.cut, 0);
  (void)wire_read(w, fd);
  wire_write(fd, WIRE_OK);
  wire_await(first);
  close(fd);
}

static void waiting_for_a_place_is_not_connecting(void **state)
{
  wire *w = *state;
  wire_exchange *first = wire_get(w, 0, w->url[0]), *e = wire_request(w, 1, "GET", w->url[0]);
  e->x.connect_timeout_ns = 10 * PL_MS_NS;
  wire_send(e);
  int fd = wire_accept(w, 0);
  run_for(w, 30 * PL_MS_NS);
  assert_true(e->pending);
  (void)wire_read(w, fd);
  wire_write(fd, WIRE_OK);
  wire_await(first);
  (void)wire_read(w, fd);
  wire_write(fd, WIRE_OK);
  wire_await(e);
  assert_int_equal(e->status, 200);
  close(fd);
}

/* ---- The end ------------------------------------------------------------------------------------ */

static void closing_ends_what_is_in_flight_and_what_failed(void **state)
{
  wire *w = *state;
  wire_exchange *active = wire_get(w, 0, w->url[0]), *waiting = wire_get(w, 1, w->url[0]),
                *failed = wire_get(w, 2, "http://127.9.9.9:1/");
  int fd = wire_accept(w, 0);
  wire_close(w);
  assert_int_equal(active->dones, 1);
  assert_int_equal(active->failure, PL_FAIL_ABORTED);
  assert_int_equal(waiting->dones, 1);
  assert_int_equal(waiting->failure, PL_FAIL_ABORTED);
  assert_int_equal(failed->dones, 1);
  close(fd);
  wire_open(w, 0);
}

/* Two users of one host: each finds its own connection again, and what one leaves is nobody's. */
static void a_pool_is_used_by_its_owner_alone(void **state)
{
  wire *w = *state;
  pl_pool own[2] = {{0}};
  int fd[2];
  for (int i = 0; i < 2; i++) {
    w->e[i].x.own = &own[i];
    wire_exchange *e = wire_get(w, i, w->url[0]);
    fd[i] = wire_serve(w, 0, WIRE_OK);
    wire_await(e);
    assert_true(e->new_connection);
  }
  for (int i = 0; i < 2; i++) {
    wire_send(&w->e[i]);
    (void)wire_read(w, fd[i]);
    wire_write(fd[i], WIRE_OK);
    wire_await(&w->e[i]);
    assert_false(w->e[i].new_connection);
  }
  char byte;
  pl_client_leave(w->client, &own[0]);
  assert_int_equal(recv(fd[0], &byte, 1, 0), 0);
  assert_null(own[0].first);
  wire_exchange *e = wire_get(w, 2, w->url[0]); /* one of those that share */
  int third = wire_serve(w, 0, WIRE_OK);
  wire_await(e);
  assert_true(e->new_connection);
  pl_client_leave(w->client, &own[1]);
  close(fd[0]);
  close(fd[1]);
  close(third);
}

static void a_resting_connection_of_another_owner_makes_place(void **state)
{
  wire *w = *state;
  pl_pool own[2] = {{0}};
  int fd[2];
  for (int i = 0; i < 2; i++) {
    w->e[i].x.own = &own[i];
    wire_exchange *e = wire_get(w, i, w->url[0]);
    fd[i] = wire_serve(w, 0, WIRE_OK);
    wire_await(e);
    assert_int_equal(e->status, 200);
  }
  assert_null(own[0].first);
  pl_client_leave(w->client, &own[1]);
  close(fd[0]);
  close(fd[1]);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, wire_set_up, wire_tear_down)
#define ONE_PLACE(fn) cmocka_unit_test_setup_teardown(fn, set_up_with_one_place, wire_tear_down)
  const struct CMUnitTest tests[] = {
      CASE(a_kept_connection_is_used_again),
      CASE(a_pool_is_used_by_its_owner_alone),
      ONE_PLACE(a_resting_connection_of_another_owner_makes_place),
      CASE(a_request_that_waits_for_nothing_is_sent_when_it_is_asked_for),
      CASE(a_send_on_a_dead_connection_does_not_call_back),
      CASE(a_get_is_tried_once_more_on_a_fresh_connection),
      CASE(what_may_not_be_repeated_is_tried_once),
      CASE(a_retry_that_cannot_connect_does_not_call_back),
      CASE(failures_do_not_keep_the_loop_from_its_sockets),
      ONE_PLACE(connecting_begins_when_there_is_a_place),
      ONE_PLACE(an_idle_connection_elsewhere_makes_place),
      ONE_PLACE(a_failure_passes_the_place_on),
      ONE_PLACE(a_retry_keeps_to_the_places),
      CASE(the_first_byte_has_a_limit_of_its_own),
      CASE(connecting_has_a_limit_of_its_own),
      CASE(the_limit_of_connecting_ends_with_it),
      ONE_PLACE(waiting_for_a_place_is_not_connecting), ONE_PLACE(waiting_for_a_place_is_no_phase),
      ONE_PLACE(closing_ends_what_is_in_flight_and_what_failed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
