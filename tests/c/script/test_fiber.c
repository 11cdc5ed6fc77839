/* Fibers: they end, fail, wait, and are stopped whatever they catch. */
#include "script/fiber.h"

#include <lauxlib.h>
#include <string.h>

#include "support/failing.h"

static const char kind[] = "test";

static pl_state *open_state(uint64_t slice_ns)
{
  pl_state_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system, .profile = PL_PROFILE_PLAYBOOK, .slice_ns = slice_ns};
  pl_state *s = NULL;
  pl_error err = {0};
  assert_int_equal(pl_state_open(&o, &s, &err), PL_OK);
  return s;
}

static enum pl_fiber_status start(pl_state *s, pl_fiber *f, const char *text)
{
  pl_error err = {0};
  assert_int_equal(pl_state_load(s, pl_str_of(text), "t.lua", &err), PL_OK);
  memset(f, 0, sizeof *f);
  assert_int_equal(pl_fiber_open(f, s, NULL, kind), PL_OK);
  lua_xmove(pl_state_lua(s), f->L, 1);
  return pl_fiber_start(f, 0);
}

static void it_ends_with_results(void **state)
{
  pl_fiber f;
  (void)state;
  pl_state *s = open_state(0);
  assert_int_equal(start(s, &f, "return 1 + 1, 'x'"), PL_FIBER_DONE);
  assert_int_equal(lua_tointeger(f.L, -2), 2);
  pl_fiber_close(&f);
  pl_state_close(s);
}

static void its_error_has_a_place_and_the_line(void **state)
{
  pl_fiber f;
  pl_error err = {0};
  (void)state;
  pl_state *s = open_state(0);
  assert_int_equal(start(s, &f, "local function inner()\n  local t = nil\n  return t.field\nend\ninner()"), PL_FIBER_FAILED);
  (void)pl_state_error(f.L, &err);
  assert_int_equal(err.code, PL_ESCRIPT);
  assert_non_null(strstr(err.message, "t.lua:3"));
  assert_non_null(strstr(err.message, "return t.field"));
  pl_fiber_close(&f);
  pl_state_close(s);
}

static void nothing_outlives_its_slice(void **state)
{
  static const char *const endless[] = {
      "while true do end", "while true do pcall(function() while true do end end) end",
      "xpcall(function() error('x') end, function() while true do end end)",
      "while true do coroutine.wrap(function() while true do end end)() end", "table.sort({ 3, 1, 2 }, function() while true do end end)",
      "local t <close> = setmetatable({}, { __close = function() while true do end end })"};
  (void)state;
  for (size_t i = 0; i < sizeof endless / sizeof *endless; i++) {
    pl_fiber f;
    pl_state *s = open_state(50 * PL_MS_NS);
    uint64_t before = pl_now(&pl_clock_system);
    assert_int_equal(start(s, &f, endless[i]), PL_FIBER_STOPPED);
    assert_non_null(strstr(pl_fiber_stop_reason(&f), "t.lua:1"));
    pl_fiber_close(&f);
    assert_true(pl_now(&pl_clock_system) - before < 2 * PL_S_NS);
    pl_state_close(s);
  }
}

static int after_k(lua_State *L, int status, lua_KContext context)
{
  (void)status;
  lua_pushinteger(L, (lua_Integer)context);
  return 1;
}

static int wait_word(lua_State *L)
{
  (void)pl_fiber_check(L, "wait");
  return pl_fiber_wait(L, after_k, 7);
}

static void it_waits_and_goes_on(void **state)
{
  pl_fiber f = {0};
  (void)state;
  pl_state *s = open_state(0);
  lua_State *L = pl_state_lua(s);
  lua_pushcfunction(L, wait_word);
  lua_setglobal(L, "wait");
  assert_int_equal(luaL_loadstring(L, "local w = wait\nlocal a = select(2, pcall(w))\nlocal c = coroutine.wrap(function() return w() end)\nreturn a + c()"), LUA_OK);
  assert_int_equal(pl_fiber_open(&f, s, NULL, kind), PL_OK);
  lua_xmove(L, f.L, 1);
  assert_int_equal(pl_fiber_start(&f, 0), PL_FIBER_WAITING); /* inside pcall */
  assert_int_equal(pl_fiber_resume(&f), PL_FIBER_WAITING);   /* inside a coroutine of its own */
  assert_int_equal(pl_fiber_resume(&f), PL_FIBER_DONE);
  assert_int_equal(lua_tointeger(f.L, -1), 14);
  pl_fiber_close(&f);
  pl_state_close(s);
}

static void where_nothing_can_wait_it_says_so(void **state)
{
  pl_fiber f = {0};
  pl_error err = {0};
  (void)state;
  pl_state *s = open_state(0);
  lua_State *L = pl_state_lua(s);
  lua_pushcfunction(L, wait_word);
  lua_setglobal(L, "wait");
  assert_int_equal(luaL_loadstring(L, "table.sort({ 2, 1 }, function(a, b) wait() return a < b end)"), LUA_OK);
  assert_int_equal(pl_fiber_open(&f, s, NULL, kind), PL_OK);
  lua_xmove(L, f.L, 1);
  assert_int_equal(pl_fiber_start(&f, 0), PL_FIBER_FAILED);
  (void)pl_state_error(f.L, &err);
  assert_non_null(strstr(err.message, "sort comparator"));
  pl_fiber_close(&f);
  pl_state_close(s);
}

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
  pl_fiber f = {0}, g = {0};
  (void)state;
  pl_state *s = open_state(0);
  lua_State *L = pl_state_lua(s);
  lua_pushcfunction(L, wait_word);
  lua_setglobal(L, "wait");
  assert_int_equal(luaL_dostring(L, "return function() own = coroutine.running()\n"
                                    "  co = coroutine.create(function() return wait() end) return select(2, coroutine.resume(co)) end,\n"
                                    "  function() return coroutine.resume(co), coroutine.resume(own), pcall(coroutine.close, co),\n"
                                    "    pcall(coroutine.close, own), coroutine.status(own) end"), LUA_OK);
  assert_int_equal(pl_fiber_open(&f, s, NULL, kind), PL_OK);
  assert_int_equal(pl_fiber_open(&g, s, NULL, kind), PL_OK);
  lua_xmove(L, g.L, 1);
  lua_xmove(L, f.L, 1);
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
  pl_fiber g = {0};
  (void)state;
  pl_state *s = open_state(0);
  lua_State *L = pl_state_lua(s);
  lua_pushcfunction(L, wait_word);
  lua_setglobal(L, "wait");
  assert_int_equal(luaL_dostring(L, "return function() co = coroutine.wrap(function() return wait() end) end, function() return co() end"), LUA_OK);
  pl_fiber *maker = test_calloc(1, sizeof *maker);
  assert_int_equal(pl_fiber_open(maker, s, NULL, kind), PL_OK);
  assert_int_equal(pl_fiber_open(&g, s, NULL, kind), PL_OK);
  lua_xmove(L, g.L, 1);
  lua_xmove(L, maker->L, 1);
  assert_int_equal(pl_fiber_start(maker, 0), PL_FIBER_DONE);
  pl_fiber_close(maker);
  test_free(maker);
  assert_int_equal(pl_fiber_start(&g, 0), PL_FIBER_WAITING);
  assert_int_equal(pl_fiber_resume(&g), PL_FIBER_DONE);
  assert_int_equal(lua_tointeger(g.L, -1), 7);
  pl_fiber_close(&g);
  pl_state_close(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(it_ends_with_results), cmocka_unit_test(its_error_has_a_place_and_the_line),
                                     cmocka_unit_test(nothing_outlives_its_slice), cmocka_unit_test(it_waits_and_goes_on),
                                     cmocka_unit_test(where_nothing_can_wait_it_says_so),
                                     cmocka_unit_test(a_coroutine_on_the_stack_is_neither_closed_nor_resumed),
                                     cmocka_unit_test(a_dead_coroutine_is_closed_with_its_error),
                                     cmocka_unit_test(what_waits_for_the_host_is_not_touched_by_others),
                                     cmocka_unit_test(a_coroutine_outlives_the_fiber_that_made_it)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
