/* Answers of Jaeger's query API to /api/traces (JSON), as other stores of traces give them, too: bytes in, spans out. Pure. */
#ifndef PL_FORMAT_JAEGER_H
#define PL_FORMAT_JAEGER_H

#include "base/alloc.h"
#include "format/trace_span.h"
#include "perilune/error.h"

enum { PL_JAEGER_TAGS = 64 }; /* most that are told of a span; those of its process are none of them */

typedef struct pl_jaeger_answer {
  uint64_t traces;
  char error[200]; /* the first that it tells beside them; empty: none */
} pl_jaeger_answer;

/* Reads an answer that is well-formed as a whole: of another one nothing is told. Of the tags span.kind, error, otel.status_code and
 * otel.status_description become kind, status and message. Logs are events, references that are no parent are links. Errors: PL_EPARSE
 * (no JSON; err says where), PL_EPROTO (no such answer), PL_ELIMIT (services), PL_ENOMEM, or what fn returned. */
int pl_jaeger_read(const pl_allocator *a, pl_str text, pl_trace_span_fn fn, void *user, pl_jaeger_answer *out, pl_error *err) PL_MUSTCHECK;

#endif
