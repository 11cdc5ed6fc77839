/* A host that blocks: it asks a question about a service, waits for the answer and exits with the verdict.
 *
 *     embed_blocking http://127.0.0.1:8080 */
#include <perilune/perilune.h>
#include <stdio.h>
#include <string.h>

static const char playbook[] =
    "local pl = require 'perilune'\n"
    "return pl.playbook {\n"
    "  name = 'embedded',\n"
    "  args = { target = pl.arg.url {} },\n"
    "  objectives = { 'p95(latency) < 500ms' },\n"
    "  scenarios = function(args) return {\n"
    "    home = { arrivals = pl.even '100/s', duration = '2s', request = { url = args.target } },\n"
    "  } end,\n"
    "  run = function(run)\n"
    "    run:load 'home'\n"
    "    run:event('host', run.host.note(run:interval()))\n"
    "  end,\n"
    "}\n";

/* A function of this program that the playbook calls. */
static int note(void *user, const pl_value *args, size_t n, pl_value *result, pl_error *err)
{
  static char text[64];
  (void)user;
  (void)err;
  snprintf(text, sizeof text, "the host was told after %.1f s", n ? args[0].as.number : 0);
  result->type = PL_STRING;
  result->as.string.data = text;
  result->as.string.len = strlen(text);
  return 0;
}

static int review(pl_engine *engine, const char *url, pl_error *err)
{
  pl_pair target = {"target", url};
  pl_run_spec spec = {.playbook = "embedded.lua", .text = playbook, .args = &target, .n_args = 1, .quiet = true};
  pl_run *run;
  if (pl_run_start(engine, &spec, &run, err))
    return -1;
  int code = -1;
  if (pl_record(run, "host_answer", 42, NULL, 0, err) == 0 && pl_run_wait(run, err) == 0) {
    puts(pl_run_result_json(run));
    code = pl_run_verdict(run) == PL_PASS ? 0 : 3;
  }
  pl_run_free(run);
  return code;
}

int main(int argc, char **argv)
{
  if (argc != 2) {
    fprintf(stderr, "usage: embed_blocking URL\n");
    return 2;
  }
  pl_options options;
  pl_engine *engine;
  pl_error err = {0};
  pl_options_init(&options, sizeof options); /* no threads: everything happens inside pl_run_wait */
  if (pl_engine_new(&options, &engine, &err)) {
    fprintf(stderr, "%s\n", err.message);
    return 1;
  }
  int code = pl_register(engine, "note", note, NULL, &err);
  if (!code)
    code = review(engine, argv[1], &err);
  if (code < 0)
    fprintf(stderr, "%s\n", err.message);
  pl_engine_free(engine);
  return code < 0 ? 1 : code;
}
