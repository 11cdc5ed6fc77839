/* What scripts hold and cannot change or look into. */
#include "script/guard.h"

#include "script/scripted.h"

static pl_state *s;

static int open_it(void **state)
{
  (void)state;
  s = scripted_open();
  return 0;
}

static int close_it(void **state)
{
  (void)state;
  pl_state_close(s);
  return 0;
}

/* Pushes a view of { 1, 2, key = "value" }. */
static void push_view(void)
{
  assert_int_equal(luaL_dostring(pl_state_lua(s), "return { 1, 2, key = 'value' }"), LUA_OK);
  pl_guard_read_only(pl_state_lua(s), "facts");
}

static void a_view_reads_like_its_table(void **state)
{
  (void)state;
  push_view();
  assert_true(pl_guard_is_view(pl_state_lua(s), -1));
  scripted_works(s, "local v = ... assert(v.key == 'value' and v[2] == 2 and #v == 2 and v.none == nil)\n"
                    "local n = 0 for _ in pairs(v) do n = n + 1 end assert(n == 3)\n"
                    "for i, x in ipairs(v) do assert(i == x) end", 1);
  lua_newtable(pl_state_lua(s));
  assert_false(pl_guard_is_view(pl_state_lua(s), -1));
  lua_pushinteger(pl_state_lua(s), 1);
  assert_false(pl_guard_is_view(pl_state_lua(s), -1));
  lua_pop(pl_state_lua(s), 2);
}

static void a_view_cannot_be_changed(void **state)
{
  (void)state;
  push_view();
  scripted_fails(s, "local v = ... v.key = 1", 1, "\"key\" of facts cannot be changed");
  push_view();
  scripted_fails(s, "local v = ... v[true] = 1", 1, "\"boolean\" of facts cannot be changed");
  push_view();
  scripted_fails(s, "rawset(..., 'key', 1)", 1, "read-only");
  push_view();
  scripted_fails(s, "setmetatable(..., {})", 1, "protected metatable");
  push_view();
  scripted_works(s, "assert(getmetatable(...) == false)", 1);
}

static void a_secret_is_not_seen(void **state)
{
  static const char *const looks[] = {"local x = (...).key", "(...).key = 1", "local x = #...", "local x = ... + 1", "local x = ... < 'z'",
                                      "('x'):rep(...)", "table.concat({ ... })", "string.format('%d', ...)"};
  (void)state;
  for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
    pl_secret_push(pl_state_lua(s), PL_STR("hunter2"));
    const char *message = scripted_run(s, looks[i], 1);
    assert_true(*message && !strstr(message, "hunter2"));
  }
  pl_secret_push(pl_state_lua(s), PL_STR("hunter2"));
  scripted_works(s, "local x = ... assert(tostring(x) == '***' and string.format('%s', x) == '***' and x ~= 'hunter2' and x == x)", 1);
  pl_secret_push(pl_state_lua(s), PL_STR("hunter2"));
  scripted_fails(s, "error(...)", 1, "***");
}

static void joined_to_text_it_stays_one(void **state)
{
  lua_State *L = pl_state_lua(s);
  pl_str text;
  (void)state;
  lua_newtable(L);
  pl_secret_push(L, PL_STR("t\0k"));
  lua_pushvalue(L, -2);
  lua_insert(L, -2);
  scripted_works(s, "local t, x = ... t[1] = 'Bearer ' .. x t[2] = x .. 7 .. x t[3] = pcall(function() return x .. {} end)", 2);
  lua_rawgeti(L, -1, 1);
  assert_true(pl_secret_is(L, -1) && pl_secret_text(L, -1, &text));
  assert_int_equal(text.len, 10);
  assert_memory_equal(text.data, "Bearer t\0k", 10);
  lua_rawgeti(L, -2, 2);
  assert_true(pl_secret_text(L, -1, &text) && text.len == 7);
  lua_rawgeti(L, -3, 3);
  assert_false(lua_toboolean(L, -1));
  lua_settop(L, 0);
}

static void the_text_of_other_values(void **state)
{
  lua_State *L = pl_state_lua(s);
  pl_str text;
  (void)state;
  lua_pushinteger(L, 42);
  assert_true(pl_secret_text(L, -1, &text) && pl_str_eqc(text, "42"));
  lua_pushboolean(L, 1);
  assert_false(pl_secret_text(L, -1, &text));
  assert_false(pl_secret_is(L, -1));
  lua_newuserdatauv(L, 8, 0);
  assert_false(pl_secret_text(L, -1, &text));
  pl_secret_push(L, (pl_str){NULL, 0});
  assert_true(pl_secret_text(L, -1, &text) && text.len == 0);
  lua_settop(L, 0);
}

/* perilune.core.guard, as our own Lua has it. */
static void the_module(void **state)
{
  static const char text[] =
      "local guard = ...\n"
      "local o = guard.object('run', function(self, name) return name == 'id' and 7 or nil end)\n"
      "assert(o.id == 7 and o.none == nil and tostring(o) == 'run' and not pcall(function() o.id = 8 end))\n"
      "local x = guard.secret 'word'\n"
      "assert(guard.is_secret(x) and not guard.is_secret 'word' and guard.reveal(x) == 'word' and guard.reveal(5) == 5)\n"
      "local a, b = 1, {}\n"
      "local up = guard.upvalues(function() return a, b end)\n"
      "assert(up.a.value == 1 and up.b.value == b and up.a.id == guard.upvalues(function() a = 2 end).a.id)\n"
      "assert(next(guard.upvalues(print)) == nil)\n"
      "assert(not pcall(guard.read_only, 1, 'x') and not pcall(guard.object, 'x') and not pcall(guard.secret, {}))\n";
  lua_State *L = pl_state_lua(s);
  (void)state;
  assert_int_equal(luaL_loadbuffer(L, text, sizeof text - 1, "@t.lua"), LUA_OK);
  (void)pl_open_guard(L);
  if (lua_pcall(L, 1, 0, 0) != LUA_OK)
    fail_msg("%s", lua_tostring(L, -1));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_it, close_it)
  const struct CMUnitTest tests[] = {TEST(a_view_reads_like_its_table), TEST(a_view_cannot_be_changed), TEST(a_secret_is_not_seen),
                                     TEST(joined_to_text_it_stays_one), TEST(the_text_of_other_values), TEST(the_module)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
