/* Sessions: a root task to its end, words to it, and being asked to end once, twice. */
#include "engine/run.h"

#include <signal.h>

#include "engine/hosted.h"

typedef struct fixture {
  hosted h;
  pl_session session;
} fixture;

/* Each test's root task is a function of this module. */
static const char root[] = "local engine, task = require 'perilune.core.engine', require 'perilune.core.task'\n"
                           "return {\n"
                           "  ends = function(n) engine.finish { exit = n, verdict = 'pass' } end,\n"
                           "  fails = function() error('broken', 0) end,\n"
                           "  waits = function() engine.finish { exit = engine.wait_cancel(), verdict = 'cancelled' } end,\n"
                           "  scores = function()\n"
                           "    local anomaly, values = require 'perilune.core.anomaly', {}\n"
                           "    for i = 1, 10000 do values[i] = i % 7 end\n"
                           "    local before = #anomaly.scores(nil, values)\n"
                           "    engine.wait_cancel()\n"
                           "    local scores, err = anomaly.scores(nil, values)\n"
                           "    local group, score, why = anomaly.group(2)\n"
                           "    for i = 1, 10000 do score, why = group:add(i, { i, 1 }) if not score then break end end\n"
                           "    engine.finish { exit = before == 10000 and not scores and not score and err.code == why.code and why.code == 'cancelled' and 9 or 0, verdict = 'cancelled' }\n"
                           "  end,\n"
                           "  sleeps = function() pcall(task.sleep, 1000) task.sleep(1000) end,\n"
                           "}";

static int open_fixture(void **state)
{
  static fixture f;
  hosted_open(&f.h, root, NULL);
  assert_int_equal(pl_session_open(&f.session, f.h.engine, PL_PROFILE_COMMAND, NULL, NULL), PL_OK);
  *state = &f;
  return 0;
}

static int close_fixture(void **state)
{
  fixture *f = *state;
  pl_session_close(&f->session);
  hosted_close(&f->h);
  return 0;
}

static void start(fixture *f, const char *function)
{
  pl_error err = {0};
  lua_pushinteger(pl_state_lua(f->session.state), 42);
  if (pl_session_start(&f->session, "perilune.cmd.dispatch", function, 1, &err))
    fail_msg("%s", err.message);
}

static void run(fixture *f)
{
  while (pl_session_turn(&f->session, UV_RUN_ONCE) != PL_DONE)
    continue;
}

static void a_root_task_to_its_end(void **state)
{
  fixture *f = *state;
  start(f, "ends");
  assert_false(f->session.ended);
  run(f);
  assert_true(f->session.ended && !f->session.failed && f->session.host.exit_code == 42);
  assert_int_equal(pl_session_turn(&f->session, UV_RUN_ONCE), PL_DONE); /* does not block */
}

static void why_it_failed(void **state)
{
  fixture *f = *state;
  start(f, "fails");
  run(f);
  assert_true(f->session.failed);
  assert_int_equal(f->session.error.code, PL_ESCRIPT);
  assert_string_equal(f->session.error.message, "broken");
}

static void what_is_not_there_does_not_start(void **state)
{
  fixture *f = *state;
  pl_error module = {0};
  lua_State *L = pl_state_lua(f->session.state);
  int top = lua_gettop(L);
  lua_pushinteger(L, 1);
  assert_true(pl_session_start(&f->session, "perilune.none", "main", 1, &module) < 0);
  assert_int_equal(lua_gettop(L), top);
  assert_false(f->session.ended);
}

static void asked_once_the_task_hears_of_it(void **state)
{
  fixture *f = *state;
  start(f, "waits");
  (void)pl_session_turn(&f->session, UV_RUN_NOWAIT);
  pl_session_cancel(&f->session, SIGTERM);
  run(f);
  assert_true(!f->session.failed && f->session.host.exit_code == SIGTERM);
}

static void asked_once_it_scores_no_more(void **state)
{
  fixture *f = *state;
  start(f, "scores");
  (void)pl_session_turn(&f->session, UV_RUN_NOWAIT);
  pl_session_cancel(&f->session, SIGINT);
  run(f);
  assert_false(f->session.failed);
  assert_int_equal(f->session.host.exit_code, 9);
}

static void asked_twice_it_is_cancelled(void **state)
{
  fixture *f = *state;
  start(f, "sleeps");
  (void)pl_session_turn(&f->session, UV_RUN_NOWAIT);
  pl_session_cancel(&f->session, 0);
  pl_session_cancel(&f->session, 0);
  run(f);
  assert_true(f->session.failed);
  assert_non_null(strstr(f->session.error.message, "cancelled"));
  assert_int_equal(f->session.host.cancel_signal, -1);
}

/* Closed while it runs: the task is cancelled (close_fixture would hang otherwise). */
static void closed_while_it_runs(void **state)
{
  fixture *f = *state;
  start(f, "sleeps");
  (void)pl_session_turn(&f->session, UV_RUN_NOWAIT);
  pl_session_cancel_tasks(&f->session);
  assert_true(f->session.ended && f->session.failed);
}

static void words_in_order(void **state)
{
  fixture *f = *state;
  char word[PL_CONTROL_SIZE], longest[PL_CONTROL_SIZE + 1];
  assert_false(pl_session_take_control(&f->session, word));
  for (int i = 0; i < PL_CONTROLS; i++) {
    (void)snprintf(word, sizeof word, "users=%d", i);
    assert_int_equal(pl_session_control(&f->session, word, NULL), PL_OK);
  }
  assert_int_equal(pl_session_control(&f->session, "stop", NULL), PL_EAGAIN);
  for (int i = 0; i < PL_CONTROLS; i++) {
    char wanted[PL_CONTROL_SIZE];
    (void)snprintf(wanted, sizeof wanted, "users=%d", i);
    assert_true(pl_session_take_control(&f->session, word));
    assert_string_equal(word, wanted);
  }
  memset(longest, 'x', sizeof longest);
  longest[PL_CONTROL_SIZE] = '\0';
  assert_int_equal(pl_session_control(&f->session, longest, NULL), PL_EINVAL);
  longest[PL_CONTROL_SIZE - 1] = '\0';
  assert_int_equal(pl_session_control(&f->session, longest, NULL), PL_OK);
  assert_true(pl_session_take_control(&f->session, word));
  assert_string_equal(word, longest);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
  const struct CMUnitTest tests[] = {TEST(a_root_task_to_its_end), TEST(why_it_failed), TEST(what_is_not_there_does_not_start),
                                     TEST(asked_once_the_task_hears_of_it), TEST(asked_once_it_scores_no_more), TEST(asked_twice_it_is_cancelled), TEST(closed_while_it_runs),
                                     TEST(words_in_order)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
