/* What a playbook's chunk may touch, and the ways out that are closed. */
#include "script/sandbox.h"

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

static void what_is_not_there(void **state)
{
  static const char *const names[] = {"io", "dofile", "loadfile", "loadstring", "package", "_G", "module", "os.execute", "os.getenv", "os.exit", "os.remove",
                                      "os.tmpname", "debug.getinfo", "debug.sethook", "debug.getregistry", "string.dump", "math.randomseed"};
  char text[100];
  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    (void)snprintf(text, sizeof text, "local x = %s if x == nil then error 'is not defined' end", names[i]);
    scripted_fails(s, text, 0, "is not defined");
  }
}

static void what_is_there(void **state)
{
  (void)state;
  scripted_works(s, "assert(('x'):upper() == 'X' and table.concat({ 1, 2 }, ',') == '1,2' and math.max(1, 2) == 2 and os.time() > 0)", 0);
  scripted_works(s, "assert(utf8.len('\xc3\xa9') == 1 and select('#', coroutine.running()) == 2 and _VERSION == 'Lua 5.4')", 0);
  scripted_works(s, "assert(type(debug.traceback()) == 'string' and collectgarbage 'count' > 0)", 0);
  scripted_works(s, "local ok, e = xpcall(error, function(m) return m .. '!' end, 'x') assert(not ok and e == 'x!')", 0);
}

static void names_are_strict(void **state)
{
  (void)state;
  scripted_fails(s, "pritn 'x'", 0, "the name \"pritn\" is not defined; did you mean \"print\"?");
  scripted_fails(s, "total = 1", 0, "assignment to the global \"total\": write local total");
  scripted_fails(s, "_ENV[{}] = 1", 0, "assignment to the global \"?\"");
  scripted_fails(s, "return _ENV[1]", 0, "is not defined");
  scripted_works(s, "local _ENV = { total = 1 } total = 2", 0);
}

static void each_chunk_is_alone(void **state)
{
  (void)state;
  scripted_fails(s, "rawset(_ENV, 'shared', 1)", 0, "read-only");
  scripted_fails(s, "string.upper = nil", 0, "\"upper\" of string cannot be changed");
  scripted_fails(s, "getmetatable('').__index = nil", 0, "attempt to index a boolean");
  scripted_fails(s, "setmetatable(string, {})", 0, "protected metatable");
  scripted_fails(s, "setmetatable(_ENV, {})", 0, "protected metatable");
}

static void finalizers_are_refused(void **state)
{
  (void)state;
  scripted_fails(s, "setmetatable({}, { __gc = function() end })", 0, "__gc is not allowed");
  scripted_fails(s, "setmetatable({}, setmetatable({ __gc = 1 }, {}))", 0, "__gc is not allowed");
  /* Added afterwards it is none: Lua marks an object for finalization when its metatable is set. */
  scripted_works(s, "local m = {} local t = setmetatable({}, m) m.__gc = error t = nil", 0);
}

static void load_takes_text_into_an_environment(void **state)
{
  (void)state;
  scripted_works(s, "assert(load('return 1 + 1')() == 2)", 0);
  scripted_works(s, "local env = {} load('x = 5', 'chunk', 't', env)() assert(env.x == 5)", 0);
  scripted_fails(s, "load 'x = 5' ()", 0, "assignment to the global \"x\"");
  scripted_fails(s, "load 'return io' ()", 0, "is not defined");
  scripted_works(s, "local f, why = load('\\27Lua') assert(f == nil and why:find 'binary')", 0);
  scripted_works(s, "local f, why = load('\\27Lua', 'x', 'b') assert(f == nil)", 0); /* the mode is not the script's to choose */
  scripted_fails(s, "load(function() return 'x' end)", 0, "load takes text here");
}

/* Loops in C, which no hook can interrupt, have limits. */
static void loops_in_c_are_bounded(void **state)
{
  static const char *const loops[] = {"table.move({}, 1, 1 << 60, 2)", "table.concat({}, '', 1, 1 << 60)", "table.concat({}, '', math.mininteger, math.maxinteger)",
                                      "table.insert(setmetatable({}, { __len = function() return 1 << 60 end }), 1, 1)",
                                      "table.sort(setmetatable({}, { __len = function() return 1 << 60 end }))"};
  (void)state;
  for (size_t i = 0; i < sizeof loops / sizeof *loops; i++)
    scripted_fails(s, loops[i], 0, "too many elements");
  scripted_works(s, "assert((''):rep(1 << 60) == '' and ('ab'):rep(2, '-') == 'ab-ab')", 0);
  scripted_works(s, "local t = table.move({ 1, 2, 3 }, 2, 3, 1) assert(t[1] == 2 and table.concat(t, '', 1, 2) == '23')", 0);
  scripted_fails(s, "collectgarbage 'stop'", 0, "only \"count\"");
}

static void metatables_of_tables_alone(void **state)
{
  (void)state;
  scripted_works(s, "local m = {} local t = setmetatable({}, m) assert(getmetatable(t) == m and setmetatable(t, nil) == t and getmetatable(t) == nil)", 0);
  scripted_works(s, "assert(getmetatable('') == false and getmetatable(print) == false)", 0);
  scripted_works(s, "assert(getmetatable(setmetatable({}, { __metatable = 'mine' })) == 'mine')", 0);
  scripted_fails(s, "setmetatable({}, 1)", 0, "nil or table");
  scripted_works(s, "local t = rawset({}, 'a', 1) assert(rawget(t, 'a') == 1)", 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_it, close_it)
  const struct CMUnitTest tests[] = {TEST(what_is_not_there), TEST(what_is_there), TEST(names_are_strict), TEST(each_chunk_is_alone),
                                     TEST(finalizers_are_refused), TEST(load_takes_text_into_an_environment), TEST(loops_in_c_are_bounded),
                                     TEST(metatables_of_tables_alone)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
