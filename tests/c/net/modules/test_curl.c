/* The module curl without a loop: poll stands for its owner, and a socket that answers everything with one text for the server. */
#include "net/curl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include "net/modules/polling.h"
#include "support/failing.h"
#include "support/temporary.h"

enum { PEERS_MAX = 8 };

typedef struct fixture {
  const pl_curl_module *module;
  void *curl;
  polling polling; /* the server's sockets, and those that the module wants watched */
  long due_ms;
  /* the server: */
  int listener, peers[PEERS_MAX];
  unsigned n_peers;
  pl_str says;  /* to each request */
  bool hangs_up; /* behind it */
  bool drops;    /* a connection's second request is not answered, the connection closed */
  char heard[4096]; /* of all connections */
  size_t n_heard;
  /* what was told: */
  bool refuse_address, refuse_head, refuse_body;
  char address[INET_ADDRSTRLEN];
  unsigned asked, done, phases; /* phases: a bit each */
  enum pl_http_phase phase;
  int code;
  char why[256], head[1024], body[1024];
  pl_http_answer answer;
  /* what is sent: */
  pl_http_request request;
  char url[64], where[64];
  pl_curl_target target;
} fixture;

/* ---- The server ------------------------------------------------------------------------------------------ */

static void accept_peer(fixture *f)
{
  int fd = accept4(f->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  assert_true(fd >= 0 && f->n_peers < PEERS_MAX);
  f->peers[f->n_peers++] = fd;
  polling_watch(&f->polling, fd, POLLING_READ);
}

/* The place of a peer; NULL: the socket is none. */
static int *peer_of(fixture *f, int fd)
{
  for (unsigned i = 0; i < f->n_peers; i++) {
    if (f->peers[i] == fd)
      return &f->peers[i];
  }
  return NULL;
}

static void hang_up(fixture *f, int *peer)
{
  polling_watch(&f->polling, *peer, 0);
  (void)close(*peer);
  *peer = -1;
}

static void serve(fixture *f, int *peer)
{
  bool again = f->n_heard > 0;
  ssize_t n = recv(*peer, f->heard + f->n_heard, sizeof f->heard - 1 - f->n_heard, 0);
  if (n < 0 && errno == EAGAIN)
    return;
  if (n <= 0) {
    hang_up(f, peer);
    return;
  }
  f->n_heard += (size_t)n;
  if (f->drops && again) {
    f->drops = false;
    hang_up(f, peer);
    return;
  }
  if (f->says.len)
    assert_int_equal(send(*peer, f->says.data, f->says.len, MSG_NOSIGNAL), f->says.len);
  if (f->hangs_up)
    hang_up(f, peer);
}

/* ---- The module's owner ---------------------------------------------------------------------------------- */

static void on_watch(void *http, int fd, int events)
{
  polling_watch(&((fixture *)http)->polling, fd, events);
}

static void on_due(void *http, long ms)
{
  ((fixture *)http)->due_ms = ms;
}

static bool on_connect(void *call, const struct sockaddr *address)
{
  fixture *f = call;
  f->asked++;
  if (address->sa_family == AF_INET)
    (void)inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, f->address, sizeof f->address);
  return !f->refuse_address;
}

static void on_phase(void *call, enum pl_http_phase phase)
{
  fixture *f = call;
  assert_true(phase >= f->phase || phase <= PL_HTTP_SEND);
  f->phase = phase;
  f->phases |= 1u << phase;
}

static bool on_head(void *call, pl_str line)
{
  fixture *f = call;
  (void)strncat(f->head, line.data, line.len);
  return !f->refuse_head;
}

static bool on_body(void *call, pl_str bytes)
{
  fixture *f = call;
  (void)strncat(f->body, bytes.data, bytes.len);
  return !f->refuse_body;
}

static void on_done(void *call, int code, const char *why, const pl_http_answer *answer)
{
  fixture *f = call;
  f->done++;
  f->code = code;
  f->answer = *answer;
  (void)snprintf(f->why, sizeof f->why, "%s", why);
}

static const pl_curl_hooks hooks = {on_watch, on_due, on_connect, on_phase, on_head, on_body, on_done};

static void turn(fixture *f)
{
  struct pollfd ready[POLLING_MAX];
  nfds_t n = polling_wait(&f->polling, (int)f->due_ms, ready);
  for (nfds_t i = 0; i < n; i++) {
    int *peer = peer_of(f, ready[i].fd);
    if (!ready[i].revents)
      continue;
    if (ready[i].fd == f->listener)
      accept_peer(f);
    else if (peer)
      serve(f, peer);
    else
      f->module->ready(f->curl, ready[i].fd, polling_events(&ready[i]));
  }
  f->module->ready(f->curl, -1, 0);
}

static void *start(fixture *f)
{
  void *transfer = NULL;
  f->done = f->asked = f->phases = 0;
  f->phase = PL_HTTP_CONNECT;
  f->head[0] = f->body[0] = f->address[0] = '\0';
  assert_int_equal(f->module->start(f->curl, &f->request, &f->target, f, &transfer, NULL), PL_OK);
  assert_int_equal(f->done, 0); /* nothing is told from inside */
  return transfer;
}

static int code_of(fixture *f)
{
  (void)start(f);
  while (!f->done)
    turn(f);
  assert_int_equal(f->done, 1);
  return f->code;
}

static bool heard(const fixture *f, const char *text)
{
  return strstr(f->heard, text) != NULL;
}

static void forget(fixture *f)
{
  memset(f->heard, 0, sizeof f->heard);
  f->n_heard = 0;
}

static void listen_on(fixture *f)
{
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof at;
  f->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(bind(f->listener, (struct sockaddr *)&at, size), 0);
  assert_int_equal(listen(f->listener, PEERS_MAX), 0);
  assert_int_equal(getsockname(f->listener, (struct sockaddr *)&at, &size), 0);
  polling_watch(&f->polling, f->listener, POLLING_READ);
  (void)snprintf(f->url, sizeof f->url, "http://shop.known:%u/a", ntohs(at.sin_port));
  (void)snprintf(f->where, sizeof f->where, "shop.known:%u:127.0.0.1", ntohs(at.sin_port));
}

static int set_up(void **state)
{
  fixture *f = calloc(1, sizeof *f);
  const pl_module_head *head;
  assert_int_equal(pl_module_find(TEST_MODULE_DIR, "curl", PL_CURL_ABI, &head, NULL), PL_OK);
  f->module = (const pl_curl_module *)(const void *)head;
  f->due_ms = -1;
  f->says = PL_STR("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  listen_on(f);
  f->request = (pl_http_request){.method = PL_STR("GET"), .head_max = 1000, .body_max = 1000};
  f->target = (pl_curl_target){f->url, NULL, f->where};
  assert_int_equal(f->module->open(&hooks, f, &f->curl, NULL), PL_OK);
  *state = f;
  return 0;
}

static int tear_down(void **state)
{
  fixture *f = *state;
  if (f->curl)
    f->module->close(f->curl);
  for (unsigned i = 0; i < f->n_peers; i++) {
    if (f->peers[i] >= 0)
      hang_up(f, &f->peers[i]);
  }
  assert_int_equal(f->polling.n, 1); /* each of the module's own was said to be closed */
  (void)close(f->listener);
  free(f);
  return 0;
}

/* ---- Whom it connects to ---------------------------------------------------------------------------------- */

/* The name is the request's, the address its owner's; no environment is read. */
static void it_connects_to_the_address_that_it_is_given(void **state)
{
  fixture *f = *state;
  (void)setenv("http_proxy", "http://127.0.0.1:1", 1);
  assert_int_equal(code_of(f), PL_OK);
  (void)unsetenv("http_proxy");
  assert_int_equal(f->asked, 1);
  assert_string_equal(f->address, "127.0.0.1");
  assert_true(heard(f, "GET /a HTTP/1.1\r\nHost: shop.known:"));
  assert_int_equal(f->answer.status, 200);
  assert_int_equal(f->answer.version, 11);
  assert_non_null(strstr(f->answer.address, "127.0.0.1:"));
  f->refuse_address = true;
  assert_int_equal(code_of(f), PL_ECONNECT);
  assert_int_equal(f->n_peers, 1);
}

static void it_connects_by_a_proxy_that_is_given(void **state)
{
  fixture *f = *state;
  char proxy[64];
  (void)snprintf(proxy, sizeof proxy, "%s", f->url);
  *strrchr(proxy, '/') = '\0';
  f->target.url = "http://elsewhere.known/b";
  f->request.proxy = pl_str_of(proxy);
  f->request.proxy_user = PL_STR("me:word");
  assert_int_equal(code_of(f), PL_OK);
  assert_true(heard(f, "GET http://elsewhere.known/b HTTP/1.1\r\n"));
  assert_true(heard(f, "\r\nProxy-Authorization: Basic bWU6d29yZA==\r\n"));
}

static void it_connects_to_a_socket_of_this_machine(void **state)
{
  fixture *f = *state;
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  temporary folder;
  char path[96];
  temporary_open(&folder);
  (void)temporary_file(&folder, "socket", NULL, path, sizeof path);
  (void)snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
  polling_watch(&f->polling, f->listener, 0);
  (void)close(f->listener);
  f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(bind(f->listener, (struct sockaddr *)&at, sizeof at), 0);
  assert_int_equal(listen(f->listener, 1), 0);
  polling_watch(&f->polling, f->listener, POLLING_READ);
  f->target = (pl_curl_target){"http://localhost/c", path, ""};
  assert_int_equal(code_of(f), PL_OK);
  assert_true(heard(f, "GET /c HTTP/1.1\r\nHost: localhost\r\n"));
  assert_string_equal(f->answer.address, "");
  temporary_close(&folder);
}

/* ---- What it sends ------------------------------------------------------------------------------------------ */

/* The request's headers, and of libcurl's own none but Host, Accept and Accept-Encoding. */
static void headers_are_those_of_the_request(void **state)
{
  fixture *f = *state;
  const pl_str headers[] = {PL_STR("X-A: b"), PL_STR("X-Empty:")};
  f->request.headers = headers;
  f->request.n_headers = 2;
  f->request.method = PL_STR("PUT");
  f->request.body = PL_STR("body");
  assert_int_equal(code_of(f), PL_OK);
  assert_true(heard(f, "PUT /a HTTP/1.1\r\n") && heard(f, "\r\nX-A: b\r\n") && heard(f, "\r\nX-Empty:\r\n"));
  assert_true(heard(f, "\r\nContent-Length: 4\r\n") && heard(f, "\r\n\r\nbody"));
  assert_false(heard(f, "Expect") || heard(f, "Content-Type") || heard(f, "User-Agent"));
}

static void methods_have_a_length_where_they_need_one(void **state)
{
  static const struct {
    const char *method, *line;
    bool length;
  } cases[] = {{"POST", "POST /a", true}, {"PATCH", "PATCH /a", true}, {"DELETE", "DELETE /a", false}, {"HEAD", "HEAD /a", false}};
  fixture *f = *state;
  f->says = PL_STR("HTTP/1.1 204 None\r\n\r\n");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    f->request.method = pl_str_of(cases[i].method);
    assert_int_equal(code_of(f), PL_OK);
    assert_true(heard(f, cases[i].line));
    assert_int_equal(heard(f, "Content-Length: 0"), cases[i].length);
    forget(f);
  }
}

static void a_connection_is_kept_for_what_may_be_repeated(void **state)
{
  fixture *f = *state;
  f->request.repeatable = true;
  assert_int_equal(code_of(f), PL_OK);
  assert_int_equal(code_of(f), PL_OK);
  assert_int_equal(f->n_peers, 1);
  f->request.repeatable = false;
  assert_int_equal(code_of(f), PL_OK);
  assert_int_equal(f->n_peers, 2);
}

/* A connection that was kept, and closes when a request comes: the whole of it goes over another one. */
static void what_may_be_repeated_is_sent_again_with_its_body(void **state)
{
  fixture *f = *state;
  f->request.repeatable = true;
  assert_int_equal(code_of(f), PL_OK);
  f->request.method = PL_STR("PUT");
  f->request.body = PL_STR("body");
  f->drops = true;
  assert_int_equal(code_of(f), PL_OK);
  assert_int_equal(f->n_peers, 2);
  const char *first = strstr(f->heard, "\r\n\r\nbody");
  assert_non_null(first);
  assert_non_null(strstr(first + 1, "\r\n\r\nbody"));
}

static void what_cannot_be_sent_is_said_at_once(void **state)
{
  fixture *f = *state;
  void *transfer = NULL;
  pl_error err = {0};
  f->request.method = PL_STR("A-METHOD-OF-MORE-THAN-THIRTY-ONE-LETTERS");
  assert_int_equal(f->module->start(f->curl, &f->request, &f->target, f, &transfer, &err), PL_EINVAL);
  assert_string_equal(err.message, "the request is none that can be sent");
  assert_null(transfer);
}

/* ---- What comes --------------------------------------------------------------------------------------------- */

static void phases_are_told_as_they_begin(void **state)
{
  fixture *f = *state;
  assert_int_equal(code_of(f), PL_OK);
  assert_int_equal(f->phases, 1u << PL_HTTP_SEND | 1u << PL_HTTP_WAIT | 1u << PL_HTTP_RECEIVE);
}

/* A redirect is an answer like others; what is compressed is told as it was. */
static void an_answer_is_told_as_it_comes(void **state)
{
  static const char answer[] = "HTTP/1.0 302 There\r\nLocation: /b\r\nContent-Encoding: gzip\r\n\r\n"
                               "\x1f\x8b\x08\0\0\0\0\0\0\x03\xcbH\xcd\xc9\xc9\x07\0\x86\xa6\x10" "6\x05\0\0\0";
  fixture *f = *state;
  f->says = (pl_str){answer, sizeof answer - 1};
  f->hangs_up = true;
  assert_int_equal(code_of(f), PL_OK);
  assert_int_equal(f->n_peers, 1);
  assert_int_equal(f->answer.status, 302);
  assert_int_equal(f->answer.version, 10);
  assert_string_equal(f->head, "HTTP/1.0 302 There\r\nLocation: /b\r\nContent-Encoding: gzip\r\n\r\n");
  assert_string_equal(f->body, "hello");
}

static void its_owner_may_stop_an_answer(void **state)
{
  fixture *f = *state;
  f->refuse_body = true;
  assert_int_not_equal(code_of(f), PL_OK);
  assert_string_equal(f->body, "ok");
  f->refuse_head = true;
  assert_int_not_equal(code_of(f), PL_OK);
  assert_string_equal(f->head, "HTTP/1.1 200 OK\r\n");
  assert_string_equal(f->body, "");
}

static void what_goes_wrong_is_told_by_codes(void **state)
{
  static const struct {
    pl_str says;
    int code;
  } cases[] = {
      {PL_STR(""), PL_ERESET},
      {PL_STR("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"), PL_ETRUNC},
      {PL_STR("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\nhello"), PL_ELIMIT},
      {PL_STR("SSH-2.0-x\r\n"), PL_EPROTO},
      {PL_STR("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nhello"), PL_EPROTO},
  };
  fixture *f = *state;
  f->hangs_up = true;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    f->says = cases[i].says;
    assert_int_equal(code_of(f), cases[i].code);
    assert_true(f->why[0] != '\0');
  }
}

/* A server that speaks no TLS. */
static void a_handshake_that_fails_is_told(void **state)
{
  fixture *f = *state;
  char url[80];
  (void)snprintf(url, sizeof url, "https%s", f->url + 4);
  f->target.url = url;
  f->says = PL_STR("HTTP/1.1 400 No\r\n\r\n");
  assert_int_equal(code_of(f), PL_ETLS);
  assert_int_equal(f->phase, PL_HTTP_TLS);
}

static void nobody_who_listens_is_told(void **state)
{
  fixture *f = *state;
  f->target = (pl_curl_target){"http://shop.known:1/", NULL, "shop.known:1:127.0.0.1"};
  assert_int_equal(code_of(f), PL_ECONNECT);
  f->target.addresses = "other.known:1:127.0.0.1,[::1]";
  f->target.url = "http://other.known:1/";
  assert_int_equal(code_of(f), PL_ECONNECT);
  assert_int_equal(f->asked, 2); /* each of its addresses */
}

/* ---- Its ends ------------------------------------------------------------------------------------------------ */

static void what_is_stopped_is_not_told(void **state)
{
  fixture *f = *state;
  f->says = PL_STR("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello");
  f->module->stop(start(f));
  void *transfer = start(f);
  while (!f->body[0])
    turn(f);
  f->module->stop(transfer);
  assert_int_equal(f->done, 0);
}

/* tear_down sees that each socket was said to be closed. */
static void closing_ends_connections_that_are_kept(void **state)
{
  fixture *f = *state;
  f->request.repeatable = true;
  assert_int_equal(code_of(f), PL_OK);
  f->module->close(f->curl);
  f->curl = NULL;
  struct pollfd peer = {.fd = f->peers[0], .events = POLLIN};
  char byte;
  assert_int_equal(poll(&peer, 1, -1), 1);
  assert_int_equal(recv(f->peers[0], &byte, 1, 0), 0);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      CASE(it_connects_to_the_address_that_it_is_given), CASE(it_connects_by_a_proxy_that_is_given), CASE(it_connects_to_a_socket_of_this_machine),
      CASE(headers_are_those_of_the_request), CASE(methods_have_a_length_where_they_need_one), CASE(a_connection_is_kept_for_what_may_be_repeated),
      CASE(what_may_be_repeated_is_sent_again_with_its_body), CASE(what_cannot_be_sent_is_said_at_once), CASE(phases_are_told_as_they_begin),
      CASE(an_answer_is_told_as_it_comes), CASE(its_owner_may_stop_an_answer), CASE(what_goes_wrong_is_told_by_codes),
      CASE(a_handshake_that_fails_is_told), CASE(nobody_who_listens_is_told), CASE(what_is_stopped_is_not_told), CASE(closing_ends_connections_that_are_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
