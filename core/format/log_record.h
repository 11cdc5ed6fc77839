/* A record of a log, as senders of any protocol tell it. */
#ifndef PL_FORMAT_LOG_RECORD_H
#define PL_FORMAT_LOG_RECORD_H

#include "format/trace_span.h"

enum { PL_LOG_SEVERITIES = 25 }; /* 0: none is said; 1 to 24 are OpenTelemetry's, four to a name */

typedef struct pl_log_record {
  int64_t time_ns;        /* since 1970; 0: none is said; below 0: beyond the year 2262 */
  unsigned severity;      /* below PL_LOG_SEVERITIES */
  pl_str severity_text;   /* the sender's own name of it; empty: none */
  pl_str service, body, event_name; /* a body that is no text is written as JSON */
  char trace_id[2 * PL_TRACE_ID + 1], span_id[2 * PL_SPAN_ID + 1]; /* where it was written; lower-case hexadecimal, empty: none */
  const pl_tag *tags;     /* attributes; a value that is no text is written as JSON */
  size_t n_tags;
  size_t n_dropped;       /* attributes that are not among them */
} pl_log_record;

/* Is told of a record, all of which is valid during the call. What other than 0 it returns ends the reading and is its result. */
typedef int (*pl_log_record_fn)(void *user, const pl_log_record *record);

#endif
