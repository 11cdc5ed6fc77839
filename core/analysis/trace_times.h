/* Where the time of traces goes: what each span spends itself, and which spans their length depends on. */
#ifndef PL_ANALYSIS_TRACE_TIMES_H
#define PL_ANALYSIS_TRACE_TIMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"

/* A span: end_ns >= start_ns. */
typedef struct pl_timed_span {
  int64_t start_ns, end_ns;
  int64_t parent; /* its place in the list; below 0: a root */
} pl_timed_span;

/* self_ns: how long it lasted while none of its children did. critical_ns: the part of that on its root's critical path, which is walked
 * back from the root's end: each stretch belongs to the child that ended last before it, else to the span itself; children that overlap
 * the one that ended last are not waited for. A child counts as long as its parent lasts. Of each root the parts of its path add up to its
 * length. */
typedef struct pl_span_times {
  int64_t self_ns, critical_ns;
} pl_span_times;

/* A stretch of a root's critical path, and the place of the span that it belongs to. */
typedef struct pl_path_part {
  size_t place;
  int64_t from_ns, to_ns;
} pl_path_part;

/* The critical paths: of each root the latest stretch first. */
typedef struct pl_trace_path {
  pl_path_part *parts; /* the caller's, with room for two a span */
  size_t n;
} pl_trace_path;

/* Times of n spans, of one trace or of many, in any order, and where their critical paths are (path: may be NULL). A span whose ancestors are a circle is
 * on no path. No span: nothing; spans of no length take none. O(n log n). PL_ENOMEM; PL_EINVAL: a parent that is no place of the list. */
int pl_trace_times(const pl_allocator *a, const pl_timed_span *spans, size_t n, pl_span_times *out, pl_trace_path *path) PL_MUSTCHECK;

#endif
