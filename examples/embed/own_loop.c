/* A host with a loop of its own: poll() over its descriptors and two runs of two engines at once. Each run says which
 * descriptor to watch and when to look at the latest; pl_run_step works off what is ready and never blocks.
 *
 *     embed_own_loop http://127.0.0.1:8080 */
#include <perilune/perilune.h>
#include <poll.h>
#include <stdio.h>

enum { RUNS = 2 };

static const char playbook[] =
    "local pl = require 'perilune'\n"
    "return pl.playbook {\n"
    "  name = 'looped',\n"
    "  args = { target = pl.arg.url {} },\n"
    "  scenarios = function(args) return {\n"
    "    home = { users = 2, duration = '1s', pace = '10ms', request = { url = args.target } },\n"
    "  } end,\n"
    "  run = function(run) run:load 'home' end,\n"
    "}\n";

typedef struct review {
  pl_engine *engine;
  pl_run *run;
  bool done;
} review;

static int start(review *r, const char *url, pl_error *err)
{
  pl_options options;
  pl_options_init(&options, sizeof options);
  if (pl_engine_new(&options, &r->engine, err))
    return -1;
  pl_pair target = {"target", url};
  pl_run_spec spec = {.playbook = "looped.lua", .text = playbook, .args = &target, .n_args = 1, .quiet = true};
  return pl_run_start(r->engine, &spec, &r->run, err);
}

/* Sleeps until a run has work, or the host's own heartbeat of 200 ms is due. */
static void sleep_for_work(const review *reviews)
{
  struct pollfd fds[RUNS];
  int timeout = 200;
  for (int i = 0; i < RUNS; i++) {
    fds[i] = (struct pollfd){.fd = reviews[i].done ? -1 : pl_run_fd(reviews[i].run), .events = POLLIN};
    int latest = reviews[i].done ? -1 : pl_run_timeout(reviews[i].run);
    if (latest >= 0 && latest < timeout)
      timeout = latest;
  }
  (void)poll(fds, RUNS, timeout);
}

static int loop(review *reviews)
{
  int turns = 0;
  for (int running = RUNS; running > 0; turns++) {
    sleep_for_work(reviews);
    for (int i = 0; i < RUNS; i++) {
      if (!reviews[i].done && pl_run_step(reviews[i].run, 2 * PL_MS) == PL_DONE) {
        reviews[i].done = true;
        running--;
      }
    }
  }
  return turns;
}

int main(int argc, char **argv)
{
  review reviews[RUNS] = {0};
  pl_error err = {0};
  int code = argc == 2 ? 0 : 2;
  for (int i = 0; i < RUNS && !code; i++) {
    if (start(&reviews[i], argv[1], &err))
      code = 1;
  }
  if (!code) {
    int turns = loop(reviews);
    for (int i = 0; i < RUNS; i++) {
      enum pl_verdict verdict = pl_run_verdict(reviews[i].run);
      printf("%s %s, exit %d\n", pl_run_id(reviews[i].run), pl_verdict_name(verdict), pl_run_exit_code(reviews[i].run));
      if (verdict != PL_PASS && verdict != PL_INCONCLUSIVE)
        code = 3;
    }
    fprintf(stderr, "%d turns of the host's loop\n", turns);
  } else {
    fprintf(stderr, "%s\n", code == 2 ? "usage: embed_own_loop URL" : err.message);
  }
  for (int i = 0; i < RUNS; i++) {
    pl_run_free(reviews[i].run);
    pl_engine_free(reviews[i].engine);
  }
  return code;
}
