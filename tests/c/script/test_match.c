/* Patterns against Lua's own string library, as an independent implementation: the same values, the same refusals; and the budget,
 * which Lua's has not. */
#include "script/match.h"

#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

#include "support/failing.h"

typedef struct both {
  lua_State *real, *ours;
} both;

static int open_both(void **state)
{
  static both b;
  b.real = luaL_newstate();
  b.ours = luaL_newstate();
  luaL_openlibs(b.real);
  luaL_openlibs(b.ours);
  pl_match_open(b.ours);
  *state = &b;
  return 0;
}

static int close_both(void **state)
{
  const both *b = *state;
  lua_close(b->real);
  lua_close(b->ours);
  return 0;
}

/* Defines call(name, ...): the values as one text; "refused" for an error. */
static const char show[] =
    "local function show(v) return math.type(v) == 'integer' and '#' .. v or tostring(v):gsub('%z', '0') end\n"
    "function call(name, ...)\n"
    "  local got = table.pack(pcall(string[name], ...))\n"
    "  if not got[1] then return 'refused' end\n"
    "  local out = {}\n"
    "  if type(got[2]) == 'function' then\n"
    "    for i = 1, 100 do\n"
    "      local one = table.pack(pcall(got[2]))\n"
    "      if not one[1] then return 'refused' end\n"
    "      if one[2] == nil then break end\n"
    "      for k = 2, one.n do out[#out + 1] = (show(one[k])) end\n"
    "      out[#out + 1] = ';'\n"
    "    end\n"
    "  else for i = 2, got.n do out[#out + 1] = (show(got[i])) end end\n"
    "  return table.concat(out, '|')\n"
    "end\n"
    "function texts_of(name, text, pattern, extra)\n"
    "  if name == 'gsub' then return call(name, text, pattern, extra) end\n"
    "  return call(name, text, pattern, extra ~= '' and tonumber(extra) or nil)\n"
    "end\n";

static const char *call(lua_State *L, const char *name, pl_str text, const char *pattern, const char *extra)
{
  lua_settop(L, 0);
  lua_getglobal(L, "texts_of");
  lua_pushstring(L, name);
  lua_pushlstring(L, text.data, text.len);
  lua_pushstring(L, pattern);
  lua_pushstring(L, extra);
  if (lua_pcall(L, 4, 1, 0) != LUA_OK)
    fail_msg("%s", lua_tostring(L, -1));
  return lua_tostring(L, -1);
}

static void compare(const both *b, const char *name, pl_str text, const char *pattern, const char *extra)
{
  const char *real = call(b->real, name, text, pattern, extra), *ours = call(b->ours, name, text, pattern, extra);
  if (strcmp(real, ours) != 0)
    fail_msg("%s of \"%s\" with \"%s\", %s: \"%s\", not \"%s\"", name, text.data, pattern, extra, ours, real);
}

static const pl_str texts[] = {{"", 0},
                               {"a", 1},
                               {"hello world from Lua", 20},
                               {"key = value; other=  2", 22},
                               {"f(a(b)c)(d", 10},
                               {"THE (quick) fox", 15},
                               {"aaab\0aab", 8},
                               {"[]]^-%x", 7},
                               {"2026-11-27T06:19:29Z", 20},
                               {"\xc3\xa9t\xc3\xa9", 5}};
static const char *const patterns[] = {
    "", "a", "a*", "a+", "a-", "a?", ".", ".*", ".-", ".-b", "^a", "^", "$", "a$", "^$", "a^", "$a", "%a+", "%A+", "%w*", "%s*", "%d+", "%p", "%u%l*",
    "%x", "%g+", "%c", "%z", "[a-c]", "[^a-c]", "[]]", "[^]]", "[]^-]", "[a-]", "[%a_][%w_]*", "[%]]", "()", "()a()", "(a)(b)", "((a)b)", "(%w+) = (%w+)",
    "(%w+)%s*=%s*(%w+)", "%b()", "%bxy", "%f[%w]%w+", "%f[%z]", "%f[%W]", "(.)%1", "(a*)%1", "(%d+)-(%d+)-(%d+)T", "[[:alpha:]]", "%%x", "%]", "a.-b", "b", "ba*", "l+o", "b?a", "b*", "x-y", "=%s*(%w+)",
    "(.-)%s*$", "^%s*(.-)%s*$", "\xc3\xa9", "[\xa0-\xff]",
    /* malformed */
    "%", "[", "[^", "[a", "[%", "(", ")", "(a", "a)", "%1", "(%1)", "(a)%2", "%f", "%fa", "%b", "%bx", "[a-"};

static void the_same_as_luas(void **state)
{
  static const char *const starts[] = {"", "2", "-1", "0", "9", "99"}, *const replacements[] = {"<%0>", "%1", "%%", "", "%2", "%x"};
  const both *b = *state;
  for (lua_State *L = b->real; L; L = L == b->real ? b->ours : NULL)
    assert_int_equal(luaL_dostring(L, show), LUA_OK);
  for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
    for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++) {
      for (size_t i = 0; i < 6; i++) {
        compare(b, "find", texts[t], patterns[p], starts[i]);
        compare(b, "match", texts[t], patterns[p], starts[i]);
        compare(b, "gmatch", texts[t], patterns[p], starts[i]);
        compare(b, "gsub", texts[t], patterns[p], replacements[i]);
      }
    }
  }
}

static void replacements_by_tables_and_functions(void **state)
{
  static const char text[] =
      "local a = ('x=1 y=2 z=3'):gsub('(%w)=(%w)', { x = 'X', y = false })\n"
      "local b, n = ('a1b2'):gsub('%a(%d)', function(d) return d ~= '1' and d * 2 end)\n"
      "local c = ('abc'):gsub('', '-')\n"
      "local d = ('abc'):gsub('%w', '%0%0', 2)\n"
      "local e = ('hello'):find('l', 1, true) .. tostring(('a.b'):find('.', 1, true))\n"
      "local ok, why = pcall(string.gsub, 'a', 'a', function() return {} end)\n"
      "return table.concat({ a, b, n, c, d, e, tostring(ok), why }, ' ')";
  const both *b = *state;
  assert_int_equal(luaL_dostring(b->real, text), LUA_OK);
  assert_int_equal(luaL_dostring(b->ours, text), LUA_OK);
  assert_string_equal(lua_tostring(b->ours, -1), lua_tostring(b->real, -1));
}

/* Lua's library would take years for this; ours says so. */
static void a_match_has_a_budget(void **state)
{
  lua_State *L = ((both *)*state)->ours;
  assert_int_equal(luaL_dostring(L, "return ('a'):rep(40):match(('a*'):rep(30) .. 'b')"), 1);
  assert_non_null(strstr(lua_tostring(L, -1), "pattern too complex"));
  lua_settop(L, 0);
  assert_int_equal(luaL_dostring(L, "return #('a'):rep(1 << 20):match('^(a*)$')"), LUA_OK); /* long, but simple */
  assert_int_equal(lua_tointeger(L, -1), 1 << 20);
}

static void a_text_that_is_no_lua_string(void **state)
{
  lua_State *L = ((both *)*state)->ours;
  lua_pushliteral(L, "id=(%d+)");
  assert_int_equal(pl_match(L, PL_STR("x id=42;"), 1), 1);
  assert_string_equal(lua_tostring(L, -1), "42");
  assert_int_equal(pl_match(L, (pl_str){NULL, 0}, 1), 1);
  assert_true(lua_isnil(L, -1));
  lua_settop(L, 0);
  lua_pushliteral(L, "id=");
  assert_int_equal(pl_match(L, PL_STR("x id=42;"), 1), 1);
  assert_string_equal(lua_tostring(L, -1), "id=");
  assert_int_equal(pl_match(L, (pl_str){NULL, 0}, 1), 1);
  assert_true(lua_isnil(L, -1));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_both, close_both)
  const struct CMUnitTest tests[] = {TEST(the_same_as_luas), TEST(replacements_by_tables_and_functions), TEST(a_match_has_a_budget),
                                     TEST(a_text_that_is_no_lua_string)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
