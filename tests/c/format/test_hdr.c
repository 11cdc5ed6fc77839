/* HdrHistogram's V2 encoding: there and back, and bytes that are none. */
#include "format/hdr.h"

#include <string.h>

#include "support/failing.h"

static void there_and_back(void **state)
{
  pl_hist h, back;
  pl_buf b;
  pl_error err = {0};
  (void)state;
  pl_hist_init(&h, &pl_alloc_default);
  pl_hist_init(&back, &pl_alloc_default);
  pl_buf_init(&b, &pl_alloc_default, 1 << 20);
  for (uint64_t i = 0; i < 50000; i++)
    pl_hist_record(&h, i * i % 1000000007);
  assert_int_equal(pl_hdr_encode(&h, &b), PL_OK);
  assert_memory_equal(b.data, "\x1c\x84\x93\x13", 4); /* the cookie of V2, with 16-bit counts as ZigZag LEB128 */
  assert_int_equal(pl_hdr_decode((pl_str){b.data, b.len}, &back, &err), PL_OK);
  assert_int_equal(back.count, h.count);
  for (int i = 1; i < 1000; i++)
    assert_int_equal(pl_hist_quantile(&back, i / 1000.0) >> 12, pl_hist_quantile(&h, i / 1000.0) >> 12);
  pl_hist_fini(&h);
  pl_hist_fini(&back);
  pl_buf_fini(&b);
}

static void damaged_bytes_are_refused(void **state)
{
  pl_hist h, back;
  pl_buf b;
  (void)state;
  pl_hist_init(&h, &pl_alloc_default);
  pl_buf_init(&b, &pl_alloc_default, 1 << 20);
  for (uint64_t i = 1; i < 100; i++)
    pl_hist_record(&h, i * 1000);
  assert_int_equal(pl_hdr_encode(&h, &b), PL_OK);
  for (size_t len = 0; len < b.len; len++) {
    pl_error err = {0};
    pl_hist_init(&back, &pl_alloc_default);
    assert_int_equal(pl_hdr_decode((pl_str){b.data, len}, &back, &err), PL_EPARSE);
    pl_hist_fini(&back);
  }
  for (size_t i = 0; i < b.len; i++) { /* any answer will do, but no crash */
    pl_error err = {0};
    b.data[i] = (char)(b.data[i] ^ 0x5a);
    pl_hist_init(&back, &pl_alloc_default);
    int code = pl_hdr_decode((pl_str){b.data, b.len}, &back, &err);
    assert_true(code == PL_OK || code == PL_EPARSE);
    pl_hist_fini(&back);
    b.data[i] = (char)(b.data[i] ^ 0x5a);
  }
  pl_hist_fini(&h);
  pl_buf_fini(&b);
}

/* 16,384 units of 2^50 are 2^64. */
static void a_value_beyond_64_bits_is_refused(void **state)
{
  static const char bytes[] = "\x1c\x84\x93\x13\0\0\0\4\0\0\0\0\0\0\0\5\0\4\0\0\0\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff\x3f\xf0\0\0\0\0\0\0\xff\xff\1\2";
  pl_hist h;
  pl_error err = {0};
  (void)state;
  pl_hist_init(&h, &pl_alloc_default);
  assert_int_equal(pl_hdr_decode((pl_str){bytes, sizeof bytes - 1}, &h, &err), PL_EPARSE);
  assert_non_null(strstr(err.message, "more counters than its range"));
  pl_hist_fini(&h);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(there_and_back), cmocka_unit_test(damaged_bytes_are_refused),
                                     cmocka_unit_test(a_value_beyond_64_bits_is_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
