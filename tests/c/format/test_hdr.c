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

/* Reads all counters and writes them again: the sum of the counts, or an error. */
static int64_t read_exactly(pl_str bytes, pl_buf *again)
{
  pl_hdr_reader r;
  pl_hdr_writer w;
  uint32_t index, next = 0;
  uint64_t count;
  int64_t sum = 0;
  int code = pl_hdr_open(&r, bytes);
  if (code)
    return code;
  pl_buf_clear(again);
  pl_hdr_begin(&w, again);
  while ((code = pl_hdr_next(&r, &index, &count)) > 0) {
    pl_hdr_skip(&w, index - next);
    pl_hdr_put(&w, &count, 1);
    next = index + 1;
    sum += (int64_t)count;
  }
  return code ? code : pl_hdr_end(&w) ? PL_ENOMEM : sum;
}

/* Whatever is read is written as it was, whichever bit is another one. */
static void what_is_read_exactly_comes_back(void **state)
{
  pl_hist h;
  pl_buf b, again;
  int read = 0;
  (void)state;
  pl_hist_init(&h, &pl_alloc_default);
  pl_buf_init(&b, &pl_alloc_default, 1 << 20);
  pl_buf_init(&again, &pl_alloc_default, 1 << 20);
  pl_hist_record(&h, 0);
  pl_hist_record_n(&h, 63, 63);
  pl_hist_record_n(&h, 64, 64);
  pl_hist_record_n(&h, 200, UINT64_C(1) << 40);
  pl_hist_record_n(&h, PL_HIST_MAX_VALUE, 3);
  assert_int_equal(pl_hdr_encode(&h, &b), PL_OK);
  assert_int_equal(read_exactly((pl_str){b.data, b.len}, &again), h.count);
  for (size_t bit = 0; bit < b.len * 8; bit++) {
    b.data[bit / 8] = (char)(b.data[bit / 8] ^ 1 << bit % 8);
    int64_t sum = read_exactly((pl_str){b.data, b.len}, &again);
    assert_true(sum >= 0 ? again.len == b.len && memcmp(again.data, b.data, b.len) == 0 : sum == PL_EPARSE);
    read += sum >= 0;
    b.data[bit / 8] = (char)(b.data[bit / 8] ^ 1 << bit % 8);
  }
  assert_true(read > 0);
  for (size_t len = 0; len < b.len; len++)
    assert_int_equal(read_exactly((pl_str){b.data, len}, &again), PL_EPARSE);
  pl_hist_fini(&h);
  pl_buf_fini(&b);
  pl_buf_fini(&again);
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
  const struct CMUnitTest tests[] = {cmocka_unit_test(there_and_back), cmocka_unit_test(damaged_bytes_are_refused), cmocka_unit_test(what_is_read_exactly_comes_back),
                                     cmocka_unit_test(a_value_beyond_64_bits_is_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
