/* HdrHistogram logs, V0 to V2: a line is an interval with its histogram (HistogramLogReader, HistogramLogWriter of HdrHistogram 2.2). Pure;
 * one thread at a time. Times are absolute: those of a line are taken as behind BaseTime, without one behind StartTime where they are
 * more than a year before it. */
#ifndef PL_FORMAT_HDR_LOG_H
#define PL_FORMAT_HDR_LOG_H

#include "analysis/hist.h"
#include "base/buf.h"
#include "format/lines.h"

/* An interval; valid during the call. */
typedef struct pl_hdr_interval {
  uint64_t line;
  pl_str tag; /* empty: none */
  int64_t start_ns; /* since 1970 */
  int64_t length_ns;
  const pl_hist *hist;
} pl_hdr_interval;

/* Who is told. A negative code that a function returns ends the reading and is its result. */
typedef struct pl_hdr_events {
  int (*interval)(void *user, const pl_hdr_interval *i);
  int (*refused)(void *user, const pl_refused *r);
  void *user;
} pl_hdr_events;

typedef struct pl_hdr_log pl_hdr_log;

/* unit_ns: what 1 stands for in the log's histograms. Errors: PL_ENOMEM. */
int pl_hdr_log_new(const pl_allocator *a, uint64_t unit_ns, const pl_hdr_events *events, pl_hdr_log **out) PL_MUSTCHECK;
/* NULL is fine. */
void pl_hdr_log_free(pl_hdr_log *l);
/* Reads whole lines off *text (pl_lines_next). Returns 0, what an event gave, PL_ENOMEM. */
int pl_hdr_log_read(pl_hdr_log *l, pl_str *text, bool last) PL_MUSTCHECK;

/* Appends the head of a log that begins then. The buffer's errors, as of the next one. */
int pl_hdr_log_head(pl_buf *out, int64_t start_ns) PL_MUSTCHECK;
/* Appends the line of an interval; its tag has neither comma, blank nor control character. scratch: two buffers, cleared before. */
int pl_hdr_log_line(pl_buf *out, const pl_hdr_interval *i, pl_buf scratch[2]) PL_MUSTCHECK;

#endif
