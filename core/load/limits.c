/* Checks before the first request: better a clear word now than EMFILE in the middle of a run. */
#include "load/limits.h"

#include "base/descriptors.h"
#include "base/error.h"

enum {
  OPEN_ROOM = 4096, /* a table of 32 KB: what a stall of 40 ms takes at 100,000/s */
  DESCRIPTORS_KEPT = 128, /* for what is neither a user's connection nor one of the samplers' spare files */
  SPARE_KINDS = 2,        /* devices and containers */
  USERS_MAX = 100000,
};
#define RATE_MAX 1e7 /* more than a machine sends; each start is counted, also one that is dropped */

static double peak(const pl_scenario *s)
{
  if (s->model != PL_MODEL_CLOSED)
    return s->model == PL_MODEL_OPEN ? 0 : s->users;
  double most = 0;
  for (size_t i = 0; i < s->n_stages; i++)
    most = s->stages[i].level > most ? s->stages[i].level : most;
  return most;
}

static bool is_too_fast(const pl_scenario *s)
{
  for (size_t i = 0; i < s->n_stages && s->model == PL_MODEL_OPEN; i++) {
    if (!(s->stages[i].level <= RATE_MAX))
      return true;
  }
  return false;
}

/* The same with `users` instead of the peak of scenario number `changed`. */
static uint64_t sockets_with(const pl_plan *plan, size_t changed, double users)
{
  uint64_t sum = 0;
  for (size_t i = 0; i < plan->n_scenarios; i++) {
    const pl_scenario *s = &plan->scenarios[i];
    uint64_t n = (uint64_t)(i == changed ? users : peak(s)), streams = s->route ? s->route->streams : 0;
    n = streams ? (n + streams - 1) / streams : n;
    sum += s->max_connections && s->max_connections < n ? s->max_connections : n;
  }
  return plan->max_connections && plan->max_connections < sum ? plan->max_connections : sum;
}

uint64_t pl_plan_sockets(const pl_plan *plan)
{
  return sockets_with(plan, SIZE_MAX, 0);
}

uint64_t pl_plan_room(const pl_plan *plan)
{
  uint64_t n = pl_plan_sockets(plan) + DESCRIPTORS_KEPT;
  for (size_t i = 0; i < plan->n_scenarios; i++) {
    const pl_scenario *s = &plan->scenarios[i];
    uint64_t most = s->max_connections && s->max_connections < s->max_users ? s->max_connections : s->max_users;
    if (s->model == PL_MODEL_OPEN)
      n += most < OPEN_ROOM ? most : OPEN_ROOM;
  }
  return n;
}

/* What so many sockets need under a limit, which the samplers' share grows with. */
static uint64_t need(uint64_t sockets, uint64_t limit)
{
  return sockets + DESCRIPTORS_KEPT + SPARE_KINDS * (uint64_t)pl_spare_descriptors(limit);
}

/* sockets: those that are sure, of which a load has one at least. */
static int check_sockets(uint64_t sockets, uint64_t limit, pl_error *err)
{
  sockets = sockets ? sockets : 1;
  if (need(sockets, limit) <= limit)
    return PL_OK;
  uint64_t enough = need(sockets, 0);
  while (need(sockets, enough) > enough) /* a step for each 32 or so, at most 512 */
    enough = need(sockets, enough);
  return pl_fail(err, PL_ELIMIT,
                 "the load needs %llu connection%s at a time and so about %llu descriptors, but ulimit -n is "
                 "%llu: raise it (ulimit -n %llu), or ask for fewer users or connections",
                 (unsigned long long)sockets, sockets == 1 ? "" : "s", (unsigned long long)enough, (unsigned long long)limit, (unsigned long long)enough);
}

static int check_scenario(const pl_scenario *s, pl_error *err)
{
  int n = (int)s->name.len;
  bool counted = s->model == PL_MODEL_ITERATIONS || s->model == PL_MODEL_ITERATIONS_EACH;
  if (peak(s) > USERS_MAX || (s->model == PL_MODEL_OPEN && s->max_users > USERS_MAX))
    return pl_fail(err, PL_ELIMIT, "scenario %.*s: at most %d users are possible", n, s->name.data, USERS_MAX);
  if (is_too_fast(s))
    return pl_fail(err, PL_ELIMIT, "scenario %.*s: at most %.0f starts a second are possible", n, s->name.data, RATE_MAX);
  if (!counted && !s->duration_ns && !pl_stages_duration(s->stages, s->n_stages))
    return pl_fail(err, PL_EINVAL, "scenario %.*s: it has no duration", n, s->name.data);
  if (counted && (!s->users || !s->iterations))
    return pl_fail(err, PL_EINVAL, "scenario %.*s: no users or no iterations", n, s->name.data);
  if (s->model == PL_MODEL_OPEN && !s->max_users)
    return pl_fail(err, PL_EINVAL, "scenario %.*s: max_users is 0", n, s->name.data);
  if (!s->scripted && !s->url.host.len)
    return pl_fail(err, PL_EINVAL, "scenario %.*s: a static request needs a URL", n, s->name.data);
  int code = s->route ? pl_route_check(s->route, err) : PL_OK;
  if (code)
    (void)pl_fail_in(err, "scenario %.*s", n, s->name.data);
  return code;
}

int pl_plan_check(const pl_plan *plan, uint64_t limit, pl_error *err)
{
  if (!plan->n_scenarios)
    return pl_fail(err, PL_EINVAL, "a load needs a scenario");
  for (size_t i = 0; i < plan->n_scenarios; i++) {
    int code = check_scenario(&plan->scenarios[i], err);
    if (code)
      return code;
  }
  return check_sockets(pl_plan_sockets(plan), limit, err);
}

int pl_level_check(const pl_plan *plan, size_t scenario, double level, uint64_t limit, pl_error *err)
{
  if (scenario >= plan->n_scenarios || !(level >= 0) || level > RATE_MAX)
    return pl_fail(err, PL_EINVAL, "a level is a number from 0 on, for a scenario of this load");
  const pl_scenario *s = &plan->scenarios[scenario];
  if (s->model == PL_MODEL_OPEN)
    return PL_OK;
  if (s->model != PL_MODEL_CLOSED)
    return pl_fail(err, PL_EINVAL, "a scenario of counted iterations has no level to change");
  if (level > USERS_MAX)
    return pl_fail(err, PL_ELIMIT, "scenario %.*s: at most %d users are possible", (int)s->name.len, s->name.data, USERS_MAX);
  return check_sockets(sockets_with(plan, scenario, level), limit, err);
}
