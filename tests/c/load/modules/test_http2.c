/* The module as the HTTP client has it: each member of the table is what its name says. */
#include <stdint.h>

#include "load/http2.h"
#include "load/modules/http2_frames.h"
#include "support/failing.h"

typedef struct fixture {
  const pl_http2 *h;
  void *context, *session;
  pl_buf out, frames; /* to the server, and from it */
  pl_http2_stream s;
  uint64_t first_byte;
  bool has_body;
} fixture;

static const pl_http2 *load(void)
{
  const pl_module_head *head;
  pl_error err = {0};
  if (pl_module_find(TEST_MODULE_DIR, "http2", PL_HTTP2_ABI, &head, &err))
    fail_msg("%s", err.message);
  return (const pl_http2 *)head;
}

/* Nothing at first, then one byte. */
static int body(pl_http2_stream *s, char *out, size_t n, bool *last)
{
  const fixture *f = (const fixture *)(void *)((char *)s - offsetof(fixture, s));
  assert_true(n > 0);
  if (!f->has_body)
    return 0;
  *out = '!';
  *last = true;
  return 1;
}

/* A session with a request whose body is not there yet. */
static void begin(fixture *f)
{
  memset(f, 0, sizeof *f);
  f->h = load();
  pl_buf_init(&f->out, &pl_alloc_default, 1 << 16);
  pl_buf_init(&f->frames, &pl_alloc_default, 1 << 16);
  assert_int_equal(f->h->context_new(&pl_alloc_default, &f->context), PL_OK);
  assert_int_equal(f->h->open(f->context, &f->session), PL_OK);
  f->s = (pl_http2_stream){.header_max = 1000, .body_max = 1000, .want_body = true, .first_byte_ns = &f->first_byte, .body = body};
  pl_buf_init(&f->s.in, &pl_alloc_default, 1 << 12);
  assert_int_equal(f->h->request(f->session, &f->s, PL_STR("http"), PL_STR("POST / HTTP/1.1\r\nHost: h\r\n\r\n"), &f->out), PL_OK);
  add_frame(&f->frames, SETTINGS, 0, 0, PL_STR("\0\3\0\0\0\7"));
}

static void end(fixture *f)
{
  f->h->close(f->session);
  f->h->context_free(f->context);
  pl_buf_fini(&f->s.in);
  pl_buf_fini(&f->out);
  pl_buf_fini(&f->frames);
}

/* The session takes what the server wrote; f->out is what it says to that. */
static void hear(fixture *f)
{
  assert_int_equal(f->h->receive(f->session, f->frames.data, f->frames.len, 9), PL_OK);
  pl_buf_clear(&f->frames);
  pl_buf_clear(&f->out);
  assert_int_equal(f->h->send(f->session, &f->out, SIZE_MAX), PL_OK);
}

/* The last frame that was said, which is on stream 1. */
static void expect_said(fixture *f, unsigned type, size_t len)
{
  pl_buf_clear(&f->out);
  assert_int_equal(f->h->send(f->session, &f->out, SIZE_MAX), PL_OK);
  assert_int_equal(f->out.len, 9 + len);
  assert_int_equal(f->out.data[3], type);
  assert_int_equal(f->out.data[8], 1);
}

static void no_member_is_missing(void **state)
{
  const pl_http2 *h = load();
  uintptr_t member;
  (void)state;
  assert_string_equal(h->head.name, "http2");
  for (const char *at = (const char *)&h->context_new; at < (const char *)(h + 1); at += sizeof member) {
    memcpy(&member, at, sizeof member);
    assert_true(member != 0);
  }
}

static void another_abi_is_refused(void **state)
{
  const pl_module_head *head = NULL;
  pl_error err = {0};
  (void)state;
  assert_int_not_equal(pl_module_find(TEST_MODULE_DIR, "http2", PL_HTTP2_ABI + 1, &head, &err), PL_OK);
  assert_null(head);
  assert_true(err.message[0] != '\0');
}

static void a_request_and_its_answer(void **state)
{
  fixture f;
  (void)state;
  begin(&f);
  hear(&f);
  assert_int_equal(f.h->limit(f.session), 7);
  assert_false(f.s.sent);
  f.has_body = true;
  f.h->resume(f.session, &f.s);
  expect_said(&f, DATA, 1);
  assert_int_equal(f.out.data[9], '!');
  assert_true(f.s.sent);
  add_frame(&f.frames, HEADERS, END_HEADERS, 1, OK_STATUS);
  add_frame(&f.frames, DATA, END, 1, PL_STR("ok"));
  hear(&f);
  assert_ptr_equal(f.h->over(f.session), &f.s);
  assert_int_equal(f.s.end, PL_HTTP2_COMPLETE);
  assert_string_equal(pl_buf_cstr(&f.s.in), "HTTP/2 200\r\n\r\nok");
  assert_int_equal(f.first_byte, 9);
  assert_null(f.h->over(f.session));
  end(&f);
}

static void a_request_that_is_dropped(void **state)
{
  fixture f;
  (void)state;
  begin(&f);
  hear(&f);
  f.h->drop(f.session, &f.s);
  expect_said(&f, RESET, 4);
  assert_string_equal(f.h->code_name((unsigned char)f.out.data[12]), "CANCEL");
  assert_null(f.h->over(f.session));
  end(&f);
}

/* It finishes what it has begun. */
static void going_is_not_ended(void **state)
{
  fixture f;
  (void)state;
  begin(&f);
  hear(&f);
  assert_false(f.h->going(f.session));
  add_frame(&f.frames, GOAWAY, 0, 0, PL_STR("\0\0\0\1\0\0\0\0"));
  hear(&f);
  assert_true(f.h->going(f.session));
  assert_false(f.h->ended(f.session));
  assert_null(f.h->over(f.session));
  end(&f);
}

static void a_server_that_breaks_the_rules(void **state)
{
  fixture f;
  (void)state;
  begin(&f);
  pl_buf_clear(&f.frames);
  (void)pl_buf_adds(&f.frames, "HTTP/1.1 400 Bad Request\r\n\r\n");
  hear(&f);
  assert_true(f.h->ended(f.session));
  assert_string_equal(f.h->why(f.session), "the server does not speak it");
  end(&f);
}

static int open_with(const pl_allocator *a, void *user)
{
  const pl_http2 *h = user;
  void *context = NULL, *session = NULL;
  int code = h->context_new(a, &context);
  if (!code)
    code = h->open(context, &session);
  if (!code)
    h->close(session);
  h->context_free(context);
  return code;
}

static void memory_is_refused(void **state)
{
  pl_http2 h = *load();
  (void)state;
  failing_every(open_with, &h, 100);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_member_is_missing),
      cmocka_unit_test(another_abi_is_refused),
      cmocka_unit_test(a_request_and_its_answer),
      cmocka_unit_test(a_request_that_is_dropped),
      cmocka_unit_test(going_is_not_ended),
      cmocka_unit_test(a_server_that_breaks_the_rules),
      cmocka_unit_test(memory_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
