/* StatsD's lines with DogStatsD's extensions: name:1|c|@0.1|#tag:value,other|T1700000000, several values as name:1:2:3|ms, and Telegraf's tags in the name,
 * name,tag=value:1|c. What the values mean (a counter's sum, a gauge's sign) is the receiver's. Pure; any thread. */
#ifndef PL_FORMAT_STATSD_LINE_H
#define PL_FORMAT_STATSD_LINE_H

#include "format/lines.h"

enum pl_statsd_type {
  PL_STATSD_COUNTER,      /* c */
  PL_STATSD_GAUGE,        /* g */
  PL_STATSD_TIMER,        /* ms: milliseconds */
  PL_STATSD_HISTOGRAM,    /* h */
  PL_STATSD_DISTRIBUTION, /* d */
  PL_STATSD_SET,          /* s */
};

/* One value of a line; valid during the call. */
typedef struct pl_statsd_sample {
  pl_str name;
  enum pl_statsd_type type;
  pl_str text;   /* the value as it stands: what a set counts */
  double value;  /* a number; NaN for a set */
  bool relative; /* a gauge's value has a sign: it is added */
  double rate;   /* 0 < rate <= 1: which part of what happened was sent */
  const pl_tag *tags; /* no name twice; a value may be empty */
  size_t n_tags;
  bool has_time;
  int64_t time_ns; /* since 1970 */
  uint64_t line;
} pl_statsd_sample;

/* Who is told. A negative code that a function returns ends the reading and is its result. */
typedef struct pl_statsd_events {
  int (*sample)(void *user, const pl_statsd_sample *s);
  int (*refused)(void *user, const pl_refused *r);
  void *user;
} pl_statsd_events;

/* Reads whole lines off *text (pl_lines_next); of a datagram last is true. lines is zeroed at a stream's begin. Events and service checks of
 * DogStatsD (_e{, _sc|) are passed over. A line is told as a whole or not at all. Returns 0, or what an event gave. */
int pl_statsd_read(pl_lines *lines, pl_str *text, bool last, const pl_statsd_events *events) PL_MUSTCHECK;

#endif
