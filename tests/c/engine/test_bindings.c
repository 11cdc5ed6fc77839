/* Which modules our Lua finds: all in a run, those that need none elsewhere. */
#include "engine/hosted.h"

#define EACH                                                                                                               \
  "local function each(names, wanted)\n"                                                                                   \
  "  for name in names:gmatch '%a+' do\n"                                                                                  \
  "    local found = pcall(require, 'perilune.core.' .. name)\n"                                                           \
  "    if found ~= wanted then error(name .. (found and ' is there' or ' is missing'), 0) end\n"                           \
  "  end\n"                                                                                                                \
  "end\n"                                                                                                                  \
  "each('task guard units json clock stats hist timeline query file program target trace feeder route engine sampler', true)\n"

static void without_a_run(void **state)
{
  static hosted h;
  (void)state;
  hosted_open(&h, EACH "each('writer load watch none', false)\n"
                       "return { main = function() require('perilune.core.engine').finish { exit = 0, verdict = 'pass' } end }", NULL);
  if (hosted_command(&h, "x") != 0)
    fail_msg("%s", h.shown);
  hosted_close(&h);
}

static void in_a_run(void **state)
{
  static hosted h;
  pl_error err = {0};
  (void)state;
  hosted_open(&h, "", EACH "each('writer load watch', true) each('none', false)\n"
                           "return { prepare = function() end, main = function() require('perilune.core.engine').finish { exit = 0, verdict = 'pass' } end }");
  pl_run *run = hosted_run(h.engine, "");
  if (pl_run_wait(run, &err))
    fail_msg("%s", err.message);
  assert_int_equal(pl_run_exit_code(run), 0);
  pl_run_free(run);
  hosted_close(&h);
}

/* What playbooks may require does not include them. */
static void playbooks_do_not_reach_them(void **state)
{
  pl_options o;
  pl_error err = {0};
  pl_run *run = NULL;
  pl_run_spec spec = {.playbook = "t.lua", .text = "require 'perilune.core.file'"};
  (void)state;
  pl_options_init(&o, sizeof o);
  pl_engine *e = hosted_engine(&o);
  assert_true(pl_run_start(e, &spec, &run, &err) < 0);
  assert_non_null(strstr(err.message, "perilune.core.file"));
  pl_engine_free(e);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(without_a_run), cmocka_unit_test(in_a_run), cmocka_unit_test(playbooks_do_not_reach_them)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
