/* Preloaded into perilune, in front of liblua: how long each step of Lua's collector in a load took, in microseconds of its thread's own CPU
 * time, so that what preempts it does not count. At the end of the program one line goes to the file that COLLECTOR_STEPS names:
 * steps, the longest, p99.9, and the median over the collections of one's longest step, which a busy machine's caches and interrupts hardly
 * touch. For one worker: only workers step their states by lua_gc, other states collect by themselves. */
#include <dlfcn.h>
#include <lua.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MAX = 1 << 22, STATES = 4096 };

typedef struct list {
  uint32_t ns[MAX];
  size_t n;
} list;

static int (*own_gc)(lua_State *, int, ...);
static list *steps, *worst; /* each step; the longest of each complete collection */
static struct {
  const void *state;
  uint32_t ns;
} longest[STATES]; /* of the collection that a state is in, by a hash of its registry's address */

static uint64_t now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static void add(list *l, uint32_t ns)
{
  if (l->n < MAX)
    l->ns[l->n++] = ns;
}

/* The nearest rank in microseconds; 0 of nothing. */
static double quantile(const list *l, double p)
{
  size_t rank = (size_t)(p * (double)l->n + 0.999999);
  return l->n ? l->ns[rank ? rank - 1 : 0] / 1e3 : 0;
}

__attribute__((constructor)) static void begin(void)
{
  own_gc = (int (*)(lua_State *, int, ...))dlsym(RTLD_NEXT, "lua_gc");
  steps = calloc(1, sizeof *steps);
  worst = calloc(1, sizeof *worst);
  if (!steps || !worst)
    abort();
}

__attribute__((destructor)) static void end(void)
{
  const char *path = getenv("COLLECTOR_STEPS");
  FILE *f = path && steps->n ? fopen(path, "w") : NULL;
  if (!f)
    return;
  qsort(steps->ns, steps->n, sizeof *steps->ns, by_value);
  qsort(worst->ns, worst->n, sizeof *worst->ns, by_value);
  fprintf(f, "%zu %.1f %.1f %.1f\n", steps->n, quantile(steps, 1), quantile(steps, 0.999), quantile(worst, 0.5));
  fclose(f);
}

static void note(lua_State *L, uint32_t ns, int done)
{
  const void *state = lua_topointer(L, LUA_REGISTRYINDEX);
  size_t i = ((uintptr_t)state >> 5) % STATES;
  while (longest[i].state && longest[i].state != state)
    i = (i + 1) % STATES;
  longest[i].state = state;
  longest[i].ns = ns > longest[i].ns ? ns : longest[i].ns;
  add(steps, ns);
  if (!done)
    return;
  add(worst, longest[i].ns);
  longest[i].ns = 0;
}

/* A step of a worker is timed; all else is passed on. */
int lua_gc(lua_State *L, int what, ...)
{
  va_list args;
  va_start(args, what);
  int a = what >= LUA_GCSTEP && what != LUA_GCISRUNNING ? va_arg(args, int) : 0;
  int b = what >= LUA_GCGEN ? va_arg(args, int) : 0;
  int c = what == LUA_GCINC ? va_arg(args, int) : 0;
  va_end(args);
  if (what != LUA_GCSTEP)
    return own_gc(L, what, a, b, c);
  uint64_t from = now();
  int done = own_gc(L, what, a);
  uint64_t took = now() - from;
  note(L, took < UINT32_MAX ? (uint32_t)took : UINT32_MAX, done);
  return done;
}
