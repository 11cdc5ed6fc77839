/* Whether this machine stalls by itself: on each CPU a thread sleeps for two milliseconds again and again, and knows how long it slept
 * beyond them. On SIGTERM it writes one JSON object: { "longest_s", "lost_s" (of all beyond a millisecond, the worst CPU's), "took_s" }.
 *
 *     stalls FILE */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { CPUS_MAX = 256, NAP_NS = 2000000, LATE_NS = 1000000 };

typedef struct watch {
  pthread_t thread;
  int cpu;
  uint64_t longest_ns, lost_ns;
} watch;

static atomic_bool over;

static uint64_t now_ns(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
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
    uint64_t slept = now_ns() - before, late = slept > NAP_NS ? slept - NAP_NS : 0;
    w->longest_ns = late > w->longest_ns ? late : w->longest_ns;
    w->lost_ns += late > LATE_NS ? late : 0;
  }
  return NULL;
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
  for (int i = 0; i < cpus && i < CPUS_MAX; i++) {
    watches[i].cpu = i;
    if (pthread_create(&watches[i].thread, NULL, look, &watches[i]))
      return 1;
  }
  FILE *out = fopen(argv[1], "w"); /* empty: it watches now, and may be ended */
  if (!out || fclose(out))
    return 1;
  sigwait(&ends, &signal_number);
  atomic_store(&over, true);
  for (int i = 0; i < cpus && i < CPUS_MAX; i++) {
    pthread_join(watches[i].thread, NULL);
    longest = watches[i].longest_ns > longest ? watches[i].longest_ns : longest;
    lost = watches[i].lost_ns > lost ? watches[i].lost_ns : lost;
  }
  out = fopen(argv[1], "w");
  if (!out)
    return 1;
  fprintf(out, "{\"longest_s\":%.6f,\"lost_s\":%.6f,\"took_s\":%.6f}\n", (double)longest / 1e9, (double)lost / 1e9, (double)(now_ns() - began) / 1e9);
  return fclose(out) ? 1 : 0;
}
