/* Graphite's plaintext: points are samples of gauges at their time. */
#include "ingest/graphite.h"

#include "ingest/intake_fixture.h"

static void take(fixture *f, const char *lines_)
{
  pl_lines lines = {.number = 0};
  pl_str text = pl_str_of(lines_);
  pl_graphite_take(f->intake, &lines, &text, true, 9);
}

static void points_are_samples(void **state)
{
  fixture *f = *state;
  take(f, "app.load 1.5 100\napp.load 2 -1\nmem;host=a 7 101\n");
  assert_string_equal(fixture_series(f), "app_load{instance=here origin=production role=target source=graphite } 2@9 1.5@100000000000"
                                         "mem{host=a instance=here origin=production role=target source=graphite } 7@101000000000");
  assert_true(pl_intake_counts_of(f->intake)->samples == 3);
}

static void others_are_refused_by_their_reason(void **state)
{
  fixture *f = *state;
  take(f, "broken\na nan 1\nb;t=more-than-twenty-bytes-long 1 1\na 1 1\nb 1 1\nc 1 1\nd 1 1\n");
  const pl_intake_counts *counts = pl_intake_counts_of(f->intake);
  assert_true(counts->refused[PL_REASON_LINE] == 2 && counts->refused[PL_REASON_LABELS] == 1 && counts->refused[PL_REASON_SERIES] == 1);
  assert_true(counts->samples == 3);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(points_are_samples, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(others_are_refused_by_their_reason, fixture_set_up, fixture_tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
