/* However many workers share a load, its starts, users and trace ids are the same: all follow from the seed. */
#include "load/whole_load.h"

#include <math.h>
#include <stdlib.h>

#include "load/trace_context.h"
#include "support/slice.h"

enum { MOST = 2000, RUNS = 4 };

static const unsigned workers[RUNS] = {1, 2, 3, 5};

/* One iteration as a worker began it. */
typedef struct begun {
  uint64_t iteration, intended_ns, random, trace;
  uint32_t user;
} begun;

typedef struct journal {
  uv_mutex_t lock;
  begun list[MOST];
  size_t n;
  uint64_t slice_ns; /* of the thread that began the last iteration */
} journal;

static int open_world(void *context, pl_worker *w, void **out, pl_error *err)
{
  (void)w, (void)err;
  *out = context;
  return PL_OK;
}

static void close_world(void *world)
{
  (void)world;
}

static int user_new(void *world, pl_user *u)
{
  (void)world;
  u->script = u;
  return PL_OK;
}

static void user_free(void *world, pl_user *u)
{
  (void)world, (void)u;
}

static void begin(void *world, pl_user *u)
{
  journal *j = world;
  uint64_t random = pl_rng_u64(&u->rng), trace = u->trace ? pl_rng_u64(&u->trace->rng) : 0;
  uv_mutex_lock(&j->lock);
  j->slice_ns = slice_ns();
  if (j->n < MOST)
    j->list[j->n++] = (begun){u->iteration, u->intended_ns, random, trace, u->id};
  uv_mutex_unlock(&j->lock);
  pl_user_ended(u, PL_ITERATION_OK, NULL);
}

static void no_more(void *world, pl_user *u)
{
  (void)world, (void)u;
}

static int by_iteration(const void *a, const void *b)
{
  const begun *x = a, *y = b;
  return x->iteration != y->iteration ? (x->iteration > y->iteration) - (x->iteration < y->iteration) : (x->user > y->user) - (x->user < y->user);
}

/* Plays the fixture's scenario; the journal is sorted, its times count from the load's start. */
static void play(fixture *f, unsigned n, journal *j, pl_load_stats *s)
{
  uv_mutex_init(&j->lock);
  j->n = 0;
  f->dones = 0;
  memset(f->dists, 0, sizeof f->dists);
  memset(f->whole, 0, sizeof f->whole);
  f->scenario.scripted = f->scenario.traced = true;
  pl_script_table table = {.open = open_world, .close = close_world, .user_new = user_new, .user_free = user_free, .begin = begin,
                           .answer = no_more, .timer = no_more, .abort = no_more, .context = j};
  start(f, n, &table);
  finish(f, s);
  for (size_t i = 0; i < j->n; i++)
    j->list[i].intended_ns -= f->load->start_ns;
  qsort(j->list, j->n, sizeof *j->list, by_iteration);
  forget_load(f);
  uv_mutex_destroy(&j->lock);
}

static void the_schedule_is_the_same(void **state)
{
  static journal one, many;
  fixture *f = *state;
  pl_load_stats s;
  for (int law = PL_ARRIVAL_EVEN; law <= PL_ARRIVAL_POISSON; law++) {
    open_loop(f, 3000, 300);
    f->stages[0].jump = law == PL_ARRIVAL_EVEN; /* and a ramp */
    f->scenario.law = (enum pl_arrival_law)law;
    f->scenario.max_users = 1000;
    play(f, workers[0], &one, &s);
    assert_true(one.n > 300 && s.planned == one.n);
    for (int r = 1; r < RUNS; r++) {
      play(f, workers[r], &many, &s);
      assert_int_equal(many.n, one.n);
      for (size_t i = 0; i < one.n; i++) {
        assert_int_equal(many.list[i].iteration, i);
        assert_int_equal(many.list[i].intended_ns, one.list[i].intended_ns);
      }
    }
  }
}

/* Each user is some worker's, and does what it would do in one: its numbers and trace ids, iteration by iteration. */
static void users_are_split_exactly(void **state)
{
  static journal one, many;
  fixture *f = *state;
  pl_load_stats s;
  f->scenario.model = PL_MODEL_ITERATIONS_EACH;
  f->scenario.iterations = 20;
  f->scenario.users = 7;
  play(f, workers[0], &one, &s);
  assert_int_equal(one.n, 140);
  for (int r = 1; r < RUNS; r++) {
    unsigned of_user[7] = {0};
    play(f, workers[r], &many, &s);
    assert_int_equal(many.n, 140);
    assert_int_equal(s.users_max, 7);
    for (size_t i = 0; i < many.n; i++)
      of_user[many.list[i].user]++;
    for (int u = 0; u < 7; u++)
      assert_int_equal(of_user[u], 20);
    for (size_t i = 0; i < one.n; i++) {
      const begun *a = &one.list[i], *b = &many.list[i];
      assert_true(a->iteration == b->iteration && a->user == b->user && a->random == b->random && a->trace == b->trace);
    }
  }
}

/* Its own threads ask for short slices, a host's thread keeps what it has. */
static void only_threads_of_workers_get_short_slices(void **state)
{
  static journal hosted, threaded;
  fixture *f = *state;
  pl_load_stats s;
  uint64_t hosts = slice_ns();
  f->scenario.model = PL_MODEL_ITERATIONS;
  f->scenario.iterations = 4;
  play(f, 0, &hosted, &s);
  play(f, 1, &threaded, &s);
  assert_true(hosted.n == 4 && threaded.n == 4);
  assert_int_equal(hosted.slice_ns, hosts);
  assert_int_equal(slice_ns(), hosts);
  assert_true(threaded.slice_ns < hosts || !hosts);
}

/* A worker without a user ends at once, and was idle for as long as the other one worked. */
static void who_ends_early_was_not_busy(void **state)
{
  fixture *f = *state;
  pl_load_stats s;
  pl_load_worker_stats w[2];
  f->scenario.model = PL_MODEL_ITERATIONS_EACH;
  f->scenario.iterations = 5;
  f->scenario.users = 1;
  f->scenario.pace_ns = 50 * PL_MS_NS;
  start(f, 2, NULL);
  finish(f, &s);
  for (unsigned i = 0; i < 2; i++)
    pl_load_worker_stats_get(f->load, i, &w[i]);
  assert_true(w[0].cpu_s > 0 && w[1].cpu_s > 0 && w[0].busy < 1);
  assert_true(fabs(w[0].busy / w[0].cpu_s - w[1].busy / w[1].cpu_s) < 1e-6 / w[1].cpu_s);
  forget_load(f);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
  const struct CMUnitTest tests[] = {CASE(the_schedule_is_the_same), CASE(users_are_split_exactly),
                                     CASE(only_threads_of_workers_get_short_slices), CASE(who_ends_early_was_not_busy)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
