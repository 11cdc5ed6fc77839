/* Receives what others send: one listener for every protocol over HTTP, one each for gRPC, StatsD and Graphite. What was taken over HTTP and gRPC is on the
 * disk before it is answered; lines are not answered. The collector's loop and thread. */
#ifndef PL_INGEST_RECEIVER_H
#define PL_INGEST_RECEIVER_H

#include <uv.h>

#include "base/log.h"
#include "ingest/intake.h"
#include "net/http_server.h"

enum { PL_RECEIVERS_MAX = 8 }; /* of a run */

/* Protocols, as bits. */
enum { PL_RECEIVE_REMOTE_WRITE = 1, PL_RECEIVE_OTLP = 2, PL_RECEIVE_PUSH = 4, PL_RECEIVE_INFLUX = 8, PL_RECEIVE_ZIPKIN = 16,
       PL_RECEIVE_HTTP = 31, PL_RECEIVE_OTLP_GRPC = 32, PL_RECEIVE_STATSD = 64, PL_RECEIVE_GRAPHITE = 128 };

typedef struct pl_receiver_options {
  pl_address listen, otlp_grpc, statsd, graphite; /* of HTTP, of gRPC, of StatsD over UDP and TCP, of Graphite over TCP; port 0: any that is free */
  unsigned protocols;
  bool pages;             /* takes requests for pages (pl_receivers_page), too */
  pl_str role, origin;
  pl_intake_limits limits;
  size_t body_max, expanded_max; /* bytes of a request, as it comes and expanded */
  unsigned connections;   /* most at a time, of each listener */
  const char *module_dir; /* see io/module.h */
} pl_receiver_options;

/* What all receivers of a run stand on; borrowed. */
typedef struct pl_receivers_place {
  const pl_allocator *alloc;
  const pl_clock *clock;
  const pl_log *log;
  uv_loop_t *loop;
  pl_store *store;
  pl_feed *feed;
  const char *instance; /* this machine's name */
} pl_receivers_place;

typedef struct pl_receivers pl_receivers;

/* Where a receiver listens; 0: it has none of that kind. */
typedef struct pl_receiver_ports {
  uint16_t http, otlp_grpc, statsd, graphite;
} pl_receiver_ports;

/* NULL: no memory. */
pl_receivers *pl_receivers_new(const pl_receivers_place *place) PL_MUSTCHECK;
/* Stops all; the loop must be run afterwards. NULL is fine. */
void pl_receivers_free(pl_receivers *all);

/* Starts a receiver; *id names it. Strings are copied. Errors of pl_http_server_open, pl_line_server_open and pl_intake_new;
 * PL_ELIMIT: more than PL_RECEIVERS_MAX. */
int pl_receivers_start(pl_receivers *all, const pl_receiver_options *o, int64_t run, uint32_t *id, pl_receiver_ports *ports, pl_error *err) PL_MUSTCHECK;
/* What it took and refused so far, also of one that was stopped; NULL: there is none of that id. */
const pl_intake_counts *pl_receivers_counts(const pl_receivers *all, uint32_t id);

/* A request for a page: what is asked for, cut at the ends. */
typedef struct pl_page_request {
  uint64_t number; /* for its answer */
  char method[8], path[512], accept[512];
} pl_page_request;
/* The next request for a page: true; false: there is none, or no such receiver. */
bool pl_receivers_page(const pl_receivers *all, uint32_t id, pl_page_request *out);
/* Answers it. A number that does not wait (any more) is fine. */
void pl_receivers_page_answer(const pl_receivers *all, uint32_t id, uint64_t number, const pl_http_answer *answer);

/* Requests that wait for their answer get 503. With the last receiver that takes StatsD, what its values are in the second that is not over is
 * written. An id that names none is fine. */
void pl_receivers_stop(pl_receivers *all, uint32_t id);

#endif
