/* What Prometheus answered becomes series of the timeline. */
#include "ingest/prometheus.h"

#include "ingest/intake_fixture.h"

#define ANSWER(result) "{\"status\":\"success\",\"data\":{\"result\":[" result "]},\"warnings\":[\"first\",\"second\"]}"

static int take(fixture *f, const char *name, const char *body, pl_prometheus_taking *t, pl_error *err)
{
  *t = (pl_prometheus_taking){.name = pl_str_of(name), .body = pl_str_of(body)};
  return pl_prometheus_take(f->intake, &pl_alloc_default, t, err);
}

static void series_have_their_own_name_or_one_that_is_given(void **state)
{
  fixture *f = *state;
  pl_prometheus_taking t;
  assert_int_equal(take(f, "", ANSWER("{\"metric\":{\"__name__\":\"up\",\"instance\":\"a:1\"},\"value\":[0.000,\"1\"]}"), &t, NULL), PL_OK);
  assert_int_equal(take(f, "demand", ANSWER("{\"metric\":{\"__name__\":\"up\",\"role\":\"db\"},\"values\":[[0.001,\"2\"],[0.002,\"3\"]]}"), &t, NULL), PL_OK);
  assert_int_equal(t.series, 1);
  assert_int_equal(t.samples, 2);
  assert_string_equal(t.warning, "first");
  assert_string_equal(fixture_series(f), "demand{exported_role=db instance=here origin=production role=target source=prometheus } 2@1000000 3@2000000"
                                         "up{instance=a:1 origin=production role=target source=prometheus } 1@0");
}

static void what_has_no_name_is_an_error(void **state)
{
  fixture *f = *state;
  pl_prometheus_taking t;
  pl_error err = {0};
  assert_int_equal(take(f, "", ANSWER("{\"metric\":{\"a\":\"b\"},\"value\":[1,\"1\"]}"), &t, &err), PL_EPROTO);
  assert_string_equal(err.message, "the query's series have no name: give them one by as");
}

static void what_is_refused_is_counted(void **state)
{
  fixture *f = *state;
  pl_prometheus_taking t;
  assert_int_equal(take(f, "m", ANSWER("{\"metric\":{\"a\":\"longer than twenty bytes\"},\"values\":[[1,\"1\"],[2,\"1\"]],\"histograms\":[]}"), &t, NULL), PL_OK);
  const pl_intake_counts *counts = pl_intake_counts_of(f->intake);
  assert_true(t.samples == 2 && counts->samples == 0);
  assert_int_equal(counts->refused[PL_REASON_LABELS], 2);
  assert_int_equal(counts->refused[PL_REASON_HISTOGRAM], 1);
  assert_int_equal(take(f, "m", ANSWER("{\"metric\":{},\"values\":[[9000000000,\"1\"],[9300000000,\"1\"],[-8e12,\"1\"]]}"), &t, NULL), PL_OK);
  assert_true(counts->samples == 1 && counts->refused[PL_REASON_TIME] == 2);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(series_have_their_own_name_or_one_that_is_given, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(what_has_no_name_is_an_error, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(what_is_refused_is_counted, fixture_set_up, fixture_tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
