/* What the readers of protocols are given, and what they give back. */
#ifndef PL_INGEST_MESSAGE_H
#define PL_INGEST_MESSAGE_H

#include "base/buf.h"
#include "ingest/intake.h"
#include "net/httpd.h"

enum { PL_REPLY_COUNTS = 3 };

/* One message as it came by HTTP. */
typedef struct pl_message {
  pl_str rest;           /* of the path, behind that of the route */
  pl_str body;
  pl_str precision;      /* argument of the query; empty: none */
  pl_str type, encoding; /* Content-Type, Content-Encoding; empty: none */
  int64_t now_ns;        /* wall clock, when it was there */
  pl_buf *scratch, *spare; /* empty; their max is how much a body may expand to */
} pl_message;

/* What it is answered once what was taken of it is on the disk. */
typedef struct pl_reply {
  unsigned status;
  const char *type; /* of the body; NULL: it has none */
  char text[512];
  size_t len;
  pl_http_count counts[PL_REPLY_COUNTS]; /* further headers */
  size_t n_counts;
} pl_reply;

/* Takes a message: its samples go to the intake, which counts what is refused. */
typedef void (*pl_message_fn)(pl_intake *in, const pl_message *m, pl_reply *reply);

/* Refuses a whole message whose reading gave this code. */
void pl_reply_refuse_code(pl_intake *in, pl_reply *reply, int code);
/* Answers with a text. */
void pl_reply_text(pl_reply *reply, unsigned status, const char *format, ...) PL_PRINTF(3, 4);

/* Answers with bytes of a type, as many as fit. */
void pl_reply_bytes(pl_reply *reply, unsigned status, const char *type, pl_str bytes);

/* The body without gzip, in m->scratch where it was packed. PL_EINVAL: another Content-Encoding; PL_EPROTO, PL_ELIMIT, PL_ENOMEM. */
int pl_message_body(const pl_message *m, pl_str *out) PL_MUSTCHECK;
/* The reason, and the status, to refuse a message whose reading gave this code. */
enum pl_reason pl_message_reason(int code, unsigned *status);

/* Whether a Content-Type is this one, whatever its parameters. */
bool pl_type_is(pl_str type, const char *name);

#endif
