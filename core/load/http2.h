/* HTTP/2 (RFC 9113) without a socket, by nghttp2, as a module: sessions turn requests into bytes, and bytes into answers whose heads
 * are texts as HTTP/1 has them. Whoever owns the connection moves the bytes. One worker's thread; no call blocks or calls back, but
 * for a stream's body. */
#ifndef PL_LOAD_HTTP2_H
#define PL_LOAD_HTTP2_H

#include "base/buf.h"
#include "base/str.h"
#include "io/module.h"

#define PL_HTTP2_ABI 2

/* How a stream ended. */
enum pl_http2_end {
  PL_HTTP2_OPEN,     /* not yet */
  PL_HTTP2_COMPLETE, /* its answer is whole */
  PL_HTTP2_REFUSED,  /* the server has done nothing with it: it may be sent again */
  PL_HTTP2_RESET,    /* by the server, with `code` */
  PL_HTTP2_INVALID,  /* the answer breaks the rules: see why */
  PL_HTTP2_TOO_LONG, /* its head is */
  PL_HTTP2_NO_BODY,  /* the request's body could not be had */
  PL_HTTP2_NO_MEMORY,
};

/* One request and its answer. The owner's memory from request on until it is over, or has been dropped. */
typedef struct pl_http2_stream pl_http2_stream;
struct pl_http2_stream {
  /* Set by the owner before request. `in` is initialised, and holds head and body together. */
  size_t header_max, body_max; /* bytes; what is longer: TOO_LONG, and cut */
  bool want_body;              /* else it is only counted */
  bool sends_all;              /* an answer below 400 that comes before all of the body is sent does not end it (RFC 9113, section 8.1); may be
                                  set later; else the rest is not sent */
  uint64_t *first_byte_ns;     /* takes the time of the answer's first byte; 0 before */
  pl_buf *data;                /* takes the body; NULL: it goes behind the head */
  pl_buf *trailers;            /* takes them, as lines; NULL: nobody asks */
  /* The request's body, NULL: it has none. Writes at most n > 0 bytes, sets *last with the last ones; returns how many, 0 without
   * *last: none for now (see resume), or a negative code. */
  int (*body)(pl_http2_stream *s, char *out, size_t n, bool *last);
  /* The session's. */
  int32_t id;
  int status;             /* of the head so far; below 200: interim */
  pl_buf in;              /* "HTTP/2 200\r\nserver: x\r\n\r\n", then the body */
  size_t head_len;        /* 0: the head is not complete */
  uint64_t bytes_sent, bytes_received; /* of its frames */
  bool asked_for_body;    /* 100 Continue came */
  bool coded, has_cookie; /* Content-Encoding, Set-Cookie is there */
  bool body_cut;
  bool head_sent, sent;   /* the request's head, all of it was given to the owner */
  bool early;             /* its answer was whole before that (sends_all) */
  enum pl_http2_end end;
  uint32_t code;          /* of RST_STREAM */
  bool over;              /* in the session's list of those that are over: */
  pl_http2_stream *next;
};

typedef struct pl_http2 {
  pl_module_head head;
  /* What the sessions of one owner share. Errors: PL_ENOMEM. */
  int (*context_new)(const pl_allocator *a, void **out);
  void (*context_free)(void *context); /* after its sessions; NULL is fine */
  /* A client's session; what it says first is in send. Errors: PL_ENOMEM. */
  int (*open)(void *context, void **session);
  void (*close)(void *session); /* its streams are the owner's again */
  /* Begins a stream, whose head (an HTTP/1 text) goes to out. Errors: PL_ENOMEM; PL_ELIMIT: it takes no further streams. */
  int (*request)(void *session, pl_http2_stream *s, pl_str scheme, pl_str head, pl_buf *out);
  /* Appends what is to be sent to out until that holds `enough` bytes. Errors: PL_ENOMEM, PL_EPROTO. */
  int (*send)(void *session, pl_buf *out, size_t enough);
  /* Takes bytes from the server, which came now. Errors: PL_ENOMEM; PL_EPROTO: see why. */
  int (*receive)(void *session, const char *data, size_t n, uint64_t now_ns);
  /* The next stream that ended, in one of the calls above; it is the owner's again. NULL: no further one. */
  pl_http2_stream *(*over)(void *session);
  /* The stream is not wanted any more: the server is told, and it is the owner's again. */
  void (*drop)(void *session, pl_http2_stream *s);
  void (*resume)(void *session, pl_http2_stream *s); /* its body has bytes again */
  uint32_t (*limit)(const void *session);            /* streams that it may have at a time, as the server said */
  bool (*going)(const void *session);                /* the server takes no further streams: GOAWAY, or all numbers are used */
  bool (*ended)(const void *session);                /* it neither sends nor takes anything any more: see why */
  const char *(*why)(const void *session);           /* of the last breach of the rules, a text of the session's */
  const char *(*code_name)(uint32_t code);           /* of RST_STREAM and GOAWAY */
} pl_http2;

#endif
