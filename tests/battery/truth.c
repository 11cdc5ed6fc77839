/* The truth server: answers HTTP/1.1 GETs from one thread on 127.0.0.1, with trouble on purpose, and keeps a ledger of when
 * each request came and was answered. On SIGTERM it writes what it saw as one JSON object and ends.
 *
 *     truth --port-file F [--port N] [--json F] [--log F] [--rate R] [--spin] [--delay constant:10ms] [--stall 1s:30s] [--pause 200ms:10s]
 *           [--cap N] [--close SHARE] [--truncate SHARE] [--empty SHARE] [--reset SHARE]
 *
 * The times of --stall and --pause count from the first request. An arrival is when the kernel took the request's packet, on the
 * monotonic clock; a completion when the answer's send returned: both to about a microsecond, however busy the server is. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "clock.h"
#include "ledger.h"
#include "trouble.h"

enum { INPUT = 8192, EVENTS = 512, SWITCHES = 16 };

typedef struct conn {
  int fd;
  bool waiting; /* its request is not answered */
  bool gone;    /* the client left while it waited */
  size_t len;
  ledger_entry *entry;
  uint64_t came_ns, due_ns;
  struct conn *next; /* waiting for a place in flight */
  char input[INPUT];
} conn;

typedef struct server {
  int epoll, listener, signals;
  bool spin, started;
  double rate;
  uint16_t port; /* 0: a free one */
  const char *log, *json;
  struct {
    const char *name, *value;
  } switches[SWITCHES];
  unsigned n_switches;
  trouble trouble;
  double empty;
  ledger ledger;
  conn **heap; /* by due_ns */
  size_t heap_n, heap_max;
  conn *first, **last;
  unsigned in_flight;
  uint64_t accepted, closed, truncated, emptied, reset;
} server;

/* ---- What waits for a time -------------------------------------------------------------------------- */

static void heap_swap(server *s, size_t i, size_t j)
{
  conn *c = s->heap[i];
  s->heap[i] = s->heap[j];
  s->heap[j] = c;
}

static void heap_push(server *s, conn *c)
{
  if (s->heap_n == s->heap_max) {
    s->heap_max = s->heap_max ? 2 * s->heap_max : 1024;
    s->heap = realloc(s->heap, s->heap_max * sizeof(conn *));
    if (!s->heap)
      abort();
  }
  size_t i = s->heap_n++;
  s->heap[i] = c;
  for (; i && s->heap[(i - 1) / 2]->due_ns > s->heap[i]->due_ns; i = (i - 1) / 2)
    heap_swap(s, i, (i - 1) / 2);
}

static conn *heap_pop(server *s)
{
  conn *top = s->heap[0];
  s->heap[0] = s->heap[--s->heap_n];
  for (size_t i = 0;;) {
    size_t child = 2 * i + 1;
    if (child + 1 < s->heap_n && s->heap[child + 1]->due_ns < s->heap[child]->due_ns)
      child++;
    if (child >= s->heap_n || s->heap[i]->due_ns <= s->heap[child]->due_ns)
      return top;
    heap_swap(s, i, child);
    i = child;
  }
}

/* ---- Answers ---------------------------------------------------------------------------------------- */

static void conn_close(conn *c)
{
  if (c->fd >= 0)
    close(c->fd);
  c->fd = -1;
  if (c->waiting)
    c->gone = true; /* freed when its time comes */
  else
    free(c);
}

/* False when the client was gone. */
static bool say(conn *c, const char *text)
{
  return send(c->fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
}

static const char whole[] = "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 20\r\n\r\nthe truth, as it is\n";
static const char last_one[] = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\nConnection: close\r\n\r\nthe truth, as it is\n";
static const char nothing[] = "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n";
static const char half[] = "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\nthe truth, as ";

/* The connection is closed after these; the counter says how often. */
static void say_last(conn *c, const char *text, uint64_t *counter)
{
  ++*counter;
  (void)say(c, text);
  c->waiting = false;
  conn_close(c);
}

static void reset_after_head(conn *c, uint64_t *counter)
{
  struct linger linger = {1, 0};
  setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  say_last(c, "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n", counter);
}

static void take(server *s, conn *c);

static void answer(server *s, conn *c)
{
  ledger_entry *e = c->entry;
  trouble *t = &s->trouble;
  e->status = 200;
  if (trouble_chance(t, &t->reset)) {
    reset_after_head(c, &s->reset);
  } else if (trouble_chance(t, &t->truncate)) {
    say_last(c, half, &s->truncated);
  } else if (trouble_chance(t, &t->close)) {
    say_last(c, last_one, &s->closed);
  } else {
    bool empty = trouble_chance(t, &s->empty);
    s->emptied += empty;
    c->waiting = false;
    bool there = say(c, empty ? nothing : whole);
    e->completion_ns = clock_now();
    if (!there)
      conn_close(c);
    else if (c->len)
      take(s, c);
    return;
  }
  e->completion_ns = clock_now();
}

/* ---- Requests --------------------------------------------------------------------------------------- */

static void admit(server *s, conn *c, uint64_t now)
{
  s->in_flight++;
  c->due_ns = now + trouble_delay(&s->trouble);
  heap_push(s, c);
}

/* Everything that is due and not held by a stall or pause. */
static void work_off(server *s)
{
  uint64_t now = clock_now();
  while (s->heap_n && s->heap[0]->due_ns <= now) {
    conn *c = heap_pop(s);
    uint64_t held = trouble_held_until(&s->trouble, now);
    if (held > now) {
      c->due_ns = held;
      heap_push(s, c);
      continue;
    }
    s->in_flight--;
    if (s->first) {
      conn *next = s->first;
      s->first = next->next;
      s->last = s->first ? s->last : &s->first;
      admit(s, next, now);
    }
    if (c->gone)
      free(c);
    else
      answer(s, c);
  }
}

/* The first request starts the clocks of stall and pause. */
static void begin(server *s, uint64_t now)
{
  s->started = true;
  s->trouble.started_ns = now;
  for (unsigned i = 0; i < s->n_switches; i++)
    (void)trouble_set(&s->trouble, s->switches[i].name, s->switches[i].value);
}

/* A whole head in the input is a request; GETs have no body. */
static void take(server *s, conn *c)
{
  uint64_t now = clock_now();
  const char *end = c->waiting ? NULL : memmem(c->input, c->len, "\r\n\r\n", 4);
  if (!end)
    return;
  size_t used = (size_t)(end - c->input) + 4;
  memmove(c->input, c->input + used, c->len - used);
  c->len -= used;
  if (!s->started)
    begin(s, now);
  c->entry = ledger_add(&s->ledger, c->came_ns);
  if (!c->entry)
    abort();
  c->waiting = true;
  unsigned cap = trouble_cap(&s->trouble);
  if (!cap || s->in_flight < cap) {
    admit(s, c, now);
    return;
  }
  c->next = NULL;
  *s->last = c;
  s->last = &c->next;
}

/* The kernel's time of a packet, which is wall time, on the monotonic clock. */
static uint64_t arrival_of(struct msghdr *message)
{
  struct timespec wall, came;
  uint64_t now = clock_now();
  clock_gettime(CLOCK_REALTIME, &wall);
  for (struct cmsghdr *h = CMSG_FIRSTHDR(message); h; h = CMSG_NXTHDR(message, h)) {
    if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_TIMESTAMPNS)
      continue;
    memcpy(&came, CMSG_DATA(h), sizeof came);
    return now - (uint64_t)((wall.tv_sec - came.tv_sec) * 1000000000 + wall.tv_nsec - came.tv_nsec);
  }
  return now;
}

static void on_readable(server *s, conn *c)
{
  union {
    struct cmsghdr aligned;
    char bytes[CMSG_SPACE(sizeof(struct timespec))];
  } control;
  struct iovec room = {c->input + c->len, INPUT - c->len};
  struct msghdr message = {.msg_iov = &room, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  ssize_t n = room.iov_len ? recvmsg(c->fd, &message, MSG_DONTWAIT) : 0;
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (n <= 0) {
    conn_close(c);
    return;
  }
  c->len += (size_t)n;
  c->came_ns = arrival_of(&message);
  take(s, c);
}

static void on_connection(server *s)
{
  int fd, on = 1;
  while ((fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    conn *c = malloc(sizeof *c);
    if (!c)
      abort();
    c->fd = fd;
    c->waiting = c->gone = false;
    c->len = 0;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = c}};
    if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) == 0)
      s->accepted++;
    else
      conn_close(c);
  }
}

/* ---- The loop --------------------------------------------------------------------------------------- */

/* Waits until something comes or is due; how many events. */
static int wait_for_events(server *s, struct epoll_event *events)
{
  struct timespec timeout = {0, 0}, *limit = &timeout;
  uint64_t now = clock_now();
  if (!s->spin && !s->heap_n)
    limit = NULL;
  else if (!s->spin && s->heap[0]->due_ns > now)
    timeout = (struct timespec){(time_t)((s->heap[0]->due_ns - now) / 1000000000u), (long)((s->heap[0]->due_ns - now) % 1000000000u)};
  return epoll_pwait2(s->epoll, events, EVENTS, limit, NULL);
}

static void serve(server *s)
{
  struct epoll_event events[EVENTS];
  for (;;) {
    int n = wait_for_events(s, events);
    for (int i = 0; i < n; i++) {
      if (events[i].data.ptr == &s->signals)
        return;
      if (events[i].data.ptr == &s->listener)
        on_connection(s);
      else
        on_readable(s, events[i].data.ptr);
    }
    work_off(s);
  }
}

static int listen_on(server *s, const char *port_file)
{
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(s->port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof address;
  int on = 1;
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigprocmask(SIG_BLOCK, &ends, NULL);
  s->signals = signalfd(-1, &ends, SFD_CLOEXEC);
  s->epoll = epoll_create1(EPOLL_CLOEXEC);
  s->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct epoll_event own = {.events = EPOLLIN, .data = {.ptr = &s->listener}}, end = {.events = EPOLLIN, .data = {.ptr = &s->signals}};
  setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(s->listener, (struct sockaddr *)&address, size) || listen(s->listener, 4096) ||
      getsockname(s->listener, (struct sockaddr *)&address, &size) || epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->listener, &own) ||
      epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->signals, &end))
    return -1;
  FILE *f = fopen(port_file, "we");
  return f && fprintf(f, "%u\n", ntohs(address.sin_port)) > 0 && fclose(f) == 0 ? 0 : -1;
}

static void report(const server *s)
{
  FILE *out = s->json ? fopen(s->json, "we") : stdout, *log = s->log ? fopen(s->log, "we") : NULL;
  if (out) {
    fprintf(out, "{\"requests\":%zu,\"accepted\":%llu,\"closed\":%llu,\"truncated\":%llu,\"empty\":%llu,\"reset\":%llu", s->ledger.count,
            (unsigned long long)s->accepted, (unsigned long long)s->closed, (unsigned long long)s->truncated, (unsigned long long)s->emptied,
            (unsigned long long)s->reset);
    ledger_summary(&s->ledger, s->rate, out);
    fputs("}\n", out);
    fclose(out);
  }
  if (log) {
    ledger_write(&s->ledger, log);
    fclose(log);
  }
}

/* NULL, or what is wrong. */
static const char *read_option(server *s, const char *name, const char *value)
{
  trouble probe;
  if (strcmp(name, "--rate") == 0) {
    s->rate = strtod(value, NULL);
  } else if (strcmp(name, "--port") == 0) {
    s->port = (uint16_t)strtoul(value, NULL, 10);
  } else if (strcmp(name, "--log") == 0) {
    s->log = value;
  } else if (strcmp(name, "--json") == 0) {
    s->json = value;
  } else if (strcmp(name, "--empty") == 0) {
    s->empty = strtod(value, NULL);
  } else if (strncmp(name, "--", 2) == 0 && s->n_switches < SWITCHES) {
    trouble_init(&probe, 1);
    s->switches[s->n_switches].name = name + 2;
    s->switches[s->n_switches++].value = value;
    return trouble_set(&probe, name + 2, value);
  }
  return NULL;
}

int main(int argc, char **argv)
{
  static server s; /* zeroed */
  const char *port_file = "/dev/null", *wrong = NULL;
  s.last = &s.first;
  for (int i = 1; i < argc && !wrong; i++) {
    if (strcmp(argv[i], "--spin") == 0)
      s.spin = true;
    else if (i + 1 == argc)
      wrong = "a value is missing";
    else if (strcmp(argv[i], "--port-file") == 0)
      port_file = argv[++i];
    else if ((wrong = read_option(&s, argv[i], argv[i + 1])) == NULL)
      i++;
  }
  trouble_init(&s.trouble, 1);
  if (wrong || listen_on(&s, port_file)) {
    fprintf(stderr, "truth: %s\n", wrong ? wrong : strerror(errno));
    return 2;
  }
  serve(&s);
  report(&s);
  ledger_free(&s.ledger);
  return 0;
}
