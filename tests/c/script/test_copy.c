/* Plain values carried from one state to another. */
#include "script/copy.h"

#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

#include "support/failing.h"

static int copy(lua_State *from, lua_State *to, const char *expression, pl_error *err)
{
  pl_buf b;
  pl_buf_init(&b, &pl_alloc_default, PL_COPY_MAX);
  assert_int_equal(luaL_dostring(from, expression), LUA_OK);
  int code = pl_copy_out(from, -1, &b, err);
  if (!code)
    code = pl_copy_in(to, (pl_str){b.data, b.len}, err);
  pl_buf_fini(&b);
  return code;
}

static void tables_arrive_whole(void **state)
{
  pl_error err = {0};
  (void)state;
  lua_State *a = luaL_newstate(), *b = luaL_newstate();
  luaL_openlibs(a);
  luaL_openlibs(b);
  assert_int_equal(copy(a, b, "return { 1, 2.5, 'x\\0y', true, n = { deep = { er = -7 } }, [9] = false }", &err), PL_OK);
  lua_setglobal(b, "v");
  assert_int_equal(luaL_dostring(b, "assert(v[1] == 1 and math.type(v[1]) == 'integer' and v[2] == 2.5 and v[3] == 'x\\0y' and v[4] == true"
                                    " and v.n.deep.er == -7 and v[9] == false and #v == 4)"), LUA_OK);
  lua_close(a);
  lua_close(b);
}

static void what_is_not_plain_is_refused_with_its_place(void **state)
{
  pl_error function = {0}, cycle = {0};
  (void)state;
  lua_State *a = luaL_newstate(), *b = luaL_newstate();
  luaL_openlibs(a);
  assert_int_equal(copy(a, b, "return { list = { print } }", &function), PL_EINVAL);
  assert_non_null(strstr(function.message, "list"));
  assert_int_equal(copy(a, b, "local t = {} t.t = t return t", &cycle), PL_EINVAL);
  lua_close(a);
  lua_close(b);
}

static void damaged_bytes_are_refused(void **state)
{
  pl_error err = {0};
  pl_buf bytes;
  (void)state;
  lua_State *a = luaL_newstate();
  pl_buf_init(&bytes, &pl_alloc_default, PL_COPY_MAX);
  assert_int_equal(luaL_dostring(a, "return { 'abc', { 1 } }"), LUA_OK);
  assert_int_equal(pl_copy_out(a, -1, &bytes, &err), PL_OK);
  for (size_t n = 1; n < bytes.len; n++) { /* no byte at all is nil */
    pl_error cut = {0};
    int top = lua_gettop(a);
    assert_true(pl_copy_in(a, (pl_str){bytes.data, n}, &cut) < 0);
    lua_settop(a, top);
  }
  pl_buf_fini(&bytes);
  lua_close(a);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(tables_arrive_whole), cmocka_unit_test(what_is_not_plain_is_refused_with_its_place),
                                     cmocka_unit_test(damaged_bytes_are_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
