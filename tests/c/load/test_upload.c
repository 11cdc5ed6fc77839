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

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, wire_set_up, wire_tear_down)
  const struct CMUnitTest tests[] = {
      CASE(chunks_say_so),                    CASE(a_body_waits_for_100),
      CASE(a_final_answer_makes_the_body_needless), CASE(who_says_nothing_gets_the_body),
      CASE(a_file_is_sent_while_it_is_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
