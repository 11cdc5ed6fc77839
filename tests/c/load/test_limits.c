#include "load/limits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/failing.h"

static const pl_stage users[] = {{PL_S_NS, 500, false}};

static pl_scenario closed(void)
{
  return (pl_scenario){.name = PL_STR("s"), .model = PL_MODEL_CLOSED, .stages = users, .n_stages = 1,
                       .duration_ns = PL_S_NS, .scripted = true};
}

static int check(const pl_scenario *s, uint64_t limit, pl_error *err)
{
  *err = (pl_error){0};
  return pl_plan_check(&(pl_plan){.scenarios = s, .n_scenarios = 1}, limit, err);
}

static void local_addresses_are_those_of_this_machine(void **state)
{
  (void)state;
  pl_scenario s = closed();
  pl_local local;
  pl_error err;
  assert_int_equal(pl_local_parse(PL_STR("127.0.0.2-127.0.0.9"), &local, &err), 0);
  s.route = &(pl_route){.locals = &local, .n_locals = 1};
  assert_int_equal(check(&s, 10000, &err), 0);
  assert_int_equal(pl_local_parse(PL_STR("192.0.2.1"), &local, &err), 0);
  assert_int_equal(check(&s, 10000, &err), PL_EINVAL);
  assert_non_null(strstr(err.message, "scenario s: local address 192.0.2.1: "));
}

static void too_few_descriptors_are_named(void **state)
{
  (void)state;
  pl_scenario s = closed();
  pl_error err;
  assert_int_equal(check(&s, 668, &err), 0);
  assert_int_equal(check(&s, 667, &err), PL_ELIMIT);
  assert_non_null(strstr(err.message, "ulimit -n is 667"));
  assert_non_null(strstr(err.message, "500 connections"));
  for (uint64_t limit = 0; limit < 668; limit++) { /* whatever it is, what it is to be raised to is enough */
    assert_int_equal(check(&s, limit, &err), PL_ELIMIT);
    const char *raised = strstr(err.message, "(ulimit -n ");
    assert_non_null(raised);
    assert_int_equal(strtoull(raised + strlen("(ulimit -n "), NULL, 10), 668);
  }
  s.max_connections = 10;
  assert_int_equal(check(&s, 150, &err), 0);
}

static void an_open_loop_needs_nothing_for_sure(void **state)
{
  (void)state;
  pl_scenario s = closed();
  pl_error err;
  s.model = PL_MODEL_OPEN;
  s.max_users = 10000;
  assert_int_equal(check(&s, 1024, &err), 0);
  assert_int_equal(check(&s, 20, &err), PL_ELIMIT);
  assert_non_null(strstr(err.message, "the load needs 1 connection at a time"));
  s.max_users = 100001;
  assert_int_equal(check(&s, 1024, &err), PL_ELIMIT);
}

static void a_plan_that_cannot_run_is_refused(void **state)
{
  (void)state;
  pl_scenario s = closed();
  pl_error err;
  s.duration_ns = 0;
  s.n_stages = 0;
  assert_int_equal(check(&s, 1024, &err), PL_EINVAL);
  s = closed();
  s.scripted = false;
  assert_int_equal(check(&s, 1024, &err), PL_EINVAL);
  s = closed();
  s.model = PL_MODEL_ITERATIONS;
  assert_int_equal(check(&s, 1024, &err), PL_EINVAL);
  assert_int_equal(pl_plan_check(&(pl_plan){0}, 1024, &err), PL_EINVAL);
}

/* Starts that are dropped are counted one by one. */
static void a_rate_has_a_maximum(void **state)
{
  (void)state;
  pl_stage stages[] = {{PL_S_NS, 1e7, false}, {PL_S_NS, 10, false}};
  pl_scenario s = closed();
  pl_error err;
  s.model = PL_MODEL_OPEN;
  s.max_users = 10;
  s.stages = stages;
  s.n_stages = 2;
  assert_int_equal(check(&s, 1024, &err), 0);
  stages[1].level = 1e12;
  assert_int_equal(check(&s, 1024, &err), PL_ELIMIT);
  assert_non_null(strstr(err.message, "scenario s: at most 10000000 starts a second are possible"));
  stages[1].level = (double)NAN;
  assert_int_equal(check(&s, 1024, &err), PL_ELIMIT);
}

/* A change while it runs has the bounds that the plan had. */
static void a_level_has_the_bounds_of_a_plan(void **state)
{
  (void)state;
  pl_scenario two[] = {closed(), closed()};
  pl_plan plan = {.scenarios = two, .n_scenarios = 2};
  pl_error err = {0};
  assert_int_equal(pl_level_check(&plan, 0, 100000, 1000000, &err), 0);
  assert_int_equal(pl_level_check(&plan, 0, 100001, 1000000, &err), PL_ELIMIT);
  assert_int_equal(pl_level_check(&plan, 1, 310, 1000, &err), 0); /* beside the other's 500 */
  assert_int_equal(pl_level_check(&plan, 1, 311, 1000, &err), PL_ELIMIT);
  two[1].max_connections = 10;
  assert_int_equal(pl_level_check(&plan, 1, 311, 1000, &err), 0);
  assert_int_equal(pl_level_check(&plan, 2, 1, 1000, &err), PL_EINVAL);
  assert_int_equal(pl_level_check(&plan, 0, -1, 1000, &err), PL_EINVAL);
  assert_int_equal(pl_level_check(&plan, 0, (double)NAN, 1000, &err), PL_EINVAL);
  two[0].model = PL_MODEL_OPEN;
  assert_int_equal(pl_level_check(&plan, 0, 1e6, 1000, &err), 0);
  assert_int_equal(pl_level_check(&plan, 0, 1.1e7, 1000, &err), PL_EINVAL);
  two[0].model = PL_MODEL_ITERATIONS;
  assert_int_equal(pl_level_check(&plan, 0, 5, 1000, &err), PL_EINVAL);
}

static void room_is_made_for_what_may_come_at_once(void **state)
{
  (void)state;
  pl_scenario two[] = {closed(), closed()};
  pl_plan plan = {.scenarios = two, .n_scenarios = 2};
  uint64_t rest = pl_plan_room(&plan) - 1000; /* of twice 500 users */
  assert_in_range(rest, 64, 512);
  two[1].model = PL_MODEL_OPEN;
  two[1].max_users = 700;
  assert_int_equal(pl_plan_room(&plan), 500 + 700 + rest);
  two[1].max_connections = 20;
  assert_int_equal(pl_plan_room(&plan), 500 + 20 + rest);
  two[1].max_connections = 0;
  two[1].max_users = 100000;
  assert_int_equal(pl_plan_room(&plan), 500 + 4096 + rest);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(too_few_descriptors_are_named),
      cmocka_unit_test(local_addresses_are_those_of_this_machine),
      cmocka_unit_test(an_open_loop_needs_nothing_for_sure),
      cmocka_unit_test(a_plan_that_cannot_run_is_refused),
      cmocka_unit_test(a_rate_has_a_maximum),
      cmocka_unit_test(a_level_has_the_bounds_of_a_plan),
      cmocka_unit_test(room_is_made_for_what_may_come_at_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
