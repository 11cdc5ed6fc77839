/* The real node_exporter beside us: what both measure is the same, and what it measures we do, too. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sample/exposition.h"

#define PROGRAM "/usr/bin/prometheus-node-exporter"

enum { TEXT = 1 << 20, ROUNDS = 100, NAMES = 2048 };

extern char **environ;

typedef struct exporter {
  pid_t pid;
  int log; /* its standard error */
  uint16_t port;
} exporter;

/* Values of a scrape, by our names, sorted as they came. */
typedef struct scrape {
  char names[NAMES][SAMPLED_NAME];
  double values[NAMES];
  int n;
} scrape;

/* ---- The exporter ---------------------------------------------------------------------------------- */

static void launch(exporter *e)
{
  char *const arguments[] = {(char[]){PROGRAM}, (char[]){"--web.listen-address=127.0.0.1:0"}, (char[]){"--collector.qdisc"}, NULL};
  posix_spawn_file_actions_t actions;
  int ends[2];
  char text[16384];
  size_t n = 0;
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
  assert_int_equal(posix_spawn_file_actions_adddup2(&actions, ends[1], 2), 0);
  assert_int_equal(posix_spawn_file_actions_addclose(&actions, ends[0]), 0);
  assert_int_equal(posix_spawn(&e->pid, PROGRAM, &actions, NULL, arguments, environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  e->log = ends[0];
  const char *at = NULL;
  for (ssize_t got; !at && n < sizeof text - 1 && (got = read(e->log, text + n, sizeof text - 1 - n)) > 0;) {
    n += (size_t)got;
    text[n] = '\0';
    at = strstr(text, "msg=\"Listening on\" address=127.0.0.1:");
    at = at && strchr(at, '\n') ? at : NULL;
  }
  assert_non_null(at);
  e->port = (uint16_t)strtoul(strstr(at, "127.0.0.1:") + 10, NULL, 10);
}

static int set_up(void **state)
{
  static exporter e;
  *state = NULL;
  if (access(PROGRAM, X_OK) != 0)
    return 0;
  launch(&e);
  *state = &e;
  return 0;
}

static int tear_down(void **state)
{
  const exporter *e = *state;
  if (!e)
    return 0;
  kill(e->pid, SIGTERM);
  waitpid(e->pid, NULL, 0);
  close(e->log);
  return 0;
}

static int connect_to(const exporter *e)
{
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(e->port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
  return fd;
}

static char *get_metrics(const exporter *e)
{
  static char text[TEXT];
  static const char request[] = "GET /metrics HTTP/1.0\r\n\r\n";
  size_t n = 0;
  int fd = connect_to(e);
  assert_int_equal(send(fd, request, sizeof request - 1, MSG_NOSIGNAL), sizeof request - 1);
  for (ssize_t got; n < TEXT - 1 && (got = recv(fd, text + n, TEXT - 1 - n, 0)) > 0;)
    n += (size_t)got;
  close(fd);
  text[n] = '\0';
  return text;
}

static void take(const exporter *e, scrape *into)
{
  char *rest = NULL;
  into->n = 0;
  for (char *line = strtok_r(get_metrics(e), "\n", &rest); line && into->n < NAMES; line = strtok_r(NULL, "\n", &rest)) {
    if (strncmp(line, "node_", 5) != 0 || strlen(line) >= SAMPLED_NAME)
      continue;
    strcpy(into->names[into->n], line);
    into->values[into->n] = take_apart(into->names[into->n]);
    sort_labels(into->names[into->n]);
    into->n++;
  }
  assert_true(into->n > 200);
}

/* ---- Comparing -------------------------------------------------------------------------------------- */

static double value_in(const scrape *s, const char *name, int hint)
{
  for (int i = 0; i < s->n; i++) {
    int at = (hint + i) % s->n;
    if (strcmp(s->names[at], name) == 0)
      return s->values[at];
  }
  return -1e300;
}

static bool lies_between(double a, double v, double b)
{
  double low = a < b ? a : b, high = a < b ? b : a, near = 1e-9 * (low < 0 ? -low : low);
  return v >= low - near && v <= high + near;
}

/* Idle time is guessed by the kernel and may go back. */
static bool is_strict(const sampled *s, int i)
{
  return s->counter[i] && !strstr(s->names[i], "mode=idle") && !strstr(s->names[i], "mode=iowait");
}

static size_t read_whole(const char *path, char text[TEXT])
{
  FILE *f = fopen(path, "r");
  size_t n = f ? fread(text, 1, TEXT, f) : 0;
  if (f)
    fclose(f);
  return n;
}

/* It asks the first process for file systems, the sampler its own: where this one has another root, they are others. */
static bool of_another_root(const char *name)
{
  static char first[TEXT], own[TEXT];
  if (strncmp(name, "node_filesystem_", 16) != 0)
    return false;
  size_t n = read_whole("/proc/1/mounts", first);
  return n && (read_whole("/proc/self/mounts", own) != n || memcmp(first, own, n) != 0);
}

/* Marks in good what lay between the two scrapes; gives how many never did. Totals must each time. say: names those. */
static int compare(const sampled *s, const scrape *before, const scrape *after, bool good[NAMES], bool say)
{
  int lacking = 0;
  for (int i = 0; i < before->n; i++) {
    int ours = sampled_find(s, before->names[i]);
    if (ours < 0 || of_another_root(before->names[i]))
      continue;
    double then = value_in(after, before->names[i], i);
    bool between = lies_between(before->values[i], s->values[ours], then);
    if (is_strict(s, ours) && then >= before->values[i] && !between)
      fail_msg("%s: %.17g is not between %.17g and %.17g", before->names[i], s->values[ours], before->values[i], then);
    good[i] = good[i] || between;
    if (!good[i] && say)
      print_message("%s: %.17g is not between %.17g and %.17g\n", before->names[i], s->values[ours], before->values[i], then);
    lacking += !good[i];
  }
  return lacking;
}

/* Each series that it has, by name and labels, we have, too; gives how many stand apart. */
static int nothing_is_lacking(const sampled *s, const scrape *theirs)
{
  int apart_n = 0;
  for (int i = 0; i < theirs->n; i++) {
    bool elsewhere = of_another_root(theirs->names[i]);
    if (sampled_find(s, theirs->names[i]) >= 0 && !elsewhere)
      continue;
    bool no_speed = strncmp(theirs->names[i], "node_network_speed_bytes", 24) == 0 && theirs->values[i] < 0;
    if (!no_speed && !stands_apart(theirs->names[i]) && !elsewhere)
      fail_msg("node_exporter has %s, and we have it not", theirs->names[i]);
    apart_n++;
  }
  return apart_n;
}

static void beside_node_exporter(void **state)
{
  static sampled s;
  static scrape before, after;
  static bool good[NAMES];
  const exporter *e = *state;
  int lacking = 1, compared = 0, apart_n;
  if (!e) {
    print_message("skipped: prometheus-node-exporter is not installed\n");
    skip();
  }
  sampled_open(&s);
  pl_sampler_options o = sampled_options(&s, "host");
  o.proc_root = o.sys_root = NULL;
  o.sets = PL_STR("qdisc");
  sampled_start(&s, &o, PL_OK);
  sort_all(&s);
  take(e, &before);
  apart_n = nothing_is_lacking(&s, &before);
  for (int round = 0; round < ROUNDS && lacking; round++) {
    take(e, &before);
    int idle = connect_to(e); /* as many sockets as while it is asked */
    pl_sampler_read(s.sampler);
    close(idle);
    take(e, &after);
    lacking = compare(&s, &before, &after, good, round == ROUNDS - 1);
  }
  for (int i = 0; i < before.n; i++)
    compared += good[i];
  print_message("%d values of node_exporter's %d lie between its own, %d stand apart\n", compared, before.n, apart_n);
  if (lacking)
    fail_msg("%d gauges never lay between", lacking);
  assert_int_equal(compared + apart_n, before.n);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(beside_node_exporter, set_up, tear_down)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
