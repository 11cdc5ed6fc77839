/* Calls of gRPC as bytes: what their owner is told, and what a client hears. */
#include "net/modules/grpcd_session.h"

#include <stdlib.h>

#include "net/modules/grpc_client.h"

enum { BODY_MAX = 100, BODIES_MAX = 150, PIECE = 1 << 16 };

#define MESSAGE(bytes) ((pl_str){"\0\0\0\0" bytes, sizeof(bytes) + 3})

typedef struct fixture {
  pl_grpcd server;
  pl_grpcd_session *session;
  grpc_client client;
  unsigned begin_status, refused;
  bool later;
  pl_http_request *waiting; /* the last that was told */
  unsigned requests;
  char told[256];
  int taken;                /* what the session said of bytes */
} fixture;

static unsigned on_begin(void *user, pl_http_request *r)
{
  (void)r;
  return ((fixture *)user)->begin_status;
}

static void on_request(void *user, pl_http_request *r)
{
  fixture *f = user;
  pl_str type = pl_grpcd_header(r, "content-type"), coding = pl_grpcd_header(r, "Content-Encoding");
  (void)snprintf(f->told, sizeof f->told, "%.*s %.*s %.*s %s \"%.*s\"", (int)r->method.len, r->method.data, (int)r->path.len, r->path.data, (int)type.len, type.data,
                 coding.data ? coding.data : "-", (int)r->body.len, r->body.data);
  f->requests++;
  f->waiting = r;
  if (!f->later)
    pl_grpcd_answer(r, &(pl_http_answer){.status = 200, .type = "x", .body = PL_STR("ok")});
}

static void on_refused(void *user, unsigned status)
{
  ((fixture *)user)->refused = status;
}

static int set_up(void **state)
{
  static fixture f;
  f = (fixture){.session = NULL};
  f.server = (pl_grpcd){.o = {.alloc = &pl_alloc_default, .connections = 1, .body_max = BODY_MAX, .bodies_max = BODIES_MAX, .begin = on_begin, .request = on_request,
                              .refused = on_refused, .user = &f}};
  assert_int_equal(pl_grpcd_session_new(&f.server, &f.session), PL_OK);
  client_init(&f.client);
  *state = &f;
  return 0;
}

static int tear_down(void **state)
{
  fixture *f = *state;
  if (f->session)
    pl_grpcd_session_free(f->session);
  pl_grpcd_fini(&f->server);
  assert_int_equal(f->server.bodies, 0);
  client_fini(&f->client);
  return 0;
}

/* Carries bytes to and fro until nobody says anything. */
static void carry(fixture *f)
{
  const uint8_t *data;
  pl_buf out;
  pl_buf_init(&out, &pl_alloc_default, PIECE);
  for (bool more = true; more;) {
    ssize_t n = nghttp2_session_mem_send(f->client.http2, &data);
    more = n > 0;
    if (n > 0)
      f->taken = pl_grpcd_session_take(f->session, (pl_str){(const char *)data, (size_t)n});
    pl_buf_clear(&out);
    assert_int_equal(pl_grpcd_session_give(f->session, &out, PIECE), PL_OK);
    if (out.len)
      assert_int_equal(nghttp2_session_mem_recv(f->client.http2, (const uint8_t *)out.data, out.len), out.len);
    more = more || out.len;
  }
  pl_buf_fini(&out);
}

static const char *call(fixture *f, const char *type, const char *coding, pl_str message)
{
  client_call(&f->client, "/a.B/C", type, coding, message);
  carry(f);
  return f->client.heard;
}

static const char GOOD[] = ":status=200 content-type=application/grpc grpc-accept-encoding=identity,gzip grpc-status=0 ";

static void a_call_is_a_request(void **state)
{
  fixture *f = *state;
  assert_string_equal(call(f, "application/grpc", "", MESSAGE("\2hi")), GOOD);
  assert_string_equal(f->told, "POST /a.B/C application/grpc - \"hi\"");
  assert_string_equal(f->client.body, "00000000026f6b");
  assert_string_equal(call(f, "application/grpc+proto", "gzip", (pl_str){"\1\0\0\0\2hi", 7}), GOOD);
  assert_string_equal(f->told, "POST /a.B/C application/grpc gzip \"hi\"");
  assert_string_equal(call(f, "application/grpc", "gzip", MESSAGE("\0")), GOOD); /* says it could compress, and does not */
  assert_string_equal(f->told, "POST /a.B/C application/grpc - \"\"");
}

static void an_answer_may_come_later(void **state)
{
  fixture *f = *state;
  f->later = true;
  assert_string_equal(call(f, "application/grpc", "", MESSAGE("\2hi")), "");
  assert_true(pl_grpcd_session_waits(f->session));
  pl_grpcd_answer(f->waiting, &(pl_http_answer){.status = 200});
  pl_grpcd_answer(f->waiting, &(pl_http_answer){.status = 503}); /* it has one already */
  assert_false(pl_grpcd_session_waits(f->session));
  carry(f);
  assert_string_equal(f->client.heard, GOOD);
  assert_string_equal(f->client.body, "0000000000");
}

static void a_status_becomes_one_of_grpc(void **state)
{
  static const struct {
    unsigned status;
    const char *code;
  } cases[] = {{400, "3"}, {404, "12"}, {413, "8"}, {415, "12"}, {503, "14"}, {500, "13"}};
  fixture *f = *state;
  char want[256];
  f->later = true;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    (void)call(f, "application/grpc", "", MESSAGE("\0"));
    pl_grpcd_answer(f->waiting, &(pl_http_answer){.status = cases[i].status, .body = PL_STR("50 % \xc3\xa4\n")});
    carry(f);
    (void)snprintf(want, sizeof want, ":status=200 content-type=application/grpc grpc-accept-encoding=identity,gzip grpc-status=%s grpc-message=50 %%25 %%C3%%A4 ", cases[i].code);
    assert_string_equal(f->client.heard, want);
  }
}

static void what_is_no_call_is_refused(void **state)
{
  fixture *f = *state;
  static const struct {
    const char *type, *coding;
    pl_str message;
    unsigned refused;
    const char *heard;
  } cases[] = {
      {"application/json", "", {"\0\0\0\0\2hi", 7}, 415, ":status=415 "},
      {"application/grpc", "", {"\0\0\0\0\2h", 6}, 400, "grpc-status=3 "},
      {"application/grpc", "", {"\0\0\0\0\2hihi", 9}, 400, "grpc-status=3 "},
      {"application/grpc", "", {"\0\0\0", 3}, 400, "grpc-status=3 "},
      {"application/grpc", "", {"\1\0\0\0\2hi", 7}, 400, "grpc-status=3 "},
      {"application/grpc", "gzip", {"\2\0\0\0\2hi", 7}, 400, "grpc-status=3 "},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_non_null(strstr(call(f, cases[i].type, cases[i].coding, cases[i].message), cases[i].heard));
    assert_int_equal(f->refused, cases[i].refused);
  }
  f->begin_status = 404;
  assert_non_null(strstr(call(f, "application/grpc", "", MESSAGE("\0")), "grpc-status=12 grpc-message=nothing is received there "));
  assert_int_equal(f->requests, 0);
}

static void messages_have_limits(void **state)
{
  static const char zeros[BODY_MAX + 6] = {0, 0, 0, 0, BODY_MAX};
  fixture *f = *state;
  grpc_client other;
  assert_string_equal(call(f, "application/grpc", "", (pl_str){zeros, BODY_MAX + 5}), GOOD);
  assert_non_null(strstr(call(f, "application/grpc", "", (pl_str){zeros, BODY_MAX + 6}), "grpc-status=8 "));
  assert_int_equal(f->refused, 413);
  client_init(&other); /* all messages together, of connections that are open */
  pl_grpcd_session *session = f->session;
  f->client.stays_open = true;
  (void)call(f, "application/grpc", "", (pl_str){zeros, BODY_MAX});
  assert_int_equal(f->server.bodies, BODY_MAX);
  assert_int_equal(pl_grpcd_session_new(&f->server, &f->session), PL_OK);
  grpc_client first = f->client;
  f->client = other;
  nghttp2_session_set_user_data(f->client.http2, &f->client);
  assert_non_null(strstr(call(f, "application/grpc", "", (pl_str){zeros, BODY_MAX}), "grpc-status=14 "));
  assert_int_equal(f->refused, 503);
  client_fini(&f->client);
  f->client = first;
  pl_grpcd_session_free(session);
  assert_int_equal(f->server.bodies, 0);
}

static void a_client_may_go_before_its_answer(void **state)
{
  fixture *f = *state;
  f->later = true;
  (void)call(f, "application/grpc", "", MESSAGE("\2hi"));
  assert_int_equal(nghttp2_submit_rst_stream(f->client.http2, NGHTTP2_FLAG_NONE, f->client.stream, NGHTTP2_CANCEL), 0);
  carry(f);
  pl_http_request *gone = f->waiting;
  assert_false(pl_grpcd_session_waits(f->session));
  assert_memory_equal(gone->body.data, "hi", 2);
  pl_grpcd_answer(gone, &(pl_http_answer){.status = 200});
  (void)call(f, "application/grpc", "", MESSAGE("\2hi"));
  pl_grpcd_session_free(f->session); /* the last one stays with the server */
  f->session = NULL;
  assert_int_equal(f->server.bodies, 7);
}

static void those_that_wait_are_put_off_at_the_end(void **state)
{
  fixture *f = *state;
  f->later = true;
  (void)call(f, "application/grpc", "", MESSAGE("\2hi"));
  pl_grpcd_session_put_off(f->session);
  carry(f);
  assert_non_null(strstr(f->client.heard, "grpc-status=14 "));
  assert_false(pl_grpcd_session_over(f->session));
  pl_grpcd_session_end(f->session);
  carry(f);
  assert_true(pl_grpcd_session_over(f->session));
}

static void other_bytes_end_the_connection(void **state)
{
  fixture *f = *state;
  pl_str http1 = PL_STR("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  assert_int_equal(pl_grpcd_session_take(f->session, http1), PL_EPROTO);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
  const struct CMUnitTest tests[] = {TEST(a_call_is_a_request), TEST(an_answer_may_come_later), TEST(a_status_becomes_one_of_grpc), TEST(what_is_no_call_is_refused),
                                     TEST(messages_have_limits), TEST(a_client_may_go_before_its_answer), TEST(those_that_wait_are_put_off_at_the_end),
                                     TEST(other_bytes_end_the_connection)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
