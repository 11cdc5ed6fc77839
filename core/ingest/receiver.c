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
#include "ingest/otlp_logs.h"
#include "ingest/otlp_traces.h"
#include "ingest/pages.h"
#include "ingest/push.h"
#include "ingest/remote_write.h"
#include "ingest/statsd.h"
#include "ingest/zipkin.h"

enum {
  IDLE_S = 60,           /* a connection that says nothing for so long is closed */
  RETRY_S = 1,           /* what Retry-After says */
  LOCKED_RETRY_MS = 50,  /* between two attempts to write a file that another program has locked, */
  LOCKED_MOST_MS = 5000, /* which go on for as long */
  BODIES_OF_ONE = 4,     /* all bodies that are on their way are at most as long as so many of the longest */
  TURN_MS = 100,         /* between two looks whether StatsD's second is over */
  CALLS_OF_ONE = 4,      /* calls of a connection of gRPC that may wait, on average */
};

/* Where requests come in. */
typedef struct door {
  struct receiver *receiver;
  pl_http_server *server; /* NULL: no protocol of its was asked for */
  bool grpc;              /* its requests are calls of gRPC */
} door;

/* A request whose samples are not on the disk yet. */
typedef struct waiting {
  const door *door;
  pl_http_request *request;
  pl_reply reply;
} waiting;

typedef struct receiver {
  const pl_allocator *alloc;
  const pl_receivers_place *place; /* until it is stopped */
  pl_receiver_options o;
  pl_intake *intake;
  door http, grpc;
  pl_line_server *statsd_server, *graphite_server; /* NULL: it was not asked for */
  pl_statsd *statsd;  /* of all receivers; NULL: it was not asked for */
  pl_pages pages;     /* o.connections; without o.pages none */
  pl_buf scratch, spare; /* a body expanded, and what it becomes on the way */
  waiting *waiting;   /* so many: */
  size_t waiting_max, n_waiting;
  uint64_t since_ns;  /* the first of them waits */
  uv_timer_t timer;   /* for a file that is locked */
  uv_timer_t seconds; /* StatsD's */
  unsigned handles;   /* of the two, those that are not closed */
} receiver;

struct pl_receivers {
  pl_receivers_place place;
  receiver *list[PL_RECEIVERS_MAX];
  pl_intake_counts stopped[PL_RECEIVERS_MAX]; /* counts of those that were */
  pl_statsd *statsd; /* made with the first that takes it */
  uint32_t n; /* ids given out */
};

#define OTLP_SERVICE(package, name) "/opentelemetry.proto.collector." package ".v1." name "Service/Export"

static const struct route {
  const char *path; /* with / at its end: all below it */
  unsigned protocol;
  bool put;         /* also sent by PUT */
  pl_message_fn take;
} routes[] = {
    {"/api/v1/write", PL_RECEIVE_REMOTE_WRITE, false, pl_remote_write_take},
    {"/v1/metrics", PL_RECEIVE_OTLP, false, pl_otlp_take},
    {"/v1/traces", PL_RECEIVE_OTLP, false, pl_otlp_traces_take},
    {"/v1/logs", PL_RECEIVE_OTLP, false, pl_otlp_logs_take},
    {OTLP_SERVICE("metrics", "Metrics"), PL_RECEIVE_OTLP_GRPC, false, pl_otlp_take},
    {OTLP_SERVICE("trace", "Trace"), PL_RECEIVE_OTLP_GRPC, false, pl_otlp_traces_take},
    {OTLP_SERVICE("logs", "Logs"), PL_RECEIVE_OTLP_GRPC, false, pl_otlp_logs_take},
    {"/metrics/", PL_RECEIVE_PUSH, true, pl_push_take},
    {"/write", PL_RECEIVE_INFLUX, false, pl_influx_take_v1},
    {"/api/v2/write", PL_RECEIVE_INFLUX, false, pl_influx_take_v2},
    {"/api/v2/spans", PL_RECEIVE_ZIPKIN, false, pl_zipkin_take},
};

static bool leads(const struct route *route, pl_str path)
{
  pl_str own = pl_str_of(route->path);
  return own.data[own.len - 1] == '/' ? pl_str_starts(path, own) : pl_str_eq(path, own);
}

static const struct route *route_of(const door *d, pl_str path)
{
  unsigned open = d->receiver->o.protocols & (d->grpc ? PL_RECEIVE_OTLP_GRPC : PL_RECEIVE_HTTP);
  for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
    if (routes[i].protocol & open && leads(&routes[i], path))
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
static unsigned on_begin(void *door_, pl_http_request *request)
{
  const door *d = door_;
  receiver *r = d->receiver;
  const struct route *route = route_of(d, request->path);
  if (!route && !d->grpc && r->o.pages && pl_pages_are_asked(request))
    return 0;
  if (!route)
    return refuse(r, 404, PL_REASON_PATH);
  if (!pl_str_eqc(request->method, "POST") && !(route->put && pl_str_eqc(request->method, "PUT")))
    return refuse(r, 405, PL_REASON_METHOD);
  if (!pl_intake_rate_allows(r->intake))
    return refuse(r, 503, PL_REASON_RATE);
  return 0;
}

static void count_refused(const door *d, unsigned status)
{
  enum pl_reason why = status == 413 ? PL_REASON_BODY : status == 400 ? PL_REASON_MALFORMED : status == 415 ? PL_REASON_TYPE : PL_REASON_BUSY;
  pl_intake_refuse(d->receiver->intake, why, 1);
}

static void on_refused(void *door_, unsigned status)
{
  count_refused(door_, status);
}

static pl_str header(const door *d, const pl_http_request *request, const char *name)
{
  pl_str value = pl_http_header(d->server, request, name);
  return value.data ? value : (pl_str){"", 0};
}

static pl_str argument(const door *d, const pl_http_request *request, const char *name)
{
  pl_str value = pl_http_argument(d->server, request, name);
  return value.data ? value : (pl_str){"", 0};
}

/* A message: it is answered once what was taken of it is on the disk. */
static void take(const door *d, const struct route *route, pl_http_request *request)
{
  receiver *r = d->receiver;
  size_t begin = strlen(route->path);
  pl_message m = {.rest = {request->path.data + begin, request->path.len - begin}, .body = request->body,
                  .type = header(d, request, "Content-Type"), .encoding = header(d, request, "Content-Encoding"),
                  .precision = argument(d, request, "precision"), .now_ns = pl_wall(r->place->clock), .scratch = &r->scratch, .spare = &r->spare};
  if (r->n_waiting == 0)
    r->since_ns = pl_now(r->place->clock);
  waiting *w = &r->waiting[r->n_waiting++];
  *w = (waiting){.door = d, .request = request, .reply = {.status = 500}};
  pl_buf_clear(&r->scratch);
  pl_buf_clear(&r->spare);
  route->take(r->intake, &m, &w->reply);
  pl_intake_exemplars_store(r->intake);
}

/* One more than may wait. */
static void put_off(const door *d, pl_http_request *request)
{
  count_refused(d, 503);
  pl_http_answer_with(d->server, request, &(pl_http_answer){.status = 503, .retry_s = RETRY_S});
}

static void on_request(void *door_, pl_http_request *request)
{
  const door *d = door_;
  receiver *r = d->receiver;
  const struct route *route = route_of(d, request->path);
  if (route ? r->n_waiting == r->waiting_max : !pl_pages_put(&r->pages, request))
    put_off(d, request);
  else if (route)
    take(d, route, request);
}

/* ---- Answers ------------------------------------------------------------------------------------------- */

/* Answers all that wait; status other than 0: all with that one. */
static void answer_all(receiver *r, unsigned status)
{
  for (size_t i = 0; i < r->n_waiting; i++) {
    const pl_reply *reply = &r->waiting[i].reply;
    pl_http_answer a = {.status = reply->status, .type = reply->type, .body = {reply->text, reply->len}, .counts = reply->counts, .n_counts = reply->n_counts};
    if (status)
      a = (pl_http_answer){.status = status, .retry_s = RETRY_S};
    else if (reply->status == 503)
      a.retry_s = RETRY_S;
    pl_http_answer_with(r->waiting[i].door->server, r->waiting[i].request, &a);
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

static bool on_turned(void *door_)
{
  receiver *r = ((door *)door_)->receiver;
  return r->n_waiting && !uv_is_active((uv_handle_t *)&r->timer) && settle(r);
}

/* ---- Lines ------------------------------------------------------------------------------------------------ */

static void on_statsd(void *receiver_, pl_lines *lines, pl_str *text, bool last)
{
  receiver *r = receiver_;
  pl_statsd_take(r->statsd, r->intake, lines, text, last, pl_wall(r->place->clock));
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
  if (r->statsd) {
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
  pl_pages_fini(&r->pages, r->alloc);
  pl_free(r->alloc, r->waiting, r->waiting_max * sizeof *r->waiting);
  pl_free(r->alloc, r, sizeof *r);
}

static void stop(receiver *r)
{
  pl_http_server_close(r->http.server); /* answers those that wait */
  pl_http_server_close(r->grpc.server);
  pl_line_server_close(r->statsd_server);
  pl_line_server_close(r->graphite_server);
  pl_intake_free(r->intake);
  uv_close((uv_handle_t *)&r->timer, on_closed);
  uv_close((uv_handle_t *)&r->seconds, on_closed);
}

static int open_door(receiver *r, door *d, const pl_address *address, pl_error *err)
{
  const pl_receivers_place *p = r->place;
  const pl_httpd_options o = {.alloc = p->alloc, .address = *address, .connections = r->o.connections, .idle_s = IDLE_S, .body_max = r->o.body_max,
                              .bodies_max = r->o.body_max * BODIES_OF_ONE, .begin = on_begin, .request = on_request, .refused = on_refused, .user = d};
  return pl_http_server_open(&o, p->loop, d->grpc ? "grpcd" : "httpd", r->o.module_dir, on_turned, &d->server, err);
}

static int open_parts(receiver *r, int64_t run, pl_error *err)
{
  const pl_receivers_place *p = r->place;
  pl_intake_options intake = {.alloc = p->alloc, .clock = p->clock, .feed = p->feed, .run = run, .instance = pl_str_of(p->instance),
                              .role = r->o.role, .origin = r->o.origin, .limits = r->o.limits};
  int code = pl_intake_new(&intake, &r->intake, err);
  if (!code && r->o.pages && pl_pages_init(&r->pages, p->alloc, r->o.connections))
    code = pl_fail(err, PL_ENOMEM, "out of memory for a receiver");
  if (!code && (r->o.pages || r->o.protocols & PL_RECEIVE_HTTP))
    code = open_door(r, &r->http, &r->o.listen, err);
  if (!code && r->o.protocols & PL_RECEIVE_OTLP_GRPC)
    code = open_door(r, &r->grpc, &r->o.otlp_grpc, err);
  return code ? code : open_lines(r, err);
}

static int open_receiver(const pl_receivers *all, const pl_receiver_options *o, int64_t run, receiver **out, pl_error *err)
{
  const pl_receivers_place *p = &all->place;
  receiver *r = pl_alloc_zero(p->alloc, 1, sizeof *r);
  size_t most = o->connections * (o->protocols & PL_RECEIVE_OTLP_GRPC ? 1 + CALLS_OF_ONE : 1);
  waiting *list = pl_alloc_zero(p->alloc, most, sizeof *list);
  if (!r || !list || uv_timer_init(p->loop, &r->timer) || uv_timer_init(p->loop, &r->seconds)) { /* which cannot fail */
    pl_free(p->alloc, r, sizeof *r);
    pl_free(p->alloc, list, most * sizeof *list);
    return pl_fail(err, PL_ENOMEM, "out of memory for a receiver");
  }
  r->alloc = p->alloc;
  r->place = p;
  r->o = *o;
  r->statsd = o->protocols & PL_RECEIVE_STATSD ? all->statsd : NULL;
  r->waiting = list;
  r->waiting_max = most;
  r->http = (door){.receiver = r};
  r->grpc = (door){.receiver = r, .grpc = true};
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

static uint16_t door_port(const door *d)
{
  return d->server ? pl_http_server_port(d->server) : 0;
}

int pl_receivers_start(pl_receivers *all, const pl_receiver_options *o, int64_t run, uint32_t *id, pl_receiver_ports *ports, pl_error *err)
{
  if (all->n == PL_RECEIVERS_MAX)
    return pl_fail(err, PL_ELIMIT, "more than %d receivers in one run", PL_RECEIVERS_MAX);
  int code = PL_OK;
  if (o->protocols & PL_RECEIVE_STATSD && !all->statsd)
    code = pl_statsd_new(all->place.alloc, all->place.feed, run, &all->statsd, err);
  if (!code)
    code = open_receiver(all, o, run, &all->list[all->n], err);
  if (code)
    return code;
  const receiver *r = all->list[all->n];
  *ports = (pl_receiver_ports){door_port(&r->http), door_port(&r->grpc), r->statsd_server ? pl_line_server_port(r->statsd_server) : 0,
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

static void copy_text(pl_str from, char *out, size_t size)
{
  size_t n = from.len < size ? from.len : size - 1;
  memcpy(out, from.data, n);
  out[n] = '\0';
}

bool pl_receivers_page(const pl_receivers *all, uint32_t id, pl_page_request *out)
{
  receiver *r = id < all->n ? all->list[id] : NULL;
  const pl_page *page = r ? pl_pages_next(&r->pages) : NULL;
  if (!page)
    return false;
  out->number = page->number;
  copy_text(page->request->method, out->method, sizeof out->method);
  copy_text(page->request->path, out->path, sizeof out->path);
  copy_text(header(&r->http, page->request, "Accept"), out->accept, sizeof out->accept);
  return true;
}

void pl_receivers_page_answer(const pl_receivers *all, uint32_t id, uint64_t number, const pl_http_answer *answer)
{
  receiver *r = id < all->n ? all->list[id] : NULL;
  pl_http_request *request = r ? pl_pages_take(&r->pages, number) : NULL;
  if (request)
    pl_http_answer_with(r->http.server, request, answer);
}

/* Whether another receiver than that one takes StatsD. */
static bool statsd_goes_on(const pl_receivers *all, uint32_t id)
{
  for (uint32_t i = 0; i < all->n; i++) {
    if (i != id && all->list[i] && all->list[i]->statsd)
      return true;
  }
  return false;
}

void pl_receivers_stop(pl_receivers *all, uint32_t id)
{
  if (id >= all->n || !all->list[id])
    return;
  receiver *r = all->list[id];
  if (r->statsd && !statsd_goes_on(all, id))
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
  pl_statsd_free(all->statsd);
  pl_free(all->place.alloc, all, sizeof *all);
}
