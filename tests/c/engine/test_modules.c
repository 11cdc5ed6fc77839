/* Embedded Lua: every module once, with its text; playbooks behind them. */
#include "engine/modules.h"

#include <lauxlib.h>
#include <string.h>

#include "support/failing.h"

static void found_by_name(void **state)
{
  pl_str text = {NULL, 7};
  (void)state;
  assert_true(pl_module_text("perilune", &text) && text.len > 100);
  assert_true(pl_module_text("perilune.cmd.dispatch", &text) && text.len > 100);
  pl_str before = text;
  assert_false(pl_module_text("perilune.no_such", &text));
  assert_false(pl_module_text("", &text));
  assert_ptr_equal(text.data, before.data);
}

static void each_once_playbooks_last(void **state)
{
  size_t n = 0, playbooks = 0;
  (void)state;
  for (; pl_modules[n].name; n++) {
    bool playbook = strncmp(pl_modules[n].name, "playbooks/", 10) == 0;
    assert_true(playbook || playbooks == 0);
    for (size_t i = 0; i < n; i++)
      assert_string_not_equal(pl_modules[i].name, pl_modules[n].name);
    assert_true(pl_modules[n].text[0] != '\0');
    playbooks += playbook;
  }
  assert_true(playbooks > 0 && n > playbooks);
}

/* Code of the Lua that runs, text of a playbook. */
static void loaded_as_code(void **state)
{
  pl_str chunk = {NULL, 7};
  (void)state;
  assert_string_equal(pl_modules_lua, lua_ident);
  assert_true(pl_module_chunk(NULL, "perilune.load", &chunk) && pl_str_starts(chunk, PL_STR(LUA_SIGNATURE)));
  lua_State *L = luaL_newstate();
  assert_int_equal(luaL_loadbufferx(L, chunk.data, chunk.len, "other", "b"), LUA_OK);
  lua_Debug where;
  assert_int_equal(lua_getinfo(L, ">S", &where), 1);
  assert_string_equal(where.source, "=perilune/perilune.load");
  lua_close(L);
  assert_true(pl_module_chunk(NULL, "playbooks/load.lua", &chunk) && !pl_str_starts(chunk, PL_STR(LUA_SIGNATURE)));
  assert_false(pl_module_chunk(NULL, "perilune.no_such", &chunk));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(found_by_name), cmocka_unit_test(each_once_playbooks_last),
                                     cmocka_unit_test(loaded_as_code)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
