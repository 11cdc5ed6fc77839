/* A span of a distributed trace, as senders of any protocol tell it: one operation of one service. */
#ifndef PL_FORMAT_TRACE_SPAN_H
#define PL_FORMAT_TRACE_SPAN_H

#include "format/lines.h"

enum { PL_TRACE_ID = 16, PL_SPAN_ID = 8 }; /* bytes */
enum { PL_TRACE_NOTES = 32 };              /* most events, and most links, that are told of a span */

/* The numbers are OpenTelemetry's, of kind and of status. */
enum pl_trace_kind { PL_TRACE_UNSPECIFIED, PL_TRACE_INTERNAL, PL_TRACE_SERVER, PL_TRACE_CLIENT, PL_TRACE_PRODUCER, PL_TRACE_CONSUMER, PL_TRACE_KINDS };
enum pl_trace_status { PL_TRACE_UNSET, PL_TRACE_OK, PL_TRACE_ERROR, PL_TRACE_STATUSES };

/* What is told beside a span: an event in it, or a link to another span. */
typedef struct pl_trace_note {
  int64_t ts_ns; /* of an event, since 1970 */
  pl_str name;   /* of an event */
  char trace_id[2 * PL_TRACE_ID + 1], id[2 * PL_SPAN_ID + 1]; /* of a link: the other span's */
  const pl_tag *tags;
  size_t n_tags, n_dropped; /* as of a span */
} pl_trace_note;

typedef struct pl_trace_span {
  bool good;         /* has both ids, and times that fit: else nothing below means anything */
  char trace_id[2 * PL_TRACE_ID + 1], id[2 * PL_SPAN_ID + 1]; /* lower-case hexadecimal */
  char parent_id[2 * PL_SPAN_ID + 1]; /* empty: it has none */
  pl_str service, name;
  enum pl_trace_kind kind;
  enum pl_trace_status status;
  pl_str message;    /* of the status; empty: none */
  int64_t start_ns, end_ns; /* since 1970; start <= end */
  const pl_tag *tags; /* attributes; a value that is no text is written as JSON */
  size_t n_tags;
  size_t n_dropped;  /* attributes that are not among them */
  const pl_trace_note *events, *links;
  size_t n_events, n_links;                 /* at most PL_TRACE_NOTES each */
  size_t n_dropped_events, n_dropped_links; /* that are not among them */
} pl_trace_span;

/* An identifier of hexadecimal digits, as size of them in lower case and a 0: shorter ones get zeros in front; empty: they are none, too many, or
 * all 0. */
void pl_trace_id_set(pl_str digits, size_t size, char *out);

/* Is told of a span, all of which is valid during the call. What other than 0 it returns ends the reading and is its result. */
typedef int (*pl_trace_span_fn)(void *user, const pl_trace_span *span);

#endif
