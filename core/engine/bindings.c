/* The one list of the modules that a state offers to our Lua. */
#include "bind/modules.h"
#include "engine/run.h"
#include "script/guard.h"

typedef struct binding {
  const char *name;
  lua_CFunction open;
  bool run; /* only where there is a run */
} binding;

static const binding bindings[] = {
    {"perilune.core.task", pl_open_task, false},
    {"perilune.core.guard", pl_open_guard, false},
    {"perilune.core.units", pl_open_units, false},
    {"perilune.core.json", pl_open_json, false},
    {"perilune.core.clock", pl_open_clock, false},
    {"perilune.core.stats", pl_open_stats, false},
    {"perilune.core.samples", pl_open_samples, false},
    {"perilune.core.sketch", pl_open_sketch, false},
    {"perilune.core.forecast", pl_open_forecast, false},
    {"perilune.core.rightsize", pl_open_rightsize, false},
    {"perilune.core.capacity", pl_open_capacity, false},
    {"perilune.core.experience", pl_open_experience, false},
    {"perilune.core.outlook", pl_open_outlook, false},
    {"perilune.core.hist", pl_open_hist, false},
    {"perilune.core.timeline", pl_open_timeline, false},
    {"perilune.core.gc", pl_open_gc, false},
    {"perilune.core.query", pl_open_query, false},
    {"perilune.core.promql", pl_open_promql, false},
    {"perilune.core.file", pl_open_file, false},
    {"perilune.core.change", pl_open_change, false},
    {"perilune.core.inputs", pl_open_inputs, false},
    {"perilune.core.anomaly", pl_open_anomaly, false},
    {"perilune.core.program", pl_open_program, false},
    {"perilune.core.target", pl_open_target, false},
    {"perilune.core.trace", pl_open_trace, false},
    {"perilune.core.feeder", pl_open_feeder, false},
    {"perilune.core.wrk", pl_open_wrk, false},
    {"perilune.core.route", pl_open_route, false},
    {"perilune.core.engine", pl_open_engine, false},
    {"perilune.core.writer", pl_open_writer, true},
    {"perilune.core.load", pl_open_load, true},
    {"perilune.core.http", pl_open_http, false},
    {"perilune.core.history", pl_open_history, true},
    {"perilune.core.token", pl_open_token, true},
    {"perilune.core.import", pl_open_import, true},
    {"perilune.core.export", pl_open_export, false},
    {"perilune.core.exposition", pl_open_exposition, false},
    {"perilune.core.lines", pl_open_lines, false},
    {"perilune.core.outlet", pl_open_outlet, false},
    {"perilune.core.sampler", pl_open_sampler, false},
    {"perilune.core.watch", pl_open_watch, true},
    {"perilune.core.receiver", pl_open_receiver, true},
    {"perilune.core.scrape", pl_open_scrape, true},
};

int pl_bindings_open(pl_state *s, bool with_run)
{
  for (size_t i = 0; i < sizeof bindings / sizeof *bindings; i++) {
    if (bindings[i].run && !with_run)
      continue;
    int code = pl_state_preload(s, bindings[i].name, bindings[i].open);
    if (code)
      return code;
  }
  return PL_OK;
}
