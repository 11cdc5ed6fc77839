/* What scripts get as coroutine and xpcall. */
#include "script/coroutine.h"

#include "script/fibers.h"

/* Runs text, which returns a boolean and a text. */
static void expect(const char *text, bool ok, const char *message)
{
  pl_fiber f;
  pl_state *s = open_state(0);
  assert_int_equal(start(s, &f, text), PL_FIBER_DONE);
  assert_int_equal(lua_toboolean(f.L, 1), ok);
  assert_non_null(strstr(luaL_tolstring(f.L, 2, NULL), message));
  pl_fiber_close(&f);
  pl_state_close(s);
}

static void a_coroutine_on_the_stack_is_neither_closed_nor_resumed(void **state)
{
  (void)state;
  expect("local co\nco = coroutine.create(function() coroutine.wrap(function() coroutine.close(co) end)() end)\n"
         "return coroutine.resume(co)", false, "cannot close a normal coroutine");
  expect("local co\nco = coroutine.wrap(function() return pcall(coroutine.wrap(function() co() end)) end)\nreturn co()", false,
         "cannot resume non-suspended coroutine");
  expect("local co\nco = coroutine.wrap(function() return pcall(co) end)\nreturn co()", false, "cannot resume non-suspended coroutine");
  expect("local co\nco = coroutine.create(function() local inner = coroutine.wrap(function() return coroutine.status(co) end)\n"
         "  return inner() end)\nreturn coroutine.resume(co)", true, "normal");
}

static void a_dead_coroutine_is_closed_with_its_error(void **state)
{
  (void)state;
  expect("local co = coroutine.create(error)\ncoroutine.resume(co, 'broken')\nreturn coroutine.close(co)", false, "broken");
  expect("local co = coroutine.create(function() end)\ncoroutine.resume(co)\nreturn coroutine.close(co), coroutine.status(co)", true, "dead");
  expect("local closed\nlocal co = coroutine.wrap(function()\n"
         "  local t <close> = setmetatable({}, { __close = function() closed = 'closed' end })\n  error('broken') end)\n"
         "return pcall(co), closed", false, "closed");
}

/* A coroutine that waits for the host belongs to its resumer; a fiber's own thread to the host. */
static void what_waits_for_the_host_is_not_touched_by_others(void **state)
{
  pl_fiber f, g;
  (void)state;
  pl_state *s = open_waiting("return function() own = coroutine.running()\n"
                             "  co = coroutine.create(function() return wait() end) return select(2, coroutine.resume(co)) end,\n"
                             "  function() return coroutine.resume(co), coroutine.resume(own), pcall(coroutine.close, co),\n"
                             "    pcall(coroutine.close, own), coroutine.status(own) end");
  open_fiber(s, &g);
  open_fiber(s, &f);
  assert_int_equal(pl_fiber_start(&f, 0), PL_FIBER_WAITING);
  assert_int_equal(pl_fiber_start(&g, 0), PL_FIBER_DONE);
  for (int i = 1; i <= 4; i++)
    assert_false(lua_toboolean(g.L, i));
  assert_string_equal(lua_tostring(g.L, -1), "normal");
  assert_int_equal(pl_fiber_resume(&f), PL_FIBER_DONE);
  assert_int_equal(lua_tointeger(f.L, -1), 7);
  pl_fiber_close(&f);
  pl_fiber_close(&g);
  pl_state_close(s);
}

/* It runs for whoever resumes it, also when its maker is gone. */
static void a_coroutine_outlives_the_fiber_that_made_it(void **state)
{
  pl_fiber g;
  (void)state;
  pl_state *s = open_waiting("return function() co = coroutine.wrap(function() return wait() end) end, function() return co() end");
  pl_fiber *maker = test_calloc(1, sizeof *maker);
  open_fiber(s, &g);
  open_fiber(s, maker);
  assert_int_equal(pl_fiber_start(maker, 0), PL_FIBER_DONE);
  pl_fiber_close(maker);
  test_free(maker);
  assert_int_equal(pl_fiber_start(&g, 0), PL_FIBER_WAITING);
  assert_int_equal(pl_fiber_resume(&g), PL_FIBER_DONE);
  assert_int_equal(lua_tointeger(g.L, -1), 7);
  pl_fiber_close(&g);
  pl_state_close(s);
}

/* xpcall's handler may wait, and its own error is raised: it runs when the call is over. */
static void a_handler_runs_after_unwinding(void **state)
{
  pl_fiber f;
  (void)state;
  pl_state *s = open_waiting("return function() local ok, n, e = xpcall(error, function(e) return wait(), e end, 'x')\nassert(not ok and e == 'x')\n"
                             "return n, (select('#', xpcall(function(...) return ... end, print, 1, 2))) end");
  open_fiber(s, &f);
  assert_int_equal(pl_fiber_start(&f, 0), PL_FIBER_WAITING);
  assert_int_equal(pl_fiber_resume(&f), PL_FIBER_DONE);
  assert_int_equal(lua_tointeger(f.L, -2), 7);
  assert_int_equal(lua_tointeger(f.L, -1), 3);
  pl_fiber_close(&f);
  pl_state_close(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_coroutine_on_the_stack_is_neither_closed_nor_resumed),
      cmocka_unit_test(a_dead_coroutine_is_closed_with_its_error),
      cmocka_unit_test(what_waits_for_the_host_is_not_touched_by_others),
      cmocka_unit_test(a_coroutine_outlives_the_fiber_that_made_it),
      cmocka_unit_test(a_handler_runs_after_unwinding),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
