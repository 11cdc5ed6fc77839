/* Changes of a closed network. */
#include "analysis/capacity/what_if.h"

#include <math.h>

int pl_what_if(pl_station *stations, size_t n, double *think, int64_t *users, const pl_network_change *changes, size_t n_changes, pl_error *err)
{
  for (size_t i = 0; i < n_changes; i++) {
    const pl_network_change *c = &changes[i];
    bool of_station = c->servers != 0 || c->speed < 0 || c->speed > 0;
    if (of_station && c->station >= n)
      return pl_fail(err, PL_EINVAL, "change %zu: there is no station %zu", i + 1, c->station + 1);
    if (!(c->speed >= 0 && isfinite(c->speed)) || c->servers < 0)
      return pl_fail(err, PL_EINVAL, "change %zu: a speed of %g, %lld servers; both are above 0", i + 1, c->speed, (long long)c->servers);
    if (c->users >= 0)
      *users = c->users;
    if (!isnan(c->think))
      *think = c->think;
    if (c->servers)
      stations[c->station].servers = c->servers;
    if (c->speed > 0)
      stations[c->station].demand /= c->speed;
  }
  return PL_OK;
}
