/* The lamp shop: a small service that Perilune's examples and tests put under load, and into trouble. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "journal.h"
#include "options.h"
#include "pages.h"

/* ---- One request ---------------------------------------------------------------------------------- */

static request *request_new(struct MHD_Connection *connection, const char *method, const char *url)
{
  request *r = calloc(1, sizeof *r);
  if (!r)
    return NULL;
  r->arrival_ns = clock_now();
  r->pass.connection = connection;
  r->method = strcmp(method, "POST") == 0 ? "POST" : strcmp(method, "HEAD") == 0 ? "HEAD" : "GET";
  snprintf(r->path, sizeof r->path, "%s", url);
  pages_find(r);
  return r;
}

static enum MHD_Result take_body(request *r, const char *data, size_t *size)
{
  char *bigger = r->body_len + *size < PAGES_BODY ? realloc(r->body, r->body_len + *size + 1) : NULL;
  if (!bigger)
    return MHD_NO;
  memcpy(bigger + r->body_len, data, *size);
  r->body = bigger;
  r->body_len += *size;
  r->body[r->body_len] = '\0';
  *size = 0;
  return MHD_YES;
}

/* Called for the head, for each piece of the body, when all is there, and again after each wait at the gate. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
                                  const char *data, size_t *size, void **state)
{
  (void)version;
  if (!*state) {
    *state = request_new(connection, method, url);
    return *state ? MHD_YES : MHD_NO;
  }
  if (*size)
    return take_body(*state, data, size);
  return pages_answer(cls, *state);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode why)
{
  (void)connection;
  (void)why;
  shop *s = cls;
  request *r = *state;
  if (!r)
    return;
  uint64_t now = clock_now();
  gate_leave(s->gate, &r->pass);
  metrics_count(&s->metrics, r->page, r->status, (double)(now - r->arrival_ns) / 1e9);
  journal_write(s->journal, r->arrival_ns, r->answered_ns ? r->answered_ns : now, r->method, r->path, r->status);
  free(r->body);
  free(r);
  *state = NULL;
}

/* ---- The service ---------------------------------------------------------------------------------- */

static int write_port(const char *path, unsigned port)
{
  FILE *f = fopen(path, "we");
  if (!f || fprintf(f, "%u\n", port) < 0 || fclose(f) != 0) {
    fprintf(stderr, "shop: --port-file %s: %s\n", path, strerror(errno));
    return 1;
  }
  return 0;
}

static struct MHD_Daemon *start(shop *s, uint16_t port)
{
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC, port, NULL, NULL, on_request, s,
                          MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
                          MHD_OPTION_CONNECTION_LIMIT, 20000u, MHD_OPTION_LISTEN_BACKLOG_SIZE, 4096u, MHD_OPTION_END);
}

static int serve(shop *s, const options *o, const sigset_t *ends)
{
  struct MHD_Daemon *daemon = start(s, o->port);
  if (!daemon) {
    fprintf(stderr, "shop: cannot listen on 127.0.0.1:%u: %s\n", o->port, strerror(errno));
    return 1;
  }
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
  unsigned port = info && info->port ? info->port : o->port;
  int code = o->port_file ? write_port(o->port_file, port) : 0, signal_number;
  if (!code) {
    fprintf(stderr, "shop: http://127.0.0.1:%u/\n", port);
    sigwait(ends, &signal_number);
  }
  gate_close(s->gate);
  MHD_stop_daemon(daemon);
  return code;
}

static int open_shop(shop *s, const options *o)
{
  char why[160];
  trouble_init(&s->trouble, o->seed);
  for (unsigned i = 0; i < o->n_trouble; i++) {
    const char *wrong = trouble_set(&s->trouble, o->trouble[i].name, o->trouble[i].value);
    if (wrong) {
      fprintf(stderr, "shop: --%s %s: %s\n", o->trouble[i].name, o->trouble[i].value, wrong);
      return 2;
    }
  }
  if (o->journal && !(s->journal = journal_open(o->journal))) {
    fprintf(stderr, "shop: --journal %s: %s\n", o->journal, strerror(errno));
    return 2;
  }
  s->catalogue = catalogue_open(o->db, why, sizeof why);
  if (!s->catalogue) {
    fprintf(stderr, "shop: %s: %s\n", o->db ? o->db : "catalogue", why);
    return 1;
  }
  s->gate = gate_open(&s->trouble);
  if (!s->gate)
    fputs("shop: neither memory nor a thread for the gate\n", stderr);
  return s->gate ? 0 : 1;
}

int main(int argc, char **argv)
{
  static shop s; /* large; zeroed */
  options o;
  int code = options_read(argc, argv, &o);
  if (code >= 0)
    return code;
  /* Blocked before any thread exists: only sigwait sees them. */
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  if (signal(SIGINT, SIG_DFL) != SIG_IGN) /* a script that started it with & wants to end it itself */
    sigaddset(&ends, SIGINT);
  else
    signal(SIGINT, SIG_IGN);
  pthread_sigmask(SIG_BLOCK, &ends, NULL);
  signal(SIGPIPE, SIG_IGN);
  code = open_shop(&s, &o);
  if (!code)
    code = serve(&s, &o, &ends);
  catalogue_close(s.catalogue);
  journal_close(s.journal);
  free(s.gate);
  return code;
}
