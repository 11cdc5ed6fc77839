/* Whether the process may open what a plan needs. */
#ifndef PL_LOAD_LIMITS_H
#define PL_LOAD_LIMITS_H

#include "load/plan.h"

/* Sockets that the plan surely needs at the same time: users of closed loops, as far as connections are not
 * limited. Open loops take users as they need them, so nothing is sure about them. */
uint64_t pl_plan_sockets(const pl_plan *plan);

/* Descriptors that a load makes room for before it starts: those of pl_plan_sockets, what open loops take when the target stalls, and what the rest of the
 * process uses. */
uint64_t pl_plan_room(const pl_plan *plan);

/* PL_EINVAL: a plan that cannot run, also for a local address that this machine has not; PL_ELIMIT: more sockets than descriptors are left (`limit` of them
 * are allowed); the message names both numbers. */
int pl_plan_check(const pl_plan *plan, uint64_t limit, pl_error *err) PL_MUSTCHECK;

/* Whether a level may take the place of those of a scenario: PL_EINVAL (no number from 0 on, no such scenario, one of counted
 * iterations), PL_ELIMIT (more users or sockets than a plan may ask for). */
int pl_level_check(const pl_plan *plan, size_t scenario, double level, uint64_t limit, pl_error *err) PL_MUSTCHECK;

#endif
