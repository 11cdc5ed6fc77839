/* The system's clocks, and a fake one for tests. */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static uint64_t read_clock(clockid_t id)
{
  struct timespec t;
  clock_gettime(id, &t);
  return (uint64_t)t.tv_sec * PL_S_NS + (uint64_t)t.tv_nsec;
}

static uint64_t system_mono(void *user)
{
  (void)user;
  return read_clock(CLOCK_MONOTONIC);
}

static int64_t system_wall(void *user)
{
  (void)user;
  return (int64_t)read_clock(CLOCK_REALTIME);
}

const pl_clock pl_clock_system = {system_mono, system_wall, NULL};

uint64_t pl_now(const pl_clock *c)
{
  return c->mono_ns(c->user);
}

int64_t pl_wall(const pl_clock *c)
{
  return c->wall_ns(c->user);
}

uint64_t pl_thread_cpu_ns(void)
{
  return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

static uint64_t fake_mono(void *user)
{
  return ((pl_fake_clock *)user)->mono;
}

static int64_t fake_wall(void *user)
{
  return ((pl_fake_clock *)user)->wall;
}

void pl_fake_clock_init(pl_fake_clock *f, uint64_t mono, int64_t wall)
{
  *f = (pl_fake_clock){{fake_mono, fake_wall, f}, mono, wall};
}

void pl_fake_clock_advance(pl_fake_clock *f, uint64_t ns)
{
  f->mono += ns;
  f->wall += (int64_t)ns;
}

static uint64_t steady_mono(void *user)
{
  return pl_now(((const pl_steady_clock *)user)->under);
}

static int64_t steady_wall(void *user)
{
  const pl_steady_clock *s = user;
  return s->wall_at_0 + (int64_t)pl_now(s->under);
}

void pl_steady_clock_init(pl_steady_clock *s, const pl_clock *under)
{
  *s = (pl_steady_clock){{steady_mono, steady_wall, s}, under, pl_wall(under) - (int64_t)pl_now(under)};
}

/* The two clocks are read one after the other: a look in which the thread lost its CPU in between says nothing. */
void pl_step_watch_look(pl_step_watch *w, const pl_clock *c)
{
  uint64_t before = pl_now(c);
  int64_t wall = pl_wall(c);
  uint64_t after = pl_now(c);
  if (after - before > PL_MS_NS)
    return;
  int64_t apart = wall - (int64_t)before, step = w->begun ? apart - w->apart_ns : 0;
  if ((step < 0 ? -step : step) > (w->largest_ns < 0 ? -w->largest_ns : w->largest_ns))
    w->largest_ns = step;
  w->apart_ns = apart;
  w->begun = true;
}

void pl_wall_text(int64_t wall_ns, char out[32])
{
  time_t seconds = (time_t)(wall_ns / (int64_t)PL_S_NS);
  int64_t rest = wall_ns % (int64_t)PL_S_NS;
  if (rest < 0) {
    rest += (int64_t)PL_S_NS;
    seconds--;
  }
  struct tm t;
  char day[24];
  if (!gmtime_r(&seconds, &t) || !strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &t))
    day[0] = '\0';
  (void)snprintf(out, 32, "%s.%03dZ", day, (int)(rest / (int64_t)PL_MS_NS));
}
