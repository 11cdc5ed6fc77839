/* See growth.h. A load gives each of its counters once a second, behind a 0 at the begin of the first. */
#include "query/growth.h"

#include <math.h>

bool pl_growth_is_of_load(pl_str name, enum pl_series_kind kind, pl_str source)
{
  return kind == PL_SERIES_COUNTER && pl_str_eqc(source, "load") && pl_str_starts(name, PL_STR("load_"));
}

int64_t pl_growth_from_ms(pl_growth *g, int64_t ts_ms, double value)
{
  if (isnan(value))
    return ts_ms;
  bool grows = g->any && value >= g->value;
  g->at_begin = g->at_begin || (g->any && g->value == 0 && ts_ms - g->ts_ms == 1);
  int64_t from_ms = grows && !g->at_begin ? g->ts_ms : ts_ms;
  g->any = true;
  g->ts_ms = ts_ms;
  g->value = value;
  return from_ms;
}
