/* Spans as Zipkin's API takes them (v2, JSON: an array of spans): text in, spans out. Pure. Annotations and remote endpoints are passed
 * over; a tag `error` is the status. */
#ifndef PL_FORMAT_ZIPKIN_H
#define PL_FORMAT_ZIPKIN_H

#include "base/buf.h"
#include "format/trace_span.h"

enum { PL_ZIPKIN_TAGS = 64 }; /* most that are told of a span */

/* Tells of each span. Identifiers are filled up with 0 to their full length. A text that is malformed further on has been told of until there: PL_EPARSE (no
 * JSON), PL_EPROTO (a value of another kind than its name wants), PL_ELIMIT (a span's texts are longer than 1 MiB), PL_ENOMEM, what fn returned. */
int pl_zipkin_read(const pl_allocator *a, pl_str text, pl_trace_span_fn fn, void *user) PL_MUSTCHECK;

#endif
