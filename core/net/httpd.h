/* Serving HTTP/1.1 by a library of its own, as the module "httpd", or calls of gRPC, as "grpcd". The module knows no loop and has no thread: its owner watches the
 * descriptor that it names (http_server.h does). One thread. */
#ifndef PL_NET_HTTPD_H
#define PL_NET_HTTPD_H

#include "base/alloc.h"
#include "base/str.h"
#include "io/module.h"
#include "net/address.h"

#define PL_HTTPD_ABI 2

/* A request while it is served; the module's. What it points to is valid until it was answered. */
typedef struct pl_http_request {
  pl_str method, path; /* path: decoded, without the query */
  pl_str body;         /* in `request` only */
} pl_http_request;

/* A header of an answer that is a number. */
typedef struct pl_http_count {
  const char *name;
  uint64_t value;
} pl_http_count;

/* An answer; all of it is copied. */
typedef struct pl_http_answer {
  unsigned status;
  const char *type;     /* Content-Type; NULL: none */
  pl_str body;
  unsigned retry_s;     /* Retry-After; 0: none */
  const pl_http_count *counts; /* further headers, which gRPC has not */
  size_t n_counts;
} pl_http_answer;

typedef struct pl_httpd_options {
  const pl_allocator *alloc;
  pl_address address;    /* port 0: any that is free */
  unsigned connections;  /* most at a time */
  unsigned idle_s;       /* a connection that says nothing for so long is closed */
  size_t body_max;       /* of one request; a larger one is answered with 413 */
  size_t bodies_max;     /* of all that are on their way; what does not fit is answered with 503 */
  /* The head of a request is there. 0: go on; else it is refused with this status, its body unread. */
  unsigned (*begin)(void *user, pl_http_request *r);
  /* The request is there. It is answered once, by `answer`: at once, from inside, or later. */
  void (*request)(void *user, pl_http_request *r);
  /* A request was refused by the module itself: for its size, 413 or 503; of gRPC also what is not one message, 400, or no call, 415. */
  void (*refused)(void *user, unsigned status);
  void *user;
} pl_httpd_options;

typedef struct pl_httpd_module {
  pl_module_head head;
  /* Listens. Errors: PL_EACCES, PL_EBUSY (the address is taken), PL_EINVAL (it is not this machine's), PL_EIO, PL_ENOMEM. */
  int (*open)(const pl_httpd_options *o, void **out, pl_error *err);
  /* Requests that were not answered are, with 503; connections are closed. */
  void (*close)(void *httpd);
  /* The descriptor that is readable when there is something to do. */
  int (*fd)(void *httpd);
  uint16_t (*port)(void *httpd);
  /* Does what there is to do; `begin` and `request` are called from inside. Gives the milliseconds after which it wants to be called
   * though its descriptor is not readable; -1: none. */
  int (*turn)(void *httpd);
  /* A header of the request ("Content-Type"), or an argument of its query, decoded; data NULL: there is none. */
  pl_str (*header)(const pl_http_request *r, const char *name);
  pl_str (*argument)(const pl_http_request *r, const char *name);
  /* Answers; what is not answered from inside `request` takes a further turn to be sent. */
  void (*answer)(pl_http_request *r, const pl_http_answer *a);
} pl_httpd_module;

#endif
