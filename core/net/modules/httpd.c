/* HTTP/1.1 by libmicrohttpd, which waits by an epoll descriptor of its own that somebody else watches. A request whose answer is not
 * there when it was told is suspended until it is. */
#include "net/httpd.h"

#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "net/listen.h"

enum { CONNECTION_MEMORY = 64 * 1024, TURNS_MAX = 64 };

/* Where a request stands. */
enum state {
  READING,   /* its body comes */
  TOLD,      /* `request` runs */
  SUSPENDED, /* it waits for its answer */
  ANSWERED,  /* the answer is there */
};

typedef struct httpd httpd;

typedef struct exchange {
  pl_http_request request; /* first: a request is its exchange */
  httpd *daemon;
  struct MHD_Connection *connection;
  enum state state;
  unsigned refused;              /* for its size: the status; what comes of its body is dropped */
  pl_buf body;
  struct MHD_Response *response; /* ANSWERED, until it is queued */
  unsigned status;
  struct exchange *before, *next; /* of those that are suspended */
} exchange;

struct httpd {
  pl_httpd_options o;
  struct MHD_Daemon *mhd;
  size_t bodies;       /* bytes of all bodies */
  exchange *suspended;
};

/* ---- A request --------------------------------------------------------------------------------------- */

static pl_str lookup(const pl_http_request *r, enum MHD_ValueKind kind, const char *name)
{
  const exchange *x = (const exchange *)r;
  const char *value = MHD_lookup_connection_value(x->connection, kind, name);
  return value ? pl_str_of(value) : (pl_str){NULL, 0};
}

static pl_str httpd_header(const pl_http_request *r, const char *name)
{
  return lookup(r, MHD_HEADER_KIND, name);
}

static pl_str httpd_argument(const pl_http_request *r, const char *name)
{
  return lookup(r, MHD_GET_ARGUMENT_KIND, name);
}

static void *bytes_of(pl_str s)
{
  union {
    const char *in;
    void *out;
  } u = {s.data};
  return u.out; /* copied, but the library's function says void * */
}

static void add_count(struct MHD_Response *r, const pl_http_count *count)
{
  char digits[24];
  (void)snprintf(digits, sizeof digits, "%llu", (unsigned long long)count->value);
  (void)MHD_add_response_header(r, count->name, digits);
}

static struct MHD_Response *response_of(const pl_http_answer *a)
{
  struct MHD_Response *r = MHD_create_response_from_buffer(a->body.len, bytes_of(a->body), MHD_RESPMEM_MUST_COPY);
  if (r && a->type)
    (void)MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, a->type);
  if (r && a->retry_s)
    add_count(r, &(pl_http_count){MHD_HTTP_HEADER_RETRY_AFTER, a->retry_s});
  for (size_t i = 0; r && i < a->n_counts; i++)
    add_count(r, &a->counts[i]);
  return r;
}

static void drop_body(exchange *x)
{
  x->daemon->bodies -= x->body.len;
  pl_buf_fini(&x->body);
}

/* Out of the list of those that wait. */
static void wake(exchange *x)
{
  *(x->before ? &x->before->next : &x->daemon->suspended) = x->next;
  if (x->next)
    x->next->before = x->before;
  x->before = x->next = NULL;
  MHD_resume_connection(x->connection);
}

static void suspend(exchange *x)
{
  x->state = SUSPENDED;
  x->next = x->daemon->suspended;
  if (x->next)
    x->next->before = x;
  x->daemon->suspended = x;
  MHD_suspend_connection(x->connection);
}

static void httpd_answer(pl_http_request *r, const pl_http_answer *a)
{
  exchange *x = (exchange *)r;
  bool waits = x->state == SUSPENDED;
  if (x->state == ANSWERED)
    return;
  x->response = response_of(a);
  x->status = a->status;
  x->state = ANSWERED;
  drop_body(x);
  if (waits)
    wake(x);
}

static enum MHD_Result send_answer(exchange *x)
{
  if (!x->response)
    return MHD_NO; /* no memory: the connection is closed */
  enum MHD_Result result = MHD_queue_response(x->connection, x->status, x->response);
  MHD_destroy_response(x->response);
  x->response = NULL;
  return result;
}

static enum MHD_Result refuse(exchange *x, unsigned status)
{
  httpd_answer(&x->request, &(pl_http_answer){.status = status, .retry_s = status == MHD_HTTP_SERVICE_UNAVAILABLE});
  return send_answer(x);
}

/* ---- What the library tells --------------------------------------------------------------------------- */

static bool says_too_much(const exchange *x)
{
  uint64_t length;
  pl_str text = httpd_header(&x->request, MHD_HTTP_HEADER_CONTENT_LENGTH);
  return text.data && (!pl_str_u64(text, &length) || length > x->daemon->o.body_max);
}

static enum MHD_Result begin(httpd *d, struct MHD_Connection *connection, const char *url, const char *method, void **place)
{
  exchange *x = pl_alloc_zero(d->o.alloc, 1, sizeof *x);
  if (!x)
    return MHD_NO;
  *x = (exchange){.request = {.method = pl_str_of(method), .path = pl_str_of(url)}, .daemon = d, .connection = connection};
  pl_buf_init(&x->body, d->o.alloc, d->o.body_max);
  *place = x;
  if (says_too_much(x)) {
    d->o.refused(d->o.user, MHD_HTTP_CONTENT_TOO_LARGE);
    return refuse(x, MHD_HTTP_CONTENT_TOO_LARGE);
  }
  unsigned status = d->o.begin(d->o.user, &x->request);
  return status ? refuse(x, status) : MHD_YES;
}

static void take_body(exchange *x, const char *data, size_t len)
{
  httpd *d = x->daemon;
  if (x->refused)
    return;
  if (d->bodies + len > d->o.bodies_max)
    x->refused = MHD_HTTP_SERVICE_UNAVAILABLE;
  else if (pl_buf_add(&x->body, data, len))
    x->refused = x->body.bad == PL_ELIMIT ? MHD_HTTP_CONTENT_TOO_LARGE : MHD_HTTP_SERVICE_UNAVAILABLE;
  if (!x->refused) {
    d->bodies += len;
    return;
  }
  drop_body(x);
  d->o.refused(d->o.user, x->refused);
}

/* All of the request is there, or its answer. */
static enum MHD_Result finish(exchange *x)
{
  if (x->refused)
    return refuse(x, x->refused);
  if (x->state == READING) {
    x->state = TOLD;
    x->request.body = (pl_str){x->body.data ? x->body.data : "", x->body.len};
    x->daemon->o.request(x->daemon->o.user, &x->request);
  }
  if (x->state == ANSWERED)
    return send_answer(x);
  suspend(x);
  return MHD_YES;
}

static enum MHD_Result on_access(void *daemon, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
                                 const char *data, size_t *len, void **place)
{
  exchange *x = *place;
  (void)version;
  if (!x)
    return begin(daemon, connection, url, method, place);
  if (*len) {
    take_body(x, data, *len);
    *len = 0;
    return MHD_YES;
  }
  return finish(x);
}

static void on_completed(void *daemon, struct MHD_Connection *connection, void **place, enum MHD_RequestTerminationCode why)
{
  httpd *d = daemon;
  exchange *x = *place;
  (void)connection, (void)why;
  if (!x)
    return;
  drop_body(x);
  if (x->response)
    MHD_destroy_response(x->response);
  pl_free(d->o.alloc, x, sizeof *x);
  *place = NULL;
}

/* ---- The daemon ----------------------------------------------------------------------------------------- */

static int httpd_open(const pl_httpd_options *o, void **out, pl_error *err)
{
  pl_error why = {0};
  int fd = pl_listen(&o->address, &why);
  if (fd < 0)
    return pl_fail(err, why.code, "%s", why.message);
  httpd *d = pl_alloc_zero(o->alloc, 1, sizeof *d);
  if (d) {
    d->o = *o;
    d->mhd = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_access, d, MHD_OPTION_LISTEN_SOCKET, fd,
                              MHD_OPTION_NOTIFY_COMPLETED, on_completed, d, MHD_OPTION_CONNECTION_LIMIT, o->connections,
                              MHD_OPTION_CONNECTION_TIMEOUT, o->idle_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
                              MHD_OPTION_END);
  }
  if (!d || !d->mhd) {
    (void)close(fd);
    pl_free(o->alloc, d, sizeof *d);
    return pl_fail(err, PL_ENOMEM, "out of memory or descriptors for a server");
  }
  *out = d;
  return PL_OK;
}

static int httpd_fd(void *httpd_)
{
  const httpd *d = httpd_;
  return MHD_get_daemon_info(d->mhd, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

static uint16_t httpd_port(void *httpd_)
{
  const httpd *d = httpd_;
  return pl_listen_port(MHD_get_daemon_info(d->mhd, MHD_DAEMON_INFO_LISTEN_FD)->listen_fd);
}

static unsigned connections(const httpd *d)
{
  return MHD_get_daemon_info(d->mhd, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->num_connections;
}

/* At its limit of connections the library watches its listening socket no more, and again only in a run after the one in which a connection
 * closed. */
static int httpd_turn(void *httpd_)
{
  httpd *d = httpd_;
  MHD_UNSIGNED_LONG_LONG ms = 0;
  bool more = true, waits = false;
  for (int i = 0; i < TURNS_MAX && more; i++) {
    unsigned before = connections(d);
    (void)MHD_run(d->mhd);
    waits = MHD_get_timeout(d->mhd, &ms) == MHD_YES;
    more = (waits && ms == 0) || connections(d) < before;
  }
  return more ? 0 : !waits ? -1 : ms > INT32_MAX ? INT32_MAX : (int)ms;
}

static void httpd_close(void *httpd_)
{
  httpd *d = httpd_;
  while (d->suspended)
    httpd_answer(&d->suspended->request, &(pl_http_answer){.status = MHD_HTTP_SERVICE_UNAVAILABLE, .retry_s = 1});
  (void)httpd_turn(d);
  MHD_stop_daemon(d->mhd);
  pl_free(d->o.alloc, d, sizeof *d);
}

extern const pl_httpd_module pl_module_entry;
PL_API const pl_httpd_module pl_module_entry = {
    .head = {"httpd", PL_HTTPD_ABI}, .open = httpd_open, .close = httpd_close, .fd = httpd_fd, .port = httpd_port, .turn = httpd_turn,
    .header = httpd_header, .argument = httpd_argument, .answer = httpd_answer,
};
