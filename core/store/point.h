/* Points: samples with the series and run that they belong to, many of them in one array. */
#ifndef PL_STORE_POINT_H
#define PL_STORE_POINT_H

#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"

typedef struct pl_store_point {
  int64_t series, run, ts_ns;
  double value;
} pl_store_point;

enum { PL_POINTS_KEPT = 1 << 16 }; /* arrays of more points are given back as soon as they can be */

typedef struct pl_store_points {
  const pl_allocator *alloc;
  pl_store_point *all, *spare; /* spare: what sorting needs besides, kept for the next time while it is small */
  size_t n, cap, cap_spare;
} pl_store_points;

/* Frees the arrays; it is empty then. */
void pl_points_fini(pl_store_points *p);

/* Empties it, and frees arrays that are large. */
void pl_points_clear(pl_store_points *p);

/* Makes room for `more` further points behind the n. PL_ENOMEM. */
int pl_points_room(pl_store_points *p, size_t more) PL_MUSTCHECK;

/* Sorts by series, run and time; of points that agree in all three, the last one in the order before stays. Costs a pass when they
 * are in order, some more when each series and run is and there are no more numbers between the least and the greatest of either than points,
 * else one more each time that the number of ascending pieces doubles. PL_ENOMEM: they are as before. */
int pl_points_sort(pl_store_points *p) PL_MUSTCHECK;

/* The first place in the sorted points whose point is not before (series, run, ts_ns); n when there is none. */
size_t pl_points_find(const pl_store_points *p, int64_t series, int64_t run, int64_t ts_ns);

#endif
