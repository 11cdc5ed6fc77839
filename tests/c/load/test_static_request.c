/* Requests that are made once: their bytes, their name, and what goes out in a row. */
#include "load/static_request.h"

#include "load/bare_worker.h"
#include "load/wire.h"

typedef struct fixture {
  wire w;
  bare_worker b;
  pl_error err;
} fixture;

static void begin(fixture *f, const char *url)
{
  f->err = (pl_error){0};
  wire_open(&f->w, 0);
  bare_open(&f->b, &pl_alloc_default, url);
  f->b.worker.client = f->w.client;
}

static void end(fixture *f)
{
  bare_close(&f->b);
  wire_close(&f->w);
}

static int make(fixture *f)
{
  return pl_static_request_init(&f->b.executor.request, &f->b.worker, &f->b.scenario, &f->err);
}

static const pl_slot_key *key_of(const fixture *f)
{
  return pl_recorder_slot_key(f->b.worker.recorder, f->b.executor.request.slot);
}

static void a_name_is_method_and_path(void **state)
{
  fixture f;
  (void)state;
  begin(&f, "http://127.0.0.1/a/b?user=1?2");
  assert_int_equal(make(&f), PL_OK);
  assert_true(pl_str_eqc(key_of(&f)->name, "GET /a/b"));
  assert_true(pl_str_eqc(key_of(&f)->method, "GET"));
  pl_static_request again = f.b.executor.request; /* of the same name: the same slot */
  pl_buf_init(&again.head, &pl_alloc_default, 1 << 16);
  f.b.scenario.url.target = PL_STR("/a/b?user=2");
  assert_int_equal(pl_static_request_init(&again, &f.b.worker, &f.b.scenario, NULL), PL_OK);
  assert_int_equal(again.slot, f.b.executor.request.slot);
  pl_static_request_fini(&again);
  end(&f);
}

static void a_name_of_its_own_counts(void **state)
{
  fixture f;
  (void)state;
  begin(&f, "http://127.0.0.1/a");
  f.b.scenario.request_name = PL_STR("front page");
  assert_int_equal(make(&f), PL_OK);
  assert_true(pl_str_eqc(key_of(&f)->name, "front page"));
  end(&f);
}

static void an_exchange_is_filled(void **state)
{
  fixture f;
  pl_exchange x = {0};
  (void)state;
  begin(&f, "http://127.0.0.1/");
  f.b.scenario.method = PL_STR("HEAD");
  f.b.scenario.timeout_ns = 3;
  f.b.scenario.connect_timeout_ns = 2;
  f.b.scenario.first_byte_timeout_ns = 1;
  f.b.scenario.follow = 4;
  assert_int_equal(make(&f), PL_OK);
  pl_static_request_prepare(&f.b.executor.request, &f.b.scenario, &x);
  assert_true(x.head_only && x.endpoint && x.parts && x.requests < 2);
  assert_int_equal(memcmp(x.head.data, "HEAD / HTTP/1.1\r\n", 17), 0);
  assert_true(x.timeout_ns == 3 && x.connect_timeout_ns == 2 && x.first_byte_timeout_ns == 1 && x.follow == 4);
  end(&f);
}

static void a_header_that_cannot_be_sent_is_refused(void **state)
{
  static const pl_header bad = {{"A", 1}, {"b\r\nC: d", 7}};
  fixture f;
  (void)state;
  begin(&f, "http://127.0.0.1/");
  f.b.scenario.headers = &bad;
  f.b.scenario.n_headers = 1;
  assert_int_equal(make(&f), PL_EINVAL);
  assert_non_null(strstr(f.err.message, "header \"A\""));
  end(&f);
}

/* ---- In a row ------------------------------------------------------------------------------------ */

static void post_in_a_row(fixture *f, uint32_t n, pl_str body)
{
  begin(f, "http://127.0.0.1/");
  f->b.scenario.method = PL_STR("POST");
  f->b.scenario.body = body;
  f->b.scenario.pipeline = n;
}

static void a_row_is_heads_and_bodies(void **state)
{
  fixture f, one;
  pl_exchange x = {0};
  (void)state;
  post_in_a_row(&one, 1, PL_STR("{}"));
  assert_int_equal(make(&one), PL_OK);
  pl_str head = {one.b.executor.request.head.data, one.b.executor.request.head.len};
  post_in_a_row(&f, 3, PL_STR("{}"));
  assert_int_equal(make(&f), PL_OK);
  pl_static_request_prepare(&f.b.executor.request, &f.b.scenario, &x);
  assert_int_equal(x.head.len, 3 * (head.len + 2));
  for (size_t i = 0; i < 3; i++) {
    const char *at = x.head.data + i * (head.len + 2);
    assert_memory_equal(at, head.data, head.len);
    assert_memory_equal(at + head.len, "{}", 2);
  }
  assert_int_equal(x.requests, 3);
  assert_int_equal(x.body.len, 0);
  assert_null(x.parts);
  end(&f);
  end(&one);
}

/* 64 KiB go out in a row, and not a byte more. */
static void a_row_has_a_limit(void **state)
{
  static char body[64 << 10];
  fixture f;
  (void)state;
  memset(body, 'x', sizeof body);
  post_in_a_row(&f, 1, (pl_str){body, 10000});
  assert_int_equal(make(&f), PL_OK);
  size_t head = f.b.executor.request.head.len; /* of a body of five digits */
  end(&f);
  size_t most = (64 << 10) / 2 - head;
  post_in_a_row(&f, 2, (pl_str){body, most});
  assert_int_equal(make(&f), PL_OK);
  assert_int_equal(f.b.executor.request.head.len, 64 << 10);
  end(&f);
  post_in_a_row(&f, 2, (pl_str){body, most + 1});
  assert_int_equal(make(&f), PL_EINVAL);
  assert_non_null(strstr(f.err.message, "more than 64 KiB"));
  end(&f);
}

static void what_cannot_stand_in_a_row(void **state)
{
  (void)state;
  for (int i = 0; i < 4; i++) {
    fixture f;
    post_in_a_row(&f, 2, PL_STR(""));
    f.b.scenario.has_file = i == 0;
    f.b.scenario.chunked = i == 1;
    f.b.scenario.expect_continue = i == 2;
    if (i == 3)
      f.b.scenario.auth.kind = PL_AUTH_DIGEST;
    assert_int_equal(make(&f), PL_EINVAL);
    assert_non_null(strstr(f.err.message, "pipeline"));
    f.b.scenario.pipeline = 1;
    pl_buf_clear(&f.b.executor.request.head);
    assert_int_equal(make(&f), PL_OK);
    end(&f);
  }
}

static int make_with(const pl_allocator *a, void *user)
{
  fixture *f = user;
  pl_static_request *r = &f->b.executor.request;
  pl_buf_init(&r->head, a, 1 << 16);
  int code = make(f);
  if (code)
    assert_true(f->err.message[0]);
  pl_static_request_fini(r);
  return code;
}

static void memory_is_refused(void **state)
{
  fixture f;
  (void)state;
  post_in_a_row(&f, 5, PL_STR("{\"name\":\"tea\"}"));
  failing_every(make_with, &f, 30);
  pl_buf_init(&f.b.executor.request.head, &pl_alloc_default, 1 << 16);
  end(&f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_name_is_method_and_path),
      cmocka_unit_test(a_name_of_its_own_counts),
      cmocka_unit_test(an_exchange_is_filled),
      cmocka_unit_test(a_header_that_cannot_be_sent_is_refused),
      cmocka_unit_test(a_row_is_heads_and_bodies),
      cmocka_unit_test(a_row_has_a_limit),
      cmocka_unit_test(what_cannot_stand_in_a_row),
      cmocka_unit_test(memory_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
