/* Runs, as a host has them: stepped, cancelled, recorded to, and without memory or descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/hosted.h"
#include "support/comma.h"

#define ENDLESS "local pl = require 'perilune' return pl.playbook { name = 'endless', run = function(run) run:sleep '1h' end }"

static void a_run_is_stepped_by_the_hosts_loop(void **state)
{
  pl_options o;
  (void)state;
  pl_options_init(&o, sizeof o);
  pl_engine *e = hosted_engine(&o);
  pl_run *run = hosted_run(e, QUICK);
  assert_int_equal(pl_run_verdict(run), PL_UNDECIDED);
  assert_int_equal(pl_run_exit_code(run), -1);
  assert_null(pl_run_result_json(run));
  while (pl_run_step(run, 2 * PL_MS) != PL_DONE) {
    struct pollfd fd = {.fd = pl_run_fd(run), .events = POLLIN};
    assert_true(poll(&fd, 1, pl_run_timeout(run)) >= 0);
  }
  assert_int_equal(pl_run_verdict(run), PL_PASS);
  assert_int_equal(pl_run_exit_code(run), 0);
  assert_int_equal(strlen(pl_run_id(run)), 26);
  assert_non_null(strstr(pl_run_result_json(run), "\"schema\":\"perilune.run/1\""));
  pl_run_free(run);
  pl_engine_free(e);
}

/* A run, cancelled by another thread once its playbook says that it waits. */
typedef struct waiting_run {
  pl_run *run;
  int waits[2]; /* pipe */
} waiting_run;

static int say_waiting(void *user, const pl_value *args, size_t n, pl_value *result, pl_error *err)
{
  const waiting_run *w = user;
  (void)args, (void)n, (void)result, (void)err;
  return write(w->waits[1], "w", 1) == 1 ? 0 : PL_EIO;
}

static void *cancel_once_it_waits(void *arg)
{
  const waiting_run *w = arg;
  char byte;
  if (read(w->waits[0], &byte, 1) == 1)
    pl_run_cancel(w->run, 0);
  return NULL;
}

static void any_thread_may_cancel(void **state)
{
  pl_options o;
  pthread_t thread;
  waiting_run w;
  (void)state;
  assert_int_equal(pipe2(w.waits, O_CLOEXEC), 0);
  pl_options_init(&o, sizeof o);
  o.threads = 1;
  pl_engine *e = hosted_engine(&o);
  assert_int_equal(pl_register(e, "say_waiting", say_waiting, &w, NULL), 0);
  w.run = hosted_run(e, "local pl = require 'perilune' return pl.playbook { name = 'waits',"
                   " run = function(run) run.host.say_waiting() run:sleep '1h' end }");
  assert_int_equal(pthread_create(&thread, NULL, cancel_once_it_waits, &w), 0);
  (void)pl_run_wait(w.run, NULL);
  close(w.waits[1]); /* a run that failed before it waited does not hang this test */
  pthread_join(thread, NULL);
  assert_int_equal(pl_run_verdict(w.run), PL_CANCELLED);
  pl_run_free(w.run);
  close(w.waits[0]);
  pl_run *run = hosted_run(e, ENDLESS); /* freed while it runs: it is cancelled and joined */
  (void)pl_run_step(run, PL_MS);
  pl_run_free(run);
  pl_engine_free(e);
}

static void two_engines_at_once(void **state)
{
  pl_options o;
  (void)state;
  pl_options_init(&o, sizeof o);
  pl_engine *a = hosted_engine(&o), *b = hosted_engine(&o);
  pl_run *one = hosted_run(a, QUICK), *two = hosted_run(b, QUICK);
  int done = 0;
  while (done != 3) {
    done |= pl_run_step(one, PL_MS) == PL_DONE ? 1 : 0;
    done |= pl_run_step(two, PL_MS) == PL_DONE ? 2 : 0;
  }
  assert_string_not_equal(pl_run_id(one), pl_run_id(two));
  pl_run_free(one);
  pl_engine_free(a);
  pl_run_free(two);
  pl_engine_free(b);
}

static int twice(void *user, const pl_value *args, size_t n, pl_value *result, pl_error *err)
{
  (void)err;
  ++*(int *)user;
  assert_int_equal(n, 1);
  result->type = PL_NUMBER;
  result->as.number = args[0].as.number * 2;
  return 0;
}

static void host_functions_and_samples(void **state)
{
  pl_options o;
  pl_error err = {0}, wrong = {0}, again = {0};
  int calls = 0;
  (void)state;
  pl_options_init(&o, sizeof o);
  pl_engine *e = hosted_engine(&o);
  assert_int_equal(pl_register(e, "twice", twice, &calls, &err), 0);
  assert_int_equal(pl_register(e, "twice", twice, &calls, &again), PL_EEXIST);
  assert_int_equal(pl_register(e, "Not A Name", twice, &calls, &wrong), PL_EINVAL);
  pl_run *run = hosted_run(e, "local pl = require 'perilune' return pl.playbook { name = 'h', errors = 'ignore', objectives = { 'last(hall_lamps) > 41' },"
                         " run = function(run) assert(run.host.twice(21) == 42) run:sleep '50ms' end }");
  pl_pair label = {"room", "hall"};
  assert_int_equal(pl_record(run, "hall_lamps", 42, &label, 1, &err), 0);
  assert_true(pl_record(run, "not a name", 1, NULL, 0, &wrong) < 0);
  char id[27];
  assert_int_equal(strlen(pl_run_id(run)), 26);
  memcpy(id, pl_run_id(run), sizeof id);
  assert_int_equal(pl_run_wait(run, &err), 0);
  assert_int_equal(calls, 1);
  assert_string_equal(pl_run_id(run), id);
  assert_int_equal(pl_run_verdict(run), PL_PASS);
  err = (pl_error){0};
  assert_int_equal(pl_record(run, "hall_lamps", 43, NULL, 0, &err), PL_EMISUSE);
  pl_run_free(run);
  pl_engine_free(e);
}

static void samples_that_are_no_numbers_are_taken(void **state)
{
  const double values[] = {4, NAN, 2, INFINITY};
  pl_options o;
  pl_error err = {0};
  int calls = 0;
  (void)state;
  pl_options_init(&o, sizeof o);
  pl_engine *e = hosted_engine(&o);
  assert_int_equal(pl_register(e, "twice", twice, &calls, &err), 0);
  pl_run *run = hosted_run(e, "local pl = require 'perilune' return pl.playbook { name = 'h', run = function(run)"
                         " local function of(fn) run:sleep '20ms' return run:query(fn .. '(lamps[1h])')[1].value end"
                         " run:sleep '50ms' local sum = of 'sum_over_time' run.host.twice(sum ~= sum and 1 or 0)"
                         " assert(of 'count_over_time' == 4) assert(of 'min_over_time' == 2) assert(of 'max_over_time' == 1/0) end }");
  for (size_t i = 0; i < 4; i++) {
    assert_int_equal(pl_record(run, "lamps", values[i], NULL, 0, &err), 0);
    (void)usleep(2000); /* one millisecond holds one sample */
  }
  assert_int_equal(pl_run_wait(run, &err), 0);
  assert_int_equal(pl_run_verdict(run), PL_PASS);
  assert_int_equal(calls, 1);
  pl_run_free(run);
  pl_engine_free(e);
}

static int note_text(void *user, const pl_value *args, size_t n, pl_value *result, pl_error *err)
{
  (void)n, (void)result, (void)err;
  (void)snprintf(user, 32, "%.*s", (int)args[0].as.string.len, args[0].as.string.data);
  return 0;
}

static void assert_says(const char *text, const char *words)
{
  if (!strstr(text, words))
    fail_msg("not found: %s\n%s", words, text);
}

/* A load in a thread of its own, whose users fail with a number in their error: no server is needed. */
#define HALVES "local pl = require 'perilune' return pl.playbook { name = 'halves', errors = 'ignore'," \
  " objectives = { 'last(rooms) > 0.5' }, scenarios = { a = { users = 1, iterations = 3, user = function(user) error(('user %.1f, %s'):format(0.5, 2.5), 0) end } }," \
  " run = function(run) run.host.note_text(('%.1f %s %s'):format(0.5, 0.25, tonumber '1.5')) run:load 'a' end }"

static void numbers_have_a_point_whatever_the_host_writes(void **state)
{
  pl_options o;
  pl_error err = {0};
  char noted[32] = "", path[128], report_path[128], settings[192], report[64 << 10];
  hosted h = {0}; /* what the run shows */
  (void)state;
  comma_begin();
  temporary_open(&h.folder);
  const char *playbook = temporary_file(&h.folder, "t.lua", HALVES, path, sizeof path);
  (void)snprintf(settings, sizeof settings, "{\"reports\":{\"markdown\":\"%s\"}}", temporary_file(&h.folder, "r.md", NULL, report_path, sizeof report_path));
  pl_options_init(&o, sizeof o);
  o.threads = 1;
  o.write = hosted_show;
  o.user = &h;
  pl_engine *e = hosted_engine(&o);
  assert_int_equal(pl_register(e, "note_text", note_text, noted, &err), 0);
  pl_run *run = NULL;
  assert_int_equal(pl_run_start(e, &(pl_run_spec){.playbook = playbook, .options_json = settings}, &run, &err), 0);
  assert_int_equal(pl_record(run, "rooms", 1.25, NULL, 0, &err), 0);
  while (pl_run_step(run, PL_MS) != PL_DONE)
    assert_string_equal(localeconv()->decimal_point, ",");
  assert_string_equal(noted, "0.5 0.25 1.5");
  assert_says(pl_run_result_json(run), "\"value\":1.25");
  assert_says(h.shown, "user 0.5, 2.5");
  FILE *f = fopen(report_path, "re");
  assert_non_null(f);
  report[fread(report, 1, sizeof report - 1, f)] = '\0';
  (void)fclose(f);
  assert_says(report, "| 1.25 ");
  pl_run_free(run);
  pl_engine_free(e);
  assert_string_equal(localeconv()->decimal_point, ",");
  temporary_close(&h.folder);
  comma_end();
}

/* Memory ends at the n-th allocation, for many n: the run fails or ends, the process goes on, nothing is kept. */
static void with_memory_that_ends(const char *text)
{
  bool whole = false;
  for (size_t n = 1; !whole; n += 1 + n / 40) {
    failing f;
    pl_options o;
    pl_engine *e = NULL;
    pl_run *run = NULL;
    pl_error err = {0};
    pl_run_spec spec = {.playbook = "t.lua", .text = text};
    failing_init(&f, n);
    pl_options_init(&o, sizeof o);
    o.allocator = f.allocator;
    if (pl_engine_new(&o, &e, &err) == 0 && pl_run_start(e, &spec, &run, &err) == 0) {
      (void)pl_run_wait(run, &err);
      whole = f.calls < n;
    }
    assert_true(whole || err.code < 0 || pl_run_exit_code(run) > 0);
    pl_run_free(run);
    pl_engine_free(e);
    assert_int_equal(f.live, 0);
  }
}

/* Runs text with a limit of the scripts' memory (0: the usual one); its exit code, -1 when it does not start. */
static int run_within(const char *text, size_t max)
{
  pl_options o;
  pl_run *run = NULL;
  pl_error err = {0};
  pl_run_spec spec = {.playbook = "t.lua", .text = text};
  int code = -1;
  pl_options_init(&o, sizeof o);
  if (max)
    o.script_memory_max = max;
  pl_engine *e = hosted_engine(&o);
  if (pl_run_start(e, &spec, &run, &err) == 0) {
    (void)pl_run_wait(run, &err);
    code = pl_run_exit_code(run);
  }
  assert_true(code >= 0 || err.code < 0);
  pl_run_free(run);
  pl_engine_free(e);
  return code;
}

/* The same for a limit of the scripts' memory, which frees make room below. */
static void with_little_script_memory(const char *text)
{
  size_t max = 16 << 10;
  int whole = run_within(text, 0);
  while (run_within(text, max) != whole) {
    max += max / 10;
    assert_true(max < (size_t)256 << 20);
  }
}

static void memory_may_end_anywhere(void **state)
{
  static const char users[] =
      "local pl = require 'perilune' return pl.playbook { name = 'users', objectives = { 'error_ratio < 200%' }, scenarios = {\n"
      "  s = { base = 'http://127.0.0.1:1', users = 2, iterations = 4, user = function(user)\n"
      "    local r = user:get('/', { name = 'x', headers = { a = 'b' }, tags = { k = 'v' } })\n"
      "    user:check(r, { status = 0, { 'label', function() return user.id end } }) user:think '1ms' user:get '/' end,\n"
      "    stop = function(user) user:get '/stop' end } }, run = function(run) pcall(run.load, run, 's') end }";
  (void)state;
  with_memory_that_ends(QUICK);
  with_memory_that_ends(users);
  with_little_script_memory(QUICK);
  with_little_script_memory(users);
}

static rlim_t limit_descriptors(rlim_t n)
{
  struct rlimit limit;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
  rlim_t before = limit.rlim_cur;
  limit.rlim_cur = n;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
  return before;
}

/* Descriptors end at each step of a start in turn. */
static void a_run_that_cannot_start_leaves_nothing(void **state)
{
  pl_options o;
  pl_run *run = NULL;
  (void)state;
  pl_options_init(&o, sizeof o);
  o.threads = 1;
  pl_engine *e = hosted_engine(&o);
  pl_run_spec spec = {.playbook = "t.lua", .text = QUICK};
  int failed = 0;
  for (rlim_t left = 0; !run; left++) {
    pl_error err = {0};
    int next = dup(0);
    close(next);
    rlim_t before = limit_descriptors((rlim_t)next + left);
    int code = pl_run_start(e, &spec, &run, &err);
    limit_descriptors(before);
    assert_true(code == 0 || (code < 0 && err.message[0] && !run));
    failed += code != 0;
  }
  assert_true(failed > 5);
  (void)pl_run_wait(run, NULL);
  pl_run_free(run);
  pl_engine_free(e);
}

/* Standard output and error go to a pipe meanwhile: nothing may come. Signal handlers stay what they were. */
static void nothing_is_printed_and_no_signal_is_taken(void **state)
{
  struct sigaction before[32], after;
  int out = dup(1), err_fd = dup(2), ends[2];
  char byte;
  pl_options o;
  (void)state;
  assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
  for (int s = 1; s < 32; s++)
    sigaction(s, NULL, &before[s]);
  dup2(ends[1], 1);
  dup2(ends[1], 2);
  pl_options_init(&o, sizeof o);
  o.threads = 1;
  pl_engine *e = hosted_engine(&o);
  pl_run *run = hosted_run(e, "local pl = require 'perilune' return pl.playbook { name = 'loud', run = function(run) print 'hello' error 'broken' end }");
  (void)pl_run_wait(run, NULL);
  enum pl_verdict verdict = pl_run_verdict(run);
  pl_run_free(run);
  pl_engine_free(e);
  dup2(out, 1);
  dup2(err_fd, 2);
  ssize_t n = read(ends[0], &byte, 1);
  assert_true(n < 0 && errno == EAGAIN);
  assert_int_equal(verdict, PL_ERROR);
  for (int s = 1; s < 32; s++) {
    sigaction(s, NULL, &after);
    assert_true(after.sa_handler == before[s].sa_handler);
  }
  close(out);
  close(err_fd);
  close(ends[0]);
  close(ends[1]);
}

static void words_wait_for_their_run(void **state)
{
  pl_options o;
  pl_options_init(&o, sizeof o);
  pl_engine *engine = hosted_engine(&o);
  pl_run *run = NULL;
  pl_error err = {0};
  char text[PL_ERROR_MESSAGE_SIZE];
  (void)state;
  pl_run_spec spec = {.playbook = "words", .text = "local pl = require 'perilune' return pl.playbook { name = 'words', run = function(run) run:sleep '600ms' end }"};
  assert_int_equal(pl_command_control(engine, "pause", &err), PL_ENOENT);
  assert_int_equal(pl_run_start(engine, &spec, &run, &err), PL_OK);
  for (int i = 0; i < 16; i++)
    assert_int_equal(pl_run_control(run, "rate=1/s", &err), PL_OK);
  assert_int_equal(pl_run_control(run, "rate=1/s", NULL), PL_EAGAIN);
  memset(text, 'x', sizeof text);
  text[sizeof text - 1] = '\0';
  assert_int_equal(pl_run_control(run, text, NULL), PL_EINVAL);
  assert_int_equal(pl_run_control(run, NULL, NULL), PL_EINVAL);
  assert_int_equal(pl_run_control(run, "", NULL), PL_EINVAL);
  int before = 0, code = PL_EAGAIN;
  while (code == PL_EAGAIN && pl_run_step(run, PL_MS) != PL_DONE) {
    code = pl_run_control(run, "rate=1/s", NULL);
    before++;
  }
  assert_int_equal(code, PL_OK); /* they were taken */
  assert_true(before > 1);
  assert_int_equal(pl_run_wait(run, &err), PL_OK);
  assert_int_equal(pl_run_control(run, "rate=1/s", &err), PL_ENOENT);
  assert_non_null(strstr(err.message, "the run has ended"));
  pl_run_free(run);
  pl_engine_free(engine);
}

/* What pl_run_wait gives of a run of this text and deadline (ns; 0: none) belongs to its verdict. */
static void waited(const char *text, uint64_t deadline_ns, int code, enum pl_verdict verdict, const char *says)
{
  pl_options o;
  pl_run *run = NULL;
  pl_error err = {.code = PL_EIO, .message = "of an earlier call"};
  pl_run_spec spec = {.playbook = "t.lua", .text = text, .deadline_ns = deadline_ns};
  pl_options_init(&o, sizeof o);
  pl_engine *e = hosted_engine(&o);
  assert_int_equal(pl_run_start(e, &spec, &run, &err), PL_OK);
  assert_int_equal(err.code, PL_OK);
  assert_int_equal(pl_run_wait(run, &err), code);
  assert_int_equal(err.code, code);
  assert_non_null(strstr(err.message, says));
  assert_int_equal(pl_run_verdict(run), verdict);
  assert_non_null(pl_run_result_json(run));
  pl_run_free(run);
  pl_engine_free(e);
}

static void a_run_that_ends_with_an_error_gives_it_to_who_waits(void **state)
{
  (void)state;
  waited(QUICK, 0, PL_OK, PL_PASS, "");
  waited(ENDLESS, 20 * PL_MS, PL_ETIMEDOUT, PL_ERROR, "the deadline passed");
  waited("local pl = require 'perilune' return pl.playbook { name = 'x', run = function() error 'broken' end }", 0, PL_ESCRIPT, PL_ERROR, "broken");
}

/* One object for call after call tells of the last one alone. */
static void an_error_that_is_used_again_tells_the_last_news(void **state)
{
  pl_options o;
  pl_engine *e = NULL;
  pl_run *run = NULL;
  pl_error err = {0};
  char word[200];
  (void)state;
  memset(word, 'x', sizeof word - 1);
  word[sizeof word - 1] = '\0';
  pl_options_init(&o, sizeof o);
  assert_int_equal(pl_engine_new(&(pl_options){0}, &e, &err), PL_EINVAL);
  assert_non_null(strstr(err.message, "pl_options_init"));
  assert_int_equal(pl_engine_new(&o, &e, &err), PL_OK);
  assert_string_equal(err.message, "");
  assert_int_equal(pl_register(e, "Not a name", twice, NULL, &err), PL_EINVAL);
  assert_non_null(strstr(err.message, "Not a name"));
  assert_int_equal(pl_command_control(e, "stop", &err), PL_ENOENT);
  assert_non_null(strstr(err.message, "no run"));
  assert_int_equal(pl_run_start(e, &(pl_run_spec){.playbook = "t.lua", .text = "return 1 +"}, &run, &err), PL_EPARSE);
  assert_non_null(strstr(err.message, "t.lua"));
  run = hosted_run(e, QUICK);
  assert_int_equal(pl_run_control(run, word, &err), PL_EINVAL);
  assert_null(strstr(err.message, "t.lua"));
  assert_true(pl_record(run, "not a name", 1, NULL, 0, &err) < 0);
  assert_non_null(strstr(err.message, "not a name"));
  assert_int_equal(pl_run_wait(run, &err), PL_OK);
  assert_int_equal(err.code, PL_OK);
  pl_run_free(run);
  pl_engine_free(e);
}

static void verdicts_have_names(void **state)
{
  (void)state;
  assert_string_equal(pl_verdict_name(PL_UNDECIDED), "undecided");
  assert_string_equal(pl_verdict_name(PL_INCONCLUSIVE), "inconclusive");
  assert_string_equal(pl_verdict_name(PL_CANCELLED), "cancelled");
  assert_string_equal(pl_verdict_name((enum pl_verdict)(PL_CANCELLED + 1)), "unknown");
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_run_is_stepped_by_the_hosts_loop), cmocka_unit_test(any_thread_may_cancel), cmocka_unit_test(two_engines_at_once),
                                     cmocka_unit_test(host_functions_and_samples), cmocka_unit_test(samples_that_are_no_numbers_are_taken),
                                     cmocka_unit_test(numbers_have_a_point_whatever_the_host_writes),
                                     cmocka_unit_test(words_wait_for_their_run), cmocka_unit_test(memory_may_end_anywhere),
                                     cmocka_unit_test(a_run_that_cannot_start_leaves_nothing), cmocka_unit_test(nothing_is_printed_and_no_signal_is_taken),
                                     cmocka_unit_test(a_run_that_ends_with_an_error_gives_it_to_who_waits),
                                     cmocka_unit_test(an_error_that_is_used_again_tells_the_last_news), cmocka_unit_test(verdicts_have_names)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
