/* The command line: gives the library its environment, terminal and signals, and runs one command.
 * What commands do is Lua (lua/perilune/cmd). The first embedder: it includes perilune headers only. */
#include <perilune/perilune.h>

#include "keys.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SETTINGS_MAX = 128 };

#define SYSTEM_POLICY "/etc/perilune/policy.lua"

/* What the callbacks need. */
typedef struct program {
  enum pl_log_level level;
  int failed; /* errno of the first write to standard output that failed; 0: none did */
} program;

/* The one global of the program: signal handlers have no other way to reach the engine. */
static pl_engine *volatile running_engine;

static void on_signal(int number)
{
  int saved = errno;
  if (running_engine)
    pl_command_cancel(running_engine, number);
  errno = saved;
}

static int write_stream(void *user, enum pl_stream stream, const char *text, size_t len)
{
  program *p = user;
  int fd = stream == PL_STREAM_RESULT ? STDOUT_FILENO : STDERR_FILENO;
  while (len > 0) {
    ssize_t n = write(fd, text, len);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0) {
      if (stream == PL_STREAM_RESULT && !p->failed)
        p->failed = errno;
      return -1;
    }
    text += n;
    len -= (size_t)n;
  }
  return 0;
}

static void write_log(void *user, enum pl_log_level level, const char *component, const char *message)
{
  static const char *const names[] = {"error", "warning", "info", "debug"};
  enum pl_log_level shown = ((const program *)user)->level;
  if (strcmp(component, "script") == 0) {
    fprintf(stderr, "%s\n", message); /* a playbook's print */
    return;
  }
  if (level <= shown)
    fprintf(stderr, "perilune: %s: %s: %s\n", names[level], component, message);
}

/* What CI systems tell of their jobs: settings of the same name. */
static const char *const ci_variables[] = {
    "GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID", "GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_JOB_URL", "CI_COMMIT_REF_NAME",
    "BUILD_URL", "BRANCH_NAME", "CIRCLE_BUILD_URL", "CIRCLE_BRANCH", "BUILDKITE_BUILD_URL", "BUILDKITE_BRANCH",
};

enum { CI_VARIABLES = sizeof ci_variables / sizeof *ci_variables };

/* Proxies as most programs read them: settings of the name in lower case. HTTP_PROXY is no such one: a web server may have set it from a
 * request's header. */
static const char *const proxy_variables[][2] = {
    {"http_proxy", "http_proxy"}, {"https_proxy", "https_proxy"}, {"https_proxy", "HTTPS_PROXY"}, {"all_proxy", "all_proxy"},
    {"all_proxy", "ALL_PROXY"},   {"no_proxy", "no_proxy"},       {"no_proxy", "NO_PROXY"},
};

enum { PROXY_VARIABLES = sizeof proxy_variables / sizeof *proxy_variables };

/* PERILUNE_DB=x.db becomes the setting {"db", "x.db"}. Names point into `names`. */
static size_t settings_of_environment(char **environment, pl_pair settings[SETTINGS_MAX],
                                      char names[SETTINGS_MAX][64])
{
  static const char prefix[] = "PERILUNE_";
  size_t n = 0;
  for (char **e = environment; *e && n + 2 + CI_VARIABLES + PROXY_VARIABLES < SETTINGS_MAX; e++) {
    const char *equals = strchr(*e, '=');
    if (!equals || strncmp(*e, prefix, sizeof prefix - 1) != 0)
      continue;
    const char *name = *e + sizeof prefix - 1;
    size_t len = (size_t)(equals - name);
    if (len == 0 || len >= sizeof names[n])
      continue;
    for (size_t i = 0; i < len; i++)
      names[n][i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
    names[n][len] = '\0';
    settings[n] = (pl_pair){names[n], equals + 1};
    n++;
  }
  for (size_t i = 0; i < CI_VARIABLES; i++) {
    if (getenv(ci_variables[i]))
      settings[n++] = (pl_pair){ci_variables[i], getenv(ci_variables[i])};
  }
  for (size_t i = 0; i < PROXY_VARIABLES; i++) {
    if (getenv(proxy_variables[i][1]))
      settings[n++] = (pl_pair){proxy_variables[i][0], getenv(proxy_variables[i][1])};
  }
  if (getenv("XDG_STATE_HOME"))
    settings[n++] = (pl_pair){"state_home", getenv("XDG_STATE_HOME")};
  if (getenv("HOME"))
    settings[n++] = (pl_pair){"home", getenv("HOME")};
  return n;
}

/* Whether standard output and error are one terminal, pipe or file. */
static bool is_one_place(void)
{
  struct stat out, err;
  return fstat(STDOUT_FILENO, &out) == 0 && fstat(STDERR_FILENO, &err) == 0 && out.st_dev == err.st_dev && out.st_ino == err.st_ino;
}

static void describe_terminal(pl_options *o)
{
  const char *term = getenv("TERM");
  const char *no_color = getenv("NO_COLOR");
  struct winsize size;
  o->tty = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
  o->color = o->tty && isatty(STDOUT_FILENO) && !(no_color && *no_color);
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0)
    o->columns = size.ws_col;
  o->one_place = is_one_place();
}

static void install_signals(void)
{
  struct sigaction action = {.sa_handler = on_signal};
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  struct sigaction hangup;
  if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN) /* nohup keeps it ignored */
    sigaction(SIGHUP, &action, NULL);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, NULL);
}

/* A descriptor 0 to 2 that is closed would be given to the first file that is opened. What takes its place cannot be written to,
 * so that a closed standard output is an error and not silence. */
static void hold_standard_streams(void)
{
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != fd)
      _exit(PL_EXIT_INTERNAL);
  }
}

/* A result that nobody got is a failure, unless its reader went away on purpose. */
static int check_output(const program *p, int code)
{
  if (!p->failed || p->failed == EPIPE)
    return code;
  fprintf(stderr, "perilune: standard output: %s\n", strerror(p->failed));
  return code ? code : PL_EXIT_INTERNAL;
}

/* What the arguments say of the library itself: it is needed before any state exists that could read the others. */
static void read_own_options(int argc, char **argv, pl_options *o, program *p)
{
  for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
    if (strcmp(argv[i], "--lua-dir") == 0 && i + 1 < argc)
      o->lua_dir = argv[i + 1];
    else if (strcmp(argv[i], "--verbose") == 0)
      p->level = PL_LOG_DEBUG;
  }
}

int main(int argc, char **argv)
{
  program p = {.level = PL_LOG_WARN};
  pl_pair settings[SETTINGS_MAX];
  char names[SETTINGS_MAX][64];
  pl_options options;
  pl_options_init(&options, sizeof options);
  options.write = write_stream;
  options.log = write_log;
  options.user = &p;
  options.threads = -1;
  options.settings = settings;
  options.n_settings = settings_of_environment(environ, settings, names);
  options.lua_dir = getenv("PERILUNE_LUA_DIR");
  if (access(SYSTEM_POLICY, F_OK) == 0)
    options.policy_path = SYSTEM_POLICY;
  describe_terminal(&options);
  read_own_options(argc, argv, &options, &p);
  hold_standard_streams();
  pl_engine *engine;
  pl_error err = {0};
  if (pl_engine_new(&options, &engine, &err)) {
    fprintf(stderr, "perilune: %s\n", err.message);
    return PL_EXIT_INTERNAL;
  }
  running_engine = engine;
  install_signals();
  keys k;
  keys_open(&k, engine);
  int code = pl_command(engine, argc, argv);
  keys_close(&k);
  running_engine = NULL;
  pl_engine_free(engine);
  return check_output(&p, code);
}
