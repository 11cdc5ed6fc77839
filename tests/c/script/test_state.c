/* Lua states: the memory limit, errors with their place, modules, what a playbook's chunk sees. */
#include "script/state.h"

#include <lauxlib.h>
#include <string.h>

#include "support/failing.h"

static bool module(void *user, const char *name, pl_str *text)
{
  (void)user;
  if (strcmp(name, "perilune.test") != 0)
    return false;
  *text = PL_STR("return { answer = 42 }");
  return true;
}

static pl_state *open_state(const pl_allocator *a, size_t memory_max)
{
  pl_state_options o = {.alloc = a, .clock = &pl_clock_system, .profile = PL_PROFILE_PLAYBOOK, .memory_max = memory_max, .module = module};
  pl_state *s = NULL;
  pl_error err = {0};
  return pl_state_open(&o, &s, &err) ? NULL : s;
}

static void our_modules_are_required(void **state)
{
  pl_error err = {0}, missing = {0};
  (void)state;
  pl_state *s = open_state(&pl_alloc_default, 0);
  assert_int_equal(pl_state_require(s, "perilune.test", NULL, &err), PL_OK);
  lua_getfield(pl_state_lua(s), -1, "answer");
  assert_int_equal(lua_tointeger(pl_state_lua(s), -1), 42);
  assert_true(pl_state_require(s, "perilune.none", NULL, &missing) < 0);
  assert_non_null(strstr(missing.message, "perilune.none"));
  assert_ptr_equal(pl_state_of(pl_state_lua(s)), s);
  pl_state_close(s);
}

/* Whether a module is there or not: garbage is collected afterwards where it was before, and only there. */
static void requiring_leaves_the_collector_as_it_was(void **state)
{
  static const char *const names[] = {"perilune.test", "perilune.none"};
  (void)state;
  for (int i = 0; i < 4; i++) {
    pl_state *s = open_state(&pl_alloc_default, 0);
    lua_State *L = pl_state_lua(s);
    lua_gc(L, i < 2 ? LUA_GCRESTART : LUA_GCSTOP);
    int code = pl_state_require(s, names[i % 2], NULL, NULL);
    assert_int_equal(code == PL_OK, i % 2 == 0);
    assert_int_equal(lua_gc(L, LUA_GCISRUNNING), i < 2);
    pl_state_close(s);
  }
}

static void syntax_errors_name_file_and_line(void **state)
{
  pl_error err = {0}, bytecode = {0};
  (void)state;
  pl_state *s = open_state(&pl_alloc_default, 0);
  assert_int_equal(pl_state_load(s, PL_STR("local a = 1\nlocal = 2\n"), "review.lua", &err), PL_EPARSE);
  assert_non_null(strstr(err.message, "review.lua:2"));
  assert_non_null(strstr(err.message, "local = 2"));
  assert_true(pl_state_load(s, PL_STR("\x1bLua"), "x.lua", &bytecode) < 0);
  pl_state_close(s);
}

/* Messages show the front of a long line, which ends with a whole character. */
static void a_long_line_is_cut(void **state)
{
  char text[200] = "  ";
  pl_error err = {0};
  (void)state;
  pl_state *s = open_state(&pl_alloc_default, 0);
  memset(text + 2, '-', 119);
  strcpy(text + 121, "\xc3\xa9 further");
  assert_int_equal(pl_state_load(s, pl_str_of(text), "t.lua", &err), PL_OK);
  assert_int_equal(pl_state_source_line(pl_state_lua(s), "t.lua", 1).len, 119);
  assert_int_equal(pl_state_source_line(pl_state_lua(s), "t.lua", 2).len, 0);
  assert_int_equal(pl_state_source_line(pl_state_lua(s), "other.lua", 1).len, 0);
  pl_state_close(s);
}

/* Runs a chunk with the sandbox's environment; the message of its error, or "". */
static const char *run(pl_state *s, const char *text)
{
  static char message[512];
  lua_State *L = pl_state_lua(s);
  pl_error err = {0};
  message[0] = '\0';
  if (pl_state_load(s, pl_str_of(text), "t.lua", &err))
    return strcpy(message, err.message);
  if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
    (void)pl_copy(message, sizeof message, pl_str_of(luaL_tolstring(L, -1, NULL)));
    lua_pop(L, 2);
  }
  return message;
}

static void a_chunk_sees_what_is_allowed(void **state)
{
  (void)state;
  pl_state *s = open_state(&pl_alloc_default, 0);
  assert_string_equal(run(s, "local t = {} for w in ('a b'):gmatch('%a') do t[#t + 1] = w end assert(#t == 2)"), "");
  assert_non_null(strstr(run(s, "return io"), "io"));
  assert_non_null(strstr(run(s, "x = 1"), "x"));
  assert_non_null(strstr(run(s, "setmetatable({}, { __gc = print })"), "__gc"));
  assert_non_null(strstr(run(s, "string.rep = nil"), "rep"));
  assert_string_equal(run(s, "local a = 1 local function f() a = 2 end f() assert(a == 2)"), "");
  pl_state_close(s);
}

static void memory_is_limited(void **state)
{
  (void)state;
  pl_state *s = open_state(&pl_alloc_default, 4 << 20);
  assert_non_null(strstr(run(s, "local s = ('x'):rep(1 << 24)"), "memory"));
  assert_string_equal(run(s, "local s = ('x'):rep(1 << 16)"), "");
  assert_true(pl_state_memory(s) <= 4 << 20);
  pl_state_close(s);
}

static int open_and_close(const pl_allocator *a, void *user)
{
  (void)user;
  pl_state *s = open_state(a, 0);
  if (!s)
    return PL_ENOMEM;
  pl_state_close(s);
  return PL_OK;
}

static void no_memory_leaks_nothing(void **state)
{
  (void)state;
  failing_every(open_and_close, NULL, 5000);
}

/* A window of 60 tables, each of which lives long enough to become old: what left it does not double the state. */
static void what_lives_for_a_while_is_collected(void **state)
{
  (void)state;
  pl_state *s = open_state(&pl_alloc_default, 0);
  assert_string_equal(run(s, "local window, least, most = {}, math.huge, 0\n"
                             "for i = 1, 1200 do\n"
                             "  local second = {}\n"
                             "  for k = 1, 500 do second[k] = { k } end\n"
                             "  window[i % 60] = second\n"
                             "  local now = collectgarbage 'count'\n"
                             "  if i > 600 then least, most = math.min(least, now), math.max(most, now) end\n"
                             "end\n"
                             "if most > 1.7 * least then error(('%.0f to %.0f KB'):format(least, most)) end"), "");
  pl_state_close(s);
}

static void manual_collection_waits_for_growth(void **state)
{
  (void)state;
  pl_state *s = open_state(&pl_alloc_default, 0);
  pl_state_manual_gc(s);
  while (!pl_state_collect(s, PL_S_NS))
    continue;
  size_t before = pl_state_memory(s);
  assert_int_equal(pl_state_live(s), before);
  assert_string_equal(run(s, "for i = 1, 1000 do local t = { i } end"), "");
  assert_int_equal(pl_state_live(s), before);
  assert_true(pl_state_memory(s) > before); /* nothing collects by itself */
  assert_true(pl_state_collect(s, PL_S_NS));
  assert_true(pl_state_memory(s) > before); /* too little has grown */
  assert_string_equal(run(s, "for i = 1, 100000 do local t = { i } end"), "");
  while (!pl_state_collect(s, PL_MS_NS))
    continue;
  assert_true(pl_state_memory(s) < before + (1 << 20));
  pl_state_close(s);
}

static void a_burden_brings_the_next_collection_nearer(void **state)
{
  (void)state;
  pl_state *s = open_state(&pl_alloc_default, 0);
  pl_state_manual_gc(s);
  while (!pl_state_collect(s, PL_S_NS))
    continue;
  assert_string_equal(run(s, "for i = 1, 100 do local t = { i } end"), "");
  size_t grown = pl_state_memory(s);
  assert_true(pl_state_collect(s, PL_S_NS));
  assert_int_equal(pl_state_memory(s), grown); /* too little has grown */
  pl_state_burden(s, 64 << 20);
  while (!pl_state_collect(s, PL_MS_NS))
    continue;
  assert_true(pl_state_memory(s) < grown);
  pl_state_close(s);
}

/* 12 MB in tables of a few entries: a cycle is cut into many hundreds of steps, so that none is long. */
static void manual_collection_goes_in_small_steps(void **state)
{
  unsigned steps = 0;
  (void)state;
  pl_state *s = open_state(&pl_alloc_default, 0);
  lua_State *L = pl_state_lua(s);
  pl_state_manual_gc(s);
  lua_newtable(L);
  for (int i = 1; i <= 100000; i++) {
    lua_createtable(L, 4, 0);
    lua_rawseti(L, -2, i);
  }
  while (!pl_state_collect(s, 0))
    steps++;
  assert_true(steps > 800);
  pl_state_close(s);
}

/* Twice what Lua's own draws. */
static int doubled(lua_State *L)
{
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, 1);
  lua_pushinteger(L, 2 * lua_tointeger(L, -1));
  return 1;
}

static void random_numbers_are_the_hosts(void **state)
{
  (void)state;
  pl_state_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system, .profile = PL_PROFILE_PLAYBOOK, .random = doubled};
  pl_state *s = NULL;
  pl_error err = {0};
  assert_int_equal(pl_state_open(&o, &s, &err), PL_OK);
  assert_int_equal(pl_state_load(s, PL_STR("return math.random(21, 21)"), "x.lua", &err), PL_OK);
  assert_int_equal(lua_pcall(pl_state_lua(s), 0, 1, 0), LUA_OK);
  assert_int_equal(lua_tointeger(pl_state_lua(s), -1), 42);
  pl_state_close(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(our_modules_are_required), cmocka_unit_test(requiring_leaves_the_collector_as_it_was),
                                     cmocka_unit_test(syntax_errors_name_file_and_line), cmocka_unit_test(a_long_line_is_cut),
                                     cmocka_unit_test(a_chunk_sees_what_is_allowed), cmocka_unit_test(memory_is_limited),
                                     cmocka_unit_test(no_memory_leaks_nothing), cmocka_unit_test(manual_collection_waits_for_growth),
                                     cmocka_unit_test(random_numbers_are_the_hosts),
                                     cmocka_unit_test(what_lives_for_a_while_is_collected),
                                     cmocka_unit_test(a_burden_brings_the_next_collection_nearer),
                                     cmocka_unit_test(manual_collection_goes_in_small_steps)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
