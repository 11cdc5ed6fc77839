/* Sessions and a server whose frames the test writes itself: what becomes of streams. */
#include "load/modules/http2_session.h"

#include <string.h>

#include "load/modules/http2_frames.h"
#include "support/failing.h"

enum { MAX = 200, NOW = 5 };
#define STATUS(digits) PL_STR("\0\x07:status\x03" digits)

typedef struct peer {
  void *context, *session;
  pl_buf out, trailers;
  pl_http2_stream stream[2];
  uint64_t first_byte;
} peer;

/* Takes a frame from the server. */
static int hear(peer *p, unsigned type, unsigned flags, unsigned id, pl_str payload)
{
  pl_buf frame;
  pl_buf_init(&frame, &pl_alloc_default, 1 << 16);
  add_frame(&frame, type, flags, id, payload);
  int code = pl_http2_receive(p->session, frame.data, frame.len, NOW);
  pl_buf_fini(&frame);
  return code ? code : pl_http2_send(p->session, &p->out, SIZE_MAX);
}

static int ask(peer *p, int i)
{
  pl_http2_stream *s = &p->stream[i];
  *s = (pl_http2_stream){.header_max = MAX, .body_max = MAX, .want_body = true, .first_byte_ns = &p->first_byte, .trailers = &p->trailers};
  pl_buf_init(&s->in, &pl_alloc_default, 2 * MAX);
  return pl_http2_request(p->session, s, PL_STR("http"), PL_STR("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), &p->out);
}

static void open_session(peer *p)
{
  memset(p, 0, sizeof *p);
  pl_buf_init(&p->out, &pl_alloc_default, 1 << 20);
  pl_buf_init(&p->trailers, &pl_alloc_default, MAX);
  assert_int_equal(pl_http2_context_new(&pl_alloc_default, &p->context), PL_OK);
  assert_int_equal(pl_http2_open(p->context, &p->session), PL_OK);
}

/* A session whose first stream is asked for, and whose server has greeted. */
static void begin(peer *p)
{
  open_session(p);
  assert_int_equal(ask(p, 0), PL_OK);
  assert_int_equal(hear(p, SETTINGS, 0, 0, PL_STR("")), PL_OK);
}

static void end(peer *p)
{
  pl_http2_close(p->session);
  pl_http2_context_free(p->context);
  for (int i = 0; i < 2; i++)
    pl_buf_fini(&p->stream[i].in);
  pl_buf_fini(&p->out);
  pl_buf_fini(&p->trailers);
}

static void expect_over(peer *p, enum pl_http2_end how)
{
  assert_ptr_equal(pl_http2_over(p->session), &p->stream[0]);
  assert_int_equal(p->stream[0].end, how);
  assert_null(pl_http2_over(p->session));
}

static void an_answer_is_a_text(void **state)
{
  peer p;
  (void)state;
  begin(&p);
  assert_memory_equal(p.out.data, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
  assert_int_equal(hear(&p, HEADERS, END_HEADERS, 1, STATUS("103")), PL_OK);
  assert_int_equal(hear(&p, HEADERS, END_HEADERS, 1, PL_STR("\x88\0\x0aset-cookie\x03" "a=b")), PL_OK);
  assert_int_equal(hear(&p, DATA, 0, 1, PL_STR("hello")), PL_OK);
  assert_null(pl_http2_over(p.session));
  assert_int_equal(hear(&p, HEADERS, END_HEADERS | END, 1, PL_STR("\0\x01t\x01v")), PL_OK);
  expect_over(&p, PL_HTTP2_COMPLETE);
  assert_int_equal(p.stream[0].status, 200);
  assert_true(p.stream[0].has_cookie);
  assert_int_equal(p.first_byte, NOW);
  assert_string_equal(pl_buf_cstr(&p.stream[0].in), "HTTP/2 200\r\nset-cookie: a=b\r\n\r\nhello");
  assert_int_equal(p.stream[0].head_len, p.stream[0].in.len - 5);
  assert_string_equal(pl_buf_cstr(&p.trailers), "t: v\r\n");
  end(&p);
}

static void a_status_has_three_digits_and_no_zero_first(void **state)
{
  peer p;
  (void)state;
  begin(&p);
  assert_int_equal(hear(&p, HEADERS, END_HEADERS | END, 1, STATUS("099")), PL_OK);
  expect_over(&p, PL_HTTP2_INVALID);
  assert_string_equal(pl_http2_why(p.session), "a status below 100");
  end(&p);
}

static void limits(void **state)
{
  peer p;
  char bytes[MAX + 1];
  (void)state;
  memset(bytes, 'x', sizeof bytes);
  begin(&p);
  assert_int_equal(hear(&p, HEADERS, END_HEADERS, 1, OK_STATUS), PL_OK);
  assert_int_equal(hear(&p, DATA, END, 1, (pl_str){bytes, sizeof bytes}), PL_OK);
  expect_over(&p, PL_HTTP2_COMPLETE);
  assert_true(p.stream[0].body_cut);
  assert_int_equal(p.stream[0].in.len - p.stream[0].head_len, MAX);
  end(&p);
  begin(&p);
  memcpy(bytes, "\x88\0\x01h\x7f\x3b", 6); /* one field of 127 + 59 bytes */
  assert_int_equal(hear(&p, HEADERS, END_HEADERS | END, 1, (pl_str){bytes, 6 + 127 + 59}), PL_OK);
  expect_over(&p, PL_HTTP2_TOO_LONG);
  end(&p);
}

static void resets(void **state)
{
  peer p;
  (void)state;
  begin(&p);
  assert_int_equal(hear(&p, RESET, 0, 1, PL_STR("\0\0\0\x07")), PL_OK);
  expect_over(&p, PL_HTTP2_REFUSED);
  end(&p);
  begin(&p);
  assert_int_equal(hear(&p, RESET, 0, 1, PL_STR("\0\0\0\x02")), PL_OK);
  expect_over(&p, PL_HTTP2_RESET);
  assert_string_equal(pl_http2_code_name(p.stream[0].code), "INTERNAL_ERROR");
  end(&p);
}

static void a_server_that_goes_refuses_what_it_has_not_seen(void **state)
{
  peer p;
  (void)state;
  begin(&p);
  assert_false(pl_http2_going(p.session));
  assert_int_equal(hear(&p, GOAWAY, 0, 0, PL_STR("\0\0\0\0\0\0\0\0")), PL_OK);
  expect_over(&p, PL_HTTP2_REFUSED);
  assert_true(pl_http2_going(p.session));
  assert_int_equal(ask(&p, 1), PL_ELIMIT);
  assert_null(pl_http2_over(p.session));
  end(&p);
}

static void nobody_hears_of_a_dropped_stream(void **state)
{
  peer p;
  (void)state;
  begin(&p);
  pl_http2_drop(p.session, &p.stream[0]);
  assert_int_equal(hear(&p, HEADERS, END_HEADERS | END, 1, OK_STATUS), PL_OK);
  assert_null(pl_http2_over(p.session));
  end(&p);
  begin(&p);
  assert_int_equal(hear(&p, HEADERS, END_HEADERS | END, 1, OK_STATUS), PL_OK);
  pl_http2_drop(p.session, &p.stream[0]); /* it had ended */
  assert_null(pl_http2_over(p.session));
  end(&p);
}

static void the_server_says_how_many(void **state)
{
  peer p;
  (void)state;
  begin(&p);
  assert_int_equal(hear(&p, SETTINGS, 0, 0, PL_STR("\0\x03\0\0\0\x02")), PL_OK);
  assert_int_equal(pl_http2_limit(p.session), 2);
  end(&p);
}

static void another_protocol(void **state)
{
  peer p;
  (void)state;
  open_session(&p);
  assert_int_not_equal(pl_http2_limit(p.session), 0);
  assert_int_equal(pl_http2_receive(p.session, "HTTP/1.1 400 Bad Request\r\n\r\n", 28, NOW), PL_OK);
  assert_int_equal(pl_http2_send(p.session, &p.out, SIZE_MAX), PL_OK);
  assert_true(pl_http2_ended(p.session));
  assert_string_equal(pl_http2_why(p.session), "the server does not speak it");
  end(&p);
}

/* It ends a stream without an answer, which is reset, and then speaks on it. */
static void a_reset_goes_with_the_next_send(void **state)
{
  static const char once_more[] = "\0\0\1\1\4\0\0\0\1\x88", both[] = "\0\0\0\1\5\0\0\0\1" "\0\0\1\1\4\0\0\0\1\x88";
  peer p;
  (void)state;
  begin(&p);
  assert_int_equal(hear(&p, HEADERS, END_HEADERS | END, 1, PL_STR("")), PL_OK);
  expect_over(&p, PL_HTTP2_INVALID);
  assert_int_equal(pl_http2_receive(p.session, once_more, sizeof once_more - 1, NOW), PL_OK);
  assert_int_equal(pl_http2_send(p.session, &p.out, SIZE_MAX), PL_OK);
  assert_false(pl_http2_ended(p.session));
  end(&p);
  begin(&p);
  assert_int_equal(pl_http2_receive(p.session, both, sizeof both - 1, NOW), PL_OK);
  assert_int_equal(pl_http2_send(p.session, &p.out, SIZE_MAX), PL_OK);
  assert_true(pl_http2_ended(p.session));
  end(&p);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_answer_is_a_text),
      cmocka_unit_test(a_status_has_three_digits_and_no_zero_first),
      cmocka_unit_test(limits),
      cmocka_unit_test(resets),
      cmocka_unit_test(a_server_that_goes_refuses_what_it_has_not_seen),
      cmocka_unit_test(nobody_hears_of_a_dropped_stream),
      cmocka_unit_test(the_server_says_how_many),
      cmocka_unit_test(a_reset_goes_with_the_next_send),
      cmocka_unit_test(another_protocol),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
