/* Exemplars on their way to the timeline: the newest of each series and stretch, joined to its series. */
#include "ingest/exemplars.h"

#include "ingest/events_fixture.h"

#define TRACE "5b8efff798038103d269b633813fc60c"

static uint32_t series(fixture *f, const char *name)
{
  pl_label none[1];
  pl_intake_series s = {.source = PL_STR("x"), .name = pl_str_of(name), .labels = none};
  int64_t found = pl_intake_find(f->intake, &s);
  assert_true(found >= 0);
  return (uint32_t)found;
}

static void put(fixture *f, const char *name, int64_t ts_ns, double value)
{
  const pl_tag tags[] = {{PL_STR("k"), PL_STR("a text that is longer than labels")}, {PL_STR("trace_id"), PL_STR(TRACE)}};
  pl_exemplar e = {.value = value, .time_ns = ts_ns, .trace_id = TRACE, .span_id = "eee19b7ec3c1b174", .tags = tags, .n_tags = 2};
  (void)pl_intake_exemplar(f->intake, series(f, name), 1, &e);
}

/* How many there are, and of which value the last is. */
typedef struct found {
  size_t n;
  char last[512];
} found;

static int see(void *user, const pl_field *fields, size_t n)
{
  found *f = user;
  f->n++;
  for (size_t i = 0; i < n; i++) {
    if (strcmp(fields[i].name, "data") == 0)
      (void)pl_copy(f->last, sizeof f->last, fields[i].bytes);
  }
  return 0;
}

static found exemplars(fixture *f)
{
  const pl_field fields[] = {{.name = "run", .type = PL_FIELD_INT, .integer = 7}, {.name = "kind", .type = PL_FIELD_TEXT, .bytes = PL_STR("exemplar")}};
  found out = {.n = 0};
  pl_reader *r;
  pl_intake_exemplars_store(f->intake);
  assert_int_equal(pl_reader_of(f->store, &r, NULL), PL_OK);
  assert_int_equal(pl_reader_record(r, "events_of", fields, 2, see, &out, NULL), PL_OK);
  pl_reader_close(r);
  return out;
}

static void one_is_an_event_of_its_series(void **state)
{
  fixture *f = *state;
  put(f, "m", 5, 1.5);
  assert_string_equal(exemplars(f).last, "{\"series\":1,\"value\":1.5,\"trace_id\":\"" TRACE "\",\"span_id\":\"eee19b7ec3c1b174\",\"attributes\":{\"k\":\"a text that is longe\"}}");
  assert_non_null(strstr(fixture_events(f, "exemplar"), "5 0 exemplar m {"));
  assert_int_equal(pl_intake_counts_of(f->intake)->events[PL_EVENT_EXEMPLAR], 1);
}

static void the_newest_of_a_stretch_stays(void **state)
{
  fixture *f = *state;
  put(f, "m", 3, 1);
  put(f, "m", 9, 2);
  put(f, "m", 5, 3);
  put(f, "n", 4, 4);
  put(f, "m", PL_EXEMPLARS_EVERY_NS, 5);
  assert_int_equal(exemplars(f).n, 3);
  assert_non_null(strstr(fixture_events(f, "exemplar"), "9 0 exemplar m {\"series\":1,\"value\":2"));
  put(f, "m", PL_EXEMPLARS_EVERY_NS + 1, 6); /* in a later message */
  found now = exemplars(f);
  assert_int_equal(now.n, 3);
  assert_non_null(strstr(now.last, "\"value\":6"));
  assert_int_equal(pl_intake_counts_of(f->intake)->events[PL_EVENT_EXEMPLAR], 3);
}

static void there_is_a_limit(void **state)
{
  fixture *f = *state;
  for (int i = 0; i < 5; i++)
    put(f, "m", i * PL_EXEMPLARS_EVERY_NS + 1, i);
  assert_int_equal(exemplars(f).n, 3);
  put(f, "m", 2 * PL_EXEMPLARS_EVERY_NS + 2, 9); /* in place of one */
  assert_int_equal(exemplars(f).n, 3);
  assert_int_equal(pl_intake_counts_of(f->intake)->refused[PL_REASON_EXEMPLARS], 2);
}

static void times_are_its_own_or_its_samples(void **state)
{
  fixture *f = *state;
  put(f, "m", 0, 1);
  assert_int_equal(exemplars(f).n, 1);
  assert_memory_equal(fixture_events(f, "exemplar"), "1 0 exemplar m", 14);
  put(f, "m", -1, 1);
  assert_int_equal(pl_intake_counts_of(f->intake)->refused[PL_REASON_TIME], 1);
}

static void what_spoils_its_message_is_dropped(void **state)
{
  fixture *f = *state;
  put(f, "m", 5, 1.5);
  pl_intake_exemplars_drop(f->intake);
  assert_int_equal(exemplars(f).n, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(one_is_an_event_of_its_series, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(the_newest_of_a_stretch_stays, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(there_is_a_limit, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(times_are_its_own_or_its_samples, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(what_spoils_its_message_is_dropped, fixture_set_up, fixture_tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
