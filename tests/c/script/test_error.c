/* What a script is told of an error. */
#include "script/error.h"

#include "script/fibers.h"

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

/* What is not a text or a table becomes one that says so. */
static void whatever_is_raised_has_a_message(void **state)
{
  static const struct {
    const char *text, *message;
  } rows[] = {
      {"error()", "nil was raised"},
      {"error(true)", "a boolean was raised as an error"},
      {"error({ code = 'full' })", "error with code \"full\" and no message"},
      {"error({})", "a table without a message"},
      {"error({ message = 'sold out' })", "t.lua:1: sold out"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    pl_fiber f;
    pl_state *s = open_state(0);
    assert_int_equal(start(s, &f, rows[i].text), PL_FIBER_FAILED);
    assert_non_null(strstr(luaL_tolstring(f.L, -1, NULL), rows[i].message));
    pl_fiber_close(&f);
    pl_state_close(s);
  }
}

/* The trace names the script's frames and none of C's. */
static void a_trace_has_frames_of_the_script_alone(void **state)
{
  pl_fiber f;
  (void)state;
  pl_state *s = open_state(0);
  assert_int_equal(start(s, &f, "local function inner() error('x') end\nlocal function outer() pcall(nil) inner() return 1 end\nouter()"), PL_FIBER_FAILED);
  assert_int_equal(lua_getfield(f.L, -1, "trace"), LUA_TSTRING);
  const char *trace = lua_tostring(f.L, -1);
  assert_non_null(strstr(trace, "t.lua:1: in inner"));
  assert_non_null(strstr(trace, "t.lua:2: in outer"));
  assert_null(strstr(trace, "[C]"));
  pl_fiber_close(&f);
  pl_state_close(s);
}

static void the_nearest_key(void **state)
{
  static const struct {
    const char *word, *near;
  } rows[] = {{"prin", "print"}, {"pairz", "pairs"}, {"cat", "bat"}, {"pairs", "pairs"}, {"quite another", NULL}, {"", NULL}};
  (void)state;
  pl_state *s = open_state(0);
  lua_State *L = pl_state_lua(s);
  assert_int_equal(luaL_dostring(L, "return { print = 1, pairs = 1, rat = 1, bat = 1, hat = 1, [1] = 1, [false] = 1 }"), LUA_OK);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const char *near = pl_error_near(L, -1, pl_str_of(rows[i].word));
    if (!near || !rows[i].near)
      assert_ptr_equal(near, rows[i].near);
    else
      assert_string_equal(near, rows[i].near);
  }
  assert_int_equal(lua_gettop(L), 1);
  pl_state_close(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(its_error_has_a_place_and_the_line),
      cmocka_unit_test(whatever_is_raised_has_a_message),
      cmocka_unit_test(a_trace_has_frames_of_the_script_alone),
      cmocka_unit_test(the_nearest_key),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
