/* Lines over sockets: in pieces, in datagrams, too many, too fast. */
#include "ingest/line_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ingest/intake_fixture.h"
#include "io/loop.h"
#include "support/temporary.h"

typedef struct setting {
  fixture *f;
  uv_loop_t loop;
  uv_async_t alive; /* keeps the loop so */
  pl_line_server *server;
  char taken[512]; /* lines, each with a | behind it */
  unsigned cost;   /* samples that a line is counted for */
  uint64_t too_long;
} setting;

static void on_lines(void *user, pl_lines *lines, pl_str *text, bool last)
{
  setting *s = user;
  pl_str line;
  for (int found; (found = pl_lines_next(lines, text, last, &line)) != 0;) {
    s->too_long += found < 0;
    if (found > 0)
      (void)snprintf(s->taken + strlen(s->taken), sizeof s->taken - strlen(s->taken), "%.*s|", (int)line.len, line.data);
    for (unsigned i = 0; i < s->cost; i++)
      pl_intake_count(s->f->intake);
  }
}

static pl_line_server_options options(setting *s)
{
  return (pl_line_server_options){.alloc = &pl_alloc_default, .name = "lines", .datagrams = true, .connections = 2, .intake = s->f->intake,
                                  .address.v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, .take = on_lines, .user = s};
}

static int set_up(void **state)
{
  static setting s;
  s = (setting){.f = NULL};
  (void)fixture_set_up((void **)&s.f);
  assert_int_equal(pl_loop_open(&s.loop), 0);
  assert_int_equal(uv_async_init(&s.loop, &s.alive, NULL), 0);
  pl_line_server_options o = options(&s);
  assert_int_equal(pl_line_server_open(&o, &s.loop, &s.server, NULL), PL_OK);
  *state = &s;
  return 0;
}

static int tear_down(void **state)
{
  setting *s = *state;
  pl_line_server_close(s->server);
  pl_loop_close(&s->loop);
  return fixture_tear_down((void **)&s->f);
}

static int client(const setting *s, int type)
{
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(pl_line_server_port(s->server)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, type, 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
  return fd;
}

static void send_text(int fd, const char *text)
{
  assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static uint64_t refused(const setting *s, enum pl_reason why)
{
  return pl_intake_counts_of(s->f->intake)->refused[why];
}

/* Waits for what comes to the loop, a while. */
static void turn(setting *s)
{
  struct pollfd readable = {.fd = uv_backend_fd(&s->loop), .events = POLLIN};
  (void)poll(&readable, 1, 10);
  (void)uv_run(&s->loop, UV_RUN_NOWAIT);
}

/* Turns until these lines were taken. */
static void turn_until(setting *s, const char *taken)
{
  for (int i = 0; i < 600 && strcmp(s->taken, taken) != 0; i++) {
    turn(s);
  }
  assert_string_equal(s->taken, taken);
}

static void streams_come_in_pieces(void **state)
{
  setting *s = *state;
  int fd = client(s, SOCK_STREAM);
  send_text(fd, "one\ntw");
  turn_until(s, "one|");
  send_text(fd, "o\nthree");
  turn_until(s, "one|two|");
  (void)close(fd);
  turn_until(s, "one|two|three|");
}

static void broken_streams_lose_what_is_not_whole(void **state)
{
  setting *s = *state;
  struct linger reset = {.l_onoff = 1};
  int fd = client(s, SOCK_STREAM);
  send_text(fd, "one\n12");
  turn_until(s, "one|");
  assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
  (void)close(fd);
  fd = client(s, SOCK_STREAM);
  send_text(fd, "two\n");
  turn_until(s, "one|two|");
  (void)close(fd);
  assert_true(refused(s, PL_REASON_LINE) == 1);
}

static void datagrams_come_whole_at_the_same_port(void **state)
{
  setting *s = *state;
  int fd = client(s, SOCK_DGRAM);
  send_text(fd, "one\ntwo");
  send_text(fd, "three");
  turn_until(s, "one|two|three|");
  (void)close(fd);
}

/* At a Unix socket, whose file is there as long as it is read. */
static void datagrams_come_at_a_unix_socket(void **state)
{
  setting *s = *state;
  temporary folder;
  pl_error err = {0};
  pl_line_server *other = NULL, *third = NULL;
  pl_line_server_options o = options(s);
  temporary_open(&folder);
  o.address = (pl_address){.un = {.sun_family = AF_UNIX}};
  (void)temporary_file(&folder, "s.sock", "no socket", o.address.un.sun_path, sizeof o.address.un.sun_path);
  assert_int_equal(pl_line_server_open(&o, &s->loop, &other, &err), PL_EBUSY);
  assert_non_null(strstr(err.message, "s.sock"));
  assert_int_equal(unlink(o.address.un.sun_path), 0);
  int left = socket(AF_UNIX, SOCK_DGRAM, 0), fd = socket(AF_UNIX, SOCK_DGRAM, 0); /* what a process that was killed leaves */
  assert_int_equal(bind(left, &o.address.any, sizeof o.address.un), 0);
  assert_int_equal(pl_line_server_open(&o, &s->loop, &other, NULL), PL_EBUSY);
  (void)close(left);
  assert_int_equal(pl_line_server_open(&o, &s->loop, &other, NULL), PL_OK);
  assert_int_equal(pl_line_server_open(&o, &s->loop, &third, NULL), PL_EBUSY);
  assert_int_equal(connect(fd, &o.address.any, sizeof o.address.un), 0);
  send_text(fd, "one\ntwo");
  send_text(fd, "three");
  turn_until(s, "one|two|three|");
  (void)close(fd);
  assert_int_equal(pl_line_server_port(other), 0);
  pl_line_server_close(other);
  turn(s);
  assert_int_equal(access(o.address.un.sun_path, F_OK), -1);
  temporary_close(&folder);
}

static void long_lines_are_dropped(void **state)
{
  setting *s = *state;
  static char line[PL_LINE_MAX * 2];
  memset(line, 'x', sizeof line - 1);
  int fd = client(s, SOCK_STREAM);
  send_text(fd, line);
  send_text(fd, "\nshort\n");
  turn_until(s, "short|");
  assert_true(s->too_long == 1);
  (void)close(fd);
}

static void connections_are_bounded(void **state)
{
  setting *s = *state;
  int fds[3];
  for (int i = 0; i < 3; i++)
    fds[i] = client(s, SOCK_STREAM);
  send_text(fds[1], "one\n");
  turn_until(s, "one|");
  char byte;
  assert_true(recv(fds[2], &byte, 1, 0) == 0);
  assert_true(refused(s, PL_REASON_CONNECTION) == 1);
  for (int i = 0; i < 3; i++)
    (void)close(fds[i]);
}

static void datagrams_that_come_too_fast_fall(void **state)
{
  setting *s = *state;
  s->cost = 11; /* of 10 a second */
  int fd = client(s, SOCK_DGRAM);
  send_text(fd, "one");
  turn_until(s, "one|");
  send_text(fd, "two");
  for (int i = 0; i < 600 && !refused(s, PL_REASON_DATAGRAM); i++)
    turn(s);
  assert_true(refused(s, PL_REASON_DATAGRAM) == 1);
  pl_fake_clock_advance(&s->f->clock, 2 * PL_S_NS);
  send_text(fd, "three");
  turn_until(s, "one|three|");
  (void)close(fd);
}

static void streams_that_come_too_fast_wait(void **state)
{
  setting *s = *state;
  s->cost = 11;
  int fd = client(s, SOCK_STREAM);
  send_text(fd, "one\n");
  turn_until(s, "one|");
  send_text(fd, "two\n");
  int other = client(s, SOCK_DGRAM); /* what it sends is read behind that of the stream, were it read */
  send_text(other, "x");
  for (int i = 0; i < 600 && !refused(s, PL_REASON_DATAGRAM); i++)
    turn(s);
  assert_string_equal(s->taken, "one|");
  pl_fake_clock_advance(&s->f->clock, 2 * PL_S_NS);
  turn_until(s, "one|two|");
  (void)close(fd);
  (void)close(other);
}

static void a_port_that_is_taken_is_told(void **state)
{
  setting *s = *state;
  pl_line_server_options o = options(s);
  pl_line_server *other;
  pl_error err = {0};
  o.address.v4.sin_port = htons(pl_line_server_port(s->server));
  assert_int_equal(pl_line_server_open(&o, &s->loop, &other, &err), PL_EBUSY);
  assert_string_equal(strrchr(err.message, ':'), ": address already in use");
  assert_memory_equal(err.message, "lines: 127.0.0.1:", 17);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(streams_come_in_pieces, set_up, tear_down),
      cmocka_unit_test_setup_teardown(broken_streams_lose_what_is_not_whole, set_up, tear_down),
      cmocka_unit_test_setup_teardown(datagrams_come_whole_at_the_same_port, set_up, tear_down),
      cmocka_unit_test_setup_teardown(datagrams_come_at_a_unix_socket, set_up, tear_down),
      cmocka_unit_test_setup_teardown(long_lines_are_dropped, set_up, tear_down),
      cmocka_unit_test_setup_teardown(connections_are_bounded, set_up, tear_down),
      cmocka_unit_test_setup_teardown(datagrams_that_come_too_fast_fall, set_up, tear_down),
      cmocka_unit_test_setup_teardown(streams_that_come_too_fast_wait, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_port_that_is_taken_is_told, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
