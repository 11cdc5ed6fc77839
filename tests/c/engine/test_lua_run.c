/* Runs that a command drives: what they are given, how they end, words to the one that runs. The runner is the test's, too. */
#include "engine/hosted.h"

/* prepare(spec) keeps what the run is to do; main does it. */
static const char runner[] = "local engine, task = require 'perilune.core.engine', require 'perilune.core.task'\n"
                             "local what\n"
                             "return { prepare = function(spec) what = spec if spec.text == 'refuse' then error('no such thing', 0) end end,\n"
                             "  main = function()\n"
                             "    local w = what.text\n"
                             "    if w == 'fail' then error('it broke', 0) end\n"
                             "    if w == 'wait' then engine.wait_cancel() end\n"
                             "    while w == 'listen' do\n"
                             "      local word = engine.take_control()\n"
                             "      if word then w = word else task.sleep(0.001) end\n"
                             "    end\n"
                             "    engine.finish { exit = 7, verdict = 'fail', json = table.concat({ w, what.args.a or '-', what.labels.l or '-',\n"
                             "      what.seed, tostring(what.strict), tostring(what.quiet), what.deadline or '-', what.folder }, ' ') }\n"
                             "  end }";

#define COMMAND(body)                                                                                                              \
  "local engine, task = require 'perilune.core.engine', require 'perilune.core.task'\n"                                            \
  "local function start(t) t.playbook = t.playbook or '/a/b/t.lua' return assert(engine.run(t)) end\n"                             \
  "return { main = function()\n" body "\n  engine.finish { exit = 0, verdict = 'pass' } end }"

static int say(void *user, const pl_value *args, size_t n, pl_value *result, pl_error *err)
{
  (void)n, (void)result;
  return pl_command_control(((hosted *)user)->engine, args[0].as.string.data, err);
}

static void expect(const char *dispatch)
{
  static hosted h;
  hosted_open(&h, dispatch, runner);
  assert_int_equal(pl_register(h.engine, "say", say, &h, NULL), PL_OK);
  if (hosted_command(&h, "x") != 0)
    fail_msg("%s", h.shown);
  hosted_close(&h);
}

static void what_it_is_given_and_gives(void **state)
{
  (void)state;
  expect(COMMAND("  local run = start { text = 'x', args = { a = 'A' }, labels = { l = 'L' }, seed = 5, strict = true, deadline = 2 }\n"
                 "  local e = run:wait()\n"
                 "  assert(e.exit == 7 and e.error == nil and e.json == 'x A L 5 true false 2.0 /a/b', e.json)\n"
                 "  assert(run:wait().exit == 7)\n"
                 "  assert(start({ text = 'y', quiet = true, playbook = 't.lua' }):wait().json == 'y - - 1 false true - .')"));
}

static void a_run_that_fails_or_does_not_start(void **state)
{
  (void)state;
  expect(COMMAND("  local e = start({ text = 'fail' }):wait()\n"
                 "  assert(e.exit == 1 and e.json == nil and e.error.message == 'it broke')\n"
                 "  local none, err = engine.run { text = 'refuse', playbook = 't.lua' }\n"
                 "  assert(none == nil and err.message:find 'no such thing')\n"
                 "  none, err = engine.run { playbook = '/no/such/file.lua' }\n"
                 "  assert(none == nil and err.code == 'not_found')\n"
                 "  assert(not pcall(engine.run) and not pcall(engine.run, { args = { a = {} } }))"));
}

static void it_is_cancelled(void **state)
{
  (void)state;
  expect(COMMAND("  local run = start { text = 'wait' }\n"
                 "  local waiter = task.spawn(function() return run:wait() end)\n"
                 "  task.yield()\n"
                 "  run:cancel(2)\n"
                 "  assert(waiter:join().exit == 7)"));
}

/* A waiter that is cancelled leaves the run to others. */
static void a_waiter_may_leave(void **state)
{
  (void)state;
  expect(COMMAND("  local run = start { text = 'wait' }\n"
                 "  local waiter = task.spawn(function() return run:wait() end)\n"
                 "  task.yield()\n"
                 "  waiter:cancel()\n"
                 "  assert(not pcall(waiter.join, waiter))\n"
                 "  run:cancel()\n"
                 "  assert(run:wait().exit == 7)"));
}

static void words_reach_the_run_that_runs(void **state)
{
  (void)state;
  expect(COMMAND("  assert(not pcall(engine.host.say, 'early'))\n"
                 "  local run = start { text = 'listen' }\n"
                 "  engine.host.say 'word'\n"
                 "  assert(run:wait().json:match '^word ')\n"
                 "  assert(not pcall(engine.host.say, 'late'))"));
}

/* What is collected, or ends, is an earlier run: the later one still hears. */
static void an_earlier_run_takes_no_words_away(void **state)
{
  (void)state;
  expect(COMMAND("  local first = start { text = 'wait' }\n"
                 "  local run = start { text = 'listen' }\n"
                 "  first:cancel()\n"
                 "  first:wait()\n"
                 "  first = nil\n"
                 "  collectgarbage()\n"
                 "  engine.host.say 'word'\n"
                 "  assert(run:wait().json:match '^word ')"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(what_it_is_given_and_gives), cmocka_unit_test(a_run_that_fails_or_does_not_start),
                                     cmocka_unit_test(it_is_cancelled), cmocka_unit_test(a_waiter_may_leave),
                                     cmocka_unit_test(words_reach_the_run_that_runs), cmocka_unit_test(an_earlier_run_takes_no_words_away)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
