/* See names.h. To add a name: one row. */
#include "query/names.h"

#define DIST(short_name, full, holds_timeouts) \
  {.name = short_name, .metric = full, .kind = PL_METRIC_DIST, .unit = PL_UNIT_DURATION, .aggregate = "p99", .of_load = true, .timeouts = holds_timeouts}
#define LOAD(short_name, full, of_kind, of_unit, usual) \
  .name = short_name, .metric = full, .kind = of_kind, .unit = of_unit, .aggregate = usual, .of_load = true

static const pl_metric_name names[] = {
    DIST("latency", "load_latency_seconds", true),
    DIST("service_time", "load_service_seconds", true),
    DIST("schedule_lag", "load_schedule_lag_seconds", false),
    DIST("iteration_time", "load_iteration_seconds", false),
    DIST("group_time", "load_group_seconds", false),
    {LOAD("requests", "load_requests_total", PL_METRIC_COUNTER, PL_UNIT_NUMBER, "rate")},
    {LOAD("timeouts", "load_requests_total", PL_METRIC_COUNTER, PL_UNIT_NUMBER, "sum"), .part_label = "outcome", .part_value = "timeout", .part_is = true},
    {LOAD("error_ratio", "load_requests_total", PL_METRIC_SHARE, PL_UNIT_RATIO, "ratio"), .part_label = "outcome", .part_value = "ok",
     .ignored = "aborted"},
    {LOAD("checks", "load_checks_total", PL_METRIC_SHARE, PL_UNIT_RATIO, "ratio"), .part_label = "ok", .part_value = "true", .part_is = true},
    {LOAD("dropped", "load_starts_total", PL_METRIC_COUNTER, PL_UNIT_NUMBER, "sum"), .part_label = "outcome", .part_value = "dropped|cancelled",
     .part_is = true},
    {LOAD("dropped_ratio", "load_starts_total", PL_METRIC_SHARE, PL_UNIT_RATIO, "ratio"), .part_label = "outcome",
     .part_value = "dropped|cancelled", .part_is = true, .ignored = "late|planned"},
    {LOAD("users", "load_users", PL_METRIC_GAUGE, PL_UNIT_NUMBER, "max")},
    {.name = "cpu_utilization", .metric = "node_cpu_seconds_total", .kind = PL_METRIC_SHARE, .unit = PL_UNIT_RATIO, .aggregate = "ratio",
     .part_label = "mode", .part_value = "idle|iowait"},
    {.name = "memory_utilization", .metric = "node_memory_MemTotal_bytes", .kind = PL_METRIC_UNUSED, .unit = PL_UNIT_RATIO, .aggregate = "max",
     .part_metric = "node_memory_MemAvailable_bytes"},
    {.name = "load1", .metric = "node_load1", .kind = PL_METRIC_GAUGE, .unit = PL_UNIT_NUMBER, .aggregate = "max"},
    {0},
};

const pl_metric_name *pl_metric_find(pl_str name)
{
  for (const pl_metric_name *m = names; m->name; m++) {
    if (pl_str_eqc(name, m->name))
      return m;
  }
  return NULL;
}

bool pl_metric_has_timeouts(pl_str metric)
{
  for (const pl_metric_name *m = names; m->name; m++) {
    if (m->timeouts && pl_str_eqc(metric, m->metric))
      return true;
  }
  return false;
}

const pl_metric_name *pl_metric_at(size_t i)
{
  return i + 1 < sizeof names / sizeof *names ? &names[i] : NULL;
}

static bool lists(const char *values, pl_str value)
{
  pl_str list = pl_str_of(values);
  while (list.data) {
    if (pl_str_eq(pl_str_cut(&list, '|'), value))
      return true;
  }
  return false;
}

bool pl_metric_is_part(const pl_metric_name *m, pl_str value)
{
  return lists(m->part_value, value) == m->part_is;
}

bool pl_metric_is_ignored(const pl_metric_name *m, pl_str value)
{
  return m->ignored && lists(m->ignored, value);
}
