/* Chunks: what was written is read, bit by bit; what was damaged is refused. */
#include "store/chunk.h"

#include "support/failing.h"

#include "perilune/error.h"
#include "series_of.h"
#include "with_codec.h"

static const size_t lengths[] = {1, 2, 3, 4, 5, 255, 256, 257, 1000, PL_CHUNK_MAX};

static int64_t times_ns[PL_CHUNK_MAX];
static double values[PL_CHUNK_MAX];

static void make(enum series_kind kind, unsigned law, size_t n, uint64_t seed)
{
  pl_rng r;
  pl_rng_init(&r, seed, kind, law, n);
  for (size_t i = 0; i < n; i++) {
    values[i] = series_value(kind, i, &r);
    times_ns[i] = series_time(law, i, &r);
  }
}

static void there_and_back(pl_codec *c, size_t n, enum pl_chunk_effort effort, pl_buf *out)
{
  pl_samples s;
  pl_buf_clear(out);
  assert_int_equal(pl_chunk_write(c, times_ns, values, n, effort, out), PL_OK);
  assert_int_equal(pl_chunk_read(c, (pl_str){out->data, out->len}, &s), PL_OK);
  assert_int_equal(s.n, n);
  assert_memory_equal(s.times_ns, times_ns, n * sizeof *times_ns);
  assert_memory_equal(s.values, values, n * sizeof *values);
}

static void every_series_comes_back(void **state)
{
  pl_codec *c = *state;
  pl_buf out;
  pl_buf_init(&out, &pl_alloc_default, 1 << 20);
  for (enum series_kind kind = 0; kind < SERIES_KINDS; kind++)
    for (unsigned law = 0; law < 3; law++)
      for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++) {
        make(kind, law, lengths[l], 1);
        there_and_back(c, lengths[l], PL_CHUNK_PACKED, &out);
        there_and_back(c, lengths[l], PL_CHUNK_SEALED, &out);
      }
  pl_buf_fini(&out);
}

static size_t size_of(pl_codec *c, enum series_kind kind, enum pl_chunk_effort effort)
{
  pl_buf out;
  pl_buf_init(&out, &pl_alloc_default, 1 << 20);
  make(kind, 0, 4000, 2);
  there_and_back(c, 4000, effort, &out);
  size_t len = out.len;
  pl_buf_fini(&out);
  return len;
}

static void plain_series_cost_almost_nothing(void **state)
{
  for (enum pl_chunk_effort e = PL_CHUNK_PACKED; e <= PL_CHUNK_SEALED; e++) {
    assert_true(size_of(*state, SERIES_CONSTANT, e) < 50);
    assert_true(size_of(*state, SERIES_ZEROS, e) < 50);
    assert_true(size_of(*state, SERIES_COUNTER, e) < 50);
    assert_true(size_of(*state, SERIES_LEVELS, e) < 700);
  }
}

/* 20,000 numbers are 14.3 bits; sums of decimals are a unit in the last place or two beside theirs. */
static void decimals_cost_their_digits(void **state)
{
  assert_in_range(size_of(*state, SERIES_DECIMALS, PL_CHUNK_PACKED), 4000 * 14 / 8, 4000 * 16 / 8);
  assert_in_range(size_of(*state, SERIES_SUMS, PL_CHUNK_SEALED), 4000 * 14 / 8, 4000 * 18 / 8);
  assert_true(size_of(*state, SERIES_FEW, PL_CHUNK_PACKED) < 4000 * 3 / 8);
  assert_true(size_of(*state, SERIES_BITS, PL_CHUNK_SEALED) < 4000 * 8 + 200);
}

static void every_flipped_bit_is_found(void **state)
{
  pl_buf out;
  pl_samples s;
  pl_buf_init(&out, &pl_alloc_default, 1 << 20);
  make(SERIES_ODD, 1, 60, 3);
  for (enum pl_chunk_effort e = PL_CHUNK_PACKED; e <= PL_CHUNK_SEALED; e++) {
    there_and_back(*state, 60, e, &out);
    for (size_t bit = 0; bit < out.len * 8; bit++) {
      out.data[bit / 8] ^= (char)(1 << bit % 8);
      assert_int_equal(pl_chunk_read(*state, (pl_str){out.data, out.len}, &s), PL_ECORRUPT);
      out.data[bit / 8] ^= (char)(1 << bit % 8);
    }
    for (size_t len = 0; len < out.len; len++)
      assert_int_equal(pl_chunk_read(*state, (pl_str){out.data, len}, &s), PL_ECORRUPT);
  }
  pl_buf_fini(&out);
}

static void sizes_and_versions_are_checked(void **state)
{
  /* Version 2 with a checksum that is right: CRC-32 of the one byte 2. */
  static const char later[] = {2, (char)0xa1, (char)0x8e, 0x0c, 0x3c};
  pl_buf out;
  pl_samples s;
  pl_buf_init(&out, &pl_alloc_default, 1 << 20);
  assert_int_equal(pl_chunk_write(*state, times_ns, values, 0, PL_CHUNK_PACKED, &out), PL_EINVAL);
  assert_int_equal(pl_chunk_write(*state, times_ns, values, PL_CHUNK_MAX + 1, PL_CHUNK_PACKED, &out), PL_EINVAL);
  assert_int_equal(pl_chunk_read(*state, (pl_str){later, sizeof later}, &s), PL_EVERSION);
  pl_buf_fini(&out);
}

static int write_and_read(const pl_allocator *a, void *user)
{
  pl_codec *c;
  pl_buf out;
  pl_samples s;
  (void)user;
  int code = pl_codec_new(a, &c);
  if (code)
    return code;
  pl_buf_init(&out, a, 1 << 20);
  make(SERIES_SUMS, 1, 500, 4);
  code = pl_chunk_write(c, times_ns, values, 500, PL_CHUNK_SEALED, &out);
  if (!code)
    code = pl_chunk_read(c, (pl_str){out.data, out.len}, &s);
  pl_buf_fini(&out);
  pl_codec_free(c);
  return code;
}

static void memory_may_run_out(void **state)
{
  (void)state;
  failing_every(write_and_read, NULL, 1000);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_series_comes_back),       cmocka_unit_test(plain_series_cost_almost_nothing),
      cmocka_unit_test(decimals_cost_their_digits),    cmocka_unit_test(every_flipped_bit_is_found),
      cmocka_unit_test(sizes_and_versions_are_checked), cmocka_unit_test(memory_may_run_out),
  };
  return cmocka_run_group_tests(tests, codec_set_up, codec_tear_down);
}
