/* Columns: the order that suits the numbers, and what is no column. */
#include "store/column.h"

#include "support/failing.h"

#include "perilune/error.h"
#include "with_codec.h"

enum { N = 1000 };

static int64_t numbers[N], back[N];

static size_t size_of(pl_codec *c, enum pl_chunk_effort effort)
{
  pl_buf out;
  pl_buf_init(&out, &pl_alloc_default, 1 << 16);
  assert_int_equal(pl_column_write(c, numbers, N, effort, &out), PL_OK);
  pl_str rest = {out.data, out.len};
  assert_int_equal(pl_column_read(c, &rest, back, N), PL_OK);
  assert_int_equal(rest.len, 0);
  assert_memory_equal(back, numbers, sizeof numbers);
  size_t len = out.len;
  pl_buf_fini(&out);
  return len;
}

static void straight_lines_have_no_residuals(void **state)
{
  for (int64_t i = 0; i < N; i++)
    numbers[i] = 7 - i * 1000000007;
  assert_true(size_of(*state, PL_CHUNK_PACKED) < 16);
  assert_true(size_of(*state, PL_CHUNK_SEALED) < 16);
}

static void a_constant_is_a_number(void **state)
{
  for (int64_t i = 0; i < N; i++)
    numbers[i] = INT64_MIN;
  assert_int_equal(size_of(*state, PL_CHUNK_PACKED), 11);
  assert_int_equal(size_of(*state, PL_CHUNK_SEALED), 11);
}

static void what_divides_all_is_taken_out(void **state)
{
  size_t of_ones, of_millions;
  for (int64_t i = 0; i < N; i++)
    numbers[i] = i * i % 13;
  of_ones = size_of(*state, PL_CHUNK_PACKED);
  for (int64_t i = 0; i < N; i++)
    numbers[i] = i * i % 13 * -1000000;
  of_millions = size_of(*state, PL_CHUNK_PACKED);
  assert_in_range(of_millions, of_ones, of_ones + 8);
}

/* Divisors odd, even, beyond 32 bits; of numbers, of differences; and one number that is no multiple. */
static void whatever_divides_them_they_come_back(void **state)
{
  static const uint64_t divisors[] = {2, 3, 6, 1000, 4096, 1000000007, 3000000000,
                                      UINT64_C(3) << 40, UINT64_C(0x5555555555555555), UINT64_C(1) << 62, UINT64_C(1) << 63};
  for (size_t d = 0; d < sizeof divisors / sizeof divisors[0]; d++)
    for (uint64_t odd = 0; odd < 3; odd++) {
      for (uint64_t i = 0; i < N; i++)
        numbers[i] = (int64_t)((odd == 2 ? i * i * i % 17 : i * i % 7 - i % 3) * divisors[d]);
      size_t whole = size_of(*state, PL_CHUNK_PACKED);
      assert_true(whole < N * 6 / 8 + 100 || divisors[d] > UINT64_C(1) << 60);
      numbers[N - 1] += odd == 1;
      (void)size_of(*state, PL_CHUNK_PACKED);
      (void)size_of(*state, PL_CHUNK_SEALED);
    }
}

static void outliers_widen_nothing(void **state)
{
  for (int64_t i = 0; i < N; i++)
    numbers[i] = i & 1;
  numbers[500] = INT64_MAX;
  numbers[501] = INT64_MIN;
  assert_true(size_of(*state, PL_CHUNK_PACKED) < N * 2 / 8 + 80);
}

static void what_is_no_column_is_refused(void **state)
{
  static const pl_str bad[] = {
      {"", 0},                   /* nothing */
      {"\x03\x00", 2},           /* an order that is none */
      {"\x0c\x00", 2},           /* a form that is none */
      {"\x20\x00", 2},           /* bits of the head that mean nothing */
      {"\x04\x00\x82", 3},       /* a block of 65 bits */
      {"\x04\x00\x02\x00", 4},   /* a block that is cut off */
      {"\x04\x00\x01\x01\x05", 5}, /* an exception that is cut off */
      {"\x08\x00\x09", 3},       /* nine planes */
      {"\x08\x00\x01\x7e", 4},   /* a plane that is cut off */
      {"\x08\x00\x01\x03\x00", 5}, /* a plane that does not inflate */
      {"\x10\x00", 2},           /* no divisor */
  };
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    pl_str rest = bad[i];
    assert_int_equal(pl_column_read(*state, &rest, back, N), PL_ECORRUPT);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(straight_lines_have_no_residuals), cmocka_unit_test(a_constant_is_a_number), cmocka_unit_test(what_divides_all_is_taken_out),
      cmocka_unit_test(whatever_divides_them_they_come_back), cmocka_unit_test(outliers_widen_nothing), cmocka_unit_test(what_is_no_column_is_refused),
  };
  return cmocka_run_group_tests(tests, codec_set_up, codec_tear_down);
}
