/* The table of short names: what "latency" or "cpu_utilization" means. Full metric names are accepted beside it. */
#ifndef PL_QUERY_NAMES_H
#define PL_QUERY_NAMES_H

#include "base/str.h"
#include "base/units.h"

/* How values of a metric come about. */
enum pl_metric_kind {
  PL_METRIC_DIST,    /* histograms; quantiles, mean, min, max, count */
  PL_METRIC_COUNTER, /* running totals, those that match part_label where there is one; rate and sum of increments */
  PL_METRIC_SHARE,   /* increments of the series that match part_label, over those of all: a ratio; other aggregates are taken
                        of the ratios of the seconds */
  PL_METRIC_GAUGE,   /* mean, min, max, last */
  PL_METRIC_UNUSED,  /* 1 - gauge `part_metric` / gauge `metric` */
};

typedef struct pl_metric_name {
  const char *name;        /* the short name */
  const char *metric;      /* the series' name */
  enum pl_metric_kind kind;
  enum pl_unit unit;       /* of the value */
  const char *aggregate;   /* taken when none is written */
  const char *part_label;  /* SHARE, COUNTER: a series counts as part when this label ... */
  const char *part_value;  /* ... is (part_is) or is not one of these, separated by | */
  bool part_is;
  const char *part_metric; /* UNUSED */
  const char *ignored;     /* SHARE: values of part_label that count nowhere, separated by |; or NULL */
  bool of_load;            /* belongs to scenarios; judged in each alone */
  bool timeouts;           /* DIST: holds timeouts, at their limit */
} pl_metric_name;

/* The row of a short name, or NULL. */
const pl_metric_name *pl_metric_find(pl_str name);
/* Row i, or NULL behind the last one. */
const pl_metric_name *pl_metric_at(size_t i);
/* Whether the distributions of this full name hold timeouts. */
bool pl_metric_has_timeouts(pl_str metric);
/* Whether part_value lists the label's value. */
bool pl_metric_is_part(const pl_metric_name *m, pl_str value);
/* Whether `ignored` lists the label's value: such a series counts neither as part nor in all. */
bool pl_metric_is_ignored(const pl_metric_name *m, pl_str value);

#endif
