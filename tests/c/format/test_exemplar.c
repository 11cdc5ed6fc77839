/* Ids of traces and spans among the labels of exemplars. */
#include "format/exemplar.h"

#include "support/failing.h"

static void ids_have_many_names(void **state)
{
  static const struct {
    const char *name;
    enum pl_exemplar_id id;
  } cases[] = {{"trace_id", PL_EXEMPLAR_TRACE}, {"traceID", PL_EXEMPLAR_TRACE}, {"TraceId", PL_EXEMPLAR_TRACE}, {"trace.id", PL_EXEMPLAR_TRACE}, {"span-id", PL_EXEMPLAR_SPAN},
               {"", PL_EXEMPLAR_NO_ID}, {"trace", PL_EXEMPLAR_NO_ID}, {"trace_ids", PL_EXEMPLAR_NO_ID}, {"_", PL_EXEMPLAR_NO_ID}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_int_equal(pl_exemplar_id_of(pl_str_of(cases[i].name)), cases[i].id);
}

static void they_are_found(void **state)
{
  const pl_tag tags[] = {{PL_STR("k"), PL_STR("v")}, {PL_STR("span_id"), PL_STR("AB")}, {PL_STR("trace_id"), PL_STR("12")}}, odd[] = {{PL_STR("trace_id"), PL_STR("mine")}};
  pl_exemplar e = {.tags = tags, .n_tags = 3}, other = {.tags = odd, .n_tags = 1};
  (void)state;
  pl_exemplar_find_ids(&e);
  assert_string_equal(e.trace_id, "00000000000000000000000000000012");
  assert_string_equal(e.span_id, "00000000000000ab");
  pl_exemplar_find_ids(&other);
  assert_string_equal(other.trace_id, "");
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(ids_have_many_names), cmocka_unit_test(they_are_found)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
