/* Tasks on a loop: they run in turn, wait, are joined and cancelled, and leave nothing. */
#include "script/task.h"

#include <lauxlib.h>
#include <string.h>

#include "support/failing.h"

typedef struct fixture {
  uv_loop_t loop;
  pl_state *state;
  pl_sched *sched;
  enum pl_fiber_status status;
  int ended;
  char text[300]; /* the task's first result or error, as text */
} fixture;

static int open_fixture(void **state)
{
  static fixture f;
  pl_state_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system, .profile = PL_PROFILE_COMMAND};
  memset(&f, 0, sizeof f);
  assert_int_equal(uv_loop_init(&f.loop), 0);
  assert_int_equal(pl_state_open(&o, &f.state, NULL), PL_OK);
  assert_int_equal(pl_sched_new(f.state, &f.loop, &f.sched, NULL), PL_OK);
  luaL_requiref(pl_state_lua(f.state), "task", pl_open_task, 1);
  lua_pop(pl_state_lua(f.state), 1);
  *state = &f;
  return 0;
}

static int close_fixture(void **state)
{
  fixture *f = *state;
  assert_int_equal(pl_sched_live(f->sched), 0);
  pl_sched_free(f->sched);
  uv_run(&f->loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&f->loop), 0);
  pl_state_close(f->state);
  return 0;
}

static void on_done(void *user, enum pl_fiber_status status, lua_State *L)
{
  fixture *f = user;
  f->ended++;
  f->status = status;
  if (lua_gettop(L) == 0)
    return;
  if (lua_istable(L, -1))
    lua_getfield(L, -1, "message");
  (void)pl_copy(f->text, sizeof f->text, pl_str_of(luaL_tolstring(L, -1, NULL)));
  lua_pop(L, 1);
}

static pl_task *spawn(fixture *f, const char *text)
{
  lua_State *L = pl_state_lua(f->state);
  pl_task *t = NULL;
  if (luaL_loadbuffer(L, text, strlen(text), "@t.lua") != LUA_OK)
    fail_msg("%s", lua_tostring(L, -1));
  assert_int_equal(pl_task_spawn(f->sched, L, 0, on_done, f, &t), PL_OK);
  return t;
}

/* Runs a task to its end, which must be this one, with this text. */
static void expect_end(fixture *f, const char *text, enum pl_fiber_status status, const char *result)
{
  (void)spawn(f, text);
  uv_run(&f->loop, UV_RUN_DEFAULT);
  if (f->status != status || !strstr(f->text, result))
    fail_msg("%s: %d, %s", text, f->status, f->text);
}

static void it_starts_in_the_loop_and_ends_once(void **state)
{
  fixture *f = *state;
  (void)spawn(f, "return 'result'");
  assert_int_equal(f->ended, 0);
  assert_int_equal(pl_sched_live(f->sched), 1);
  uv_run(&f->loop, UV_RUN_DEFAULT);
  assert_int_equal(f->ended, 1);
  assert_int_equal(f->status, PL_FIBER_DONE);
  assert_string_equal(f->text, "result");
}

static void tasks_take_turns(void **state)
{
  expect_end(*state, "local out = {}\n"
                     "local function count(name) return function() for i = 1, 3 do out[#out + 1] = name .. i task.yield() end end end\n"
                     "local a, b = task.spawn(count 'a'), task.spawn(count 'b')\n"
                     "a:join() b:join()\n"
                     "return table.concat(out, ' ')", PL_FIBER_DONE, "a1 b1 a2 b2 a3 b3");
}

static void a_sleep_is_not_shorter_than_asked(void **state)
{
  expect_end(*state, "local t = task.now() task.sleep(0.02) return task.now() - t >= 0.02", PL_FIBER_DONE, "true");
  expect_end(*state, "task.sleep(-1)", PL_FIBER_FAILED, "seconds");
}

static void a_join_gives_results_and_errors(void **state)
{
  fixture *f = *state;
  expect_end(f, "local t = task.spawn(function(a, b) task.yield() return b, nil, a end, 1, 2)\n"
                "return table.concat({ select('#', t:join()), (t:join()) }, ' ')", PL_FIBER_DONE, "3 2");
  expect_end(f, "local t = task.spawn(function() error 'broken' end) task.yield() t:join()", PL_FIBER_FAILED, "broken");
  expect_end(f, "local t = task.spawn(function() error { code = 7 } end) local ok, e = pcall(t.join, t) return e.code", PL_FIBER_DONE, "7");
}

/* Before it began, while it waits, and while it joins: every later wait raises again. */
static void a_cancelled_task_ends_at_its_wait(void **state)
{
  fixture *f = *state;
  expect_end(f, "local t = task.spawn(function() error 'it ran' end) t:cancel() t:join()", PL_FIBER_FAILED, "cancelled");
  expect_end(f, "local t = task.spawn(function() task.sleep(1000) end) task.yield() t:cancel() t:join()", PL_FIBER_FAILED, "cancelled");
  expect_end(f, "local t = task.spawn(function() pcall(task.sleep, 1000) task.sleep(1000) end) task.yield() t:cancel 'timeout' t:join()",
             PL_FIBER_FAILED, "timeout");
  expect_end(f, "local inner = task.spawn(function() task.sleep(0.01) return 'inner' end)\n"
                "local outer = task.spawn(function() inner:join() end)\n"
                "task.yield() outer:cancel() pcall(outer.join, outer) return (inner:join())", PL_FIBER_DONE, "inner");
  expect_end(f, "local t = task.spawn(function() return 'kept' end) t:join() t:cancel() return (t:join())", PL_FIBER_DONE, "kept");
}

static void a_shielded_join_waits_on(void **state)
{
  expect_end(*state, "local order = {}\n"
                     "local work = task.spawn(function() task.sleep(0.01) order[1] = 'work' return 'done' end)\n"
                     "local t = task.spawn(function() order[2] = work:join(true) task.yield() order[3] = 'never' end)\n"
                     "task.yield() t:cancel() local ok = pcall(t.join, t)\n"
                     "return tostring(ok) .. table.concat(order, ' ')", PL_FIBER_DONE, "falsework done");
}

static void all_are_cancelled_at_the_end(void **state)
{
  fixture *f = *state;
  for (int i = 0; i < 3; i++)
    (void)spawn(f, "task.sleep(1000)");
  (void)spawn(f, "task.spawn(function() task.sleep(1000) end):join(true)");
  uv_run(&f->loop, UV_RUN_NOWAIT);
  assert_int_equal(pl_sched_live(f->sched), 5);
  pl_sched_cancel_all(f->sched);
  uv_run(&f->loop, UV_RUN_DEFAULT);
  assert_int_equal(f->ended, 4);
  assert_int_equal(f->status, PL_FIBER_FAILED);
}

/* An operation of C: begun, given up by abort, or woken with a code. */
typedef struct operation {
  pl_task *task;
  int aborted;
} operation;

static void give_up(void *op)
{
  ((operation *)op)->aborted++;
}

static int woken_k(lua_State *L, int status, lua_KContext context)
{
  (void)status;
  (void)context;
  lua_pushinteger(L, pl_task_woken(L));
  return 1;
}

static int wait_for_it(lua_State *L)
{
  operation *o = lua_touserdata(L, lua_upvalueindex(1));
  o->task = pl_task_check(L, "wait_for_it");
  pl_task_waits(o->task, give_up, o);
  return pl_fiber_wait(L, woken_k, 0);
}

static void an_operation_wakes_or_is_aborted(void **state)
{
  fixture *f = *state;
  operation o = {0};
  lua_pushlightuserdata(pl_state_lua(f->state), &o);
  lua_pushcclosure(pl_state_lua(f->state), wait_for_it, 1);
  lua_setglobal(pl_state_lua(f->state), "wait_for_it");
  (void)spawn(f, "return wait_for_it()");
  uv_run(&f->loop, UV_RUN_NOWAIT);
  pl_task_ready(o.task, PL_ETIMEDOUT);
  uv_run(&f->loop, UV_RUN_DEFAULT);
  assert_string_equal(f->text, "-12");
  pl_task *t = spawn(f, "return wait_for_it()");
  uv_run(&f->loop, UV_RUN_NOWAIT);
  pl_task_cancel(t);
  pl_task_cancel(t); /* again: nothing */
  uv_run(&f->loop, UV_RUN_DEFAULT);
  assert_int_equal(o.aborted, 1);
  assert_non_null(strstr(f->text, "cancelled"));
}

static void outside_a_task_nothing_waits(void **state)
{
  lua_State *L = pl_state_lua(((fixture *)*state)->state);
  assert_int_equal(luaL_dostring(L, "task.sleep(0)"), 1);
  assert_int_equal(luaL_dostring(L, "task.spawn(function() end)"), 1);
  assert_non_null(strstr(lua_tostring(L, -1), "spawn: only run(run) and its tasks can do this"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
  const struct CMUnitTest tests[] = {TEST(it_starts_in_the_loop_and_ends_once), TEST(tasks_take_turns), TEST(a_sleep_is_not_shorter_than_asked),
                                     TEST(a_join_gives_results_and_errors), TEST(a_cancelled_task_ends_at_its_wait), TEST(a_shielded_join_waits_on),
                                     TEST(all_are_cancelled_at_the_end), TEST(an_operation_wakes_or_is_aborted), TEST(outside_a_task_nothing_waits)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
