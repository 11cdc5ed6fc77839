/* What a watch is made of: for watch.c, which feeds it, and judge.c, which judges it. */
#ifndef PL_QUERY_WATCH_INSIDE_H
#define PL_QUERY_WATCH_INSIDE_H

#include "query/group.h"
#include "query/watch.h"

/* What an objective looks at: its own expression, its condition, and two counts that say whether latencies can be trusted. */
enum pl_side_kind {
  PL_SIDE_MAIN,
  PL_SIDE_WHEN,
  PL_SIDE_LOST,     /* starts that were dropped or cancelled: what they would have waited is not in the latencies */
  PL_SIDE_TIMEOUTS, /* answers that are known only to have taken longer than their limit */
  PL_SIDES
};

typedef struct pl_side {
  pl_expr *expr; /* NULL: not looked at */
  pl_group *groups;
  size_t n, cap;
} pl_side;

/* What a series' data mean to a side. */
enum pl_slot_role { PL_ROLE_VALUE, PL_ROLE_PART, PL_ROLE_WHOLE_GAUGE, PL_ROLE_PART_GAUGE };

typedef struct pl_slot_use {
  int32_t group; /* -1: the side does not want the series */
  enum pl_slot_role role;
  double last;   /* counters: the total before */
  bool has_last;
} pl_slot_use;

typedef struct pl_slot {
  pl_slot_use uses[PL_SIDES];
  char scenario[64]; /* of load series: whose parts count */
} pl_slot;

struct pl_watch {
  const pl_allocator *alloc;
  pl_objective *objective;
  pl_watch_options options;
  pl_side sides[PL_SIDES];
  pl_expr lost, timeouts;
  pl_slot *slots;
  size_t n_slots, cap_slots;
  pl_parts parts;
  pl_buf scope;    /* of the series that is being looked at */
  bool second_pass;
  bool incomplete; /* out of memory, or more series and scopes than fit */
};

#endif
