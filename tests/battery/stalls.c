/* Whether this machine stalls by itself: on each CPU a thread sleeps for two milliseconds again and again, and knows how long it slept
 * beyond them. On SIGTERM it writes one JSON object: { "longest_s", "lost_s" (of all beyond a millisecond, the worst CPU's), "took_s",
 * "stalls": [[from_s, to_s], ...] (each of those beyond a millisecond, on the monotonic clock, the first 10,000 of a CPU) }.
 *
 *     stalls FILE */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CPUS_MAX = 256, NAP_NS = 2000000, LATE_NS = 1000000, STALLS_MAX = 10000 };

typedef struct stall {
  uint64_t from_ns, to_ns;
} stall;

typedef struct watch {
  pthread_t thread;
  int cpu;
  uint64_t longest_ns, lost_ns;
  stall *stalls; /* STALLS_MAX of them, owned; touched before it watches: to write one is no page fault */
  unsigned n;
} watch;

static atomic_bool over;

static uint64_t now_ns(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void see(watch *w, uint64_t due_ns, uint64_t woke_ns)
{
  uint64_t late = woke_ns > due_ns ? woke_ns - due_ns : 0;
  w->longest_ns = late > w->longest_ns ? late : w->longest_ns;
  if (late <= LATE_NS)
    return;
  w->lost_ns += late;
  if (w->n < STALLS_MAX)
    w->stalls[w->n++] = (stall){due_ns, woke_ns};
}

static void *look(void *user)
{
  watch *w = user;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET((unsigned)w->cpu, &set);
  (void)pthread_setaffinity_np(pthread_self(), sizeof set, &set);
  while (!atomic_load(&over)) {
    uint64_t before = now_ns();
    (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){.tv_nsec = NAP_NS}, NULL);
    see(w, before + NAP_NS, now_ns());
  }
  return NULL;
}

static void write_stalls(const watch *watches, long cpus, FILE *out)
{
  const char *comma = "";
  fputs(",\"stalls\":[", out);
  for (int i = 0; i < cpus; i++) {
    for (unsigned j = 0; j < watches[i].n; j++, comma = ",")
      fprintf(out, "%s[%.6f,%.6f]", comma, (double)watches[i].stalls[j].from_ns / 1e9, (double)watches[i].stalls[j].to_ns / 1e9);
  }
  fputs("]", out);
}

int main(int argc, char **argv)
{
  static watch watches[CPUS_MAX];
  long cpus = sysconf(_SC_NPROCESSORS_ONLN);
  uint64_t longest = 0, lost = 0, began = now_ns();
  sigset_t ends;
  int signal_number;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, NULL);
  if (argc != 2)
    return 2;
  cpus = cpus < CPUS_MAX ? cpus : CPUS_MAX;
  for (int i = 0; i < cpus; i++) {
    watches[i].cpu = i;
    watches[i].stalls = malloc(STALLS_MAX * sizeof(stall));
    if (!watches[i].stalls)
      return 1;
    memset(watches[i].stalls, 0, STALLS_MAX * sizeof(stall));
    if (pthread_create(&watches[i].thread, NULL, look, &watches[i]))
      return 1;
  }
  FILE *out = fopen(argv[1], "w"); /* empty: it watches now, and may be ended */
  if (!out || fclose(out))
    return 1;
  sigwait(&ends, &signal_number);
  atomic_store(&over, true);
  for (int i = 0; i < cpus; i++) {
    pthread_join(watches[i].thread, NULL);
    longest = watches[i].longest_ns > longest ? watches[i].longest_ns : longest;
    lost = watches[i].lost_ns > lost ? watches[i].lost_ns : lost;
  }
  out = fopen(argv[1], "w");
  if (!out)
    return 1;
  fprintf(out, "{\"longest_s\":%.6f,\"lost_s\":%.6f,\"took_s\":%.6f", (double)longest / 1e9, (double)lost / 1e9, (double)(now_ns() - began) / 1e9);
  write_stalls(watches, cpus, out);
  fputs("}\n", out);
  return fclose(out) ? 1 : 0;
}
