/* Commands: their exit code, what they show, and their end from outside. */
#include <perilune/version.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "engine/hosted.h"

typedef struct canceller {
  pl_engine *engine;
  atomic_bool stop;
} canceller;

static void *cancel_always(void *user)
{
  canceller *c = user;
  while (!atomic_load(&c->stop))
    pl_command_cancel(c->engine, SIGTERM);
  return NULL;
}

/* A signal may come at any moment, also when the command has just ended. */
static void commands_are_cancelled_at_any_moment(void **state)
{
  pl_options o;
  pthread_t thread;
  char *argv[] = {(char[]){"perilune"}, (char[]){"version"}, NULL};
  (void)state;
  pl_options_init(&o, sizeof o);
  canceller c = {.engine = hosted_engine(&o), .stop = false};
  assert_int_equal(pthread_create(&thread, NULL, cancel_always, &c), 0);
  for (int i = 0; i < 50; i++) {
    int code = pl_command(c.engine, 2, argv);
    assert_true(code == 0 || code == 128 + SIGTERM);
  }
  atomic_store(&c.stop, true);
  pthread_join(thread, NULL);
  pl_engine_free(c.engine);
}

static char logged[4096];

static void keep_log(void *user, enum pl_log_level level, const char *component, const char *message)
{
  (void)user;
  (void)level;
  strncat(logged, component, sizeof logged - strlen(logged) - 1);
  strncat(logged, message, sizeof logged - strlen(logged) - 1);
}

static int keep_text(void *user, enum pl_stream stream, const char *text, size_t len)
{
  (void)stream;
  strncat(user, text, len < 2000 ? len : 2000);
  return 0;
}

static void log_and_commands_go_to_the_host(void **state)
{
  static char shown[8192];
  pl_options o;
  char *argv[] = {(char[]){"perilune"}, (char[]){"version"}, NULL}, *bad[] = {(char[]){"perilune"}, (char[]){"laod"}, NULL};
  (void)state;
  pl_options_init(&o, sizeof o);
  o.log = keep_log;
  o.write = keep_text;
  o.user = shown;
  pl_engine *e = hosted_engine(&o);
  assert_int_equal(pl_command(e, 2, argv), 0);
  assert_non_null(strstr(shown, pl_version()));
  assert_int_equal(pl_command(e, 2, bad), 2);
  assert_non_null(strstr(shown, "load"));
  pl_run *run = hosted_run(e, "local pl = require 'perilune' return pl.playbook { name = 'p', run = function() print('a line') end }");
  (void)pl_run_wait(run, NULL);
  assert_non_null(strstr(logged, "a line"));
  pl_run_free(run);
  pl_engine_free(e);
}

/* A command's own --db is for that command alone. */
static void commands_use_the_hosts_timeline(void **state)
{
  static char shown[8192];
  char book[128], db[128], other[128];
  temporary folder;
  pl_options o;
  (void)state;
  temporary_open(&folder);
  char *runs[] = {(char[]){"perilune"}, (char[]){"runs"}, NULL};
  char *elsewhere[] = {(char[]){"perilune"}, (char[]){"run"}, book, (char[]){"--quiet"}, (char[]){"--db"}, other, NULL};
  (void)temporary_file(&folder, "q.lua", QUICK, book, sizeof book);
  (void)temporary_file(&folder, "host.db", NULL, db, sizeof db);
  (void)temporary_file(&folder, "other.db", NULL, other, sizeof other);
  pl_options_init(&o, sizeof o);
  o.db_path = db;
  o.write = keep_text;
  o.user = shown;
  pl_engine *e = hosted_engine(&o);
  pl_run *run = hosted_run(e, "local pl = require 'perilune' return pl.playbook { name = 'of_the_host', run = function() end }");
  (void)pl_run_wait(run, NULL);
  pl_run_free(run);
  assert_int_equal(pl_command(e, 6, elsewhere), 0);
  shown[0] = '\0';
  assert_int_equal(pl_command(e, 2, runs), 0);
  assert_non_null(strstr(shown, "of_the_host"));
  assert_null(strstr(shown, "quick"));
  pl_engine_free(e);
  temporary_close(&folder);
}

static void what_a_command_leaves(void **state)
{
  static hosted h;
  pl_error none = {0};
  (void)state;
  hosted_open(&h, "local engine = require 'perilune.core.engine'\n"
                  "return { main = function(argv)\n"
                  "  if argv[1] == 'fail' then error('it broke', 0) end\n"
                  "  if argv[1] == 'finish' then engine.finish { exit = 42, verdict = 'pass' } end\n"
                  "  engine.write('result', argv[0] .. ' ' .. #argv) end }", NULL);
  assert_int_equal(hosted_command(&h, "finish"), 42);
  assert_string_equal(h.shown, "perilune 1");
  assert_int_equal(hosted_command(&h, "silent"), PL_EXIT_INTERNAL); /* it ended without saying how */
  h.shown[0] = '\0';
  assert_int_equal(hosted_command(&h, "fail"), PL_EXIT_INTERNAL);
  assert_string_equal(h.shown, "perilune: it broke\n");
  assert_int_equal(pl_command_control(h.engine, "pause", &none), PL_ENOENT);
  pl_command_cancel(h.engine, SIGINT); /* none runs: nothing */
  assert_int_equal(hosted_command(&h, "finish"), 42);
  hosted_close(&h);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(commands_are_cancelled_at_any_moment), cmocka_unit_test(log_and_commands_go_to_the_host),
                                     cmocka_unit_test(commands_use_the_hosts_timeline),
                                     cmocka_unit_test(what_a_command_leaves)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
