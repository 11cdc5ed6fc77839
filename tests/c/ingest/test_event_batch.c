/* Events of a message: one transaction, within the limits of their kind. */
#include "ingest/event_batch.h"

#include "ingest/events_fixture.h"

static void events_are_written_with_their_data(void **state)
{
  fixture *f = *state;
  pl_event_batch b;
  pl_reply reply = {.status = 0};
  const pl_tag tags[] = {{PL_STR("k"), PL_STR("v")}, {PL_STR("a name that is too long to be kept"), PL_STR("v")}};
  pl_event_batch_init(&b, PL_EVENT_LOG, f->intake, &pl_alloc_default);
  assert_true(pl_event_begin(&b, 5, 2, PL_STR("a long text"), 6));
  pl_event_id(&b, "id", "longer than all labels may be");
  pl_event_id(&b, "none", "");
  pl_event_text(&b, "text", PL_STR("longer than all labels may be"));
  pl_event_number(&b, "n", -7);
  pl_event_attributes(&b, tags, 2, 1);
  pl_event_end(&b);
  assert_true(pl_event_batch_reply(&b, &reply));
  pl_event_batch_fini(&b);
  assert_string_equal(fixture_events(f, "log"),
                      "5 2 log a long {\"id\":\"longer than all labels may be\",\"text\":\"longer than all labe\",\"n\":-7,\"attributes\":{\"k\":\"v\"},"
                      "\"dropped_attributes\":2} \n");
}

static void each_kind_has_its_own_limit(void **state)
{
  fixture *f = *state;
  pl_event_batch b;
  pl_reply reply = {.status = 0};
  for (enum pl_event_kind kind = PL_EVENT_SPAN; kind < PL_EVENT_KINDS; kind++) {
    pl_event_batch_init(&b, kind, f->intake, &pl_alloc_default);
    for (int i = 0; i < 4; i++) {
      if (pl_event_begin(&b, 1, 0, PL_STR("x"), 1))
        pl_event_end(&b);
    }
    assert_true(b.refused == 1 && b.why == pl_intake_too_many(kind));
    assert_true(pl_event_batch_reply(&b, &reply));
    pl_event_batch_fini(&b);
    assert_int_equal(pl_intake_counts_of(f->intake)->events[kind], 3);
    assert_int_equal(pl_intake_counts_of(f->intake)->refused[pl_intake_too_many(kind)], 1);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(events_are_written_with_their_data, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(each_kind_has_its_own_limit, fixture_set_up, fixture_tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
