/* Lines to sockets of the test's own: taken whole, and told where nobody takes them. */
#include "net/line_peer.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/failing.h"

/* A socket at a free port of loopback. */
static int listening(int type, char port[8])
{
  struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof in;
  int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  assert_true(fd >= 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&in, length), 0);
  if (type == SOCK_STREAM)
    assert_int_equal(listen(fd, 4), 0);
  assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &length), 0);
  (void)snprintf(port, 8, "%u", ntohs(in.sin_port));
  return fd;
}

/* Sends all of the text, waiting for room. */
static int send_all(pl_line_peer *p, pl_str text, pl_error *err)
{
  int code = 0;
  while (!code && text.len) {
    size_t sent = 0;
    code = pl_line_peer_send(p, text, &sent, err);
    text = (pl_str){text.data + sent, text.len - sent};
    if (!code && !sent)
      (void)poll(&(struct pollfd){.fd = p->fd, .events = POLLOUT}, 1, 5000);
  }
  return code;
}

static void a_stream_takes_all_bytes(void **state)
{
  char port[8], got[64];
  pl_line_peer p;
  (void)state;
  int listener = listening(SOCK_STREAM, port);
  assert_int_equal(pl_line_peer_init(&p, "127.0.0.1", port, false, NULL), PL_OK);
  assert_int_equal(send_all(&p, PL_STR("a 1 2\nb"), NULL), PL_OK);
  int fd = accept(listener, NULL, NULL);
  assert_int_equal(send_all(&p, PL_STR(" 3 4\n"), NULL), PL_OK);
  pl_line_peer_close(&p);
  size_t n = 0;
  for (ssize_t r; (r = recv(fd, got + n, sizeof got - n, 0)) > 0; n += (size_t)r)
    ;
  assert_int_equal(n, 12);
  assert_memory_equal(got, "a 1 2\nb 3 4\n", 12);
  close(fd);
  close(listener);
}

/* What a closed peer did not take is an error, and the next send connects anew. */
static void a_closed_peer_is_noticed(void **state)
{
  char port[8];
  pl_line_peer p;
  pl_error err = {0};
  (void)state;
  int listener = listening(SOCK_STREAM, port);
  assert_int_equal(pl_line_peer_init(&p, "127.0.0.1", port, false, NULL), PL_OK);
  assert_int_equal(send_all(&p, PL_STR("a\n"), NULL), PL_OK);
  int fd = accept(listener, NULL, NULL);
  close(fd);
  (void)poll(&(struct pollfd){.fd = p.fd, .events = POLLIN}, 1, 5000);
  assert_int_equal(send_all(&p, PL_STR("b\n"), &err), PL_ERESET);
  assert_non_null(strstr(err.message, port));
  assert_int_equal(p.fd, -1);
  assert_int_equal(send_all(&p, PL_STR("c\n"), NULL), PL_OK);
  pl_line_peer_close(&p);
  close(listener);
  assert_int_equal(send_all(&p, PL_STR("d\n"), &err), PL_ECONNECT);
}

/* A full buffer is no error: nothing went, and that is said. */
static void where_there_is_no_room_nothing_goes(void **state)
{
  static char text[1 << 20];
  char port[8];
  pl_line_peer p;
  size_t sent = 1, all = 0;
  (void)state;
  int listener = listening(SOCK_STREAM, port);
  memset(text, 'x', sizeof text);
  assert_int_equal(pl_line_peer_init(&p, "127.0.0.1", port, false, NULL), PL_OK);
  assert_int_equal(send_all(&p, (pl_str){text, 1}, NULL), PL_OK);
  while (sent) {
    assert_int_equal(pl_line_peer_send(&p, (pl_str){text, sizeof text}, &sent, NULL), PL_OK);
    all += sent;
    assert_true(all < (size_t)1 << 30);
  }
  pl_line_peer_close(&p);
  close(listener);
}

/* Datagrams hold whole lines. */
static void datagrams_are_cut_at_lines(void **state)
{
  static char text[3000], got[4096];
  char port[8];
  pl_line_peer p;
  pl_error err = {0};
  (void)state;
  int fd = listening(SOCK_DGRAM, port);
  memset(text, 'x', sizeof text);
  for (size_t i = 99; i < sizeof text; i += 100)
    text[i] = '\n';
  assert_int_equal(pl_line_peer_init(&p, "127.0.0.1", port, true, NULL), PL_OK);
  assert_int_equal(send_all(&p, (pl_str){text, sizeof text}, NULL), PL_OK);
  assert_int_equal(recv(fd, got, sizeof got, 0), 1400);
  assert_int_equal(recv(fd, got, sizeof got, 0), 1400);
  assert_int_equal(recv(fd, got, sizeof got, 0), 200);
  memset(text, 'x', sizeof text);
  assert_int_equal(send_all(&p, (pl_str){text, sizeof text}, &err), PL_ELIMIT);
  pl_line_peer_close(&p);
  close(fd);
}

static void an_unknown_host_is_named(void **state)
{
  pl_line_peer p;
  pl_error err = {0};
  (void)state;
  assert_int_equal(pl_line_peer_init(&p, "no-such-name.invalid", "1", true, &err), PL_ERESOLVE);
  pl_line_peer_close(&p);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_stream_takes_all_bytes),
      cmocka_unit_test(a_closed_peer_is_noticed),
      cmocka_unit_test(where_there_is_no_room_nothing_goes),
      cmocka_unit_test(datagrams_are_cut_at_lines),
      cmocka_unit_test(an_unknown_host_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
