/* Heads of requests as HTTP/2 has them, made of those of HTTP/1. */
#ifndef PL_LOAD_MODULES_HTTP2_HEAD_H
#define PL_LOAD_MODULES_HTTP2_HEAD_H

#include <nghttp2/nghttp2.h>

#include "base/alloc.h"
#include "base/str.h"

/* The last heads that were asked for, so that one that is sent again and again is made once. Zeroed: empty. */
enum { PL_HTTP2_HEADS = 4 };
typedef struct pl_http2_head {
  pl_str scheme, head;  /* what it is made of; pieces of text */
  char *text;           /* and the names in lower case */
  size_t text_size;
  nghttp2_nv *fields;   /* pieces of text */
  size_t n_fields, room;
} pl_http2_head;
typedef struct pl_http2_heads {
  const pl_allocator *alloc;
  pl_http2_head list[PL_HTTP2_HEADS]; /* the one that was used last is the first */
} pl_http2_heads;

/* The fields of a head ("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), without those that belong to a connection (RFC 9113 section 8.2.2);
 * valid until the next call. NULL: no memory. */
const pl_http2_head *pl_http2_head_find(pl_http2_heads *h, pl_str scheme, pl_str head);

/* Frees all heads; what pl_http2_head_find gave is gone. */
void pl_http2_heads_free(pl_http2_heads *h);

#endif
