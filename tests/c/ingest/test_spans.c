/* Spans on their way to the timeline: what is stored, cut, refused and counted. */
#include "ingest/spans.h"

#include <string.h>

#include "ingest/events_fixture.h"

static const pl_trace_span SPAN = {.good = true, .trace_id = "5b8efff798038103d269b633813fc60c", .id = "eee19b7ec3c1b174", .name = {"GET", 3}, .service = {"", 0},
                                   .message = {"", 0}, .start_ns = 5, .end_ns = 7};

static pl_reply store(fixture *f, const pl_trace_span *list, size_t n, uint64_t refused)
{
  pl_event_batch s;
  pl_reply reply = {.status = 0};
  pl_event_batch_init(&s, PL_EVENT_SPAN, f->intake, &pl_alloc_default);
  for (size_t i = 0; i < n; i++)
    assert_int_equal(pl_spans_add(&s, &list[i]), 0);
  assert_int_equal(s.refused, refused);
  if (pl_event_batch_reply(&s, &reply))
    reply.status = 200;
  pl_event_batch_fini(&s);
  return reply;
}

static void a_span_is_an_event(void **state)
{
  pl_trace_span whole = SPAN;
  const pl_tag tags[] = {{PL_STR("k"), PL_STR("a \"text\"")}};
  whole.service = PL_STR("shop");
  whole.kind = PL_TRACE_SERVER;
  whole.status = PL_TRACE_ERROR;
  whole.message = PL_STR("no");
  whole.tags = tags;
  whole.n_tags = 1;
  (void)pl_copy(whole.parent_id, sizeof whole.parent_id, PL_STR("eee19b7ec3c1b173"));
  const pl_trace_span list[] = {whole, SPAN};
  assert_int_equal(store(*state, list, 2, 0).status, 200);
  assert_string_equal(fixture_spans(*state),
                      "5 2 span GET {\"trace_id\":\"5b8efff798038103d269b633813fc60c\",\"span_id\":\"eee19b7ec3c1b174\",\"parent_id\":\"eee19b7ec3c1b173\",\"service\":\"shop\","
                      "\"kind\":\"server\",\"status\":\"error\",\"message\":\"no\",\"attributes\":{\"k\":\"a \\\"text\\\"\"}} \n"
                      "5 2 span GET {\"trace_id\":\"5b8efff798038103d269b633813fc60c\",\"span_id\":\"eee19b7ec3c1b174\",\"service\":\"unknown_service\",\"kind\":\"unspecified\","
                      "\"status\":\"unset\",\"attributes\":{}} \n");
}

static void events_and_links_are_kept(void **state)
{
  pl_trace_span s = SPAN;
  const pl_tag tags[] = {{PL_STR("k"), PL_STR("v")}};
  const pl_trace_note events[] = {{.ts_ns = 6, .name = PL_STR("begun"), .tags = tags, .n_tags = 1, .n_dropped = 2}};
  const pl_trace_note links[] = {{.name = {"", 0}, .trace_id = "5b8efff798038103d269b633813fc60c", .id = "eee19b7ec3c1b173"}};
  s.events = events;
  s.links = links;
  s.n_events = s.n_links = 1;
  s.n_dropped_events = 3;
  s.n_dropped_links = 4;
  assert_int_equal(store(*state, &s, 1, 0).status, 200);
  assert_non_null(strstr(fixture_spans(*state),
                         "\"events\":[{\"ts_ns\":6,\"name\":\"begun\",\"attributes\":{\"k\":\"v\"},\"dropped_attributes\":2}],"
                         "\"links\":[{\"trace_id\":\"5b8efff798038103d269b633813fc60c\",\"span_id\":\"eee19b7ec3c1b173\",\"attributes\":{}}],"
                         "\"dropped_events\":3,\"dropped_links\":4}"));
}

static void what_is_long_is_cut(void **state)
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
  const pl_tag tags[] = {{PL_STR("k"), PL_STR(letters)}, {PL_STR(letters), PL_STR("v")}};
  pl_trace_span s = SPAN;
  s.name = PL_STR(letters);
  s.tags = tags;
  s.n_tags = 2;
  s.n_dropped = 3;
  assert_int_equal(store(*state, &s, 1, 0).status, 200);
  const char *found = fixture_spans(*state);
  assert_non_null(strstr(found, "span abcdefghijklmnopqrst {"));
  assert_non_null(strstr(found, "\"attributes\":{\"k\":\"abcdefghijklmnopqrst\"},\"dropped_attributes\":4}"));
}

static void those_that_are_too_many_or_bad_are_refused(void **state)
{
  fixture *f = *state;
  pl_trace_span list[] = {SPAN, SPAN, SPAN, SPAN, SPAN, SPAN, SPAN};
  for (size_t i = 1; i <= 3; i++)
    list[i].good = false;
  list[2].trace_id[0] = list[3].id[0] = '\0';
  assert_int_equal(store(f, list, 7, 4).status, 200);
  assert_int_equal(store(f, list, 1, 1).status, 200);
  const pl_intake_counts *c = pl_intake_counts_of(f->intake);
  assert_true(c->events[PL_EVENT_SPAN] == 3 && c->refused[PL_REASON_SPAN] == 1 && c->refused[PL_REASON_TRACE_ID] == 1 && c->refused[PL_REASON_SPAN_ID] == 1 && c->refused[PL_REASON_SPANS] == 2);
}

/* The rate is ten a second. */
static void they_count_for_the_rate(void **state)
{
  fixture *f = *state;
  pl_intake_options o = fixture_options(f);
  const pl_trace_span list[] = {SPAN, SPAN, SPAN};
  o.limits.events[PL_EVENT_SPAN] = 100;
  pl_intake_free(f->intake);
  assert_int_equal(pl_intake_new(&o, &f->intake, NULL), 0);
  for (int i = 0; i < 4; i++) {
    assert_true(pl_intake_rate_allows(f->intake));
    assert_int_equal(store(f, list, 3, 0).status, 200);
  }
  assert_false(pl_intake_rate_allows(f->intake));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_span_is_an_event, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(events_and_links_are_kept, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(what_is_long_is_cut, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(those_that_are_too_many_or_bad_are_refused, fixture_set_up, fixture_tear_down),
      cmocka_unit_test_setup_teardown(they_count_for_the_rate, fixture_set_up, fixture_tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
