/* The collector's desk: what jobs work with. Owned by the engine's collector; its thread only. */
#ifndef PL_BIND_DESK_H
#define PL_BIND_DESK_H

#include "base/turn.h"
#include "bind/host.h"
#include "ingest/receiver.h"
#include "ingest/scrape.h"
#include "query/feed.h"

enum { PL_SAMPLE_OWN_LABELS = 8 };

/* What a run asks to be sampled. Strings are borrowed for the call. */
typedef struct pl_sample_request {
  pl_str kind;            /* "host", "process", "cgroup", "containers", "units", "textfile", "self" */
  uint64_t every_ns;
  pl_str role;            /* label of the source; empty: generator */
  pl_str name;            /* process: by name; cgroup: its path; textfile: its folder */
  bool pattern, children; /* process: name is a shell pattern; with descendants */
  const pl_label *labels; /* of the user's, on every series */
  size_t n_labels;        /* at most PL_SAMPLE_OWN_LABELS */
  const int64_t *pids;    /* process: these; cgroup: that of the first */
  size_t n_pids;
  pl_str sets;            /* host: names of further sets of figures, separated by blanks */
} pl_sample_request;

struct pl_desk {
  const pl_allocator *alloc;
  const pl_clock *clock;
  const pl_log *log;
  uv_loop_t *loop;
  pl_turn *turn;          /* of the collector's thread */
  pl_store *store;
  pl_feed *feed;
  int64_t run;
  const char *instance;   /* this machine's name */
  /* Samplers live with the collector, which has the timers. *id names the sampler for stop. */
  int (*sampler_start)(pl_desk *desk, const pl_sample_request *request, uint32_t *id, pl_error *err);
  void (*sampler_stop)(pl_desk *desk, uint32_t id);
  pl_receivers *receivers;
  pl_scrapes *scrapes;
  const pl_load_sink *load_sink; /* writes a load's figures through the feed */
  uint64_t lost;          /* samples and histograms that got no series, */
  pl_error why_lost;      /* and why the first one did not */
};

/* Counts a sample or histogram that got no series; the first is logged. what: "load", "sample", "record". */
void pl_desk_lost(pl_desk *desk, const char *what, const pl_error *err);

#endif
