/* See receiver.h. Requests that came in one turn of the listener share a commit: their samples wait in the store, then one sync lets
 * all of them be answered. */
#include "ingest/receiver.h"

#include <string.h>

#include "base/error.h"
#include "ingest/graphite.h"
#include "ingest/influx.h"
#include "ingest/line_server.h"
#include "ingest/message.h"
#include "ingest/otlp.h"
#include "ingest/push.h"
#include "ingest/remote_write.h"
#include "ingest/statsd.h"
#include "net/http_server.h"

enum { IDLE_S = 60, RETRY_S = 1, LOCKED_RETRY_MS = 50, LOCKED_MOST_MS = 5000, BODIES_OF_ONE = 4, TURN_MS = 100 };

/* A request whose samples are not on the disk yet. */
typedef struct waiting {
  pl_http_request *request;
  pl_reply reply;
} waiting;

typedef struct receiver {
  const pl_allocator *alloc;
  const pl_receivers_place *place; /* until it is stopped */
  pl_receiver_options o;
  pl_intake *intake;
  pl_http_server *server; /* NULL: no protocol over HTTP was asked for; so with the two below */
  pl_line_server *statsd_server, *graphite_server;
  pl_statsd *statsd;
  pl_buf scratch, spare; /* a body expanded, and what it becomes on the way */
  waiting *waiting;   /* o.connections */
  size_t n_waiting;
  uint64_t since_ns;  /* the first of them waits */
  uv_timer_t timer;   /* for a file that is locked */
  uv_timer_t seconds; /* StatsD's */
  unsigned handles;   /* of the two, those that are not closed */
} receiver;

struct pl_receivers {
  pl_receivers_place place;
  receiver *list[PL_RECEIVERS_MAX];
  pl_intake_counts stopped[PL_RECEIVERS_MAX]; /* counts of those that were */
  uint32_t n; /* ids given out */
};

static const struct route {
  const char *path; /* with / at its end: all below it */
  unsigned protocol;
  bool put;         /* also sent by PUT */
  pl_message_fn take;
} routes[] = {
    {"/api/v1/write", PL_RECEIVE_REMOTE_WRITE, false, pl_remote_write_take},
    {"/v1/metrics", PL_RECEIVE_OTLP, false, pl_otlp_take},
    {"/metrics/", PL_RECEIVE_PUSH, true, pl_push_take},
    {"/write", PL_RECEIVE_INFLUX, false, pl_influx_take_v1},
    {"/api/v2/write", PL_RECEIVE_INFLUX, false, pl_influx_take_v2},
};

static bool leads(const struct route *route, pl_str path)
{
  pl_str own = pl_str_of(route->path);
  return own.data[own.len - 1] == '/' ? pl_str_starts(path, own) : pl_str_eq(path, own);
}

static const struct route *route_of(const receiver *r, pl_str path)
{
  for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
    if (routes[i].protocol & r->o.protocols && leads(&routes[i], path))
      return &routes[i];
  }
  return NULL;
}

/* ---- Requests ------------------------------------------------------------------------------------------ */

static unsigned refuse(receiver *r, unsigned status, enum pl_reason why)
{
  pl_intake_refuse(r->intake, why, 1);
  return status;
}

/* The status that a request is refused with before its body is read, or 0. A rate that is too high is answered with 503, not 429:
 * every sender tries again after the first, not every one after the second. */
static unsigned on_begin(void *receiver_, pl_http_request *request)
{
  receiver *r = receiver_;
  const struct route *route = route_of(r, request->path);
  if (!route)
    return refuse(r, 404, PL_REASON_PATH);
  if (!pl_str_eqc(request->method, "POST") && !(route->put && pl_str_eqc(request->method, "PUT")))
    return refuse(r, 405, PL_REASON_METHOD);
  if (!pl_intake_has_room(r->intake))
    return refuse(r, 503, PL_REASON_RATE);
  return 0;
}

static void on_refused(void *receiver_, unsigned status)
{
  receiver *r = receiver_;
  pl_intake_refuse(r->intake, status == 413 ? PL_REASON_BODY : PL_REASON_BUSY, 1);
}

static pl_str header(const receiver *r, const pl_http_request *request, const char *name)
{
  pl_str value = pl_http_header(r->server, request, name);
  return value.data ? value : (pl_str){"", 0};
}

static pl_str argument(const receiver *r, const pl_http_request *request, const char *name)
{
  pl_str value = pl_http_argument(r->server, request, name);
  return value.data ? value : (pl_str){"", 0};
}

static void on_request(void *receiver_, pl_http_request *request)
{
  receiver *r = receiver_;
  const struct route *route = route_of(r, request->path);
  size_t begin = strlen(route->path);
  pl_message m = {.rest = {request->path.data + begin, request->path.len - begin}, .body = request->body,
                  .type = header(r, request, "Content-Type"), .encoding = header(r, request, "Content-Encoding"),
                  .precision = argument(r, request, "precision"), .now_ns = pl_wall(r->place->clock), .scratch = &r->scratch, .spare = &r->spare};
  if (r->n_waiting == 0)
    r->since_ns = pl_now(r->place->clock);
  waiting *w = &r->waiting[r->n_waiting++]; /* a connection has one request at a time */
  *w = (waiting){.request = request, .reply = {.status = 500}};
  pl_buf_clear(&r->scratch);
  pl_buf_clear(&r->spare);
  route->take(r->intake, &m, &w->reply);
}

/* ---- Answers ------------------------------------------------------------------------------------------- */

/* Answers all that wait; status other than 0: all with that one. */
static void answer_all(receiver *r, unsigned status)
{
  for (size_t i = 0; i < r->n_waiting; i++) {
    const pl_reply *reply = &r->waiting[i].reply;
    pl_http_answer a = {.status = reply->status, .type = reply->type, .body = {reply->text, reply->len}};
    if (status)
      a = (pl_http_answer){.status = status, .retry_s = RETRY_S};
    else if (reply->status == 503)
      a.retry_s = RETRY_S;
    pl_http_answer_with(r->server, r->waiting[i].request, &a);
  }
  r->n_waiting = 0;
}

static void on_locked(uv_timer_t *timer);

/* Brings to the disk what was taken, and answers. While another program has the file, they wait a while: false. */
static bool settle(receiver *r)
{
  pl_error err = {0};
  int code = pl_store_flush(r->place->store, &err);
  if (code == PL_EBUSY && pl_now(r->place->clock) - r->since_ns < LOCKED_MOST_MS * PL_MS_NS) {
    (void)uv_timer_start(&r->timer, on_locked, LOCKED_RETRY_MS, 0);
    return false;
  }
  if (!code)
    code = pl_store_sync(r->place->store, &err);
  if (code)
    pl_intake_refuse(r->intake, PL_REASON_STORE, r->n_waiting);
  answer_all(r, code ? 503 : 0);
  return true;
}

static void on_locked(uv_timer_t *timer)
{
  receiver *r = timer->data;
  if (r->n_waiting)
    (void)settle(r);
}

static bool on_turned(void *receiver_)
{
  receiver *r = receiver_;
  return r->n_waiting && !uv_is_active((uv_handle_t *)&r->timer) && settle(r);
}

/* ---- Lines ------------------------------------------------------------------------------------------------ */

static void on_statsd(void *receiver_, pl_lines *lines, pl_str *text, bool last)
{
  receiver *r = receiver_;
  pl_statsd_take(r->statsd, lines, text, last, pl_wall(r->place->clock));
}

static void on_graphite(void *receiver_, pl_lines *lines, pl_str *text, bool last)
{
  receiver *r = receiver_;
  pl_graphite_take(r->intake, lines, text, last, pl_wall(r->place->clock));
}

static void on_seconds(uv_timer_t *timer)
{
  receiver *r = timer->data;
  pl_statsd_turn(r->statsd, pl_wall(r->place->clock));
}

static int open_lines(receiver *r, pl_error *err)
{
  const pl_receivers_place *p = r->place;
  pl_line_server_options statsd = {.alloc = p->alloc, .name = "statsd", .address = r->o.statsd, .datagrams = true, .connections = r->o.connections,
                                   .intake = r->intake, .take = on_statsd, .user = r};
  pl_line_server_options graphite = {.alloc = p->alloc, .name = "graphite", .address = r->o.graphite, .connections = r->o.connections,
                                     .intake = r->intake, .take = on_graphite, .user = r};
  int code = PL_OK;
  if (r->o.protocols & PL_RECEIVE_STATSD) {
    code = pl_statsd_new(p->alloc, r->intake, &r->statsd, err);
    if (!code)
      code = pl_line_server_open(&statsd, p->loop, &r->statsd_server, err);
    if (!code && uv_timer_start(&r->seconds, on_seconds, TURN_MS, TURN_MS))
      code = pl_fail(err, PL_EIO, "statsd: no timer");
  }
  if (!code && r->o.protocols & PL_RECEIVE_GRAPHITE)
    code = pl_line_server_open(&graphite, p->loop, &r->graphite_server, err);
  return code;
}

/* ---- Receivers ------------------------------------------------------------------------------------------ */

static void on_closed(uv_handle_t *handle)
{
  receiver *r = handle->data;
  if (--r->handles)
    return;
  pl_buf_fini(&r->scratch);
  pl_buf_fini(&r->spare);
  pl_free(r->alloc, r->waiting, r->o.connections * sizeof *r->waiting);
  pl_free(r->alloc, r, sizeof *r);
}

static void stop(receiver *r)
{
  pl_http_server_close(r->server); /* answers those that wait */
  pl_line_server_close(r->statsd_server);
  pl_line_server_close(r->graphite_server);
  pl_statsd_free(r->statsd);
  pl_intake_free(r->intake);
  uv_close((uv_handle_t *)&r->timer, on_closed);
  uv_close((uv_handle_t *)&r->seconds, on_closed);
}

static int open_parts(receiver *r, int64_t run, pl_error *err)
{
  const pl_receivers_place *p = r->place;
  pl_intake_options intake = {.alloc = p->alloc, .clock = p->clock, .feed = p->feed, .run = run, .instance = pl_str_of(p->instance),
                              .role = r->o.role, .origin = r->o.origin, .limits = r->o.limits};
  pl_httpd_options httpd = {.alloc = p->alloc, .address = r->o.listen, .connections = r->o.connections, .idle_s = IDLE_S,
                            .body_max = r->o.body_max, .bodies_max = r->o.body_max * BODIES_OF_ONE, .begin = on_begin,
                            .request = on_request, .refused = on_refused, .user = r};
  int code = pl_intake_new(&intake, &r->intake, err);
  if (!code && r->o.protocols & PL_RECEIVE_HTTP)
    code = pl_http_server_open(&httpd, p->loop, r->o.module_dir, on_turned, &r->server, err);
  return code ? code : open_lines(r, err);
}

static int open_receiver(const pl_receivers_place *p, const pl_receiver_options *o, int64_t run, receiver **out, pl_error *err)
{
  receiver *r = pl_alloc_zero(p->alloc, 1, sizeof *r);
  waiting *list = pl_alloc_zero(p->alloc, o->connections, sizeof *list);
  if (!r || !list || uv_timer_init(p->loop, &r->timer) || uv_timer_init(p->loop, &r->seconds)) { /* which cannot fail */
    pl_free(p->alloc, r, sizeof *r);
    pl_free(p->alloc, list, o->connections * sizeof *list);
    return pl_fail(err, PL_ENOMEM, "out of memory for a receiver");
  }
  r->alloc = p->alloc;
  r->place = p;
  r->o = *o;
  r->waiting = list;
  r->timer.data = r->seconds.data = r;
  r->handles = 2;
  uv_unref((uv_handle_t *)&r->timer);
  uv_unref((uv_handle_t *)&r->seconds);
  pl_buf_init(&r->scratch, p->alloc, o->expanded_max);
  pl_buf_init(&r->spare, p->alloc, o->expanded_max);
  int code = open_parts(r, run, err);
  if (code) {
    stop(r);
    return code;
  }
  *out = r;
  return PL_OK;
}

pl_receivers *pl_receivers_new(const pl_receivers_place *place)
{
  pl_receivers *all = pl_alloc_zero(place->alloc, 1, sizeof *all);
  if (all)
    all->place = *place;
  return all;
}

int pl_receivers_start(pl_receivers *all, const pl_receiver_options *o, int64_t run, uint32_t *id, pl_receiver_ports *ports, pl_error *err)
{
  if (all->n == PL_RECEIVERS_MAX)
    return pl_fail(err, PL_ELIMIT, "more than %d receivers in one run", PL_RECEIVERS_MAX);
  int code = open_receiver(&all->place, o, run, &all->list[all->n], err);
  if (code)
    return code;
  const receiver *r = all->list[all->n];
  *ports = (pl_receiver_ports){r->server ? pl_http_server_port(r->server) : 0, r->statsd_server ? pl_line_server_port(r->statsd_server) : 0,
                               r->graphite_server ? pl_line_server_port(r->graphite_server) : 0};
  *id = all->n++;
  return PL_OK;
}

const pl_intake_counts *pl_receivers_counts(const pl_receivers *all, uint32_t id)
{
  if (id >= all->n)
    return NULL;
  return all->list[id] ? pl_intake_counts_of(all->list[id]->intake) : &all->stopped[id];
}

void pl_receivers_stop(pl_receivers *all, uint32_t id)
{
  if (id >= all->n || !all->list[id])
    return;
  receiver *r = all->list[id];
  if (r->statsd)
    pl_statsd_flush(r->statsd, pl_wall(all->place.clock));
  all->stopped[id] = *pl_intake_counts_of(r->intake);
  stop(r);
  all->list[id] = NULL;
}

void pl_receivers_free(pl_receivers *all)
{
  if (!all)
    return;
  for (uint32_t i = 0; i < all->n; i++)
    pl_receivers_stop(all, i);
  pl_free(all->place.alloc, all, sizeof *all);
}
