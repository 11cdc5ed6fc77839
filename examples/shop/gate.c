/* See gate.h. Two waits: for a place (a queue, when the number in flight is capped), then for a time (a heap). */
#include "gate.h"

#include <stdlib.h>

#include "clock.h"

struct gate {
  trouble *trouble;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  pthread_t thread;
  bool closing;
  gate_pass **heap; /* by ready_ns */
  size_t count, capacity;
  gate_pass *first, **last; /* waiting for a place */
  unsigned in_flight;
};

/* ---- The heap; under the lock --------------------------------------------------------------------- */

static void swap(gate_pass **a, gate_pass **b)
{
  gate_pass *t = *a;
  *a = *b;
  *b = t;
}

static bool push(gate *g, gate_pass *p)
{
  if (g->count == g->capacity) {
    size_t capacity = g->capacity ? 2 * g->capacity : 256;
    gate_pass **bigger = realloc(g->heap, capacity * sizeof(gate_pass *));
    if (!bigger)
      return false;
    g->heap = bigger;
    g->capacity = capacity;
  }
  size_t i = g->count++;
  g->heap[i] = p;
  for (; i && g->heap[(i - 1) / 2]->ready_ns > g->heap[i]->ready_ns; i = (i - 1) / 2)
    swap(&g->heap[i], &g->heap[(i - 1) / 2]);
  return true;
}

static gate_pass *pop(gate *g)
{
  gate_pass *top = g->heap[0];
  g->heap[0] = g->heap[--g->count];
  for (size_t i = 0;;) {
    size_t child = 2 * i + 1;
    if (child + 1 < g->count && g->heap[child + 1]->ready_ns < g->heap[child]->ready_ns)
      child++;
    if (child >= g->count || g->heap[i]->ready_ns <= g->heap[child]->ready_ns)
      return top;
    swap(&g->heap[i], &g->heap[child]);
    i = child;
  }
}

/* ---- The thread that resumes ---------------------------------------------------------------------- */

static void sleep_until(gate *g, uint64_t at)
{
  struct timespec t = {(time_t)(at / 1000000000u), (long)(at % 1000000000u)};
  pthread_cond_timedwait(&g->changed, &g->lock, &t);
}

static void *run(void *arg)
{
  gate *g = arg;
  pthread_mutex_lock(&g->lock);
  while (!g->closing) {
    if (!g->count)
      pthread_cond_wait(&g->changed, &g->lock);
    else if (g->heap[0]->ready_ns > clock_now())
      sleep_until(g, g->heap[0]->ready_ns);
    else
      MHD_resume_connection(pop(g)->connection);
  }
  pthread_mutex_unlock(&g->lock);
  return NULL;
}

gate *gate_open(trouble *t)
{
  gate *g = calloc(1, sizeof *g);
  if (!g)
    return NULL;
  g->trouble = t;
  g->last = &g->first;
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_mutex_init(&g->lock, NULL);
  pthread_cond_init(&g->changed, &monotonic);
  if (pthread_create(&g->thread, NULL, run, g) == 0)
    return g;
  free(g);
  return NULL;
}

void gate_close(gate *g)
{
  pthread_mutex_lock(&g->lock);
  g->closing = true;
  pthread_cond_signal(&g->changed);
  pthread_mutex_unlock(&g->lock);
  pthread_join(g->thread, NULL);
  pthread_mutex_lock(&g->lock);
  while (g->count)
    MHD_resume_connection(pop(g)->connection);
  for (gate_pass *p = g->first; p; p = p->next)
    MHD_resume_connection(p->connection);
  g->first = NULL;
  g->last = &g->first;
  pthread_mutex_unlock(&g->lock);
}

/* ---- Entering and leaving ------------------------------------------------------------------------- */

static void admit(gate *g, gate_pass *p)
{
  p->admitted = true;
  p->ready_ns = clock_now() + trouble_delay(g->trouble);
  g->in_flight++;
}

static bool must_wait(gate *g, gate_pass *p)
{
  uint64_t now = clock_now(), held = trouble_held_until(g->trouble, now);
  if (held > p->ready_ns)
    p->ready_ns = held;
  return p->ready_ns > now;
}

bool gate_enter(gate *g, gate_pass *p)
{
  bool open = true;
  pthread_mutex_lock(&g->lock);
  unsigned cap = trouble_cap(g->trouble);
  if (!p->admitted && (!cap || g->in_flight < cap || g->closing))
    admit(g, p);
  if (!g->closing && !p->admitted) {
    MHD_suspend_connection(p->connection);
    p->next = NULL;
    *g->last = p;
    g->last = &p->next;
    open = false;
  } else if (!g->closing && must_wait(g, p)) {
    MHD_suspend_connection(p->connection);
    open = !push(g, p);
    pthread_cond_signal(&g->changed);
  }
  pthread_mutex_unlock(&g->lock);
  return open;
}

void gate_leave(gate *g, gate_pass *p)
{
  if (!p->admitted)
    return;
  pthread_mutex_lock(&g->lock);
  g->in_flight--;
  unsigned cap = trouble_cap(g->trouble);
  while (g->first && !g->closing && (!cap || g->in_flight < cap)) {
    gate_pass *next = g->first;
    g->first = next->next;
    if (!g->first)
      g->last = &g->first;
    admit(g, next);
    if (push(g, next))
      pthread_cond_signal(&g->changed);
  }
  pthread_mutex_unlock(&g->lock);
}

unsigned gate_in_flight(gate *g)
{
  pthread_mutex_lock(&g->lock);
  unsigned n = g->in_flight;
  pthread_mutex_unlock(&g->lock);
  return n;
}
