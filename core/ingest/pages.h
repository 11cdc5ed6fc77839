/* Requests for pages: they wait in a receiver until another thread, which knows what the pages say, asks for the next one and gives its
 * answer. The loop's thread. */
#ifndef PL_INGEST_PAGES_H
#define PL_INGEST_PAGES_H

#include "net/http_server.h"

typedef struct pl_page {
  pl_http_request *request;
  uint64_t number; /* 0: no request */
  bool given;      /* somebody makes its answer */
} pl_page;

typedef struct pl_pages {
  pl_page *list;
  size_t most;
  uint64_t n; /* numbers that were given out */
} pl_pages;

/* Room for `most` requests at a time. PL_ENOMEM. */
int pl_pages_init(pl_pages *p, const pl_allocator *a, size_t most) PL_MUSTCHECK;
/* Those that wait are forgotten: their server answers them as it closes. */
void pl_pages_fini(pl_pages *p, const pl_allocator *a);

/* Whether a request that is no message can be for a page. */
bool pl_pages_are_asked(const pl_http_request *r);
/* A request that waits from now on; false: too many do. */
bool pl_pages_put(pl_pages *p, pl_http_request *r);
/* The one that waits longest, of those that were not given; NULL: none does. It is given then. */
const pl_page *pl_pages_next(pl_pages *p);
/* The request of a number, which waits no more; NULL: it did not. */
pl_http_request *pl_pages_take(pl_pages *p, uint64_t number);

#endif
