/* Slow requests as events: when they began, how long they took, and what is known of them. */
#include "engine/slow.h"

#include "engine/desk.h"

static void store(desk_fixture *f, pl_str name, const pl_example *e)
{
  pl_load_key key = {.scenario = PL_STR("browse"), .name = name};
  pl_slow_store(&f->desk, "slow", &key, e, 1, 50000, 2 * PL_S_NS); /* the load began at 50 s of the wall, 2 s of the monotonic clock */
}

static void an_answered_request(void **state)
{
  desk_fixture f;
  char name[64];
  pl_example e = {.latency_ns = 300 * PL_MS_NS, .service_ns = 250 * PL_MS_NS, .intended_ns = 3 * PL_S_NS, .sent_ns = 3 * PL_S_NS + 50 * PL_MS_NS,
                  .trace_high = 0x0123456789abcdef, .trace_low = 0x42, .status = 200};
  (void)state;
  desk_open(&f, NULL);
  (void)snprintf(name, sizeof name, "checkout%ckind=big%cvip=yes", PL_TAG_MARK, PL_TAG_MARK);
  for (int i = 0; i < PL_PHASES; i++)
    e.phases_ns[i] = PL_NO_PHASE;
  e.phases_ns[PL_PHASE_WAIT] = 250 * PL_MS_NS;
  store(&f, pl_str_of(name), &e);
  assert_string_equal(desk_select(f.desk.store, "SELECT run_id, ts_ns, duration_ns, kind, text, data FROM events"),
                      "3 51000000000 300000000 slow checkout {kind=big, vip=yes} {\"scenario\":\"browse\",\"service_s\":0.25,\"lag_s\":0.05,"
                      "\"phases_s\":{\"wait\":0.25},\"status\":200,\"error\":null,\"trace_id\":\"0123456789abcdef0000000000000042\"}");
  desk_close(&f);
}

/* One that never left has no lag, one without an answer no status. */
static void a_request_that_was_never_sent(void **state)
{
  desk_fixture f;
  pl_example e = {.latency_ns = PL_S_NS, .intended_ns = 2 * PL_S_NS, .outcome = PL_FAIL_CONNECT};
  (void)state;
  desk_open(&f, NULL);
  for (int i = 0; i < PL_PHASES; i++)
    e.phases_ns[i] = PL_NO_PHASE;
  store(&f, PL_STR("a \"b\""), &e);
  assert_string_equal(desk_select(f.desk.store, "SELECT ts_ns, text, data FROM events"),
                      "50000000000 a \"b\" {\"scenario\":\"browse\",\"service_s\":0,\"phases_s\":{},\"status\":0,\"error\":\"connect\",\"trace_id\":null}");
  desk_close(&f);
}

static void a_name_without_end_is_lost_and_counted(void **state)
{
  static char name[5000];
  desk_fixture f;
  const pl_example e = {.latency_ns = PL_S_NS, .intended_ns = 2 * PL_S_NS};
  (void)state;
  desk_open(&f, NULL);
  memset(name, 'n', sizeof name);
  store(&f, (pl_str){name, sizeof name}, &e);
  assert_int_equal(f.desk.lost, 1);
  assert_string_equal(desk_select(f.desk.store, "SELECT count(*) FROM events"), "0");
  desk_close(&f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(an_answered_request), cmocka_unit_test(a_request_that_was_never_sent),
                                     cmocka_unit_test(a_name_without_end_is_lost_and_counted)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
