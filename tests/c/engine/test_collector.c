/* The collector: jobs run at its desk, in order, on a thread of its own or on the caller's loop; the end commits. */
#include "engine/collector.h"

#include <pthread.h>

#include "engine/desk.h"
#include "support/temporary.h"

typedef struct fixture {
  temporary folder;
  char path[128];
  uv_loop_t loop;
} fixture;

static int open_fixture(void **state)
{
  static fixture f;
  temporary_open(&f.folder);
  (void)temporary_file(&f.folder, "t.db", NULL, f.path, sizeof f.path);
  assert_int_equal(uv_loop_init(&f.loop), 0);
  *state = &f;
  return 0;
}

static int close_fixture(void **state)
{
  fixture *f = *state;
  assert_int_equal(uv_loop_close(&f->loop), 0);
  temporary_close(&f->folder);
  return 0;
}

static int open_with(fixture *f, const pl_allocator *a, const char *path, bool threaded, pl_collector **out, pl_error *err)
{
  const pl_collector_options o = {.alloc = a, .clock = &pl_clock_system, .db_path = path, .control = &f->loop, .threaded = threaded};
  return pl_collector_open(&o, out, err);
}

static pl_collector *open_collector(fixture *f, const char *path, bool threaded)
{
  pl_collector *c = NULL;
  pl_error err = {0};
  if (open_with(f, &pl_alloc_default, path, threaded, &c, &err))
    fail_msg("%s", err.message);
  return c;
}

/* Writes one sample at the desk. */
typedef struct write_job {
  pl_job job;
  pthread_t control;
  double value;
  bool elsewhere; /* it ran on another thread */
  int done;
} write_job;

static void work(pl_job *job, void *place)
{
  write_job *w = (write_job *)job;
  pl_desk *desk = place;
  uint32_t source, series;
  const pl_feed_source where = {PL_STR("script"), pl_str_of(desk->instance), PL_STR("other"), PL_STR("synthetic")};
  const pl_series_spec spec = {.name = PL_STR("lamps"), .unit = PL_STR("")};
  w->elsewhere = !pthread_equal(pthread_self(), w->control);
  assert_int_equal(pl_feed_source_get(desk->feed, &where, &source, NULL), PL_OK);
  assert_int_equal(pl_feed_series(desk->feed, source, &spec, &series, NULL), PL_OK);
  (void)pl_feed_sample(desk->feed, series, 0, 1, w->value);
}

static void on_done(pl_job *job)
{
  ((write_job *)job)->done++;
}

static void post(pl_collector *c, write_job *w, double value)
{
  *w = (write_job){.job = {work, on_done, NULL}, .control = pthread_self(), .value = value};
  pl_mailbox_post(pl_collector_mailbox(c), &w->job);
}

static void jobs_run_at_the_desk(fixture *f, bool threaded)
{
  write_job first, last;
  pl_collector *c = open_collector(f, f->path, threaded);
  assert_int_equal(pl_collector_loop(c) == &f->loop, !threaded);
  assert_ptr_equal(pl_collector_desk(c)->store, pl_collector_store(c));
  post(c, &first, 1);
  post(c, &last, 2);
  assert_int_equal(first.done, 0); /* never from inside */
  while (!last.done)
    uv_run(&f->loop, UV_RUN_ONCE);
  assert_true(first.done == 1 && last.done == 1);
  assert_int_equal(first.elsewhere, threaded);
  pl_collector_close(c);
  c = open_collector(f, f->path, false); /* what waited was committed; the later value came later */
  assert_string_equal(desk_select(pl_collector_store(c), "SELECT value FROM points"), "2");
  pl_collector_close(c);
}

static void on_a_thread_of_its_own(void **state)
{
  jobs_run_at_the_desk(*state, true);
}

static void as_a_guest(void **state)
{
  jobs_run_at_the_desk(*state, false);
}

/* Posted and never looked at: the end works it off. */
static void the_end_works_off_what_waits(void **state)
{
  fixture *f = *state;
  write_job w;
  pl_collector *c = open_collector(f, f->path, true);
  post(c, &w, 7);
  pl_collector_close(c);
  c = open_collector(f, f->path, false);
  assert_string_equal(desk_select(pl_collector_store(c), "SELECT value FROM points"), "7");
  pl_collector_close(c);
  pl_collector_close(NULL);
}

static void a_timeline_that_cannot_be_opened(void **state)
{
  fixture *f = *state;
  pl_collector *c = NULL;
  pl_error err = {0};
  assert_true(open_with(f, &pl_alloc_default, "/no/such/folder/t.db", true, &c, &err) < 0);
  assert_non_null(strstr(err.message, "/no/such/folder"));
  assert_null(c);
}

static int open_and_close(const pl_allocator *a, void *user)
{
  pl_collector *c = NULL;
  int code = open_with(user, a, NULL, false, &c, NULL);
  pl_collector_close(c);
  return code;
}

static void refused_memory_is_said_and_none_leaks(void **state)
{
  failing_every(open_and_close, *state, 200);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
  const struct CMUnitTest tests[] = {TEST(on_a_thread_of_its_own), TEST(as_a_guest), TEST(the_end_works_off_what_waits),
                                     TEST(a_timeline_that_cannot_be_opened), TEST(refused_memory_is_said_and_none_leaks)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
