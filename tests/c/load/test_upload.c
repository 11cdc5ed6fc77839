/* Uploads on the wire: files, chunks, and bodies that wait for 100 Continue. */
#include "load/wire.h"

static wire_exchange *request(wire *w, const char *body, bool chunked, bool expect)
{
  wire_exchange *e = &w->e[0];
  e->parts = (pl_request_parts){.body = pl_str_of(body), .chunked = chunked, .expect_continue = expect};
  e = wire_request(w, 0, "PUT", w->url[0]);
  e->x.chunked = chunked;
  e->x.expect_continue = expect;
  wire_send(e);
  return e;
}

/* Reads until the text ends with `end`. */
static void read_until(wire *w, int fd, char *text, size_t size, const char *end)
{
  size_t n = 0;
  text[0] = '\0';
  while (n < strlen(end) || strcmp(text + n - strlen(end), end) != 0) {
    wire_await_fd(w, fd);
    ssize_t got = recv(fd, text + n, size - 1 - n, 0);
    assert_true(got > 0);
    n += (size_t)got;
    text[n] = '\0';
  }
}

static void chunks_say_so(void **state)
{
  wire *w = *state;
  char text[2000];
  wire_exchange *e = request(w, "hello world", true, false);
  int fd = wire_accept(w, 0);
  read_until(w, fd, text, sizeof text, "\r\n\r\nb\r\nhello world\r\n0\r\n\r\n");
  assert_non_null(strstr(text, "Transfer-Encoding: chunked\r\n"));
  assert_null(strstr(text, "Content-Length"));
  wire_write(fd, WIRE_OK);
  wire_await(e);
  assert_int_equal(e->status, 200);
  close(fd);
}

static void a_body_waits_for_100(void **state)
{
  wire *w = *state;
  char text[2000];
  wire_exchange *e = request(w, "hello", false, true);
  int fd = wire_accept(w, 0);
  read_until(w, fd, text, sizeof text, "\r\n\r\n");
  assert_non_null(strstr(text, "Expect: 100-continue\r\n"));
  wire_write(fd, "HTTP/1.1 100 Continue\r\n\r\n");
  read_until(w, fd, text, sizeof text, "hello");
  wire_write(fd, WIRE_OK);
  wire_await(e);
  assert_int_equal(e->status, 200);
  assert_true(e->x.times.sent <= e->x.times.first_byte);
  assert_true(e->x.times.sent >= e->x.times.send);
  /* the connection is as good as any other */
  wire_send(e);
  read_until(w, fd, text, sizeof text, "\r\n\r\n");
  wire_write(fd, "HTTP/1.1 100 Continue\r\n\r\n");
  read_until(w, fd, text, sizeof text, "hello");
  wire_write(fd, WIRE_OK);
  wire_await(e);
  assert_false(e->new_connection);
  close(fd);
}

static void a_final_answer_makes_the_body_needless(void **state)
{
  wire *w = *state;
  char text[2000];
  wire_exchange *e = request(w, "hello", false, true);
  int fd = wire_accept(w, 0);
  read_until(w, fd, text, sizeof text, "\r\n\r\n");
  wire_write(fd, "HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n");
  wire_await(e);
  assert_int_equal(e->status, 417);
  wire_await_fd(w, fd);
  assert_int_equal(recv(fd, text, sizeof text, 0), 0); /* closed: the server may still wait for the body */
  close(fd);
}

static void who_says_nothing_gets_the_body(void **state)
{
  wire *w = *state;
  char text[2000];
  wire_exchange *e = request(w, "hello", true, true);
  uint64_t before = pl_now(&pl_clock_system);
  int fd = wire_accept(w, 0);
  read_until(w, fd, text, sizeof text, "0\r\n\r\n");
  assert_true(pl_now(&pl_clock_system) - before >= 900 * PL_MS_NS);
  wire_write(fd, WIRE_OK);
  wire_await(e);
  assert_int_equal(e->status, 200);
  close(fd);
}

/* 3 MB, more than sockets hold. */
static void a_file_is_sent_while_it_is_read(void **state)
{
  enum { SIZE = 3000000 };
  wire *w = *state;
  char path[] = "/tmp/perilune-test-XXXXXX", *all = malloc(SIZE + 4096);
  int disk = mkstemp(path);
  unlink(path);
  for (int i = 0; i < SIZE / 4; i++)
    assert_int_equal(write(disk, &i, 4), 4);
  pl_body_file file = {disk, SIZE};
  wire_exchange *e = &w->e[0];
  e->parts = (pl_request_parts){.file = &file};
  e = wire_request(w, 0, "PUT", w->url[0]);
  e->x.file = &file;
  wire_send(e);
  int fd = wire_accept(w, 0);
  size_t n = 0, head = 0;
  while (!head || n < head + SIZE) {
    wire_await_fd(w, fd);
    ssize_t got = recv(fd, all + n, SIZE + 4096 - n, 0);
    assert_true(got > 0);
    n += (size_t)got;
    const char *end = head ? NULL : memmem(all, n, "\r\n\r\n", 4);
    head = end ? (size_t)(end + 4 - all) : head;
  }
  assert_non_null(memmem(all, head, "Content-Length: 3000000\r\n", 25));
  for (int i = 0; i < SIZE / 4; i++)
    assert_memory_equal(all + head + 4 * (size_t)i, &i, 4);
  wire_write(fd, WIRE_OK);
  wire_await(e);
  assert_int_equal(e->x.answer.bytes_sent, head + SIZE);
  close(fd);
  close(disk);
  free(all);
}

/* A request with a body that sockets do not hold, answered with `answer` before any of it was read. */
static wire_exchange *answered_early(wire *w, const char *body, const char *answer, int *fd)
{
  wire_exchange *e = request(w, body, false, false);
  *fd = wire_accept(w, 0);
  wire_write(*fd, answer);
  return e;
}

enum { LARGE = 16 << 20 };

static char *large_body(void)
{
  char *body = malloc(LARGE + 1);
  memset(body, 'x', LARGE);
  body[LARGE] = '\0';
  return body;
}

/* Reads n bytes. */
static void read_all(wire *w, int fd, size_t n)
{
  static char piece[1 << 16];
  while (n) {
    wire_await_fd(w, fd);
    ssize_t got = recv(fd, piece, n < sizeof piece ? n : sizeof piece, 0);
    assert_true(got > 0);
    n -= (size_t)got;
  }
}

static void what_is_answered_early_goes_out_whole(void **state)
{
  wire *w = *state;
  char *body = large_body();
  int fd;
  wire_exchange *e = answered_early(w, body, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly", &fd);
  size_t head = e->x.head.len;
  for (int i = 0; i < 20; i++)
    wire_turn(w);
  assert_true(e->pending); /* the body is not out */
  read_all(w, fd, head + LARGE);
  if (e->pending)
    wire_await(e);
  assert_int_equal(e->status, 200);
  assert_string_equal(e->body, "early");
  assert_int_equal(e->x.answer.bytes_sent, head + LARGE);
  assert_true(e->x.times.end >= e->x.times.sent && e->x.times.first_byte == e->x.times.end);
  wire_send(e); /* over the same connection */
  read_all(w, fd, head + LARGE);
  wire_write(fd, WIRE_OK);
  wire_await(e);
  assert_false(e->new_connection);
  close(fd);
  free(body);
}

static void an_early_refusal_ends_the_upload(void **state)
{
  static const char *const answers[] = {"HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"};
  wire *w = *state;
  char *body = large_body();
  int fd;
  for (size_t i = 0; i < 2; i++) {
    wire_exchange *e = answered_early(w, body, answers[i], &fd);
    wire_await(e);
    assert_int_equal(e->status, i ? 200 : 413);
    assert_true(e->x.answer.bytes_sent < LARGE);
    close(fd);
  }
  free(body);
}

static void a_server_that_answers_and_leaves_has_answered(void **state)
{
  wire *w = *state;
  char *body = large_body();
  int fd;
  wire_exchange *e = answered_early(w, body, WIRE_OK, &fd);
  for (int i = 0; i < 20; i++)
    wire_turn(w);
  close(fd);
  wire_await(e);
  assert_int_equal(e->status, 200);
  assert_int_equal(e->failure, PL_FAIL_NONE);
  free(body);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, wire_set_up, wire_tear_down)
  const struct CMUnitTest tests[] = {
      CASE(chunks_say_so),                    CASE(a_body_waits_for_100),
      CASE(a_final_answer_makes_the_body_needless), CASE(who_says_nothing_gets_the_body),
      CASE(a_file_is_sent_while_it_is_read),        CASE(what_is_answered_early_goes_out_whole),
      CASE(an_early_refusal_ends_the_upload),       CASE(a_server_that_answers_and_leaves_has_answered),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
