/* Checks before the first request: better a clear word now than EMFILE in the middle of a run. */
#include "load/limits.h"

#include <sys/resource.h>

#include "base/error.h"

enum {
  DESCRIPTORS_KEPT = 64, /* for everything that is not a user's connection */
  USERS_MAX = 100000,
};

static double peak(const pl_scenario *s)
{
  if (s->model != PL_MODEL_CLOSED)
    return s->model == PL_MODEL_OPEN ? 0 : s->users;
  double most = 0;
  for (size_t i = 0; i < s->n_stages; i++)
    most = s->stages[i].level > most ? s->stages[i].level : most;
  return most;
}

uint64_t pl_plan_sockets(const pl_plan *plan)
{
  uint64_t sum = 0;
  for (size_t i = 0; i < plan->n_scenarios; i++) {
    const pl_scenario *s = &plan->scenarios[i];
    uint64_t users = (uint64_t)peak(s);
    sum += s->max_connections && s->max_connections < users ? s->max_connections : users;
  }
  return plan->max_connections && plan->max_connections < sum ? plan->max_connections : sum;
}

static int check_scenario(const pl_scenario *s, pl_error *err)
{
  int n = (int)s->name.len;
  bool counted = s->model == PL_MODEL_ITERATIONS || s->model == PL_MODEL_ITERATIONS_EACH;
  if (peak(s) > USERS_MAX || (s->model == PL_MODEL_OPEN && s->max_users > USERS_MAX))
    return pl_fail(err, PL_ELIMIT, "scenario %.*s: at most %d users are possible", n, s->name.data, USERS_MAX);
  if (!counted && !s->duration_ns && !pl_stages_duration(s->stages, s->n_stages))
    return pl_fail(err, PL_EINVAL, "scenario %.*s: it has no duration", n, s->name.data);
  if (counted && (!s->users || !s->iterations))
    return pl_fail(err, PL_EINVAL, "scenario %.*s: no users or no iterations", n, s->name.data);
  if (s->model == PL_MODEL_OPEN && !s->max_users)
    return pl_fail(err, PL_EINVAL, "scenario %.*s: max_users is 0", n, s->name.data);
  if (!s->scripted && !s->url.host.len)
    return pl_fail(err, PL_EINVAL, "scenario %.*s: a static request needs a URL", n, s->name.data);
  return PL_OK;
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
  uint64_t sockets = pl_plan_sockets(plan);
  if (sockets + DESCRIPTORS_KEPT > limit)
    return pl_fail(err, PL_ELIMIT,
                   "the load needs %llu connections at a time and so about %llu descriptors, but ulimit -n is "
                   "%llu: raise it (ulimit -n %llu), or ask for fewer users or connections",
                   (unsigned long long)sockets, (unsigned long long)(sockets + DESCRIPTORS_KEPT),
                   (unsigned long long)limit, (unsigned long long)(sockets + DESCRIPTORS_KEPT));
  return PL_OK;
}

uint64_t pl_descriptor_limit(void)
{
  struct rlimit r;
  return getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur != RLIM_INFINITY ? (uint64_t)r.rlim_cur : UINT64_MAX / 2;
}
