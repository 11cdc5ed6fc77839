/* Engines and runs as a host has them. One header, used by the tests of this folder. */
#ifndef TEST_HOSTED_H
#define TEST_HOSTED_H

#include <perilune/perilune.h>
#include <stdio.h>
#include <string.h>

#include "support/failing.h"
#include "support/temporary.h"

#define QUICK "local pl = require 'perilune' return pl.playbook { name = 'quick', run = function(run) run:sleep '20ms' end }"

static inline pl_engine *hosted_engine(const pl_options *o)
{
  pl_engine *e = NULL;
  pl_error err = {0};
  if (pl_engine_new(o, &e, &err))
    fail_msg("%s", err.message);
  return e;
}

static inline pl_run *hosted_run(pl_engine *e, const char *text)
{
  pl_run *run = NULL;
  pl_error err = {0};
  pl_run_spec spec = {.playbook = "t.lua", .text = text};
  if (pl_run_start(e, &spec, &run, &err))
    fail_msg("%s", err.message);
  return run;
}

/* An engine whose only Lua is this: `perilune foo` runs command(argv) of it, what it shows comes to shown. */
typedef struct hosted {
  temporary folder;
  pl_options options;
  pl_engine *engine;
  char shown[8192];
} hosted;

static inline int hosted_show(void *user, enum pl_stream stream, const char *text, size_t len)
{
  hosted *h = user;
  size_t at = strlen(h->shown), room = sizeof h->shown - 1 - at;
  (void)stream;
  memcpy(h->shown + at, text, len < room ? len : room);
  h->shown[at + (len < room ? len : room)] = '\0';
  return 0;
}

/* dispatch: the text of perilune/cmd/dispatch.lua; runner: of perilune/runner.lua, or NULL. */
static inline void hosted_open(hosted *h, const char *dispatch, const char *runner)
{
  char path[128];
  memset(h, 0, sizeof *h);
  temporary_open(&h->folder);
  (void)temporary_file(&h->folder, "perilune/cmd/dispatch.lua", dispatch, path, sizeof path);
  if (runner)
    (void)temporary_file(&h->folder, "perilune/runner.lua", runner, path, sizeof path);
  pl_options_init(&h->options, sizeof h->options);
  h->options.lua_dir = h->folder.folder;
  h->options.write = hosted_show;
  h->options.user = h;
  h->engine = hosted_engine(&h->options);
}

static inline void hosted_close(hosted *h)
{
  pl_engine_free(h->engine);
  temporary_close(&h->folder);
}

static inline int hosted_command(hosted *h, const char *word)
{
  char name[] = "perilune", text[64];
  char *argv[] = {name, text, NULL};
  (void)snprintf(text, sizeof text, "%s", word);
  return pl_command(h->engine, 2, argv);
}

#endif
