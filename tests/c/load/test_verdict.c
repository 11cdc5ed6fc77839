#include "load/verdict.h"

#include <errno.h>
#include <string.h>

#include "support/failing.h"

static const pl_load_worker_stats calm[] = {{.cpu_s = 1, .busy = 0.4, .busy_over = 0.05}, {.cpu_s = 1, .busy = 0.4, .busy_over = 0}};

static pl_verdict_facts good(void)
{
  return (pl_verdict_facts){
      .workers = calm, .n_workers = 2, .latency_p50_ns = 20 * PL_MS_NS, .latency_p99_ns = 50 * PL_MS_NS,
      .pacing_lag = {2 * PL_MS_NS, 0.99}, .receive_lag = {5 * PL_MS_NS, 0.99}, .planned = 1000,
      .users_max = 10, .users_peak = 10, .health.steal_share = 0.005, .requests = 1000,
  };
}

static void expect(const pl_verdict_facts *f, bool limited, const char *word)
{
  pl_load_verdict v;
  pl_verdict_judge(f, &v);
  assert_int_equal(v.limited, limited);
  if (limited) {
    assert_int_equal(v.n_reasons, 1);
    assert_non_null(strstr(v.reasons[0], word));
  } else {
    assert_int_equal(v.n_reasons, 0);
    assert_int_equal(v.n_warnings, word ? 1 : 0);
    if (word)
      assert_non_null(strstr(v.warnings[0], word));
  }
}

static void at_every_threshold_it_is_still_valid(void **state)
{
  (void)state;
  pl_verdict_facts f = good();
  expect(&f, false, NULL);
  f.health.steal_share = 0.10;
  expect(&f, false, "steal");
}

static void beyond_a_threshold_the_reason_names_it(void **state)
{
  (void)state;
  const pl_load_worker_stats busy[] = {{.cpu_s = 1, .busy = 0.4, .busy_over = 0}, {.cpu_s = 1, .busy = 0.98, .busy_over = 0.06}};
  pl_verdict_facts f = good();
  f.workers = busy;
  expect(&f, true, "worker 1 was busy");
  f = good();
  f.pacing_lag.ns = 2 * PL_MS_NS + 1;
  expect(&f, true, "p99 of the lag");
  f.pacing_lag.p = 0.9;
  expect(&f, true, "p90 of the lag");
  f = good();
  f.receive_lag.ns = 5 * PL_MS_NS + 1;
  expect(&f, true, "read late");
  f = good();
  f.health.steal_share = 0.11;
  expect(&f, true, "steal");
  f = good();
  f.health.throttled_share = 0.5;
  expect(&f, true, "throttling");
  const pl_load_worker_stats stopped[] = {{.cpu_s = 1, .busy = 0.4}, {.cpu_s = 1, .busy = 0.4, .stalled = 0.3}};
  f = good();
  f.workers = stopped;
  expect(&f, true, "worker 1 was kept from running (stopped, or without a CPU) for 30.0 %");
  f = good();
  f.dropped = 1;
  expect(&f, true, "users");
  f.dropped = 1875760;
  f.planned = 2000000;
  expect(&f, true, "users: 1,875,760 of 2,000,000 starts were dropped");
  f = good();
  f.out_of = EMFILE;
  expect(&f, true, "descriptors");
  f = good();
  f.out_of = EADDRNOTAVAIL;
  f.connections = (pl_load_connections){.asked = 120, .made = 100, .max = 100};
  f.health.ports = 50;
  f.health.ports_waiting = 3;
  f.locals = 2;
  expect(&f, true, "100 of 120 connections asked for were made; 100 of 100 ports in use");
  f = good();
  f.lost_records = 3;
  expect(&f, true, "memory");
}

static void a_short_latency_still_allows_a_lag_of_a_millisecond(void **state)
{
  (void)state;
  pl_verdict_facts f = good();
  f.latency_p50_ns = 100 * PL_US_NS;
  f.pacing_lag.ns = PL_MS_NS;
  expect(&f, false, NULL);
  f.pacing_lag.ns = PL_MS_NS + 1;
  expect(&f, true, "late");
}

static void most_ports_in_use_are_a_warning(void **state)
{
  (void)state;
  pl_verdict_facts f = good();
  f.health.ports = 100;
  f.connections.max = 80;
  expect(&f, false, NULL);
  f.health.ports_waiting = 1;
  expect(&f, false, "ports: 81 connections of this machine are open or still hold a port, of 100");
  f.locals = 2;
  expect(&f, false, NULL);
}

/* Of all programs of the machine: only many of them speak of this one. */
static void what_receive_queues_dropped_is_told(void **state)
{
  (void)state;
  pl_verdict_facts f = good();
  f.health.udp_dropped = 1;
  expect(&f, false, "dropped 1 datagrams and 0 segments");
  f.health.tcp_dropped = 1;
  expect(&f, true, "receive queues");
  f = good();
  f.health.listen_dropped = 1000;
  expect(&f, false, "listen queues");
}

static void waiting_for_users_is_a_warning_until_every_tenth_start_does(void **state)
{
  (void)state;
  pl_verdict_facts f = good();
  f.no_user = f.planned / 10;
  expect(&f, false, "users");
  f.no_user++;
  expect(&f, true, "always busy");
  f.users_peak = 9; /* they waited for a connection, then: that was asked for */
  expect(&f, false, NULL);
}

/* Delays are given as numbers, too: how long, and which reason. */
static void delays_are_numbers(void **state)
{
  (void)state;
  const pl_load_worker_stats busy[] = {{.cpu_s = 1, .busy = 0.98, .busy_over = 0.06}, {.cpu_s = 1, .busy = 0.4}};
  pl_verdict_facts f = good();
  pl_load_verdict v;
  pl_verdict_judge(&f, &v);
  assert_true(v.started_late.reason == 0 && v.read_late.reason == 0);
  f.workers = busy;
  f.pacing_lag.ns = 3 * PL_MS_NS;
  f.receive_lag.ns = 6 * PL_MS_NS;
  pl_verdict_judge(&f, &v);
  assert_true(v.started_late.ns == 3 * PL_MS_NS && v.started_late.reason == 2);
  assert_true(v.read_late.ns == 6 * PL_MS_NS && v.read_late.reason == 3);
}

static void many_reasons_stay_within_bounds(void **state)
{
  (void)state;
  pl_load_worker_stats busy[20];
  for (int i = 0; i < 20; i++)
    busy[i] = (pl_load_worker_stats){.cpu_s = 1, .busy = 1, .busy_over = 1};
  pl_verdict_facts f = good();
  f.workers = busy;
  f.n_workers = 20;
  f.pacing_lag.ns = 3 * PL_MS_NS;
  pl_load_verdict v;
  pl_verdict_judge(&f, &v);
  assert_int_equal(v.n_reasons, 8);
  assert_int_equal(v.started_late.reason, 0); /* for want of room */
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(at_every_threshold_it_is_still_valid),
      cmocka_unit_test(beyond_a_threshold_the_reason_names_it),
      cmocka_unit_test(a_short_latency_still_allows_a_lag_of_a_millisecond),
      cmocka_unit_test(most_ports_in_use_are_a_warning),
      cmocka_unit_test(what_receive_queues_dropped_is_told),
      cmocka_unit_test(waiting_for_users_is_a_warning_until_every_tenth_start_does),
      cmocka_unit_test(delays_are_numbers),
      cmocka_unit_test(many_reasons_stay_within_bounds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
