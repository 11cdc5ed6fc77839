/* The thresholds do not change: users rely on them. Each rule is a function that may add one reason. */
#include "load/verdict.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"

#define BUSY_SECONDS_SHARE 0.05
#define LAG_FLOOR_NS PL_MS_NS
#define LAG_SHARE 0.10         /* of the latency's p50 */
#define RECEIVE_LAG_SHARE 0.10 /* of the latency's p99 */
#define NO_USER_SHARE 0.10     /* of the starts */
#define STOLEN_LIMIT 0.10
#define STOLEN_WARNING 0.01
#define PORTS_WARNING 0.80     /* of the local ports */
#define DROPPED_SHARE 0.001    /* of the requests */
#define STEP_NS (10 * (int64_t)PL_MS_NS) /* of the wall clock; what slews is less between two looks */

static void add_reason(pl_load_verdict *v, const char *format, ...) PL_PRINTF(2, 3);
static void add_warning(pl_load_verdict *v, const char *format, ...) PL_PRINTF(2, 3);

static void add(char texts[][160], unsigned *n, const char *format, va_list args)
{
  if (*n < 8)
    (void)vsnprintf(texts[(*n)++], 160, format, args);
}

static void add_reason(pl_load_verdict *v, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  add(v->reasons, &v->n_reasons, format, args);
  va_end(args);
  v->limited = true;
}

static void add_warning(pl_load_verdict *v, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  add(v->warnings, &v->n_warnings, format, args);
  va_end(args);
}

static const char *duration(uint64_t ns, char out[48])
{
  (void)pl_unit_text(PL_UNIT_DURATION, (double)ns * 1e-9, out);
  return out;
}

/* A number as people read it: "879,697". */
static const char *count(uint64_t n, char out[48])
{
  (void)pl_unit_text(PL_UNIT_NUMBER, (double)n, out);
  return out;
}

static void judge_busy(const pl_verdict_facts *f, pl_load_verdict *v)
{
  for (unsigned i = 0; i < f->n_workers; i++) {
    if (f->workers[i].busy_over > BUSY_SECONDS_SHARE)
      add_reason(v, "worker %u was busy for 97 %% or more in %.0f %% of the seconds", i,
                 100 * f->workers[i].busy_over);
  }
}

/* The delay of the reason behind n others, which there may have been no room for. */
static pl_load_delay delay_of(const pl_load_verdict *v, unsigned n, const pl_lateness *l)
{
  return (pl_load_delay){l->ns, 1 - l->p, v->n_reasons > n ? v->n_reasons : 0};
}

static void judge_lag(const pl_verdict_facts *f, pl_load_verdict *v)
{
  char lag[48], limit_text[48];
  uint64_t limit = (uint64_t)(LAG_SHARE * (double)f->latency_p50_ns);
  limit = limit > LAG_FLOOR_NS ? limit : LAG_FLOOR_NS;
  unsigned n = v->n_reasons;
  if (f->pacing_lag.ns > limit) {
    add_reason(v, "starts came late: p%g of the lag %s is more than %s", 100 * f->pacing_lag.p, duration(f->pacing_lag.ns, lag),
               duration(limit, limit_text));
    v->started_late = delay_of(v, n, &f->pacing_lag);
  }
  n = v->n_reasons;
  limit = (uint64_t)(RECEIVE_LAG_SHARE * (double)f->latency_p99_ns);
  if (f->latency_p99_ns && f->receive_lag.ns > limit) {
    add_reason(v, "answers were read late: p%g of the wait %s is more than 10 %% of the latency's p99", 100 * f->receive_lag.p,
               duration(f->receive_lag.ns, lag));
    v->read_late = delay_of(v, n, &f->receive_lag);
  }
}

static void judge_stolen(pl_load_verdict *v, double share, const char *what)
{
  if (share > STOLEN_LIMIT)
    add_reason(v, "%s took %.0f %% of the CPU time", what, 100 * share);
  else if (share >= STOLEN_WARNING)
    add_warning(v, "%s took %.1f %% of the CPU time", what, 100 * share);
}

/* What no start tells of in a closed loop: its users stood still together with it. */
static void judge_stalls(const pl_verdict_facts *f, pl_load_verdict *v)
{
  for (unsigned i = 0; i < f->n_workers; i++) {
    double share = f->workers[i].stalled;
    if (share >= STOLEN_WARNING)
      (share > STOLEN_LIMIT ? add_reason : add_warning)(v, "worker %u was kept from running (stopped, or without a CPU) for %.1f %% of the time",
                                                              i, 100 * share);
  }
}

static void judge_users(const pl_verdict_facts *f, pl_load_verdict *v)
{
  char some[48], all[48], starts[48];
  if (f->dropped)
    add_reason(v, "users: %s of %s starts were dropped, for all users were busy and the queue was full", count(f->dropped, some), count(f->planned, all));
  if (!f->no_user || !f->users_max || f->users_peak < f->users_max)
    return;
  bool often = (double)f->no_user > NO_USER_SHARE * (double)f->planned;
  (often ? add_reason : add_warning)(v, "users: %s of %s users were %sbusy; %s starts waited (see max_users)",
                                     count(f->users_peak, some), count(f->users_max, all), often ? "always " : "", count(f->no_user, starts));
}

/* How much of what was asked for there was. */
static const char *made(const pl_verdict_facts *f, char out[160])
{
  char some[48], all[48];
  (void)snprintf(out, 160, "%s of %s connections asked for were made", count(f->connections.made, some), count(f->connections.asked, all));
  return out;
}

/* Those that closed connections still hold are of all programs here, and counted once whoever closed. */
static void judge_ports(const pl_verdict_facts *f, pl_load_verdict *v)
{
  uint64_t used = f->connections.max + f->health.ports_waiting, there = f->health.ports * (f->locals ? f->locals : 1);
  char text[160], some[48], all[48];
  if (f->out_of == EADDRNOTAVAIL) /* on loopback the server's ends wait, too: no more than all are in use */
    add_reason(v, "ports: no local port was free for a new connection: %s; %s of %s ports in use (see local_ips)", made(f, text),
               count(used < there ? used : there, some), count(there, all));
  else if (there && (double)used > PORTS_WARNING * (double)there)
    add_warning(v, "ports: %s connections of this machine are open or still hold a port, of %s local ports (see local_ips)", count(used, some),
                count(there, all));
}

static void judge_sockets(const pl_verdict_facts *f, pl_load_verdict *v)
{
  char text[160];
  if (f->out_of == EMFILE || f->out_of == ENFILE)
    add_reason(v, "descriptors: no socket could be opened (see ulimit -n): %s", made(f, text));
  else if (f->out_of && f->out_of != EADDRNOTAVAIL)
    add_reason(v, "sockets: the system refused one: %s: %s", strerrordesc_np(f->out_of), made(f, text));
  judge_ports(f, v);
}

/* The kernel counts for all programs of this machine: a few are no verdict on this one. */
static void judge_queues(const pl_verdict_facts *f, pl_load_verdict *v)
{
  uint64_t dropped = f->health.udp_dropped + f->health.tcp_dropped;
  char datagrams[48], segments[48], connections[48];
  bool many = (double)dropped > DROPPED_SHARE * (double)f->requests;
  if (dropped)
    (many ? add_reason : add_warning)(v, "receive queues: this machine dropped %s datagrams and %s segments that came in",
                                      count(f->health.udp_dropped, datagrams), count(f->health.tcp_dropped, segments));
  if (f->health.listen_dropped)
    add_warning(v, "listen queues: servers on this machine had no room for %s connections", count(f->health.listen_dropped, connections));
}

static void judge_memory(const pl_verdict_facts *f, pl_load_verdict *v)
{
  char lost[48];
  if (f->lost_users)
    add_reason(v, "memory: %s times a user could not be made", count(f->lost_users, lost));
  if (f->lost_records)
    add_reason(v, "memory: %s measured values were lost", count(f->lost_records, lost));
}

/* No measure stands on the wall clock: a step is only said. */
static void judge_clock(const pl_verdict_facts *f, pl_load_verdict *v)
{
  char step[48];
  int64_t ns = f->clock_step_ns;
  if (ns > -STEP_NS && ns < STEP_NS)
    return;
  (void)duration((uint64_t)(ns < 0 ? -ns : ns), step);
  add_warning(v, "clock: the wall clock was set %s by %s; times of the load stand on the monotonic clock", ns < 0 ? "back" : "forward", step);
}

void pl_verdict_judge(const pl_verdict_facts *f, pl_load_verdict *out)
{
  memset(out, 0, sizeof *out);
  judge_busy(f, out);
  judge_lag(f, out);
  judge_stolen(out, f->health.steal_share, "the hypervisor (steal)");
  judge_stolen(out, f->health.throttled_share, "the cgroup's limit (throttling)");
  judge_stalls(f, out);
  judge_users(f, out);
  judge_sockets(f, out);
  judge_queues(f, out);
  judge_memory(f, out);
  judge_clock(f, out);
}
