/* require: our own modules, and what a playbook may have of them and of its folder. */
#include "script/require.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "script/state.h"
#include "support/failing.h"
#include "support/temporary.h"

static bool module(void *user, const char *name, pl_str *text)
{
  int *asked = user;
  if (strcmp(name, "perilune.test") != 0 && strcmp(name, "perilune") != 0)
    return false;
  ++*asked;
  *text = PL_STR("return { answer = 42, again = ... }");
  return true;
}

typedef struct fixture {
  pl_state *state;
  temporary folder;
  int asked;
} fixture;

static int set_up(void **state)
{
  static fixture f;
  f = (fixture){.asked = 0};
  temporary_open(&f.folder);
  pl_state_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system, .profile = PL_PROFILE_PLAYBOOK, .module = module, .module_user = &f.asked,
                        .folder = f.folder.folder};
  pl_error err = {0};
  assert_int_equal(pl_state_open(&o, &f.state, &err), PL_OK);
  *state = &f;
  return 0;
}

static int tear_down(void **state)
{
  fixture *f = *state;
  pl_state_close(f->state);
  temporary_close(&f->folder);
  return 0;
}

/* Runs a playbook's chunk; the text of its error, or of what it returned. */
static const char *run(fixture *f, const char *text)
{
  static char answer[600];
  lua_State *L = pl_state_lua(f->state);
  pl_error err = {0};
  assert_int_equal(pl_state_load(f->state, pl_str_of(text), "t.lua", &err), PL_OK);
  (void)lua_pcall(L, 0, 1, 0);
  (void)snprintf(answer, sizeof answer, "%s", luaL_tolstring(L, -1, NULL));
  lua_pop(L, 2);
  return answer;
}

static void a_module_runs_once(void **state)
{
  fixture *f = *state;
  pl_error err = {0};
  for (int i = 0; i < 3; i++) {
    assert_int_equal(pl_state_require(f->state, "perilune.test", "answer", &err), PL_OK);
    assert_int_equal(lua_tointeger(pl_state_lua(f->state), -1), 42);
    lua_pop(pl_state_lua(f->state), 1);
  }
  assert_int_equal(f->asked, 1);
}

static int open_word(lua_State *L)
{
  lua_pushinteger(L, 7);
  return 1;
}

static void what_c_opens_comes_before_text(void **state)
{
  fixture *f = *state;
  pl_error err = {0};
  pl_require_preload(pl_state_lua(f->state), "perilune.test", open_word);
  assert_int_equal(pl_state_require(f->state, "perilune.test", NULL, &err), PL_OK);
  assert_int_equal(lua_tointeger(pl_state_lua(f->state), -1), 7);
  assert_int_equal(f->asked, 0);
}

static void a_playbook_has_files_of_its_folder_alone(void **state)
{
  fixture *f = *state;
  temporary_put(&f->folder, "shared.lua", "return { name = 'shared' }");
  assert_string_equal(run(f, "return require('shared').name"), "shared");
  assert_string_equal(run(f, "return require('shared') == require('shared')"), "true");
  assert_non_null(strstr(run(f, "return require('perilune.test')"), "there is no \"perilune.test\""));
  assert_non_null(strstr(run(f, "return require('../shared')"), "there is no \"../shared\""));
  assert_non_null(strstr(run(f, "return require('/etc/passwd')"), "there is no \"/etc/passwd\""));
  assert_string_equal(run(f, "return require('perilune').answer"), "42");
}

static void files_that_need_each_other_are_told(void **state)
{
  fixture *f = *state;
  temporary_put(&f->folder, "a.lua", "return require 'b'");
  temporary_put(&f->folder, "b.lua", "return require 'a'");
  assert_non_null(strstr(run(f, "return require 'a'"), "move what both need into a third"));
}

/* Two files of one name are told apart, and each shows its own line. */
static void a_file_is_called_by_its_path_below_the_folder(void **state)
{
  fixture *f = *state;
  temporary_put(&f->folder, "shop/util.lua", "return { fail = function() error 'of the shop' end }");
  temporary_put(&f->folder, "util.lua", "return { fail = function() error 'of all' end }");
  assert_string_equal(run(f, "local _ = require 'shop.util' return select(2, pcall(require('util').fail))"), "util.lua:1: of all");
  assert_string_equal(run(f, "return select(2, pcall(require('shop.util').fail))"), "shop/util.lua:1: of the shop");
  pl_str line = pl_state_source_line(pl_state_lua(f->state), "util.lua", 1);
  assert_true(pl_str_starts(line, PL_STR("return { fail = function() error 'of all'")));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {TEST(a_module_runs_once), TEST(what_c_opens_comes_before_text), TEST(a_playbook_has_files_of_its_folder_alone),
                                     TEST(files_that_need_each_other_are_told), TEST(a_file_is_called_by_its_path_below_the_folder)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
