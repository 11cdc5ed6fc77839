/* What is known of metrics apart from their samples. */
#include "ingest/families.h"

#include <string.h>

#include "support/failing.h"

static void names_and_their_suffixes(void **state)
{
  pl_families *f = pl_families_new(&pl_alloc_default);
  pl_family found;
  (void)state;
  pl_families_add(f, PL_STR("http_requests"), &(pl_family){PL_SERIES_COUNTER, false, PL_STR(""), PL_STR("All of them.")});
  pl_families_add(f, PL_STR("heap_bytes"), &(pl_family){PL_SERIES_GAUGE, false, PL_STR("bytes"), PL_STR("")});
  pl_families_add(f, PL_STR("heap_bytes"), &(pl_family){PL_SERIES_COUNTER, false, PL_STR("other"), PL_STR("said later")});
  assert_true(pl_families_find(f, PL_STR("http_requests_total"), &found));
  assert_int_equal(found.kind, PL_SERIES_COUNTER);
  assert_true(pl_str_eqc(found.help, "All of them."));
  assert_true(pl_families_find(f, PL_STR("heap_bytes"), &found));
  assert_true(found.kind == PL_SERIES_GAUGE && pl_str_eqc(found.unit, "bytes") && found.help.len == 0);
  assert_false(pl_families_find(f, PL_STR("heap"), &found));
  assert_false(pl_families_find(f, PL_STR("_total"), &found));
  pl_families_free(f);
}

/* The quantiles of a summary have its name alone, and rise and fall. */
static void parts_of_a_summary(void **state)
{
  pl_families *f = pl_families_new(&pl_alloc_default);
  pl_family found;
  (void)state;
  pl_families_add(f, PL_STR("wait_seconds"), &(pl_family){PL_SERIES_COUNTER, true, PL_STR("seconds"), PL_STR("")});
  assert_true(pl_families_find(f, PL_STR("wait_seconds"), &found));
  assert_true(found.kind == PL_SERIES_GAUGE && pl_str_eqc(found.unit, "seconds"));
  assert_true(pl_families_find(f, PL_STR("wait_seconds_sum"), &found));
  assert_int_equal(found.kind, PL_SERIES_COUNTER);
  pl_families_free(f);
}

static void long_texts_are_cut_between_characters(void **state)
{
  pl_families *f = pl_families_new(&pl_alloc_default);
  char help[PL_FAMILY_TEXT + 2];
  pl_family found;
  (void)state;
  memset(help, 'h', sizeof help);
  (void)memcpy(help + PL_FAMILY_TEXT - 1, "\xc3\xa4", 2);
  pl_families_add(f, PL_STR("m"), &(pl_family){PL_SERIES_GAUGE, false, PL_STR(""), {help, sizeof help}});
  assert_true(pl_families_find(f, PL_STR("m"), &found));
  assert_int_equal(found.help.len, PL_FAMILY_TEXT - 1);
  pl_families_free(f);
}

static int without_memory(const pl_allocator *a, void *user)
{
  pl_family found;
  pl_families *f = pl_families_new(a);
  (void)user;
  if (!f)
    return PL_ENOMEM;
  pl_families_add(f, PL_STR("m"), &(pl_family){PL_SERIES_GAUGE, false, PL_STR("u"), PL_STR("h")});
  int code = pl_families_find(f, PL_STR("m"), &found) ? PL_OK : PL_ENOMEM;
  pl_families_free(f);
  return code;
}

static void memory_may_run_out(void **state)
{
  (void)state;
  failing_every(without_memory, NULL, 20);
}

static void endings_of_what_only_grows(void **state)
{
  (void)state;
  assert_int_equal(pl_family_ending(PL_STR("http_requests_total")), 6);
  assert_int_equal(pl_family_ending(PL_STR("wait_seconds_bucket")), 7);
  assert_int_equal(pl_family_ending(PL_STR("wait_seconds_sum")), 4);
  assert_int_equal(pl_family_ending(PL_STR("wait_seconds_count")), 6);
  assert_int_equal(pl_family_ending(PL_STR("wait_seconds")), 0);
  assert_int_equal(pl_family_ending(PL_STR("_count")), 0);
  assert_int_equal(pl_family_ending(PL_STR("")), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(names_and_their_suffixes), cmocka_unit_test(parts_of_a_summary), cmocka_unit_test(long_texts_are_cut_between_characters),
                                     cmocka_unit_test(memory_may_run_out), cmocka_unit_test(endings_of_what_only_grows)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
