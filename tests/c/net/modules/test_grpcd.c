/* The module grpcd without a loop: poll stands for its owner, and sockets of the test are its clients. */
#include "net/httpd.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/modules/grpc_client.h"
#include "net/modules/polling.h"

enum { CONNECTIONS = 2 };

typedef struct fixture {
  const pl_httpd_module *module;
  void *grpcd;
  pl_httpd_options options;
  bool later;
  pl_http_request *waiting;
  unsigned requests;
} fixture;

/* A client with its socket. */
typedef struct caller {
  grpc_client http2;
  int fd;
  bool closed; /* by the server */
} caller;

static unsigned on_begin(void *user, pl_http_request *r)
{
  (void)user, (void)r;
  return 0;
}

static void on_request(void *user, pl_http_request *r)
{
  fixture *f = user;
  f->requests++;
  f->waiting = r;
  if (!f->later)
    f->module->answer(r, &(pl_http_answer){.status = 200, .body = r->body});
}

static void on_refused(void *user, unsigned status)
{
  (void)user, (void)status;
}

static void open_grpcd(fixture *f)
{
  assert_int_equal(f->module->open(&f->options, &f->grpcd, NULL), PL_OK);
}

static int set_up(void **state)
{
  fixture *f = calloc(1, sizeof *f);
  const pl_module_head *head;
  assert_int_equal(pl_module_find(TEST_MODULE_DIR, "grpcd", PL_HTTPD_ABI, &head, NULL), PL_OK);
  f->module = (const pl_httpd_module *)(const void *)head;
  f->options = (pl_httpd_options){.alloc = &pl_alloc_default, .address.v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)},
                                  .connections = CONNECTIONS, .idle_s = 60, .body_max = 1 << 20, .bodies_max = 1 << 20, .begin = on_begin,
                                  .request = on_request, .refused = on_refused, .user = f};
  open_grpcd(f);
  *state = f;
  return 0;
}

static int tear_down(void **state)
{
  fixture *f = *state;
  if (f->grpcd)
    f->module->close(f->grpcd);
  free(f);
  return 0;
}

static void caller_init(const fixture *f, caller *c)
{
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(f->module->port(f->grpcd)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  client_init(&c->http2);
  c->closed = false;
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(connect(c->fd, (struct sockaddr *)&to, sizeof to), 0);
}

static void caller_fini(caller *c)
{
  (void)close(c->fd);
  client_fini(&c->http2);
}

static void say(caller *c)
{
  const uint8_t *data;
  for (ssize_t n; (n = nghttp2_session_mem_send(c->http2.http2, &data)) > 0;)
    (void)send(c->fd, data, (size_t)n, MSG_NOSIGNAL); /* which may be closed */
}

static void hear(caller *c)
{
  char in[1 << 14];
  ssize_t n = recv(c->fd, in, sizeof in, 0);
  c->closed = n <= 0;
  if (n > 0)
    assert_int_equal(nghttp2_session_mem_recv(c->http2.http2, (const uint8_t *)in, (size_t)n), n);
  say(c);
}

/* Turns the module until the client's call is over or its connection is closed, or until there are n requests. */
static void turn_until(fixture *f, caller *c, unsigned n)
{
  polling p = {.n = 0};
  struct pollfd ready[POLLING_MAX] = {{.fd = -1}};
  polling_watch(&p, f->module->fd(f->grpcd), POLLING_READ);
  polling_watch(&p, c->fd, POLLING_READ);
  for (int due_ms = f->module->turn(f->grpcd); n ? f->requests < n : !c->http2.over && !c->closed; due_ms = f->module->turn(f->grpcd)) {
    (void)polling_wait(&p, due_ms, ready);
    if (ready[1].revents)
      hear(c);
  }
}

static void begin_call(caller *c, pl_str message)
{
  client_call(&c->http2, "/a.B/C", "application/grpc", "", message);
  say(c);
}

static void a_long_call_is_answered(void **state)
{
  fixture *f = *state;
  enum { SIZE = 300 << 10 };
  char *message = calloc(1, SIZE);
  caller c;
  memcpy(message, (const char[]){0, 0, (char)((SIZE - 5) >> 16), (char)((SIZE - 5) >> 8 & 255), (char)((SIZE - 5) & 255)}, 5);
  caller_init(f, &c);
  begin_call(&c, (pl_str){message, SIZE});
  turn_until(f, &c, 0);
  free(message);
  assert_non_null(strstr(c.http2.heard, "grpc-status=0 "));
  begin_call(&c, (pl_str){"\0\0\0\0\0", 5});
  turn_until(f, &c, 0);
  assert_non_null(strstr(c.http2.heard, "grpc-status=0 "));
  assert_int_equal(f->requests, 2);
  caller_fini(&c);
}

static void an_answer_may_find_nobody(void **state)
{
  fixture *f = *state;
  caller c;
  caller_init(f, &c);
  f->later = true;
  begin_call(&c, (pl_str){"\0\0\0\0\0", 5});
  turn_until(f, &c, 1);
  caller_fini(&c);
  (void)f->module->turn(f->grpcd);
  f->module->answer(f->waiting, &(pl_http_answer){.status = 200});
}

static void connections_have_a_limit(void **state)
{
  fixture *f = *state;
  caller open[CONNECTIONS], more;
  for (int i = 0; i < CONNECTIONS; i++) {
    caller_init(f, &open[i]);
    begin_call(&open[i], (pl_str){"\0\0\0\0\0", 5});
    turn_until(f, &open[i], 0);
  }
  caller_init(f, &more);
  begin_call(&more, (pl_str){"\0\0\0\0\0", 5});
  (void)f->module->turn(f->grpcd);
  assert_int_equal(f->requests, CONNECTIONS);
  caller_fini(&open[0]);
  turn_until(f, &more, 0);
  assert_int_equal(f->requests, CONNECTIONS + 1);
  caller_fini(&open[1]);
  caller_fini(&more);
}

/* It says when it wants to be called, though nothing comes; one that waits for an answer is left alone. */
static void what_says_nothing_is_closed(void **state)
{
  fixture *f = *state;
  caller silent, waits;
  f->module->close(f->grpcd);
  f->options.idle_s = 1;
  open_grpcd(f);
  assert_int_equal(f->module->turn(f->grpcd), -1);
  f->later = true;
  caller_init(f, &waits);
  begin_call(&waits, (pl_str){"\0\0\0\0\0", 5});
  turn_until(f, &waits, 1);
  caller_init(f, &silent);
  say(&silent);
  turn_until(f, &silent, 0);
  assert_true(silent.closed);
  f->module->answer(f->waiting, &(pl_http_answer){.status = 200});
  turn_until(f, &waits, 0);
  assert_non_null(strstr(waits.http2.heard, "grpc-status=0 "));
  caller_fini(&silent);
  caller_fini(&waits);
}

static void its_end_answers_what_waits(void **state)
{
  fixture *f = *state;
  caller c;
  caller_init(f, &c);
  f->later = true;
  begin_call(&c, (pl_str){"\0\0\0\0\0", 5});
  turn_until(f, &c, 1);
  f->module->close(f->grpcd);
  f->grpcd = NULL;
  while (!c.closed)
    hear(&c);
  assert_non_null(strstr(c.http2.heard, "grpc-status=14 "));
  caller_fini(&c);
}

static void other_bytes_end_the_connection(void **state)
{
  fixture *f = *state;
  caller c;
  caller_init(f, &c);
  assert_int_equal(send(c.fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27, MSG_NOSIGNAL), 27);
  turn_until(f, &c, 0);
  assert_true(c.closed);
  caller_fini(&c);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
  const struct CMUnitTest tests[] = {CASE(a_long_call_is_answered), CASE(an_answer_may_find_nobody), CASE(connections_have_a_limit),
                                     CASE(what_says_nothing_is_closed), CASE(its_end_answers_what_waits), CASE(other_bytes_end_the_connection)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
