/* What a load does, complete before it starts: computed once, then read-only and shared by all
 * workers. Built by the binding (bind/plan.c) from the table that lua/perilune/load.lua checked. */
#ifndef PL_LOAD_PLAN_H
#define PL_LOAD_PLAN_H

#include "load/auth.h"
#include "load/client.h"

/* One piece of a level over time. "to" ramps linearly from the level before (0 at first) to `level`;
 * "at" (jump) takes `level` at once and holds it. Levels are starts per second or users. */
typedef struct pl_stage {
  uint64_t duration_ns;
  double level;
  bool jump;
} pl_stage;

enum pl_model {
  PL_MODEL_OPEN,            /* stages of an arrival rate; a user is taken for each start */
  PL_MODEL_CLOSED,          /* stages of users; each repeats its iterations */
  PL_MODEL_ITERATIONS,      /* `iterations` in all, shared by `users` users */
  PL_MODEL_ITERATIONS_EACH, /* `iterations` for each of `users` users */
};

/* Tags stand behind the request name, each as PL_TAG_MARK and "name=value": one more histogram for each set. */
#define PL_TAG_MARK '\x1f'

enum pl_arrival_law { PL_ARRIVAL_EVEN, PL_ARRIVAL_POISSON, PL_ARRIVAL_TRACE /* the scenario's trace, stages say nothing */ };

typedef struct pl_scenario {
  pl_str name;
  enum pl_model model;
  enum pl_arrival_law law;
  const pl_stage *stages;
  size_t n_stages;
  const uint64_t *trace;  /* PL_ARRIVAL_TRACE: when each start is due, in ns after the first, ascending; */
  size_t n_trace;
  uint32_t shard;         /* generators that share arrivals have a number each, and draw Poisson starts and users' random numbers of their own; 0: the first, or the only one */
  uint64_t trace_period_ns; /* it begins again so long after its begin; 0: never */
  uint64_t offset_ns;     /* start after the load's start */
  uint64_t duration_ns;   /* of all stages; for iterations: the most it may take (0: no limit) */
  uint64_t warmup_ns;     /* starts before offset + warmup are sent and not recorded */
  uint64_t grace_ns;      /* how long what is in flight or waiting may take after the end; then cancelled */
  uint64_t iterations;    /* of the iterations models; open: most starts, 0: as many as the stages hold */
  uint64_t pace_ns;       /* closed: an iteration begins at least this long after the one before; 0: none */
  uint32_t users;         /* iterations models */
  uint32_t max_users;     /* open: the pool grows by need up to this */
  uint32_t max_waiting;   /* open: starts that may wait for a user; further ones are dropped */
  uint32_t max_connections; /* 0: one a user */
  bool scripted;          /* user function in Lua; else `request` */
  bool has_stop;          /* its users run `stop` once, unmeasured, when they leave */
  bool traced;            /* its HTTP requests carry a traceparent; */
  uint64_t kept_below;    /* those whose trace id begins below this are kept whole; 0: none */
  bool fresh_state;       /* state = "iteration": cookies and vars of an iteration begin as start() left them */
  /* defaults of requests, and the static request */
  pl_url base;            /* data NULL where none was given */
  const pl_header *headers;
  size_t n_headers;
  pl_auth auth;           /* Digest and SigV4; Basic and Bearer are one of the headers */
  uint64_t timeout_ns, connect_timeout_ns, first_byte_timeout_ns; /* see pl_exchange */
  const pl_route *route; /* NULL: the default */
  uint8_t follow;
  pl_str method;
  pl_url url;             /* static request */
  pl_str body;
  pl_body_file file;      /* instead of body, when has_file */
  uint32_t pipeline;      /* static: so many requests go out in a row on a connection; 0 and 1: one */
  bool has_file, chunked, expect_continue; /* how the body goes out */
  pl_str request_name;    /* static: label `name`; default METHOD and path without query */
  bool (*expected)(const struct pl_scenario *s, int status); /* NULL: < 400 */
  const uint16_t *expected_status; /* pairs from, to */
  size_t n_expected;
  pl_str descriptors;     /* of gRPC: a FileDescriptorSet; empty: servers are asked */
} pl_scenario;

typedef struct pl_plan {
  const pl_scenario *scenarios;
  size_t n_scenarios;
  uint64_t seed;
  uint32_t max_connections;  /* of the whole load, 0: no limit */
  uint32_t names_max;        /* most request names (label sets); the rest fold into "__other__"; 10,000 */
  bool ignore_errors;
  bool (*granted)(void *user, pl_str host, uint16_t port, const struct sockaddr *address); /* any worker's thread */
  void *granted_user;
  /* Beyond loopback and private ranges without a policy: */
  double rate_cap_per_s; /* 0: none */
} pl_plan;

/* The level of n stages at time t after their start; 0 after the end. */
double pl_stages_level(const pl_stage *stages, size_t n, uint64_t t_ns);
/* The area under n stages up to t: the exact number of starts until then. */
double pl_stages_area(const pl_stage *stages, size_t n, uint64_t t_ns);
/* The time at which the area reaches `starts` (exact inverse), or UINT64_MAX when it never does. */
uint64_t pl_stages_time_of(const pl_stage *stages, size_t n, double starts);
/* All stages together, nanoseconds. */
uint64_t pl_stages_duration(const pl_stage *stages, size_t n);

/* Stages whose level becomes `level` at t_ns and stays so until end_ns; before t_ns all is as it was. What ended before past_ns
 * <= t_ns is put together: its area and the level at its end are kept, so stages do not grow with the number of changes. out
 * holds n + 3; returns how many it became. */
size_t pl_stages_change(const pl_stage *stages, size_t n, uint64_t past_ns, uint64_t t_ns, double level, uint64_t end_ns,
                        pl_stage *out);

#endif
