/* InfluxDB's line protocol, v1 and v2: measurement,tag=value field=1.5,other=2i 1700000000000000000. A line that is malformed is refused as a whole,
 * the others are kept. Nothing is allocated for a line. Pure; one thread at a time. */
#ifndef PL_FORMAT_INFLUX_LINE_H
#define PL_FORMAT_INFLUX_LINE_H

#include "base/alloc.h"
#include "format/lines.h"

/* A field that is a number or a boolean (1, 0); valid during the call. */
typedef struct pl_influx_field {
  pl_str measurement;
  pl_str field;
  const pl_tag *tags; /* no name twice, no value empty */
  size_t n_tags;
  double value; /* integers beyond 2^53 as the nearest double */
  bool has_time;
  int64_t time_ns; /* since 1970 */
  uint64_t line;   /* where the line begins: texts may go over several */
} pl_influx_field;

/* Who is told. A negative code that a function returns ends the reading and is its result. */
typedef struct pl_influx_events {
  int (*field)(void *user, const pl_influx_field *f);
  int (*refused)(void *user, const pl_refused *r);
  void *user;
} pl_influx_events;

typedef struct pl_influx pl_influx;

/* unit_ns: of timestamps (precision ns, us, ms, s). Errors: PL_ENOMEM. */
int pl_influx_new(const pl_allocator *a, int64_t unit_ns, const pl_influx_events *events, pl_influx **out) PL_MUSTCHECK;
/* NULL is fine. */
void pl_influx_free(pl_influx *p);
/* Reads whole lines off *text; what is left of it then comes again in front of what follows. last: nothing does. A line has at most PL_LINE_MAX
 * bytes. Returns 0, or what an event gave. */
int pl_influx_read(pl_influx *p, pl_str *text, bool last) PL_MUSTCHECK;
/* Fields that were texts, which the timeline has not, so far. */
uint64_t pl_influx_texts(const pl_influx *p);

#endif
