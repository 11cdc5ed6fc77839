/* A server on a loop: requests are told whole, answered at once or later. */
#include "net/http_server.h"

#include <stdlib.h>

#include "io/loop.h"
#include "support/asking.h"
#include "support/failing.h"

typedef struct fixture {
  uv_loop_t loop;
  pl_http_server *server;
  asking client;
  char told[256];              /* of the last request */
  unsigned requests;
  bool later;                  /* answers in `turned` */
  pl_http_request *waiting;
} fixture;

static unsigned on_begin(void *user, pl_http_request *r)
{
  (void)user, (void)r;
  return 0;
}

static void give_answer(fixture *f, pl_http_request *r)
{
  pl_http_answer_with(f->server, r, &(pl_http_answer){.status = 202, .type = "text/x", .body = PL_STR("taken"), .retry_s = 3});
}

static void on_request(void *user, pl_http_request *r)
{
  fixture *f = user;
  pl_str header = pl_http_header(f->server, r, "x-a"), argument = pl_http_argument(f->server, r, "q");
  (void)snprintf(f->told, sizeof f->told, "%.*s %.*s %zu %s %s", (int)r->method.len, r->method.data, (int)r->path.len, r->path.data, r->body.len,
                 header.data ? header.data : "-", argument.data ? argument.data : "-");
  f->requests++;
  if (f->later)
    f->waiting = r;
  else
    give_answer(f, r);
}

static void on_refused(void *user, unsigned status)
{
  (void)user;
  fail_msg("refused with %u", status);
}

static bool on_turned(void *user)
{
  fixture *f = user;
  if (!f->waiting || !f->later)
    return false;
  give_answer(f, f->waiting);
  f->waiting = NULL;
  return true;
}

static pl_httpd_options options_of(fixture *f)
{
  return (pl_httpd_options){.alloc = &pl_alloc_default, .address.v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)},
                            .connections = 4, .idle_s = 5, .body_max = 100, .bodies_max = 150, .begin = on_begin, .request = on_request,
                            .refused = on_refused, .user = f};
}

static int set_up(void **state)
{
  fixture *f = calloc(1, sizeof *f);
  pl_error err = {0};
  pl_httpd_options o = options_of(f);
  assert_int_equal(pl_loop_open(&f->loop), 0);
  assert_int_equal(pl_http_server_open(&o, &f->loop, "httpd", TEST_MODULE_DIR, on_turned, &f->server, &err), PL_OK);
  *state = f;
  return 0;
}

static int tear_down(void **state)
{
  fixture *f = *state;
  pl_http_server_close(f->server);
  pl_loop_close(&f->loop);
  free(f);
  return 0;
}

static int send_text(fixture *f, const char *text)
{
  return ask(&f->loop, &f->client, pl_http_server_port(f->server), text, strlen(text));
}

static void answers_at_once(void **state)
{
  fixture *f = *state;
  assert_int_equal(send_text(f, "POST /a%20b?q=1%2B1 HTTP/1.1\r\nHost: x\r\nX-A: y\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody"), 202);
  assert_string_equal(f->told, "POST /a b 4 y 1+1");
  assert_non_null(strstr(f->client.answer, "\r\n\r\ntaken"));
  assert_non_null(strstr(f->client.answer, "Content-Type: text/x\r\n"));
  assert_non_null(strstr(f->client.answer, "Retry-After: 3\r\n"));
}

/* Each of a connection's requests is answered by the turn after the one that told it. */
static void answers_later(void **state)
{
  fixture *f = *state;
  f->later = true;
  assert_int_equal(send_text(f, "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na"
                                "POST /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"), 202);
  assert_int_equal(f->requests, 2);
  assert_string_equal(f->told, "POST /2 3 - -");
  assert_non_null(strstr(f->client.answer + 1, "HTTP/1.1 202"));
}

/* What nobody has answered is, with 503, when the server ends. */
static void its_end_answers(void **state)
{
  fixture *f = *state;
  pl_httpd_options o = options_of(f);
  f->later = true;
  pl_http_server *first = f->server;
  assert_int_equal(pl_http_server_open(&o, &f->loop, "httpd", TEST_MODULE_DIR, NULL, &f->server, NULL), PL_OK);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(pl_http_server_port(f->server)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  char answer[256];
  assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
  assert_true(send(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27, 0) == 27);
  uv_async_t alive; /* a server alone keeps no loop running */
  uv_async_init(&f->loop, &alive, NULL);
  while (!f->waiting)
    uv_run(&f->loop, UV_RUN_NOWAIT);
  uv_close((uv_handle_t *)&alive, NULL);
  pl_http_server_close(f->server);
  ssize_t got = recv(fd, answer, sizeof answer - 1, 0);
  assert_true(got > 12);
  assert_memory_equal(answer, "HTTP/1.1 503", 12);
  (void)close(fd);
  f->server = first;
}

static void a_taken_address_is_told(void **state)
{
  fixture *f = *state;
  pl_http_server *second;
  pl_error err = {0};
  char want[64];
  pl_httpd_options o = options_of(f);
  o.address.v4.sin_port = htons(pl_http_server_port(f->server));
  assert_int_equal(pl_http_server_open(&o, &f->loop, "httpd", TEST_MODULE_DIR, NULL, &second, &err), PL_EBUSY);
  (void)snprintf(want, sizeof want, "127.0.0.1:%u: listen: Address already in use", pl_http_server_port(f->server));
  assert_string_equal(err.message, want);
  err = (pl_error){0};
  assert_int_equal(pl_http_server_open(&o, &f->loop, "httpd", "/nowhere", NULL, &second, &err), PL_ENOENT);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(answers_at_once, set_up, tear_down),
      cmocka_unit_test_setup_teardown(answers_later, set_up, tear_down),
      cmocka_unit_test_setup_teardown(its_end_answers, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_taken_address_is_told, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
