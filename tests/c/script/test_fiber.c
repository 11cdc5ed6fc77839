/* Fibers: they end, fail, wait, and are stopped whatever they catch. */
#include "script/fiber.h"

#include "script/fibers.h"

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

/* Whoever looks at this clock sees that others had the machine for a second. */
static uint64_t much_later(void *user)
{
  return *(uint64_t *)user += PL_S_NS;
}

static void a_slice_is_cpu_time(void **state)
{
  uint64_t now = 0;
  const pl_clock clock = {.mono_ns = much_later, .wall_ns = pl_clock_system.wall_ns, .user = &now};
  pl_fiber f;
  (void)state;
  pl_state *s = open_state_by(&clock, 10 * PL_S_NS);
  assert_int_equal(start(s, &f, "for i = 1, 8000 do end"), PL_FIBER_DONE);
  assert_true(now > 12 * PL_S_NS && now < 30 * PL_S_NS);
  pl_fiber_close(&f);
  now = 0;
  assert_int_equal(start(s, &f, "while true do end"), PL_FIBER_STOPPED); /* an end comes all the same */
  assert_in_range(now, 30 * PL_S_NS, 32 * PL_S_NS);
  pl_fiber_close(&f);
  pl_state_close(s);
}

static void it_waits_and_goes_on(void **state)
{
  pl_fiber f;
  (void)state;
  pl_state *s = open_waiting("return function() local a = select(2, pcall(wait)) return a + coroutine.wrap(function() return wait() end)() end");
  open_fiber(s, &f);
  assert_int_equal(pl_fiber_start(&f, 0), PL_FIBER_WAITING); /* inside pcall */
  assert_int_equal(pl_fiber_resume(&f), PL_FIBER_WAITING);   /* inside a coroutine of its own */
  assert_int_equal(pl_fiber_resume(&f), PL_FIBER_DONE);
  assert_int_equal(lua_tointeger(f.L, -1), 14);
  pl_fiber_close(&f);
  pl_state_close(s);
}

static void where_nothing_can_wait_it_says_so(void **state)
{
  pl_fiber f;
  pl_error err = {0};
  (void)state;
  pl_state *s = open_waiting("return function() table.sort({ 2, 1 }, function(a, b) wait() return a < b end) end");
  open_fiber(s, &f);
  assert_int_equal(pl_fiber_start(&f, 0), PL_FIBER_FAILED);
  (void)pl_state_error(f.L, &err);
  assert_non_null(strstr(err.message, "sort comparator"));
  pl_fiber_close(&f);
  pl_state_close(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_ends_with_results),
      cmocka_unit_test(nothing_outlives_its_slice),
      cmocka_unit_test(a_slice_is_cpu_time),
      cmocka_unit_test(it_waits_and_goes_on),
      cmocka_unit_test(where_nothing_can_wait_it_says_so),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
