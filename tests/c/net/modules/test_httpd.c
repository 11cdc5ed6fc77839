/* The module httpd without a loop: poll stands for its owner, and sockets of the test are its clients. */
#include "net/httpd.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/modules/polling.h"
#include "support/failing.h"

enum { BODY_MAX = 100, BODIES_MAX = 150, CONNECTIONS = 3, WAITING_MAX = 4 };

typedef struct fixture {
  const pl_httpd_module *module;
  void *httpd;
  pl_httpd_options options;
  unsigned begin_status; /* what begin says */
  bool later;            /* requests wait in waiting */
  pl_http_request *waiting[WAITING_MAX];
  unsigned n_waiting;
  unsigned begun, requests, refused; /* refused: the last status */
  char told[256];        /* of the last request */
  char heard[4096];      /* by the last client that was read to its end */
} fixture;

/* ---- The module's owner ---------------------------------------------------------------------------------- */

static unsigned on_begin(void *user, pl_http_request *r)
{
  fixture *f = user;
  f->begun++;
  assert_int_equal(r->body.len, 0);
  return f->begin_status;
}

static void give_answer(const fixture *f, pl_http_request *r)
{
  const pl_http_count counts[] = {{"X-Kept", UINT64_MAX}, {"X-Refused", 0}};
  f->module->answer(r, &(pl_http_answer){.status = 202, .type = "text/x", .body = PL_STR("taken"), .retry_s = 3, .counts = counts, .n_counts = 2});
}

static void on_request(void *user, pl_http_request *r)
{
  fixture *f = user;
  pl_str header = f->module->header(r, "x-a"), argument = f->module->argument(r, "q");
  (void)snprintf(f->told, sizeof f->told, "%.*s %.*s \"%.*s\" %s %s", (int)r->method.len, r->method.data, (int)r->path.len, r->path.data, (int)r->body.len, r->body.data,
                 header.data ? header.data : "-", argument.data ? argument.data : "-");
  f->requests++;
  if (f->later)
    f->waiting[f->n_waiting++ % WAITING_MAX] = r;
  else
    give_answer(f, r);
}

static void on_refused(void *user, unsigned status)
{
  ((fixture *)user)->refused = status;
}

static void open_httpd(fixture *f)
{
  assert_int_equal(f->module->open(&f->options, &f->httpd, NULL), PL_OK);
}

static int set_up(void **state)
{
  fixture *f = calloc(1, sizeof *f);
  const pl_module_head *head;
  assert_int_equal(pl_module_find(TEST_MODULE_DIR, "httpd", PL_HTTPD_ABI, &head, NULL), PL_OK);
  f->module = (const pl_httpd_module *)(const void *)head;
  f->options = (pl_httpd_options){.alloc = &pl_alloc_default, .address.v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)},
                                  .connections = CONNECTIONS, .idle_s = 60, .body_max = BODY_MAX, .bodies_max = BODIES_MAX, .begin = on_begin,
                                  .request = on_request, .refused = on_refused, .user = f};
  open_httpd(f);
  *state = f;
  return 0;
}

static int tear_down(void **state)
{
  fixture *f = *state;
  if (f->httpd)
    f->module->close(f->httpd);
  free(f);
  return 0;
}

/* ---- Clients --------------------------------------------------------------------------------------------- */

static int client(const fixture *f)
{
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(f->module->port(f->httpd)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
  return fd;
}

static void say(int fd, const char *text)
{
  assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Turns the module until the client's socket is readable, or until *count has grown to n. */
static void turn_until(fixture *f, int fd, const unsigned *count, unsigned n)
{
  polling p = {.n = 0};
  struct pollfd ready[POLLING_MAX] = {{.fd = -1}};
  polling_watch(&p, f->module->fd(f->httpd), POLLING_READ);
  if (fd >= 0)
    polling_watch(&p, fd, POLLING_READ);
  for (int due_ms = f->module->turn(f->httpd); count ? *count < n : !ready[1].revents; due_ms = f->module->turn(f->httpd))
    (void)polling_wait(&p, due_ms, ready);
}

/* What comes until the server closes; the client is closed. Gives the status of the first answer; 0: there is none. */
static int hear(fixture *f, int fd)
{
  size_t n = 0;
  int status = 0;
  for (ssize_t got = 1; got > 0; n += got > 0 ? (size_t)got : 0) {
    turn_until(f, fd, NULL, 0);
    got = recv(fd, f->heard + n, sizeof f->heard - 1 - n, 0);
  }
  f->heard[n] = '\0';
  (void)close(fd);
  return sscanf(f->heard, "HTTP/1.1 %d", &status) == 1 ? status : 0;
}

static int status_of(fixture *f, const char *text)
{
  int fd = client(f);
  say(fd, text);
  return hear(f, fd);
}

#define HEAD(method, path) method " " path " HTTP/1.1\r\nHost: x\r\n"
#define LAST HEAD("GET", "/") "Connection: close\r\n\r\n"

/* ---- Tests ----------------------------------------------------------------------------------------------- */

static void a_request_is_told_whole(void **state)
{
  fixture *f = *state;
  int fd = client(f);
  say(fd, HEAD("POST", "/a%20b?q=1%2B1") "X-A: y\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbo");
  turn_until(f, -1, &f->begun, 1);
  assert_int_equal(f->requests, 0);
  say(fd, "dy");
  assert_int_equal(hear(f, fd), 202);
  assert_string_equal(f->told, "POST /a b \"body\" y 1+1");
  assert_non_null(strstr(f->heard, "\r\n\r\ntaken"));
  assert_non_null(strstr(f->heard, "Content-Type: text/x\r\n"));
  assert_non_null(strstr(f->heard, "Retry-After: 3\r\n"));
  assert_non_null(strstr(f->heard, "X-Kept: 18446744073709551615\r\n"));
  assert_non_null(strstr(f->heard, "X-Refused: 0\r\n"));
}

static void what_is_not_there_is_told_as_none(void **state)
{
  fixture *f = *state;
  assert_int_equal(status_of(f, HEAD("GET", "/?q") "Connection: close\r\n\r\n"), 202);
  assert_string_equal(f->told, "GET / \"\" - -");
  assert_int_equal(f->begun, 1);
}

/* The requests of several connections, in another order than that in which they came; a further answer to one changes nothing. */
static void answers_may_come_later(void **state)
{
  fixture *f = *state;
  int first = client(f), second = client(f);
  f->later = true;
  say(first, HEAD("GET", "/1") "Connection: close\r\n\r\n");
  turn_until(f, -1, &f->requests, 1);
  say(second, HEAD("GET", "/2") "Connection: close\r\n\r\n");
  turn_until(f, -1, &f->requests, 2);
  f->module->answer(f->waiting[1], &(pl_http_answer){.status = 201});
  give_answer(f, f->waiting[1]);
  assert_int_equal(hear(f, second), 201);
  give_answer(f, f->waiting[0]);
  assert_int_equal(hear(f, first), 202);
}

/* A client that goes away while its request waits. */
static void an_answer_may_find_nobody(void **state)
{
  fixture *f = *state;
  int fd = client(f);
  f->later = true;
  say(fd, LAST);
  turn_until(f, -1, &f->requests, 1);
  (void)close(fd);
  (void)f->module->turn(f->httpd);
  give_answer(f, f->waiting[0]);
  f->later = false;
  assert_int_equal(status_of(f, LAST), 202);
}

static void the_head_may_be_refused(void **state)
{
  fixture *f = *state;
  f->begin_status = 404;
  assert_int_equal(status_of(f, HEAD("POST", "/") "Connection: close\r\nContent-Length: 4\r\n\r\nbody"), 404);
  assert_int_equal(f->requests, 0);
  assert_null(strstr(f->heard, "Retry-After"));
}

/* By what it says, before begin; or by what comes. */
static void a_large_body_is_refused(void **state)
{
  fixture *f = *state;
  char text[400];
  assert_int_equal(status_of(f, HEAD("POST", "/") "Content-Length: 101\r\n\r\n"), 413);
  assert_int_equal(f->refused, 413);
  assert_int_equal(f->begun, 0);
  f->refused = 0;
  int n = snprintf(text, sizeof text, HEAD("POST", "/") "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n%0101d\r\n0\r\n\r\n", 0);
  assert_true(n > 0 && (size_t)n < sizeof text);
  assert_int_equal(status_of(f, text), 413);
  assert_int_equal(f->refused, 413);
  assert_int_equal(f->requests, 0);
}

/* Two bodies of 100 bytes are more than may be on their way; once the first is answered there is room again. */
static void bodies_share_a_limit(void **state)
{
  fixture *f = *state;
  char text[400];
  (void)snprintf(text, sizeof text, HEAD("POST", "/") "Connection: close\r\nContent-Length: 100\r\n\r\n%0100d", 0);
  int first = client(f);
  f->later = true;
  say(first, text);
  turn_until(f, -1, &f->requests, 1);
  assert_int_equal(status_of(f, text), 503);
  assert_int_equal(f->refused, 503);
  assert_non_null(strstr(f->heard, "Retry-After: 1\r\n"));
  give_answer(f, f->waiting[0]);
  assert_int_equal(hear(f, first), 202);
  f->later = false;
  assert_int_equal(status_of(f, text), 202);
  assert_int_equal(f->requests, 2);
}

/* One more waits until another one is closed. */
static void connections_have_a_limit(void **state)
{
  fixture *f = *state;
  int open[CONNECTIONS];
  for (int i = 0; i < CONNECTIONS; i++) {
    open[i] = client(f);
    say(open[i], HEAD("GET", "/") "\r\n");
    turn_until(f, open[i], NULL, 0);
  }
  int more = client(f);
  say(more, LAST);
  (void)f->module->turn(f->httpd);
  assert_int_equal(f->begun, CONNECTIONS);
  (void)close(open[0]);
  assert_int_equal(hear(f, more), 202);
  for (int i = 1; i < CONNECTIONS; i++)
    (void)close(open[i]);
}

/* It says when it wants to be called, though nothing comes. */
static void what_says_nothing_is_closed(void **state)
{
  fixture *f = *state;
  f->module->close(f->httpd);
  f->options.idle_s = 1;
  open_httpd(f);
  assert_int_equal(f->module->turn(f->httpd), -1);
  int fd = client(f);
  say(fd, "GET");
  (void)poll(&(struct pollfd){.fd = f->module->fd(f->httpd), .events = POLLIN}, 1, -1);
  assert_true(f->module->turn(f->httpd) > 0);
  (void)hear(f, fd);
  assert_int_equal(f->begun, 0);
}

static void its_end_answers_what_waits(void **state)
{
  fixture *f = *state;
  int fd = client(f);
  f->later = true;
  say(fd, LAST);
  turn_until(f, -1, &f->requests, 1);
  f->module->close(f->httpd);
  f->httpd = NULL;
  ssize_t n = recv(fd, f->heard, sizeof f->heard - 1, 0);
  assert_true(n > 12);
  assert_memory_equal(f->heard, "HTTP/1.1 503", 12);
  (void)close(fd);
}

static void an_address_that_it_cannot_have_is_told(void **state)
{
  fixture *f = *state;
  pl_error err = {0};
  void *second = NULL;
  pl_httpd_options o = f->options;
  o.address.v4.sin_port = htons(f->module->port(f->httpd));
  assert_int_equal(f->module->open(&o, &second, &err), PL_EBUSY);
  assert_string_equal(err.message, "listen: Address already in use");
  o.address.v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(0xc0000201)}; /* 192.0.2.1, of documents */
  assert_int_equal(f->module->open(&o, &second, NULL), PL_EINVAL);
  assert_null(second);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      CASE(a_request_is_told_whole), CASE(what_is_not_there_is_told_as_none), CASE(answers_may_come_later), CASE(an_answer_may_find_nobody),
      CASE(the_head_may_be_refused), CASE(a_large_body_is_refused), CASE(bodies_share_a_limit), CASE(connections_have_a_limit),
      CASE(what_says_nothing_is_closed), CASE(its_end_answers_what_waits), CASE(an_address_that_it_cannot_have_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
