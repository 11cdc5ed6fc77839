/* Identifiers of traces and spans. */
#include "format/trace_span.h"

#include "support/failing.h"

static void short_ones_get_zeros(void **state)
{
  char id[2 * PL_SPAN_ID + 1];
  (void)state;
  pl_trace_id_set(PL_STR("AbC1"), 2 * PL_SPAN_ID, id);
  assert_string_equal(id, "000000000000abc1");
  pl_trace_id_set(PL_STR("0123456789abcdef"), 2 * PL_SPAN_ID, id);
  assert_string_equal(id, "0123456789abcdef");
}

static void others_are_none(void **state)
{
  static const char *const texts[] = {"", "0", "0000000000000000", "0123456789abcdef0", "12g", "-1"};
  char id[2 * PL_SPAN_ID + 1] = "x";
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    pl_trace_id_set(pl_str_of(texts[i]), 2 * PL_SPAN_ID, id);
    assert_string_equal(id, "");
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(short_ones_get_zeros), cmocka_unit_test(others_are_none)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
