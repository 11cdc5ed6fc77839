/* Counters of histograms: what is too large is refused and leaves no trace; the bytes are those of the layout. */
#include "store/counters.h"

#include "format/crc32.h"
#include "format/hdr.h"
#include "perilune/error.h"
#include "store/dist_of.h"
#include "support/failing.h"

enum { BYTES_SUM = 0x7179388b };

/* Writes h as it would come from a row. */
static int write_hist(pl_counters *c, const pl_hist *h)
{
  pl_buf bytes;
  pl_buf_init(&bytes, &pl_alloc_default, 1 << 20);
  assert_int_equal(pl_hdr_encode(h, &bytes), PL_OK);
  int code = pl_counters_write(c, (pl_str){bytes.data, bytes.len}, h->count);
  pl_buf_fini(&bytes);
  return code;
}

/* Adds what is read to h. */
static int read_hist(pl_counters *c, pl_hist *h)
{
  pl_buf bytes;
  uint64_t count = 0;
  pl_buf_init(&bytes, &pl_alloc_default, 1 << 20);
  int code = pl_counters_read(c, &bytes, &count);
  if (!code)
    assert_int_equal(pl_hdr_decode((pl_str){bytes.data, bytes.len}, h, NULL), PL_OK);
  if (!code)
    assert_int_equal(count, h->count);
  pl_buf_fini(&bytes);
  return code;
}

static void write_some(pl_buf *out, bool refused)
{
  pl_counters *c = NULL;
  pl_rng r;
  pl_hist h;
  pl_rng_init(&r, 1, 0, 0, 0);
  pl_hist_init(&h, &pl_alloc_default);
  assert_int_equal(pl_counters_new(&pl_alloc_default, &c), PL_OK);
  pl_counters_begin_write(c, out);
  for (uint64_t i = 0; i < 20; i++) {
    pl_hist_clear(&h);
    dist_fill(&h, i % 5 == 4 ? DIST_LARGE_COUNTS : DIST_LOAD, i, &r);
    assert_int_equal(write_hist(c, &h), PL_OK);
    if (refused) {
      pl_hist_record_n(&h, 77, PL_COUNTER_MAX + UINT64_C(1));
      assert_int_equal(write_hist(c, &h), PL_ELIMIT);
      assert_int_equal(pl_counters_write(c, PL_STR("not a histogram"), 1), PL_EPARSE);
    }
  }
  pl_counters_end_write(c);
  pl_counters_free(c);
  pl_hist_fini(&h);
}

static void what_is_refused_leaves_no_trace(void **state)
{
  pl_buf plain, beside;
  (void)state;
  pl_buf_init(&plain, &pl_alloc_default, 1 << 20);
  pl_buf_init(&beside, &pl_alloc_default, 1 << 20);
  write_some(&plain, false);
  write_some(&beside, true);
  assert_int_equal(plain.len, beside.len);
  assert_memory_equal(plain.data, beside.data, plain.len);
  pl_buf_fini(&plain);
  pl_buf_fini(&beside);
}

/* Rows whose number of values is another one, too. */
static void another_count_is_refused(void **state)
{
  pl_counters *c = NULL;
  pl_buf out, bytes;
  pl_hist h;
  (void)state;
  pl_buf_init(&out, &pl_alloc_default, 1 << 20);
  pl_buf_init(&bytes, &pl_alloc_default, 1 << 20);
  pl_hist_init(&h, &pl_alloc_default);
  pl_hist_record_n(&h, 1000, 3);
  pl_hist_record_n(&h, 100000, 5);
  assert_int_equal(pl_hdr_encode(&h, &bytes), PL_OK);
  assert_int_equal(pl_counters_new(&pl_alloc_default, &c), PL_OK);
  pl_counters_begin_write(c, &out);
  assert_int_equal(pl_counters_write(c, (pl_str){bytes.data, bytes.len}, 7), PL_EPARSE);
  assert_int_equal(pl_counters_write(c, (pl_str){bytes.data, bytes.len}, 9), PL_EPARSE);
  assert_int_equal(pl_counters_write(c, (pl_str){bytes.data, bytes.len}, 8), PL_OK);
  pl_counters_free(c);
  pl_hist_fini(&h);
  pl_buf_fini(&bytes);
  pl_buf_fini(&out);
}

/* Databases hold these bytes: another way to code is another version. */
static void the_bytes_stay(void **state)
{
  pl_buf out;
  (void)state;
  pl_buf_init(&out, &pl_alloc_default, 1 << 20);
  write_some(&out, false);
  assert_int_equal(pl_crc32((pl_str){out.data, out.len}), BYTES_SUM);
  pl_buf_fini(&out);
}

static void a_largest_count_comes_back(void **state)
{
  pl_counters *c = NULL;
  pl_buf out;
  pl_hist h;
  (void)state;
  pl_buf_init(&out, &pl_alloc_default, 1 << 20);
  pl_hist_init(&h, &pl_alloc_default);
  assert_int_equal(pl_counters_new(&pl_alloc_default, &c), PL_OK);
  pl_counters_begin_write(c, &out);
  for (uint32_t i = 0; i < PL_HIST_COUNTERS; i += 16)
    pl_hist_record_n(&h, pl_hist_lowest(i), PL_COUNTER_MAX);
  for (int i = 0; i < 3; i++)
    assert_int_equal(write_hist(c, &h), PL_OK);
  pl_counters_end_write(c);
  pl_counters_begin_read(c, (pl_str){out.data, out.len});
  for (int i = 0; i < 3; i++) {
    pl_hist_clear(&h);
    assert_int_equal(read_hist(c, &h), PL_OK);
    assert_int_equal(h.count, (uint64_t)PL_COUNTER_MAX * (PL_HIST_COUNTERS / 16));
    assert_int_equal(pl_hist_count_at_most(&h, 0), PL_COUNTER_MAX);
  }
  pl_counters_free(c);
  pl_hist_fini(&h);
  pl_buf_fini(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_refused_leaves_no_trace), cmocka_unit_test(another_count_is_refused), cmocka_unit_test(the_bytes_stay),
                                     cmocka_unit_test(a_largest_count_comes_back)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
