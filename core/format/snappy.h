/* Snappy's block format (google/snappy, format_description.txt), as Prometheus' remote write carries its messages. Pure. */
#ifndef PL_FORMAT_SNAPPY_H
#define PL_FORMAT_SNAPPY_H

#include "base/buf.h"
#include "base/str.h"
#include "perilune/error.h"

/* Appends what `in` stands for to out. Its first bytes say how much that is, so that more than out->max is refused before anything is
 * written. Returns 0, PL_EPROTO (broken, cut off, not as long as it says), PL_ELIMIT, PL_ENOMEM; out keeps its length on failure. */
int pl_snappy_expand(pl_str in, pl_buf *out) PL_MUSTCHECK;

/* Appends `in` compressed. Returns 0, PL_ELIMIT (also for 4 GiB of input and more), PL_ENOMEM. */
int pl_snappy_shorten(pl_str in, pl_buf *out) PL_MUSTCHECK;

#endif
