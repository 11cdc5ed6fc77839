/* See names.h. To add a name: one row. */
#include "query/names.h"

static const pl_metric_name names[] = {
    {"latency", "load_latency_seconds", PL_METRIC_DIST, PL_UNIT_DURATION, "p99", NULL, NULL, false, NULL, NULL, true},
    {"service_time", "load_service_seconds", PL_METRIC_DIST, PL_UNIT_DURATION, "p99", NULL, NULL, false, NULL, NULL, true},
    {"schedule_lag", "load_schedule_lag_seconds", PL_METRIC_DIST, PL_UNIT_DURATION, "p99", NULL, NULL, false, NULL, NULL, true},
    {"iteration_time", "load_iteration_seconds", PL_METRIC_DIST, PL_UNIT_DURATION, "p99", NULL, NULL, false, NULL, NULL, true},
    {"group_time", "load_group_seconds", PL_METRIC_DIST, PL_UNIT_DURATION, "p99", NULL, NULL, false, NULL, NULL, true},
    {"requests", "load_requests_total", PL_METRIC_COUNTER, PL_UNIT_NUMBER, "rate", NULL, NULL, false, NULL, NULL, true},
    {"error_ratio", "load_requests_total", PL_METRIC_SHARE, PL_UNIT_RATIO, "ratio", "outcome", "ok", false, NULL, NULL, true},
    {"checks", "load_checks_total", PL_METRIC_SHARE, PL_UNIT_RATIO, "ratio", "ok", "true", true, NULL, NULL, true},
    {"dropped", "load_starts_total", PL_METRIC_SHARE, PL_UNIT_RATIO, "ratio", "outcome", "dropped|cancelled", true, NULL, "late|planned", true},
    {"users", "load_users", PL_METRIC_GAUGE, PL_UNIT_NUMBER, "max", NULL, NULL, false, NULL, NULL, true},
    {"cpu_utilization", "node_cpu_seconds_total", PL_METRIC_SHARE, PL_UNIT_RATIO, "ratio", "mode", "idle|iowait", false, NULL, NULL, false},
    {"memory_utilization", "node_memory_MemTotal_bytes", PL_METRIC_UNUSED, PL_UNIT_RATIO, "max", NULL, NULL, false,
     "node_memory_MemAvailable_bytes", NULL, false},
    {"load1", "node_load1", PL_METRIC_GAUGE, PL_UNIT_NUMBER, "max", NULL, NULL, false, NULL, NULL, false},
    {NULL, NULL, PL_METRIC_GAUGE, PL_UNIT_NUMBER, NULL, NULL, NULL, false, NULL, NULL, false},
};

const pl_metric_name *pl_metric_find(pl_str name)
{
  for (const pl_metric_name *m = names; m->name; m++) {
    if (pl_str_eqc(name, m->name))
      return m;
  }
  return NULL;
}

const char *pl_metric_near(pl_str name)
{
  const char *near = NULL;
  size_t best = name.len / 3 + 2;
  for (const pl_metric_name *m = names; m->name; m++) {
    size_t distance = pl_edit_distance(name, pl_str_of(m->name));
    if (distance < best) {
      best = distance;
      near = m->name;
    }
  }
  return near;
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
