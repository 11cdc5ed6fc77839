/* HTTP/1 over one connection: answers in every kind of piece, ends and breaks. */
#include "load/wire.h"

/* Sends a GET; gives the server's side, the request read. */
static int begin(wire *w, wire_exchange **e)
{
  *e = wire_get(w, 0, w->url[0]);
  int fd = wire_accept(w, 0);
  (void)wire_read(w, fd);
  return fd;
}

/* Writes text so that the client reads it in pieces of n bytes. */
static void write_in_pieces(wire_exchange *e, int fd, const char *text, size_t n)
{
  uint64_t sent = 0;
  for (size_t at = 0, len = strlen(text); at < len; at += n) {
    size_t part = len - at < n ? len - at : n;
    assert_int_equal(send(fd, text + at, part, MSG_NOSIGNAL), (ssize_t)part);
    sent += part;
    wire_await_bytes(e, sent);
  }
}

static void answers_come_in_any_pieces(void **state)
{
  static const char *const answers[] = {
      "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world",
      "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
  };
  wire *w = *state;
  wire_exchange *e;
  int fd = begin(w, &e);
  for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
    for (size_t n = 1; n <= strlen(answers[i]); n++) {
      write_in_pieces(e, fd, answers[i], n);
      assert_false(e->pending);
      assert_int_equal(e->status, 200);
      assert_string_equal(e->body, "hello world");
      assert_int_equal(e->x.answer.bytes_received, strlen(answers[i]));
      wire_send(e);
      (void)wire_read(w, fd);
    }
  }
  close(fd);
}

static char parts[64]; /* bodies of answers to a batch but its last, in order */

static void add_part(pl_exchange *x)
{
  size_t len = strlen(parts);
  (void)snprintf(parts + len, sizeof parts - len, "%d:%.*s ", x->answer.status, (int)x->answer.body.len, x->answer.body.data);
}

static void a_batch_has_an_answer_for_each_request(void **state)
{
  static const char answers[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none"
                                "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n"
                                "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlast";
  wire *w = *state;
  wire_exchange *e = wire_request(w, 0, "GET", w->url[0]);
  e->x.requests = 4;
  e->x.partly = add_part;
  wire_send(e);
  int fd = wire_accept(w, 0);
  (void)wire_read(w, fd);
  for (size_t n = 1; n <= strlen(answers); n++) {
    parts[0] = '\0';
    write_in_pieces(e, fd, answers, n);
    assert_false(e->pending);
    assert_string_equal(parts, "200:one 404:two 204: ");
    assert_string_equal(e->body, "last");
    wire_send(e);
    (void)wire_read(w, fd);
  }
  parts[0] = '\0';
  wire_write(fd, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none");
  wire_write(fd, "HTTP/1.1 200 OK\r\n\r\nwithout end");
  close(fd);
  wire_await(e);
  assert_string_equal(parts, "200:one ");
  assert_int_equal(e->failure, PL_FAIL_TRUNCATED);
}

static void a_body_may_end_with_the_connection(void **state)
{
  wire *w = *state;
  wire_exchange *e;
  int fd = begin(w, &e);
  wire_write(fd, "HTTP/1.1 200 OK\r\n\r\nall of it");
  close(fd);
  wire_await(e);
  assert_int_equal(e->failure, PL_FAIL_NONE);
  assert_string_equal(e->body, "all of it");
}

static void a_truncated_answer_is_told_from_none(void **state)
{
  wire *w = *state;
  wire_exchange *e;
  int fd = begin(w, &e);
  wire_write(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
  close(fd);
  wire_await(e);
  assert_int_equal(e->failure, PL_FAIL_TRUNCATED);
  assert_int_equal(e->status, 0);
  fd = begin(w, &e);
  close(fd);
  wire_await(e);
  assert_int_equal(e->failure, PL_FAIL_RESET);
}

/* The head and the reset come in one poll, which libuv reports as an error of the socket. */
static void an_answer_that_is_reset_after_its_head_is_told_at_once(void **state)
{
  struct linger linger = {1, 0};
  wire *w = *state;
  wire_exchange *e;
  int fd = begin(w, &e);
  wire_write(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  close(fd);
  wire_await(e);
  assert_int_equal(e->failure, PL_FAIL_RESET);
}

static void rubbish_is_a_protocol_error(void **state)
{
  wire *w = *state;
  wire_exchange *e;
  int fd = begin(w, &e);
  wire_write(fd, "SSH-2.0-OpenSSH\r\n");
  wire_await(e);
  assert_int_equal(e->failure, PL_FAIL_PROTOCOL);
  close(fd);
}

static void a_connection_with_unasked_bytes_is_not_used_again(void **state)
{
  wire *w = *state;
  wire_exchange *e;
  int fd = begin(w, &e);
  wire_write(fd, WIRE_OK "HTTP/1.1 200");
  wire_await(e);
  assert_string_equal(e->body, "ok");
  wire_send(e);
  int second = wire_serve(w, 0, WIRE_OK);
  wire_await(e);
  assert_true(e->new_connection);
  close(fd);
  close(second);
}

static void a_body_is_kept_up_to_the_limit(void **state)
{
  wire *w = *state;
  w->client->o.body_max = 10;
  wire_exchange *e;
  int fd = begin(w, &e);
  char text[4096] = "HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n";
  size_t head = strlen(text);
  memset(text + head, 'x', 3000);
  text[head + 3000] = '\0';
  write_in_pieces(e, fd, text, 100);
  assert_int_equal(e->status, 200);
  assert_true(e->body_cut);
  assert_int_equal(e->body_len, 10);
  assert_int_equal(e->x.answer.bytes_received, head + 3000);
  close(fd);
}

static void a_head_has_a_limit(void **state)
{
  wire *w = *state;
  w->client->o.header_max = 1000;
  wire_exchange *e;
  int fd = begin(w, &e);
  wire_write(fd, "HTTP/1.1 200 OK\r\n");
  for (int i = 0; i < 100 && !e->dones; i++) {
    wire_write(fd, "X-Filler: abcdefghij\r\n");
    wire_await_bytes(e, e->x.answer.bytes_received + 1);
  }
  assert_int_equal(e->failure, PL_FAIL_PROTOCOL);
  assert_non_null(strstr(e->why, "limit"));
  close(fd);
}

/* Sends a GET that is answered with this text. */
static const wire_exchange *answered(wire *w, const char *text)
{
  wire_exchange *e = wire_get(w, 0, w->url[0]);
  int fd = wire_serve(w, 0, text);
  wire_await(e);
  close(fd);
  return e;
}

static void expect_protocol_error(wire *w, const char *text, const char *why)
{
  const wire_exchange *e = answered(w, text);
  assert_int_equal(e->failure, PL_FAIL_PROTOCOL);
  assert_non_null(strstr(e->why, why));
}

static void a_space_before_the_colon_is_an_error(void **state)
{
  expect_protocol_error(*state, "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok", "before the colon");
  expect_protocol_error(*state, "HTTP/1.1 200 OK\r\nX-Any\t: 2\r\nContent-Length: 2\r\n\r\nok", "before the colon");
  expect_protocol_error(*state, "HTTP/1.1 200 OK\r\n: 2\r\n\r\n", "without a name");
}

static void a_nul_in_a_header_is_an_error(void **state)
{
  static const char text[] = "HTTP/1.1 200 OK\r\nX\0Y: z\r\nContent-Length: 2\r\n\r\nok";
  wire *w = *state;
  wire_exchange *e = wire_get(w, 0, w->url[0]);
  int fd = wire_accept(w, 0);
  (void)wire_read(w, fd);
  assert_int_equal(send(fd, text, sizeof text - 1, MSG_NOSIGNAL), (int)sizeof text - 1);
  wire_await(e);
  assert_int_equal(e->failure, PL_FAIL_PROTOCOL);
  assert_non_null(strstr(e->why, "NUL"));
  close(fd);
}

static void nobody_asked_to_switch_protocols(void **state)
{
  expect_protocol_error(*state, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "nobody asked for");
}

/* 100 KB of head in two pieces, the second of which completes it. */
static void a_long_head_is_an_error_however_it_comes(void **state)
{
  enum { LINE = 1000, LINES = 100 };
  wire *w = *state;
  char *text = malloc(LINE * LINES + 100), *at = text;
  at += sprintf(at, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n");
  for (int i = 0; i < LINES; i++)
    at += sprintf(at, "X-Line: %0*d\r\n", LINE - 10, i);
  (void)sprintf(at, "\r\n");
  wire_exchange *e = wire_get(w, 0, w->url[0]);
  int fd = wire_accept(w, 0);
  (void)wire_read(w, fd);
  char *rest = text + LINE * 60;
  assert_int_equal(send(fd, text, LINE * 60, MSG_NOSIGNAL), LINE * 60);
  wire_await_bytes(e, LINE * 60);
  wire_write(fd, rest);
  wire_await(e);
  assert_int_equal(e->failure, PL_FAIL_PROTOCOL);
  assert_non_null(strstr(e->why, "longer than the limit, 65536 bytes"));
  close(fd);
  free(text);
}

static void a_connection_carries_as_many_requests_as_the_route_says(void **state)
{
  wire *w = *state;
  pl_route two = {.requests = 2};
  w->e[0].route = &two;
  wire_exchange *e = wire_request(w, 0, "GET", w->url[0]);
  int fd[2];
  for (int i = 0; i < 4; i++) {
    wire_send(e);
    if (i % 2 == 0)
      fd[i / 2] = wire_accept(w, 0);
    (void)wire_read(w, fd[i / 2]);
    wire_write(fd[i / 2], WIRE_OK);
    wire_await(e);
    assert_int_equal(e->status, 200);
    assert_int_equal(e->new_connection, i % 2 == 0);
  }
  char byte;
  assert_int_equal(recv(fd[0], &byte, 1, 0), 0);
  assert_int_equal(recv(fd[1], &byte, 1, 0), 0);
  pl_client_stats stats;
  pl_client_stats_get(w->client, &stats);
  assert_int_equal(stats.made, 2);
  assert_int_equal(stats.reused, 2);
  close(fd[0]);
  close(fd[1]);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, wire_set_up, wire_tear_down)
  const struct CMUnitTest tests[] = {
      CASE(answers_come_in_any_pieces),
      CASE(a_connection_carries_as_many_requests_as_the_route_says),
      CASE(a_batch_has_an_answer_for_each_request),
      CASE(a_body_may_end_with_the_connection),
      CASE(a_truncated_answer_is_told_from_none),
      CASE(an_answer_that_is_reset_after_its_head_is_told_at_once),
      CASE(rubbish_is_a_protocol_error),
      CASE(a_connection_with_unasked_bytes_is_not_used_again),
      CASE(a_body_is_kept_up_to_the_limit),
      CASE(a_head_has_a_limit),
      CASE(a_space_before_the_colon_is_an_error),
      CASE(a_nul_in_a_header_is_an_error),
      CASE(nobody_asked_to_switch_protocols),
      CASE(a_long_head_is_an_error_however_it_comes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
