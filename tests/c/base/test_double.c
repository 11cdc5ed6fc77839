/* Floating numbers: each text's nearest double, as the C library reads it, and back. */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/str.h"
#include "support/comma.h"

static void assert_read(const char *text)
{
  double ours = NAN, theirs = strtod(text, NULL);
  if (!pl_str_double(pl_str_of(text), &ours) || memcmp(&ours, &theirs, sizeof ours))
    fail_msg("%s reads as %.17g, not %.17g", text, ours, theirs);
}

static void every_way_of_reading_rounds_to_the_nearest(void **state)
{
  static const char *const texts[] = {
      "0", "-0", "+1", ".5", "5.", "1e22", "1e23", "9007199254740992", "9007199254740993", "9007199254740993.0", "9007199254740995",
      "0.000123", "123456789012345678", "1234567890.12345678", "9.999999999999999999", "18446744073709551615e19", "9999999999999999999e19",
      "0.3000000000000000166", "179769313486231570e291", "4.9e-324", "2.2250738585072011e-308", "1e-400", "0e99999999999", "1E+05",
      "00000000000000000000000001.5", "0.00000000000000000000000000000000015", "123456789012345678901234567890"};
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    assert_read(texts[i]);
}

static void random_numbers_of_any_length(void **state)
{
  pl_rng r;
  char text[64];
  (void)state;
  pl_rng_init(&r, 7, 0, 0, 0);
  for (int i = 0; i < 200000; i++) {
    uint64_t w = pl_rng_u64(&r) >> (pl_rng_u64(&r) % 64);
    (void)snprintf(text, sizeof text, "%" PRIu64 "e%d", w, (int)(pl_rng_u64(&r) % 60) - 30);
    assert_read(text);
    (void)snprintf(text, sizeof text, "0.%017" PRIu64, w % 100000000000000000);
    assert_read(text);
  }
}

/* A text halfway between two doubles, and its neighbours in the 19th digit: the hardest to round. */
static void halves_go_to_even(void **state)
{
  char text[64];
  (void)state;
  for (uint64_t w = (UINT64_C(1) << 53) + 1; w < (UINT64_C(1) << 53) + 2001; w += 2) {
    (void)snprintf(text, sizeof text, "%" PRIu64 ".000", w);
    assert_read(text);
    (void)snprintf(text, sizeof text, "%" PRIu64 ".001", w);
    assert_read(text);
    (void)snprintf(text, sizeof text, "%" PRIu64 ".999", w - 1);
    assert_read(text);
  }
}

static void what_is_no_number(void **state)
{
  static const char *const texts[] = {"", "inf", "nan", "1,5", ".", "+", "-", "e5", "1e", "1e+", "1x", " 1", "1 ", "0x1", "1_0", "--1", "1e999", "1.2.3"};
  double v = 42;
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    assert_false(pl_str_double(pl_str_of(texts[i]), &v));
  assert_true(v == 42);
}

static void written_and_read_again(void **state)
{
  static const double values[] = {0.0, -0.0, 0.1, 1.0 / 3, 123456, -1e15, 999999999999999, 1e300, DBL_MIN, DBL_TRUE_MIN, DBL_MAX, 1e-7, 1.5};
  pl_rng r;
  char text[32];
  (void)state;
  pl_rng_init(&r, 3, 0, 0, 0);
  for (size_t i = 0; i < 100000; i++) {
    double v, back = 0;
    uint64_t bits = pl_rng_u64(&r);
    memcpy(&v, &bits, sizeof v);
    if (i < sizeof values / sizeof *values)
      v = values[i];
    if (!isfinite(v))
      continue;
    size_t n = pl_double_text(v, text);
    assert_true(pl_str_double((pl_str){text, n}, &back));
    assert_memory_equal(&v, &back, sizeof v);
  }
  assert_string_equal((pl_double_text(1e15, text), text), "1e+15");
  assert_string_equal((pl_double_text(-7, text), text), "-7");
  assert_string_equal((pl_double_text(-0.0, text), text), "-0");
  assert_string_equal((pl_double_text(NAN, text), text), "NaN");
  assert_string_equal((pl_double_text(-HUGE_VAL, text), text), "-Inf");
}

/* Long digits are read, and all are written, by the library, which obeys the locale. */
static void a_host_may_write_commas(void **state)
{
  static const char *const texts[] = {"0.5", "0.30000000000000004", "1e-300", "123.456"};
  double v = 0;
  (void)state;
  comma_begin();
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    char out[33] = "";
    assert_true(pl_str_double(pl_str_of(texts[i]), &v));
    out[pl_double_text(v, out)] = '\0';
    assert_string_equal(out, texts[i]);
  }
  assert_true(pl_str_double(PL_STR("0.1234567890123456789012345678901234567890"), &v) && v > 0.123 && v < 0.124);
  assert_false(pl_str_double(PL_STR("0,5"), &v));
  comma_end();
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_way_of_reading_rounds_to_the_nearest), cmocka_unit_test(random_numbers_of_any_length),
      cmocka_unit_test(halves_go_to_even),                          cmocka_unit_test(what_is_no_number),
      cmocka_unit_test(written_and_read_again),                     cmocka_unit_test(a_host_may_write_commas),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
