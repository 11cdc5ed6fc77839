/* Values: the form that suits them, and what is no values. */
#include "store/values.h"

#include "support/failing.h"

#include "perilune/error.h"
#include "series_of.h"
#include "with_codec.h"

enum { N = 2000, DECIMALS = 0, BITS = 1, DICTIONARY = 2 };

static double values[N], back[N];

/* The form in which the series is kept. */
static int form_of(pl_codec *c, enum series_kind kind, enum pl_chunk_effort effort)
{
  pl_rng r;
  pl_buf out;
  pl_rng_init(&r, 5, kind, 0, 0);
  for (size_t i = 0; i < N; i++)
    values[i] = series_value(kind, i, &r);
  pl_buf_init(&out, &pl_alloc_default, 1 << 16);
  assert_int_equal(pl_values_write(c, values, N, effort, &out), PL_OK);
  pl_str rest = {out.data, out.len};
  assert_int_equal(pl_values_read(c, &rest, back, N), PL_OK);
  assert_int_equal(rest.len, 0);
  assert_memory_equal(back, values, sizeof values);
  int form = out.data[0];
  pl_buf_fini(&out);
  return form;
}

static void each_series_gets_its_form(void **state)
{
  for (enum pl_chunk_effort e = PL_CHUNK_PACKED; e <= PL_CHUNK_SEALED; e++) {
    assert_int_equal(form_of(*state, SERIES_DECIMALS, e), DECIMALS);
    assert_int_equal(form_of(*state, SERIES_SUMS, e), DECIMALS);
    assert_int_equal(form_of(*state, SERIES_ODD, e), DECIMALS);
    assert_int_equal(form_of(*state, SERIES_BITS, e), BITS);
    assert_int_equal(form_of(*state, SERIES_FEW, e), DICTIONARY);
  }
}

static void what_is_no_values_is_refused(void **state)
{
  static const pl_str bad[] = {
      {"", 0},
      {"\x03", 1},                                     /* a form that is none */
      {"\x00\x10", 2},                                 /* a power that is none */
      {"\x00\x00\xff\x7f", 4},                         /* more exceptions than values */
      {"\x00\x00\x01\x00\x02\x00\x00\x00\xa0\x1f\x00\x00", 12}, /* an exception behind the end */
      {"\x01\x00\x00", 3},                             /* no first value */
      {"\x02\x00", 2},                                 /* an empty dictionary */
      {"\x02\x01\x02\x01", 4},                         /* a dictionary in a dictionary */
      {"\x02\x01\x00\x00\x00\x00\x00\x00\x00\x00\x02", 11}, /* an index behind its end */
  };
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    pl_str rest = bad[i];
    assert_int_equal(pl_values_read(*state, &rest, back, N), PL_ECORRUPT);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(each_series_gets_its_form), cmocka_unit_test(what_is_no_values_is_refused)};
  return cmocka_run_group_tests(tests, codec_set_up, codec_tear_down);
}
