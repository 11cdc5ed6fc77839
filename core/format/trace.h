/* Times of requests that were once sent, from files that other programs wrote: what a load replays. */
#ifndef PL_FORMAT_TRACE_H
#define PL_FORMAT_TRACE_H

#include "base/buf.h"
#include "base/str.h"

enum pl_trace_format {
  PL_TRACE_CSV,    /* a header with a column of time (pl_trace_is_time); else the first column; ISO 8601 or seconds since 1970 */
  PL_TRACE_NDJSON, /* one object a line with such a member */
  PL_TRACE_HAR,    /* log.entries[].startedDateTime */
  PL_TRACE_ACCESS, /* NCSA combined or common: [10/Oct/2000:13:55:36 -0700]; what shares a second is spread evenly over it */
};

/* By the file's name: .csv, .ndjson or .jsonl, .har; else an access log. */
enum pl_trace_format pl_trace_format_of(const char *path);

/* Appends the times as uint64_t nanoseconds after the first, in ascending order; *n is their number. Blank lines are skipped. Errors:
 * PL_EPARSE (with the line, or for HAR the entry), PL_ENOMEM, PL_ELIMIT (out's maximum). */
int pl_trace_read(enum pl_trace_format format, pl_str text, pl_buf *out, size_t *n, pl_error *err) PL_MUSTCHECK;

/* A moment as text: seconds since 1970 with a fraction (milliseconds from 1e11 on, as logs of JavaScript write them), or ISO 8601
 * with date, T or a space, time, and Z, an offset or nothing (UTC). In ns since 1970; false: neither. */
bool pl_trace_moment(pl_str text, int64_t *ns);

/* Whether a column or a member of that name holds moments: timestamp, @timestamp, time, ts, date, datetime, in any case. */
bool pl_trace_is_time(pl_str name);

#endif
