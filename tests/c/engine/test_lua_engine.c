/* perilune.core.engine, as commands and runs have it: a command whose Lua is the test's. */
#include <signal.h>

#include "engine/hosted.h"

#define COMMAND(body)                                                                                                \
  "local engine = require 'perilune.core.engine'\n"                                                                  \
  "return { main = function(argv)\n" body "\n  engine.finish { exit = 0, verdict = 'pass' } end }"

/* Runs the body as a command, which must succeed. */
static void expect(hosted *h, const char *dispatch)
{
  hosted_open(h, dispatch, NULL);
  if (hosted_command(h, "x") != 0)
    fail_msg("%s", h->shown);
}

static void facts_of_the_engine(void **state)
{
  static hosted h;
  (void)state;
  expect(&h, COMMAND("  assert(engine.version():match '^%d+%.%d+%.%d+$' and engine.build_info():find 'sqlite')\n"
                     "  assert(engine.sha256 'abc' == 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')\n"
                     "  local a, b = engine.unique(), engine.unique()\n"
                     "  assert(a ~= b and #a == 32 and a:match '^%x+$')\n"
                     "  assert(engine.source 'perilune' and engine.source 'none' == nil and #engine.modules() > 50)\n"
                     "  local o = engine.options()\n"
                     "  assert(o.tty == false and o.one_place == false and o.columns == 80 and o.db_path == nil and next(o.settings) == nil)\n"
                     "  assert(engine.exits[1].code == 124 and engine.exits[#engine.exits].reason == 'pass')\n"
                     "  assert(engine.take_control() == nil and engine.cancelled() == nil)"));
  hosted_close(&h);
}

static void text_goes_to_the_host(void **state)
{
  static hosted h;
  (void)state;
  expect(&h, COMMAND("  assert(engine.write('result', 'a\\0b'))\n"
                     "  assert(not pcall(engine.write, 'elsewhere', 'x'))"));
  assert_string_equal(h.shown, "a");
  hosted_close(&h);
}

static void a_chunk_lives_in_the_sandbox_of_its_state(void **state)
{
  static hosted h;
  (void)state;
  expect(&h, COMMAND("  local f = assert(engine.chunk('return 1 + 1', 'x.lua'))\n"
                     "  assert(f() == 2)\n"
                     "  local none, err = engine.chunk('return +', 'x.lua')\n"
                     "  assert(none == nil and err.code == 'syntax' and err.message:find 'x.lua:1')"));
  hosted_close(&h);
}

static void the_end_is_checked(void **state)
{
  static hosted h;
  (void)state;
  expect(&h, COMMAND("  assert(not pcall(engine.finish) and not pcall(engine.finish, {}) and not pcall(engine.finish, { exit = 0, verdict = 'good' }))"));
  hosted_close(&h);
}

static int echo(void *user, const pl_value *args, size_t n, pl_value *result, pl_error *err)
{
  (void)err;
  *(size_t *)user = n;
  if (n)
    *result = args[0];
  return 0;
}

static int refuse(void *user, const pl_value *args, size_t n, pl_value *result, pl_error *err)
{
  (void)user, (void)args, (void)n, (void)result;
  err->code = PL_EPOLICY;
  (void)snprintf(err->message, sizeof err->message, "not today");
  return PL_EPOLICY;
}

static void functions_of_the_host(void **state)
{
  static hosted h;
  size_t n = 99;
  (void)state;
  hosted_open(&h, COMMAND("  local host = engine.host\n"
                          "  assert(host.echo() == nil and host.echo(nil) == nil and host.echo(true) == true and host.echo(1.5) == 1.5)\n"
                          "  assert(host.echo('a\\0b', 2) == 'a\\0b')\n"
                          "  assert(not pcall(host.echo, {}) and not pcall(host.echo, table.unpack({}, 1, 17)))\n"
                          "  local ok, err = pcall(host.refuse)\n"
                          "  assert(not ok and err.code == 'refused' and err.message:find 'not today' and err.message:find 'host function refuse')\n"
                          "  assert(host.none == nil)\n"
                          "  host.echo(1, 2, 3)"), NULL);
  assert_int_equal(pl_register(h.engine, "echo", echo, &n, NULL), PL_OK);
  assert_int_equal(pl_register(h.engine, "refuse", refuse, NULL, NULL), PL_OK);
  if (hosted_command(&h, "x") != 0)
    fail_msg("%s", h.shown);
  assert_int_equal(n, 3);
  hosted_close(&h);
}

/* The host cancels from inside of a function that the command calls. */
static int cancel_it(void *user, const pl_value *args, size_t n, pl_value *result, pl_error *err)
{
  (void)args, (void)n, (void)result, (void)err;
  pl_command_cancel(((hosted *)user)->engine, SIGINT);
  return 0;
}

static void being_asked_to_end(void **state)
{
  static hosted h;
  (void)state;
  hosted_open(&h, COMMAND("  local task = require 'perilune.core.task'\n"
                          "  local waiter = task.spawn(engine.wait_cancel)\n"
                          "  task.yield()\n"
                          "  assert(not pcall(engine.wait_cancel), 'two may not wait')\n"
                          "  engine.host.cancel()\n"
                          "  assert(waiter:join() == 2)\n"
                          "  local signal, times = engine.cancelled()\n"
                          "  assert(signal == 2 and times == 1 and engine.wait_cancel() == 2)"), NULL);
  assert_int_equal(pl_register(h.engine, "cancel", cancel_it, &h, NULL), PL_OK);
  int code = hosted_command(&h, "x");
  if (code != 0)
    fail_msg("%d: %s", code, h.shown);
  hosted_close(&h);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(facts_of_the_engine), cmocka_unit_test(text_goes_to_the_host),
                                     cmocka_unit_test(a_chunk_lives_in_the_sandbox_of_its_state), cmocka_unit_test(the_end_is_checked),
                                     cmocka_unit_test(functions_of_the_host), cmocka_unit_test(being_asked_to_end)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
