/* The clocks: the time, how well it is kept (adjtimex(2)), and what counts it. */
#include <string.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "sample/procfile.h"
#include "sample/sampler.h"

enum { SOURCES_SIZE = 256 };

typedef struct clocks {
  int current; /* descriptor; -1: none */
  char available[SOURCES_SIZE];
} clocks;

static int time_open(pl_sampler *s, void **state, pl_error *err)
{
  const pl_sampler_options *o = pl_sampler_options_of(s);
  clocks *c = pl_alloc_zero(o->alloc, 1, sizeof *c);
  if (!c)
    return pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
  c->current = pl_attr_open(o->sys_root, "devices/system/clocksource/clocksource0/current_clocksource");
  (void)pl_attr_once(o->sys_root, "devices/system/clocksource/clocksource0/available_clocksource", c->available, sizeof c->available);
  *state = c;
  return PL_OK;
}

static void time_close(pl_sampler *s, void *state)
{
  clocks *c = state;
  if (c->current >= 0)
    close(c->current);
  pl_free(pl_sampler_options_of(s)->alloc, c, sizeof *c);
}

static void emit_source(pl_sampler *s, const char *metric, pl_str name)
{
  const pl_sample_label labels[] = {{"device", PL_STR("0")}, {"clocksource", name}};
  if (name.len)
    pl_sampler_emit(s, &(pl_emit){.name = metric, .labels = labels, .n_labels = 2}, 1);
}

/* The kernel keeps fractions in 1/65536 of parts per million. */
static void emit_timex(pl_sampler *s)
{
  struct timex t = {0};
  int sync = adjtimex(&t);
  if (sync < 0)
    return;
  double second = t.status & STA_NANO ? 1e-9 : 1e-6, ppm = 65536.0 * 1e6;
  const struct {
    const char *metric;
    double value;
    bool counter;
  } list[] = {
      {"node_timex_sync_status", sync != TIME_ERROR, false},
      {"node_timex_offset_seconds", (double)t.offset * second, false},
      {"node_timex_frequency_adjustment_ratio", 1 + (double)t.freq / ppm, false},
      {"node_timex_maxerror_seconds", (double)t.maxerror / 1e6, false},
      {"node_timex_estimated_error_seconds", (double)t.esterror / 1e6, false},
      {"node_timex_status", (double)t.status, false},
      {"node_timex_loop_time_constant", (double)t.constant, false},
      {"node_timex_tick_seconds", (double)t.tick / 1e6, false},
      {"node_timex_pps_frequency_hertz", (double)t.ppsfreq / ppm, false},
      {"node_timex_pps_jitter_seconds", (double)t.jitter * second, false},
      {"node_timex_pps_shift_seconds", (double)t.shift, false},
      {"node_timex_pps_stability_hertz", (double)t.stabil / ppm, false},
      {"node_timex_pps_jitter_total", (double)t.jitcnt, true},
      {"node_timex_pps_calibration_total", (double)t.calcnt, true},
      {"node_timex_pps_error_total", (double)t.errcnt, true},
      {"node_timex_pps_stability_exceeded_total", (double)t.stbcnt, true},
      {"node_timex_tai_offset_seconds", (double)t.tai, false},
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++)
    pl_sampler_emit(s, &(pl_emit){.name = list[i].metric, .counter = list[i].counter}, list[i].value);
}

static void time_read(pl_sampler *s, void *state)
{
  clocks *c = state;
  char text[SOURCES_SIZE];
  struct timespec now;
  struct tm local;
  clock_gettime(CLOCK_REALTIME, &now);
  pl_sampler_gauge(s, "node_time_seconds", (double)now.tv_sec + (double)now.tv_nsec / 1e9);
  if (localtime_r(&now.tv_sec, &local))
    pl_sampler_gauge_of(s, "node_time_zone_offset_seconds", "time_zone", pl_str_of(local.tm_zone), (double)local.tm_gmtoff);
  emit_source(s, "node_time_clocksource_current_info", pl_attr_read(c->current, text, sizeof text));
  pl_str rest = pl_str_of(c->available), name;
  while ((name = pl_field_next(&rest)).len)
    emit_source(s, "node_time_clocksource_available_info", pl_str_trim(name));
  emit_timex(s);
}

const pl_source pl_source_time = {"adjtimex", time_open, time_read, time_close};
