/* Perilune: performance engineering, automated. The whole contract with C programs.
 *
 *   pl_options o;
 *   pl_options_init(&o, sizeof o);
 *   o.db_path = "perilune.db";
 *   pl_engine *engine;
 *   pl_run *run;
 *   pl_error err = {0};
 *   if (pl_engine_new(&o, &engine, &err)) ...
 *   if (pl_run_start(engine, &(pl_run_spec){ .playbook = "review.lua" }, &run, &err)) ...
 *   if (pl_run_wait(run, &err)) ...
 *   int code = pl_run_exit_code(run);
 *   pl_run_free(run);
 *   pl_engine_free(engine);
 *
 * The library has no globals, installs no signal handlers, prints nothing, reads no environment
 * variables, never exits, and makes no thread unless `threads` asks for it. Several engines may
 * live in one process; an engine, its runs and its commands belong to one thread at a time. Only
 * functions marked "any thread" may be called from another. Callbacks may not call back into the
 * object that called them, unless said so. Whatever locale the host chose, numbers have a point: the
 * library's threads are in the C locale, and so is the host's from the call of a function that works
 * for a run or a command to its return, callbacks in between included. */
#ifndef PERILUNE_PERILUNE_H
#define PERILUNE_PERILUNE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "perilune/error.h"
#include "perilune/exit.h"
#include "perilune/version.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PL_MS UINT64_C(1000000) /* nanoseconds in a millisecond */

typedef struct pl_engine pl_engine;
typedef struct pl_run pl_run;

/* ---- Host callbacks --------------------------------------------------------------------------- */

/* One function for all memory, as lua_Alloc: size 0 frees (returns NULL); p NULL allocates; otherwise
 * resizes. old_size is the size that p was given. Must be callable from any thread when
 * options.threads > 0. Returns NULL when there is no memory; shrinking never fails. All memory of the library's own and of
 * its Lua states comes from it; SQLite and libuv have allocators of the whole process, which are the host's to set. */
typedef struct pl_allocator {
  void *(*fn)(void *user, void *p, size_t old_size, size_t size);
  void *user;
} pl_allocator;

enum pl_log_level { PL_LOG_ERROR, PL_LOG_WARN, PL_LOG_INFO, PL_LOG_DEBUG };

/* A log line, without newline, without secrets. On any thread of the run. */
typedef void (*pl_log_fn)(void *user, enum pl_log_level level, const char *component,
                          const char *message);

enum pl_stream { PL_STREAM_RESULT, PL_STREAM_PROGRESS };

/* Text that a command or a run shows people: results (stdout of the command line) and progress
 * (stderr). On the stepping thread. Return 0, or -1 when nobody reads any more (broken pipe). */
typedef int (*pl_write_fn)(void *user, enum pl_stream stream, const char *text, size_t len);

/* ---- Engine ----------------------------------------------------------------------------------- */

/* A name and a value; both borrowed for the call that takes them. */
typedef struct pl_pair {
  const char *name;
  const char *value;
} pl_pair;

/* Always filled by pl_options_init() first, so that a program built against an older header works
 * with a newer library. Strings are copied by pl_engine_new(). */
typedef struct pl_options {
  size_t size; /* set by pl_options_init */
  pl_allocator allocator;
  pl_log_fn log;     /* NULL: no log */
  pl_write_fn write; /* NULL: nothing is shown */
  void *user;        /* first argument of log and write */

  const char *db_path;       /* timeline of runs, and of commands unless --db, the setting "db" or perilune.yml names another.
                                NULL: a run's is kept in memory for as long as the run lives; a command looks for
                                perilune.db upward from here, else in the state folder */
  int threads;               /* 0 (default): all work, load included, happens in pl_run_step;
                                n > 0: one collector thread and up to n load workers a run;
                                -1: as many workers as there are CPUs, at most 64 */
  size_t script_memory_max;  /* bytes a Lua state may hold; default 256 MiB */
  uint64_t script_slice_ns;  /* CPU time that a script may use without waiting, within three times as much by the clock; default 10 s */
  const char *policy_path;   /* grants beyond the default; NULL: none */
  const char *lua_dir;       /* take our Lua modules from this folder, not from the library */
  const char *const *trusted_hosts; /* hosts that load may be sent to besides loopback */
  size_t n_trusted_hosts;

  const pl_pair *settings; /* what the host found in its environment: {"db", "x.db"} stands for
                              PERILUNE_DB=x.db; commands rank them below their options */
  size_t n_settings;

  /* What the host's terminal can do; all zero: plain text lines. */
  bool tty;    /* progress goes to a terminal: a live view may redraw lines */
  bool color;  /* ANSI colours are welcome */
  int columns; /* width; 0: unknown, 80 is taken */

  const char *module_dir; /* folder of the loadable modules (TLS, protocols); NULL: "perilune" beside the library */

  bool one_place; /* results and progress go to the same place: a summary leaves out what progress has told there */
} pl_options;

/* Fills *o with defaults. size is sizeof *o as the caller knows it. */
PL_API void pl_options_init(pl_options *o, size_t size);

/* Makes an engine. *out is untouched on failure. No thread, file or socket is opened yet. */
PL_API int pl_engine_new(const pl_options *o, pl_engine **out, pl_error *err) PL_MUSTCHECK;

/* Frees the engine. All its runs must be freed before. NULL is fine. */
PL_API void pl_engine_free(pl_engine *engine);

/* A value that passes between host functions and scripts. Strings are borrowed for the call. */
typedef struct pl_value {
  enum { PL_NIL, PL_BOOLEAN, PL_NUMBER, PL_STRING } type;
  union {
    bool boolean;
    double number;
    struct {
      const char *data;
      size_t len;
    } string;
  } as;
} pl_value;

/* A function of the host's, called by playbooks as run.host.NAME(...), in the control state on the
 * stepping thread. Writes one result to *result (a string must live until the next call). Returns 0,
 * or a negative code with err filled, which the script sees as an error. */
typedef int (*pl_host_fn)(void *user, const pl_value *args, size_t n_args, pl_value *result,
                          pl_error *err);

/* Registers fn under name ([a-z_][a-z0-9_]*, at most 63 bytes) for runs that start later. At most
 * 256 functions an engine. Errors: PL_EINVAL, PL_EEXIST, PL_ELIMIT, PL_ENOMEM. */
PL_API int pl_register(pl_engine *engine, const char *name, pl_host_fn fn, void *user,
                       pl_error *err) PL_MUSTCHECK;

/* Runs one command as the command line would: argv[0] is the program's name, argv[1] the command.
 * Blocks until it has ended. Returns its exit code (see exit.h). Output goes to options.write. */
PL_API int pl_command(pl_engine *engine, int argc, char *const argv[]);

/* Asks the command that runs now to end: the first call stops load, drains, cleans up and still
 * reports; the second leaves at once. signal_number decides the exit code (128 + n); 0: cancelled
 * without a signal. Any thread; safe in a signal handler. */
PL_API void pl_command_cancel(pl_engine *engine, int signal_number);

/* Says a word to the run that the command drives, as pl_run_control. PL_ENOENT: there is none now. Any thread. */
PL_API int pl_command_control(pl_engine *engine, const char *command, pl_error *err) PL_MUSTCHECK;

/* ---- Runs ------------------------------------------------------------------------------------- */

/* Zero-initialise; all strings are borrowed for the call of pl_run_start. */
typedef struct pl_run_spec {
  const char *playbook; /* file; or, with text set, the name shown in messages */
  const char *text;     /* source text of the playbook, NULL: read the file */
  size_t text_len;      /* 0: text ends with NUL */
  const pl_pair *args;
  size_t n_args;
  const pl_pair *labels;
  size_t n_labels;
  uint64_t seed;        /* 0: seed 1 */
  uint64_t deadline_ns; /* 0: none; the run is cancelled this long after its start */
  bool apply;           /* allow actions that change things, where policy grants them */
  bool strict;          /* a marginal objective makes the run inconclusive */
  bool quiet;           /* no progress */
  const char *options_json; /* further settings of the command line (report paths, ...); or NULL */
} pl_run_spec;

/* Starts a run. The script is read and its arguments are checked here; load is sent later, by
 * pl_run_step. Errors: PL_ENOENT, PL_EPARSE, PL_ESCRIPT, PL_EINVAL (arguments), PL_EVERSION,
 * PL_ECORRUPT, PL_EREADONLY (database), PL_ENOMEM. */
PL_API int pl_run_start(pl_engine *engine, const pl_run_spec *spec, pl_run **out,
                        pl_error *err) PL_MUSTCHECK;

enum { PL_AGAIN = 0, PL_DONE = 1 };

/* Does the work that is ready, for about budget_ns (a script's own slice may exceed it), and never
 * blocks. Returns PL_DONE when the run has ended, PL_AGAIN otherwise. */
PL_API int pl_run_step(pl_run *run, uint64_t budget_ns);

/* A descriptor that becomes readable when pl_run_step has work. Owned by the run. */
PL_API int pl_run_fd(const pl_run *run);

/* Milliseconds after which pl_run_step has work even if the descriptor stays silent; -1: none. */
PL_API int pl_run_timeout(const pl_run *run);

/* Steps until the run has ended. Returns 0, or the run's error (then also in err): always where its verdict is PL_ERROR, and only
 * there. A playbook's mistake keeps its code (PL_ESCRIPT ...), a deadline that passed is PL_ETIMEDOUT. The exit code, what was
 * measured and, unless Perilune itself failed, the result are there all the same. A run that was stepped to its end answers at once. */
PL_API int pl_run_wait(pl_run *run, pl_error *err);

/* Asks the run to end as pl_command_cancel does. Any thread; safe in a signal handler. */
PL_API void pl_run_cancel(pl_run *run, int signal_number);

/* Changes the loads of a run that is on its way, within a quarter of a second: "rate=800/s", "rate=+10%", "users=50", "pause",
 * "resume", "stop"; "browse:rate=800/s" means one scenario. Each change is an event on the timeline; a word that cannot be obeyed
 * is an event that says why. PL_EINVAL: none, or longer than 127 bytes; PL_ENOENT: the run has ended; PL_EAGAIN:
 * 16 wait already. Any thread. */
PL_API int pl_run_control(pl_run *run, const char *command, pl_error *err) PL_MUSTCHECK;

/* X(symbol, name), from 0 on. `name` is the `verdict` of results. New ones are added at the end. */
#define PL_VERDICT_MAP(X)                                                                          \
  X(PL_UNDECIDED, "undecided")                                                                     \
  X(PL_PASS, "pass")                                                                               \
  X(PL_FAIL, "fail")                                                                               \
  X(PL_INCONCLUSIVE, "inconclusive")                                                               \
  X(PL_ERROR, "error")                                                                             \
  X(PL_CANCELLED, "cancelled")

#define PL_VERDICT_ENUM(symbol, name) symbol,
enum pl_verdict { PL_VERDICT_MAP(PL_VERDICT_ENUM) };
#undef PL_VERDICT_ENUM

/* "pass", "fail" ...; "unknown" for what is no verdict. Static strings. Any thread. */
PL_API const char *pl_verdict_name(enum pl_verdict verdict);

/* PL_UNDECIDED until the run has ended. */
PL_API enum pl_verdict pl_run_verdict(const pl_run *run);

/* One of exit.h, or 128 + signal; -1 until the run has ended. */
PL_API int pl_run_exit_code(const pl_run *run);

/* The run's id (26 characters), valid as long as the run. */
PL_API const char *pl_run_id(const pl_run *run);

/* The result as JSON, schema perilune.run/1, ended by NUL; NULL until the run has ended. Owned by
 * the run. */
PL_API const char *pl_run_result_json(const pl_run *run);

/* Records one sample of the host's own metric on the run's timeline, now. labels may be NULL. Waits
 * never: PL_EAGAIN when more than 65,536 samples wait for the writer. PL_EMISUSE once the run has ended.
 * NaN and infinities are taken as they are, as Prometheus takes them: count counts them, sum and mean
 * over them are NaN or infinite (null in JSON), max_over_time and min_over_time pass over NaN. */
PL_API int pl_record(pl_run *run, const char *metric, double value, const pl_pair *labels,
                     size_t n_labels, pl_error *err) PL_MUSTCHECK;

/* Frees the run; one that has not ended is cancelled and joined first (it is then marked
 * cancelled). NULL is fine. */
PL_API void pl_run_free(pl_run *run);

#ifdef __cplusplus
}
#endif
#endif
