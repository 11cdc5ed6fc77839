/* Values: the form that suits them, and what is no values. */
#include "store/values.h"

#include <math.h>

#include "support/failing.h"

#include "perilune/error.h"
#include "series_of.h"
#include "store/codec.h"
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

/* Few values of any kind in any order, and as many more: those of a dictionary ascend, with NaN beyond the infinity of its sign. */
static void a_dictionary_ascends(void **state)
{
  const double few[] = {1e300, -0.1, NAN, -1e-300, INFINITY, 0.3, -NAN, 12345.678, -INFINITY, 7};
  pl_rng r;
  pl_codec *c = *state;
  pl_buf out;
  pl_rng_init(&r, 8, 0, 0, 0);
  for (size_t i = 0; i < N; i++)
    values[i] = few[pl_rng_below(&r, sizeof few / sizeof *few)];
  pl_buf_init(&out, &pl_alloc_default, 1 << 16);
  assert_int_equal(pl_values_write(c, values, N, PL_CHUNK_PACKED, &out), PL_OK);
  assert_int_equal(out.data[0], DICTIONARY);
  pl_str rest = {out.data, out.len};
  assert_int_equal(pl_values_read(c, &rest, back, N), PL_OK);
  assert_memory_equal(back, values, sizeof values);
  const double ascending[] = {-NAN, -INFINITY, -0.1, -1e-300, 0.3, 7, 12345.678, 1e300, INFINITY, NAN};
  assert_memory_equal(c->distinct, ascending, sizeof ascending);
  pl_buf_fini(&out);
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
  const struct CMUnitTest tests[] = {cmocka_unit_test(each_series_gets_its_form), cmocka_unit_test(a_dictionary_ascends),
                                     cmocka_unit_test(what_is_no_values_is_refused)};
  return cmocka_run_group_tests(tests, codec_set_up, codec_tear_down);
}
