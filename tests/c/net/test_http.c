/* The control plane's client against a server on the test's own loop. */
#include "net/http.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <uv.h>

#include "io/loop.h"
#include "support/failing.h"

/* ---- A server: whatever comes is answered with one text -------------------------------------------------- */

enum { SERVER_PEERS = 8 };

typedef struct server {
  uv_tcp_t listener;
  uv_tcp_t peers[SERVER_PEERS];
  unsigned n, requests;
  const char *says; /* NULL: nothing */
  char heard[4096];
  uint16_t port;
} server;

static void give_room(uv_handle_t *peer, size_t wanted, uv_buf_t *out)
{
  static char room[65536];
  (void)peer, (void)wanted;
  *out = uv_buf_init(room, sizeof room);
}

static void on_request(uv_stream_t *peer, ssize_t n, const uv_buf_t *bytes)
{
  server *s = peer->data;
  if (n <= 0)
    return;
  s->requests++;
  size_t kept = (size_t)n < sizeof s->heard - 1 ? (size_t)n : sizeof s->heard - 1;
  memcpy(s->heard, bytes->base, kept);
  s->heard[kept] = '\0';
  if (!s->says)
    return;
  uv_buf_t text = uv_buf_init((char *)(uintptr_t)s->says, (unsigned)strlen(s->says));
  assert_int_equal(uv_try_write(peer, &text, 1), strlen(s->says));
}

static void on_peer(uv_stream_t *listener, int status)
{
  server *s = listener->data;
  assert_int_equal(status, 0);
  assert_true(s->n < SERVER_PEERS);
  uv_tcp_t *peer = &s->peers[s->n++];
  uv_tcp_init(listener->loop, peer);
  peer->data = s;
  assert_int_equal(uv_accept(listener, (uv_stream_t *)peer), 0);
  uv_read_start((uv_stream_t *)peer, give_room, on_request);
}

/* ---- The client ------------------------------------------------------------------------------------------ */

typedef struct fixture {
  uv_loop_t loop;
  server server;
  pl_http *http;
  pl_http_request request;
  char url[64];
  bool done, refuse_address;
  const pl_http_answer *answer;
  enum pl_http_phase phase;
  pl_error err;
} fixture;

static bool granted(void *user, pl_str host, uint16_t port, const struct sockaddr *address)
{
  const fixture *f = user;
  (void)port, (void)address;
  return !f->refuse_address && !pl_str_eqc(host, "192.0.2.1");
}

static void open_loop(fixture *f, const pl_allocator *a, int *code)
{
  *f = (fixture){.request = {.method = PL_STR("GET"), .timeout_ns = UINT64_C(20000000000), .head_max = 1000, .body_max = 1000}};
  assert_int_equal(pl_loop_open(&f->loop), 0);
  pl_http_options o = {.alloc = a, .loop = &f->loop, .module_dir = TEST_MODULE_DIR, .granted = granted, .user = f};
  *code = pl_http_new(&o, &f->http, &f->err);
}

static int set_up(void **state)
{
  fixture *f = calloc(1, sizeof *f);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int size = sizeof at, code;
  open_loop(f, &pl_alloc_default, &code);
  assert_int_equal(code, PL_OK);
  uv_tcp_init(&f->loop, &f->server.listener);
  f->server.listener.data = &f->server;
  assert_int_equal(uv_tcp_bind(&f->server.listener, (struct sockaddr *)&at, 0), 0);
  assert_int_equal(uv_listen((uv_stream_t *)&f->server.listener, 8, on_peer), 0);
  uv_tcp_getsockname(&f->server.listener, (struct sockaddr *)&at, &size);
  f->server.port = ntohs(at.sin_port);
  (void)snprintf(f->url, sizeof f->url, "http://127.0.0.1:%u/a", f->server.port);
  f->request.url = pl_str_of(f->url);
  *state = f;
  return 0;
}

static int tear_down(void **state)
{
  fixture *f = *state;
  if (f->http)
    pl_http_close(f->http);
  pl_loop_close(&f->loop);
  free(f);
  return 0;
}

static void on_done(void *user)
{
  ((fixture *)user)->done = true;
}

static pl_http_call *send_one(fixture *f)
{
  pl_http_call *c = NULL;
  f->done = false;
  assert_int_equal(pl_http_send(f->http, &f->request, on_done, f, &c, &f->err), PL_OK);
  assert_false(f->done); /* nothing is told from inside */
  return c;
}

/* The code of a call that is waited for; it is freed. */
static int ended(fixture *f, pl_http_call *c)
{
  while (!f->done)
    uv_run(&f->loop, UV_RUN_ONCE);
  f->err = (pl_error){0};
  return pl_http_end(c, &f->answer, &f->phase, &f->err);
}

static int code_of(fixture *f)
{
  pl_http_call *c = send_one(f);
  int code = ended(f, c);
  pl_http_free(c);
  return code;
}

/* ---- Tests ----------------------------------------------------------------------------------------------- */

static void an_answer_comes_with_its_head_and_times(void **state)
{
  fixture *f = *state;
  const pl_str header = PL_STR("X-A: b");
  f->request.headers = &header;
  f->request.n_headers = 1;
  f->request.method = PL_STR("PUT");
  f->request.body = PL_STR("body");
  f->server.says = "HTTP/1.1 201 Made\r\nContent-Length: 5\r\nX-Y: z\r\n\r\nhello";
  pl_http_call *c = send_one(f);
  assert_int_equal(ended(f, c), PL_OK);
  assert_int_equal(f->answer->status, 201);
  assert_int_equal(f->answer->version, 11);
  assert_true(pl_str_eqc(f->answer->body, "hello"));
  assert_true(pl_str_eqc(f->answer->head, "HTTP/1.1 201 Made\r\nContent-Length: 5\r\nX-Y: z\r\n\r\n"));
  assert_non_null(strstr(f->url, f->answer->address));
  assert_true(f->answer->total_ns > 0 && f->answer->phase_ns[PL_HTTP_WAIT] <= f->answer->total_ns);
  assert_int_equal(f->phase, PL_HTTP_RECEIVE);
  pl_http_free(c);
  assert_non_null(strstr(f->server.heard, "PUT /a HTTP/1.1\r\n"));
  assert_non_null(strstr(f->server.heard, "\r\nX-A: b\r\n"));
  assert_non_null(strstr(f->server.heard, "\r\n\r\nbody"));
}

static void phases_have_limits(void **state)
{
  fixture *f = *state;
  f->request.limit_ns[PL_HTTP_WAIT] = 20000000;
  assert_int_equal(code_of(f), PL_ETIMEDOUT);
  assert_int_equal(f->phase, PL_HTTP_WAIT);
  assert_string_equal(f->err.message, "more than 0.02 s for waiting for an answer");
  f->request.limit_ns[PL_HTTP_WAIT] = 0;
  f->request.timeout_ns = 20000000;
  f->server.says = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";
  assert_int_equal(code_of(f), PL_ETIMEDOUT);
  assert_non_null(strstr(f->err.message, "no complete answer within 0.02 s"));
}

static void sizes_have_limits(void **state)
{
  fixture *f = *state;
  f->request.body_max = 4;
  f->server.says = "HTTP/1.0 200 OK\r\n\r\nhello";
  assert_int_equal(code_of(f), PL_ELIMIT);
  assert_string_equal(f->err.message, "the answer's body is longer than 4 bytes");
  f->request.head_max = 30;
  f->server.says = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  assert_int_equal(code_of(f), PL_ELIMIT);
  assert_string_equal(f->err.message, "the answer's headers are longer than 30 bytes");
}

static void hosts_and_addresses_are_granted_or_refused(void **state)
{
  fixture *f = *state;
  pl_http_call *c = NULL;
  f->request.url = PL_STR("http://192.0.2.1/");
  assert_int_equal(pl_http_send(f->http, &f->request, on_done, f, &c, &f->err), PL_EPOLICY);
  assert_string_equal(f->err.message, "requests to 192.0.2.1 are not granted");
  f->request.url = PL_STR("http://a.localhost/");
  f->refuse_address = true;
  assert_int_equal(code_of(f), PL_EPOLICY);
  f->request.url = PL_STR("unix:/nowhere:/");
  assert_int_equal(pl_http_send(f->http, &f->request, on_done, f, &c, NULL), PL_EPOLICY);
  f->refuse_address = false;
  assert_int_equal(code_of(f), PL_ECONNECT);
}

static void what_cannot_be_sent_is_said_at_once(void **state)
{
  fixture *f = *state;
  static const char *const lines[] = {"no colon", ": no name", "a: b\r\nc: d", ""};
  pl_http_call *c = NULL;
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    const pl_str line = pl_str_of(lines[i]);
    f->request.headers = &line;
    f->request.n_headers = 1;
    assert_int_equal(pl_http_send(f->http, &f->request, on_done, f, &c, NULL), PL_EINVAL);
  }
  f->request.n_headers = 0;
  f->request.url = PL_STR("http://me:pw@127.0.0.1/");
  assert_int_equal(pl_http_send(f->http, &f->request, on_done, f, &c, NULL), PL_EINVAL);
  f->request.url = PL_STR("ftp://127.0.0.1/");
  assert_int_equal(pl_http_send(f->http, &f->request, on_done, f, &c, NULL), PL_EINVAL);
  f->request.url = pl_str_of(f->url);
  f->request.proxy = PL_STR("ftp://127.0.0.1:1");
  assert_int_equal(pl_http_send(f->http, &f->request, on_done, f, &c, NULL), PL_EINVAL);
  assert_null(c);
}

/* In each phase; done is never called. */
static void a_call_may_be_freed_at_any_moment(void **state)
{
  fixture *f = *state;
  pl_http_free(NULL);
  pl_http_free(send_one(f));
  f->request.url = PL_STR("http://a.localhost:1/");
  pl_http_free(send_one(f));
  f->request.url = pl_str_of(f->url);
  pl_http_call *c = send_one(f);
  while (!f->server.requests)
    uv_run(&f->loop, UV_RUN_ONCE);
  pl_http_free(c);
  f->server.says = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";
  c = send_one(f);
  while (f->server.requests < 2)
    uv_run(&f->loop, UV_RUN_ONCE);
  uv_run(&f->loop, UV_RUN_NOWAIT);
  pl_http_free(c);
  uv_run(&f->loop, UV_RUN_NOWAIT);
  assert_false(f->done);
}

static void closing_ends_calls_as_cancelled(void **state)
{
  fixture *f = *state;
  pl_http_call *c = send_one(f);
  while (!f->server.requests)
    uv_run(&f->loop, UV_RUN_ONCE);
  pl_http_close(f->http);
  pl_http *closed = f->http;
  f->http = NULL;
  assert_false(f->done);
  assert_int_equal(ended(f, c), PL_ECANCELED);
  pl_http_call *none = NULL;
  assert_int_equal(pl_http_send(closed, &f->request, on_done, f, &none, NULL), PL_EMISUSE);
  pl_http_free(c);
}

static int send_with(const pl_allocator *a, void *user)
{
  fixture f;
  int code;
  (void)user;
  open_loop(&f, a, &code);
  if (!code) {
    pl_http_call *c = NULL;
    f.request.url = PL_STR("http://127.0.0.1:1/");
    code = pl_http_send(f.http, &f.request, on_done, &f, &c, NULL);
    pl_http_free(c);
    pl_http_close(f.http);
  }
  pl_loop_close(&f.loop);
  return code;
}

static void memory_may_run_out(void **state)
{
  (void)state;
  failing_every(send_with, NULL, 100);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(an_answer_comes_with_its_head_and_times, set_up, tear_down),
      cmocka_unit_test_setup_teardown(phases_have_limits, set_up, tear_down),
      cmocka_unit_test_setup_teardown(sizes_have_limits, set_up, tear_down),
      cmocka_unit_test_setup_teardown(hosts_and_addresses_are_granted_or_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_cannot_be_sent_is_said_at_once, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_call_may_be_freed_at_any_moment, set_up, tear_down),
      cmocka_unit_test_setup_teardown(closing_ends_calls_as_cancelled, set_up, tear_down),
      cmocka_unit_test(memory_may_run_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
